import { i18n } from '../../i18n/index.svelte';
import type { Board, Operator } from '../../lib/feed';
import { ownIntent } from '../../lib/intent.svelte';
import { faultsOf, sentences } from '../faults';
import { backWords, isClockDoubted, reasonWords } from '../words';
import { panelOf, type News } from './panel';

/** Why nothing would ring, and what helps. */
export interface Words {
  title: string;
  text: string;
}

/** What a screen reader is to hear of the main panel; `cut_off` for a fault that everybody hears of. */
export type Said = { is: 'unknown' | 'busy' | 'may_ring' } | { is: 'halted' | 'cut_off'; text: string };

/** What is to be heard of the main panel: why nothing rings. What rings is told apart. */
export function saidOf(board: Board, me: Operator, news: News, nowMs: number): Said {
  switch (panelOf(board, me, news, nowMs)) {
    case 'unknown':
      return { is: 'unknown' };
    case 'rings':
    case 'talks':
    case 'engaged':
    case 'wrap_up':
      return { is: 'busy' };
    case 'on_call':
    case 'waits':
    case 'adrift':
    case 'calm':
      return { is: 'may_ring' };
    case 'missed':
      return { is: 'halted', text: `${i18n.t.halted.missed}.` };
    case 'cut_off': {
      const isFault = faultsOf(board, 'untold', nowMs).some(({ key }) => key === 'mode' || key === 'trunks');
      return { is: isFault ? 'cut_off' : 'halted', text: sentenceOf(cutOffWords(board)) };
    }
    case 'halted':
      return { is: 'halted', text: sentenceOf(haltedWords(me, nowMs)) };
  }
}

function sentenceOf({ title, text }: Words): string {
  return sentences(title, text);
}

/** Why nobody can call. */
export function cutOffWords({ health, trunks }: Board): Words {
  const { halted, board } = i18n.t;
  const mode = health?.mode ?? 'serving';
  switch (mode) {
    case 'serving':
      return { title: halted.cutOff, text: trunks.length === 0 ? board.noTrunks : halted.cutOffHint };
    case 'draining':
      return { title: board.draining, text: board.drainingHint };
    case 'drained':
      return { title: board.drained, text: board.drainingHint };
  }
}

/** Why nothing would ring an operator, in words without a time that ticks. */
export function haltedWords(me: Operator, nowMs: number): Words {
  const t = i18n.t.halted;
  const { status } = me;
  const cause = causeOf(me);
  switch (status.is) {
    case 'paused_by_machine':
      return { title: i18n.count(status.misses, t.machinePaused), text: t.nothingRings };
    case 'paused': {
      const title = status.reason ? t.pausedFor(reasonWords(status.reason)) : t.paused;
      return { title, text: t.nothingRings + back(status.back_at_ms, nowMs) + cause };
    }
    case 'off':
      return { title: t.off, text: t.offHint + cause };
    case 'unassigned':
      return { title: t.unassigned, text: t.unassignedHint };
    case 'resting':
      return { title: t.resting, text: t.restingHint };
    case 'unproven':
    case 'unreachable':
    case 'talking':
    case 'engaged':
    case 'ringing':
    case 'wrap_up':
    case 'free':
    case 'on_call': {
      const title = me.phones === 0 ? t.noPhone : status.is === 'unproven' ? t.unproven : t.unreachable;
      return { title, text: t.phoneHint };
    }
  }
}

/** Who or what set what she wants, unless this page did. */
function causeOf({ intent, intent_cause }: Operator): string {
  const t = i18n.t.halted.cause;
  switch (intent_cause) {
    case 'supervisor':
      return ` ${t.supervisor}`;
    case 'phone':
      // A pause of her phone says so by its reason.
      return intent.wants === 'paused' && intent.reason === 'phone' ? '' : ` ${t.phone}`;
    case 'page':
      return ownIntent.isElsewhere ? ` ${t.page}` : '';
    case null:
    case undefined:
      return ownIntent.isElsewhere ? ` ${t.unsaid}` : '';
  }
}

function back(backAtMs: number | null | undefined, nowMs: number): string {
  // How long it is still would tick; her status beside it tells that.
  if (backAtMs == null || isClockDoubted()) return '';
  const { backAt, overdue } = i18n.t.halted;
  return ` ${(backAtMs < nowMs ? overdue : backAt)(backWords(backAtMs, nowMs))}`;
}
