import createClient from 'openapi-fetch';

import type { components, paths } from '../api';

export type Schemas = components['schemas'];

/** Why something was not done; nothing was changed by it. */
export interface Problem {
  /** The last part of the type of an RFC 9457 problem; `unreachable` when no answer came, `busy` when what is `unavailable` was only to be read. */
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

/** What only reads is asked in vain after so long, in milliseconds. An act has no such limit: its answer is the truth, however late. */
const READ_WITHIN_MS = 30_000;

/** Answers to what only reads: nothing can have happened by it. */
const readings = new WeakSet<Response>();

/** The routes that the description of the API has. */
export const api = createClient<paths>({
  baseUrl: location.origin,
  fetch: async (request) => noteReading(request.method, await fetch(request, limitOf(request.method))),
});

/** Waits for the answer of a typed route. */
export async function settle<T>(
  asked: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<Outcome<T>> {
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
  const request: RequestInit = { method, ...limitOf(method) };
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers = { 'content-type': 'application/json' };
  }
  let response: Response;
  try {
    response = noteReading(method, await fetch(path, request));
  } catch {
    return { done: false, problem: unreachable() };
  }
  const told: unknown = await response.json().catch(() => undefined);
  if (response.ok) return { done: true, value: told as T };
  return { done: false, problem: noted(read(response, told)) };
}

function limitOf(method: string): RequestInit {
  return method === 'GET' ? { signal: AbortSignal.timeout(READ_WITHIN_MS) } : {};
}

function noteReading(method: string, response: Response): Response {
  if (method === 'GET') readings.add(response);
  return response;
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
  // A proxy in between answers without a type of ours.
  const kind = type.startsWith('/problems/') ? type.slice('/problems/'.length) : 'unreachable';
  return {
    kind: kind === 'unavailable' && readings.has(response) ? 'busy' : kind,
    detail: typeof told.detail === 'string' ? told.detail : '',
    retryAfterSeconds: Number.isFinite(after) ? after : undefined,
  };
}
