import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { Outcome } from '../src/lib/api';
import { untilAnswered } from '../src/lib/asking';

const DONE: Outcome<unknown> = { done: true, value: undefined };

beforeEach(() => vi.useFakeTimers());

afterEach(() => vi.useRealTimers());

function failed(kind: string): Outcome<unknown> {
  return { done: false, problem: { kind, detail: '', retryAfterSeconds: undefined } };
}

test('while the server is away it is asked less and less often, and no more once it has answered', async () => {
  let answer = failed('unreachable');
  const ask = vi.fn(async () => answer);
  untilAnswered(ask);

  await vi.advanceTimersByTimeAsync(60_000);
  const away = ask.mock.calls.length;
  answer = DONE;
  await vi.advanceTimersByTimeAsync(15_000);
  const back = ask.mock.calls.length;
  await vi.advanceTimersByTimeAsync(60_000);

  expect([away, back, ask.mock.calls.length]).toEqual([8, 9, 9]);
});

test('what asking again does not change is asked once', async () => {
  const ask = vi.fn(async () => failed('forbidden'));
  untilAnswered(ask);

  await vi.advanceTimersByTimeAsync(60_000);

  expect(ask).toHaveBeenCalledOnce();
});

test('who has gone asks no more', async () => {
  const ask = vi.fn(async () => failed('unreachable'));

  untilAnswered(ask)();
  await vi.advanceTimersByTimeAsync(60_000);

  expect(ask).toHaveBeenCalledOnce();
});

test('an answer that comes after it is over is not heard', async () => {
  const heard = vi.fn();
  const answers: ((outcome: Outcome<unknown>) => void)[] = [];
  const late = () => new Promise<Outcome<unknown>>((answer) => answers.push(answer));

  untilAnswered(late, heard)();
  untilAnswered(late, heard);
  answers[1]?.(DONE);
  answers[0]?.(failed('unreachable'));
  await vi.advanceTimersByTimeAsync(60_000);

  expect(heard.mock.calls).toEqual([[DONE]]);
});
