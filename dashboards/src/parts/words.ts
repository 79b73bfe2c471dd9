import { i18n } from '../i18n/index.svelte';
import { clock } from '../lib/clock.svelte';
import type { Operator } from '../lib/feed';
import type { IconName } from '../lib/icons';
import { doing, type Doing } from '../lib/views';

/** A part of an operator's state: an icon and its words. */
export interface StateWords {
  icon: IconName;
  text: string;
  tone: 'calm' | 'quiet' | 'watch';
}

/** A pause's reason in words; one that only this configuration has stays as it is written there. */
export function reasonWords(reason: string): string {
  const known: Record<string, string> = i18n.t.operator.reasons;
  return known[reason] ?? reason;
}

/** A field of the entry after a call in words. */
export function fieldWords(field: string): string {
  const known: Record<string, string> = i18n.t.content.field;
  return known[field] ?? field;
}

/** A value of such a field in words; some values read differently from field to field. */
export function valueWords(field: string, value: string): string {
  if (value === 'not_asked') return i18n.t.content.notAsked;
  const known: Record<string, string> = i18n.t.content.value;
  return known[`${field}.${value}`] ?? known[value] ?? value;
}

/** What an operator wants. */
export function wantsWords({ intent }: Operator): StateWords {
  const t = i18n.t.operator;
  switch (intent.wants) {
    case 'ready':
      return { icon: 'ready', text: t.ready, tone: 'calm' };
    case 'paused':
      return { icon: 'paused', text: intent.reason ? t.pausedFor(reasonWords(intent.reason)) : t.paused, tone: 'quiet' };
    case 'off':
      return { icon: 'off', text: t.off, tone: 'quiet' };
  }
}

/** What is known of an operator's phone. */
export function phoneWords({ reachability, place, intent }: Operator): StateWords {
  const t = i18n.t.operator;
  if (place === 'home') return { icon: 'home', text: t.home, tone: 'calm' };
  const isMissed = reachability !== 'reachable' && intent.wants === 'ready';
  return { icon: reachability, text: t[reachability], tone: isMissed ? 'watch' : reachability === 'reachable' ? 'calm' : 'quiet' };
}

const DOES: Record<Doing, 'free' | 'talking' | 'engaged' | 'rings' | 'wrapUp'> = {
  free: 'free',
  talking: 'talking',
  engaged: 'engaged',
  rings: 'rings',
  wrap_up: 'wrapUp',
};

/** What an operator's live legs say: in no call, with a contact, in a call of her own. */
export function doesWords(operator: Operator): StateWords {
  const { does } = operator.occupancy;
  return { icon: does, text: i18n.t.operator[DOES[does]], tone: does === 'free' ? 'quiet' : 'calm' };
}

/** What rings for an operator, or her time after a call; nothing when neither. */
export function ringsWords(operator: Operator, nowMs: number): StateWords | undefined {
  const now = doing(operator, nowMs);
  if (now !== 'rings' && now !== 'wrap_up') return undefined;
  return { icon: now, text: i18n.t.operator[DOES[now]], tone: 'calm' };
}

/** When the certificate of the web runs out or ran out, as a sentence. */
export function certificateWords(endsMs: number): string {
  const day = i18n.dayOf(endsMs);
  return endsMs > clock.nowMs ? i18n.t.board.certificateEnds(day) : i18n.t.board.certificateEnded(day);
}
