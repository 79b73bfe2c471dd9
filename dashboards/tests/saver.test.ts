import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { Outcome } from '../src/lib/api';
import { SAVE_AFTER_MS, Saver } from '../src/lib/saver.svelte';

const DONE: Outcome<unknown> = { done: true, value: undefined };

function failed(kind: string): Outcome<unknown> {
  return { done: false, problem: { kind, detail: '', retryAfterSeconds: undefined } };
}

/** A server that answers when a test says so. */
class Server {
  sent: string[] = [];
  #answers: ((outcome: Outcome<unknown>) => void)[] = [];

  send = (value: string): Promise<Outcome<unknown>> => {
    this.sent.push(value);
    return new Promise((answer) => this.#answers.push(answer));
  };

  async answer(outcome: Outcome<unknown>) {
    this.#answers.shift()?.(outcome);
    await vi.advanceTimersByTimeAsync(0);
  }
}

let server: Server;
let saver: Saver<string>;

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
  saver = new Saver(server.send);
});

afterEach(() => void vi.useRealTimers());

test('changes that follow each other quickly are saved together', async () => {
  for (const value of ['a', 'b', 'c']) {
    saver.change(value);
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS - 1);
  }
  const before = [...server.sent];
  await vi.advanceTimersByTimeAsync(1);

  expect(before).toEqual([]);
  expect(server.sent).toEqual(['c']);
  expect(saver.keeping).toBe('saving');
});

test('one request is on its way at a time, and the newest wins', async () => {
  saver.change('a');
  await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS);
  saver.change('b');
  await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS);
  saver.change('c');
  await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS);
  const during = [...server.sent];
  await server.answer(DONE);
  const after = saver.keeping;
  await server.answer(DONE);

  expect(during).toEqual(['a']);
  expect(server.sent).toEqual(['a', 'c']);
  expect([after, saver.keeping]).toEqual(['saving', 'saved']);
});

test('while the server is away it is said and tried again, each time after a longer pause', async () => {
  saver.change('a');
  await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS);
  await server.answer(failed('unreachable'));
  const away = saver.keeping;
  await vi.advanceTimersByTimeAsync(1_000);
  await server.answer(failed('unavailable'));
  await vi.advanceTimersByTimeAsync(1_999);
  const before = server.sent.length;
  await vi.advanceTimersByTimeAsync(1);
  await server.answer(DONE);

  expect(away).toBe('unsaved');
  expect(before).toBe(2);
  expect(server.sent).toEqual(['a', 'a', 'a']);
  expect(saver.keeping).toBe('saved');
});

test('what the server will not have is not sent again', async () => {
  saver.change('a');
  await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS);
  await server.answer(failed('conflict'));
  await vi.advanceTimersByTimeAsync(60_000);

  expect(server.sent).toEqual(['a']);
  expect(saver.keeping).toBe('refused');
});

test('who is done waits for nothing, and for what is on its way', async () => {
  saver.change('a');
  await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS);
  saver.change('b');
  const done = saver.now();
  await server.answer(DONE);
  await server.answer(DONE);

  expect(await done).toEqual(DONE);
  expect(server.sent).toEqual(['a', 'b']);
  expect(await saver.now()).toEqual(DONE);
  expect(server.sent).toEqual(['a', 'b']);
});

test('a page that goes away sends what is not saved', () => {
  saver.leave();
  saver.change('a');
  saver.leave();

  expect(server.sent).toEqual(['a']);
});
