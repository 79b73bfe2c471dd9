import createClient from 'openapi-fetch';

import type { components, paths } from '../api';

export type Schemas = components['schemas'];

/** Why something was not done; nothing was changed by it. */
export interface Problem {
  /** The last part of the type of an RFC 9457 problem, or `unreachable` when no answer came. */
  kind: string;
  /** The server's sentence for this case, in English; empty when there is none. */
  detail: string;
  /** After how many seconds it may go, where that is known. */
  retryAfterSeconds: number | undefined;
}

/** What became of a request. */
export type Outcome<T> = { done: true; value: T } | { done: false; problem: Problem };

interface Answer {
  data?: unknown;
  error?: unknown;
  response: Response;
}

let signedOut = (): void => undefined;

/** Has a function called whenever the server says that nobody is signed in. */
export function whenSignedOut(call: () => void): void {
  signedOut = call;
}

/** The routes that the description of the API has. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: (request) => fetch(request) });

/** Waits for the answer of a typed route. */
export async function settle<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<Outcome<T>> {
  let answer: Answer;
  try {
    answer = await asked;
  } catch {
    return { done: false, problem: unreachable() };
  }
  if (answer.response.ok) return { done: true, value: answer.data as T };
  return { done: false, problem: noted(read(answer.response, answer.error)) };
}

/** Asks a route whose types are written by hand. `T` is what it answers; nothing for a 204. */
export async function call<T = void>(method: string, path: string, body?: unknown): Promise<Outcome<T>> {
  const request: RequestInit = { method };
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers = { 'content-type': 'application/json' };
  }
  let response: Response;
  try {
    response = await fetch(path, request);
  } catch {
    return { done: false, problem: unreachable() };
  }
  const told: unknown = await response.json().catch(() => undefined);
  if (response.ok) return { done: true, value: told as T };
  return { done: false, problem: noted(read(response, told)) };
}

function noted(problem: Problem): Problem {
  if (problem.kind === 'not-signed-in') signedOut();
  return problem;
}

function unreachable(): Problem {
  return { kind: 'unreachable', detail: '', retryAfterSeconds: undefined };
}

function read(response: Response, body: unknown): Problem {
  const told = (body ?? {}) as { type?: unknown; detail?: unknown };
  const after = Number(response.headers.get('retry-after') ?? Number.NaN);
  const type = typeof told.type === 'string' ? told.type : '';
  return {
    // A proxy in between answers without a type of ours.
    kind: type.startsWith('/problems/') ? type.slice('/problems/'.length) : 'unreachable',
    detail: typeof told.detail === 'string' ? told.detail : '',
    retryAfterSeconds: Number.isFinite(after) ? after : undefined,
  };
}
