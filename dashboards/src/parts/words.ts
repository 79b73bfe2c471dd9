import type { Forms } from '../i18n/forms';
import { i18n } from '../i18n/index.svelte';
import { feed } from '../lib/board.svelte';
import type { Is, Operator, Sum, Trunk } from '../lib/feed';
import type { IconName } from '../lib/icons';
import { isSeveral } from '../lib/reports';
import { duration, left } from '../lib/time';
import { late } from '../lib/views';

/** An operator's status: an icon, its words and its time. */
export interface StateWords {
  icon: IconName;
  text: string;
  tone: 'calm' | 'quiet' | 'watch';
  time?: string;
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

/** When somebody means to be back: with its day unless that is today. */
export function backWords(backAtMs: number, nowMs: number): string {
  return i18n.dayOf(backAtMs) === i18n.dayOf(nowMs) ? i18n.clock(backAtMs) : i18n.moment(backAtMs);
}

/** Whether the machine's clock is doubted: then a moment is told by how far it is away. */
export function isClockDoubted(): boolean {
  return feed.board.health?.clock_doubt != null;
}

/** A moment that is past: with its day unless that is today. */
export function pastWords(ms: number, nowMs: number): string {
  return isClockDoubted() ? i18n.t.me.ago(duration(nowMs - ms)) : backWords(ms, nowMs);
}

/** Until when something holds, by a clock as exact as it is told. */
function until(untilMs: number, nowMs: number, told: string): string {
  return isClockDoubted() ? i18n.t.status.still(left(untilMs, nowMs)) : i18n.t.common.until(told);
}

/** A sentence with the moment until which it holds, where that is known. */
export function untilWords(sentence: string, untilMs: number | null | undefined): string {
  if (untilMs == null) return sentence;
  return `${sentence.replace(/\.$/, '')} (${until(untilMs, feed.nowMs, i18n.exactClock(untilMs))}).`;
}

const ICON: Record<Is, IconName> = {
  talking: 'talking',
  engaged: 'engaged',
  ringing: 'rings',
  off: 'off',
  paused: 'paused',
  paused_by_machine: 'paused',
  unassigned: 'warning',
  unreachable: 'unreachable',
  unproven: 'unproven',
  wrap_up: 'wrap_up',
  resting: 'wrap_up',
  free: 'free',
  on_call: 'home',
};

/** What an operator is now, with its time. */
export function statusWords({ status }: Operator, nowMs: number): StateWords {
  const t = i18n.t.status;
  const icon = ICON[status.is];
  const since = (ms: number) => duration(nowMs - ms);
  switch (status.is) {
    case 'talking':
    case 'engaged':
    case 'free':
      return { icon, text: t[status.is], tone: 'calm', time: since(status.since_ms) };
    case 'ringing':
      return { icon, text: t.ringing, tone: 'calm', time: left(status.until_ms, nowMs) };
    case 'wrap_up':
      return { icon, text: t.wrapUp, tone: 'calm', time: left(status.until_ms, nowMs) };
    case 'resting':
      return { icon, text: t.resting, tone: 'watch', time: left(status.until_ms, nowMs) };
    case 'off':
      return { icon, text: t.off, tone: 'quiet' };
    case 'on_call':
      return { icon, text: t.onCall, tone: 'calm' };
    case 'paused': {
      const text = status.reason ? t.pausedFor(reasonWords(status.reason)) : t.paused;
      if (status.back_at_ms == null) return { icon, text, tone: 'quiet', time: since(status.since_ms) };
      const back = backWords(status.back_at_ms, nowMs);
      if (status.back_at_ms >= nowMs) return { icon, text, tone: 'quiet', time: until(status.back_at_ms, nowMs, back) };
      return {
        icon,
        text,
        tone: 'watch',
        time: isClockDoubted() ? t.overdueFor(since(status.back_at_ms)) : t.overdue(back),
      };
    }
    case 'paused_by_machine':
      return { icon, text: i18n.count(status.misses, t.pausedByMachine), tone: 'watch', time: since(status.since_ms) };
    case 'unassigned':
    case 'unreachable':
    case 'unproven':
      return { icon, text: t[status.is], tone: 'watch', time: since(status.since_ms) };
  }
}

/** Who or what paused an operator or took her off shift, where that is known and not a matter of course. */
export function causeWords({ status, intent_cause }: Operator): string | undefined {
  const t = i18n.t.status;
  switch (status.is) {
    case 'paused_by_machine':
      return t.cause.machine;
    case 'paused':
      return intent_cause == null ? undefined : t.cause[intent_cause];
    case 'off':
      return intent_cause === 'supervisor' ? t.offBySupervisor : undefined;
    case 'talking':
    case 'engaged':
    case 'ringing':
    case 'unassigned':
    case 'unreachable':
    case 'unproven':
    case 'wrap_up':
    case 'resting':
    case 'free':
    case 'on_call':
      return undefined;
  }
}

/** What a trunk is; grey what nobody knows, amber what one missed probe leaves open. */
export function trunkWords({ status }: Trunk): {
  icon: IconName;
  text: string;
  tone: 'well' | 'unknown' | 'watch' | 'bad';
} {
  const text = i18n.t.trunk[status];
  switch (status) {
    case 'well':
      return { icon: 'done', text, tone: 'well' };
    case 'not_probed':
    case 'asked':
      return { icon: 'trunk', text, tone: 'unknown' };
    case 'silent':
      return { icon: 'warning', text, tone: 'watch' };
    case 'not_registered':
    case 'down':
      return { icon: 'warning', text, tone: 'bad' };
  }
}

/** What counts of a sum, in words. */
export interface SumWords {
  /** Since when it is counted, where that is not what its name says. */
  since: string | undefined;
  /** The share answered in time: percent from ten contacts on, else the counts alone. */
  share: string;
  /** The counts behind a percentage. */
  counts: string | undefined;
  /** The same share with those who hung up early, where there are any. */
  withEarly: string | undefined;
  /** Who hung up unanswered; empty where nobody did. */
  abandoned: string;
  /** Whose call was lost before anybody answered, where there are any. */
  lost: string | undefined;
  /** Who has waited too long already and is not counted yet; then a share says less than it seems to. */
  late: string | undefined;
}

/** What a sum is read with. */
export interface Reading {
  inTimeSeconds: number;
  earlySeconds: number;
  /** How many have waited for longer than what counts as in time. */
  late: number;
}

/** What the sums of the board are read with now. */
export function reading(): Reading {
  const [setup, nowMs] = [feed.board.setup, feed.nowMs];
  const inTimeSeconds = setup?.in_time_seconds ?? 0;
  return { inTimeSeconds, earlySeconds: setup?.early_seconds ?? 0, late: late(feed.board, inTimeSeconds, nowMs) };
}

/** A sum in words: each share stands with its counts, and never without the other service level. */
export function sumWords(sum: Sum, { inTimeSeconds, earlySeconds, late }: Reading): SumWords {
  const t = i18n.t.sums;
  const of = (all: number) => t.of(i18n.number(sum.answered_in_time), i18n.number(all));
  const shown = (permille: number | null | undefined, all: number) =>
    permille == null ? of(all) : `${i18n.share(permille)} (${of(all)})`;
  const early = sum.abandoned_early > 0 ? ` (${within(sum.abandoned_early, t.early, earlySeconds)})` : '';
  return {
    since:
      sum.since_ms == null
        ? undefined
        : isClockDoubted()
          ? t.last(duration(feed.nowMs - sum.since_ms))
          : t.since(i18n.clock(sum.since_ms)),
    share:
      sum.in_time_permille == null ? (sum.counted === 0 ? '–' : of(sum.counted)) : i18n.share(sum.in_time_permille),
    counts: sum.in_time_permille == null ? undefined : of(sum.counted),
    withEarly:
      sum.abandoned_early > 0
        ? `${t.withEarly(earlySeconds)} ${shown(sum.in_time_of_all_permille, sum.all)}`
        : undefined,
    abandoned: sum.abandoned === 0 ? '' : i18n.count(sum.abandoned, t.abandoned) + early,
    lost: sum.lost === 0 ? undefined : i18n.count(sum.lost, t.lost),
    late: late === 0 ? undefined : within(late, t.late, inTimeSeconds),
  };
}

/** A sentence with a number and so many seconds. */
function within(n: number, all: Forms, seconds: number): string {
  return i18n.count(n, all).replace('{seconds}', i18n.number(seconds));
}

/** One of the parts that a status is made of. */
export interface StatePart {
  label: string;
  icon: IconName;
  text: string;
}

/** What the status of an operator is made of: what she wants, her phone, her calls, what rings. */
export function partsOf(operator: Operator): StatePart[] {
  const [t, labels] = [i18n.t.operator, i18n.t.board];
  const { intent, claim, occupancy } = operator;
  const back = intent.wants === 'paused' && intent.back_at_ms != null ? `, ${backAt(intent.back_at_ms)}` : '';
  const paused = intent.wants === 'paused' && intent.reason ? t.pausedFor(reasonWords(intent.reason)) : t.paused;
  const wants = intent.wants === 'paused' ? paused + back : t[intent.wants];
  const machine =
    operator.paused_after_misses == null
      ? ''
      : `, ${i18n.count(operator.paused_after_misses, i18n.t.status.pausedByMachine)}`;
  const wrapUp =
    operator.wrap_up_until_ms == null
      ? '–'
      : `${t.wrapUp}, ${until(operator.wrap_up_until_ms, feed.nowMs, i18n.clock(operator.wrap_up_until_ms))}`;
  const phone =
    operator.place === 'home' ? t.home : `${t[operator.reachability]} (${i18n.count(operator.phones, t.phones)})`;
  return [
    { label: labels.wants, icon: intent.wants, text: wants + machine },
    { label: labels.phone, icon: operator.place === 'home' ? 'home' : operator.reachability, text: phone },
    { label: labels.does, icon: occupancy.does, text: occupancy.does === 'free' ? t.noCall : t[occupancy.does] },
    { label: labels.rings, icon: claim ? 'rings' : 'wrap_up', text: claim ? t.rings : wrapUp },
  ];
}

function backAt(ms: number): string {
  return isClockDoubted()
    ? i18n.t.status.still(left(ms, feed.nowMs))
    : i18n.t.operator.backAt(backWords(ms, feed.nowMs));
}

/** When the certificate of the web runs out or ran out, as a sentence. */
export function certificateWords(endsMs: number): string {
  const day = i18n.dayOf(endsMs);
  return endsMs > feed.nowMs ? i18n.t.board.certificateEnds(day) : i18n.t.board.certificateEnded(day);
}

/** The days from the first to the last of a period: one, or several. */
export function daysWords({ first, last }: { first: string; last: string }): string {
  return first === last ? i18n.day(first) : i18n.t.reports.range(i18n.day(first), i18n.day(last));
}

/** The months from the first to the last day of a period: one, or several that are told together. */
export function monthsWords(period: { first: string; last: string }): string {
  const { first, last } = period;
  return isSeveral(period) ? i18n.t.reports.range(i18n.month(first), i18n.month(last)) : i18n.month(first);
}
