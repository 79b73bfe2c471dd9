import { render } from '@testing-library/svelte';
import { flushSync } from 'svelte';
import { afterEach, expect, test } from 'vitest';

import { feed } from '../src/lib/board.svelte';
import { clock } from '../src/lib/clock.svelte';
import { EMPTY, apply } from '../src/lib/feed';
import type { Role } from '../src/lib/session.svelte';
import Board from '../src/pages/Board.svelte';
import Wall from '../src/pages/Wall.svelte';
import { SCENES } from './fake-scenes.mjs';
import { NOON } from './given';

const DAY = 86_400_000;

function tell(certificateEndsMs: number | null) {
  const parts = SCENES['calm']?.(NOON);
  if (!parts) throw new Error('there is no such scene');
  feed.board = apply(EMPTY, 'snapshot', {
    ...parts,
    health: { mode: 'serving', unsaved: null, certificate_ends_ms: certificateEndsMs },
  });
  clock.hear(NOON);
  clock.tick();
  flushSync();
}

function seenBy(role: Role): string {
  document.body.replaceChildren();
  render(Board, { role });
  return document.body.textContent ?? '';
}

afterEach(() => document.body.replaceChildren());

test('a certificate that runs out is shown to those who see to it, and to no operator', () => {
  tell(NOON + 9 * DAY);

  expect(seenBy('supervisor')).toContain('Certifikát webu vyprší 2. 12. 2026.');
  expect(seenBy('administrator')).toContain('Certifikát webu vyprší');
  expect(seenBy('operator')).not.toContain('Certifikát');
});

test('a certificate that ran out says so, on the wall as well', () => {
  tell(NOON - DAY);
  render(Wall, { mayLeave: false });

  expect(document.body.textContent).toContain('Certifikát webu vypršel 22. 11. 2026.');
});

test('a certificate that is good for long is not spoken of', () => {
  tell(null);

  expect(seenBy('supervisor')).not.toContain('Certifikát');
});
