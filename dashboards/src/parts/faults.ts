import { i18n } from '../i18n/index.svelte';
import type { Board } from '../lib/feed';
import type { IconName } from '../lib/icons';
import type { Role } from '../lib/session.svelte';
import { mayOpen } from '../lib/session.svelte';
import type { Lasting } from '../lib/spoken';
import { staffOf, waiting } from '../lib/views';
import { deadTrunks } from './me/panel';
import { certificateWords } from './words';

/** Whether whoever looks is one to see to the certificate of the web. */
export type Certificate = 'told' | 'untold';

/** What is wrong with Linka or its connections: shown on a banner, and said when it begins and when it ends. */
export interface Fault {
  key: 'unsaved' | 'clock' | 'mode' | 'trunks' | 'certificate';
  /** Of two that are the same nothing new is to be said, whatever their numbers. */
  state: string;
  icon: IconName;
  tone: 'now' | 'watch';
  title: string;
  text: string;
  /** What the machine says of it, in English. */
  detail?: string;
  /** What is said once it is over. */
  over: string;
}

/** What is wrong now, the worst first. */
export function faultsOf(board: Board, certificate: Certificate, nowMs: number): Fault[] {
  return [
    ...unsaved(board),
    ...clockDoubt(board),
    ...mode(board),
    ...trunks(board),
    ...(certificate === 'told' ? certificateEnd(board, nowMs) : []),
  ];
}

/** What somebody of a role hears of on every page. */
export function heardOf(board: Board, role: Role, nowMs: number): Lasting[] {
  const faults = faultsOf(board, role === 'wall' || mayOpen(role, '/contacts') ? 'told' : 'untold', nowMs);
  const heard: Lasting[] = faults.map(({ key, state, title, text, over }) => ({
    is: 'so',
    key,
    state,
    begins: sentences(title, text),
    ends: over,
  }));
  // A trunk that owes an answer is not known to work again.
  const isOpen = board.trunks.some(({ status }) => status === 'asked' || status === 'silent');
  return isOpen && !faults.some(({ key }) => key === 'trunks') ? [...heard, { is: 'unknown', key: 'trunks' }] : heard;
}

/** What whoever supervises hears of besides, on the board: who waits that cannot wait, and where operators are missing. */
export function heardOnBoard(board: Board): Lasting[] {
  const t = i18n.t.board;
  const waits = waiting(board);
  const urgent = (['alarm', 'danger'] as const).flatMap((one): Lasting[] => {
    const those = waits.filter((contact) => contact.class === one);
    if (those.length === 0) return [];
    const isMute = those.some(({ speech }) => speech === 'cannot_speak');
    const begins = sentences(t.classWaits(i18n.t.class[one]), isMute ? i18n.t.me.cannotSpeak : '');
    return [{ is: 'new', key: one, state: isMute ? 'cannot speak' : 'waits', begins }];
  });
  const short = (board.setup?.queues ?? []).filter(({ name, staff_minimum }) => staffOf(board, name) < staff_minimum);
  return [
    ...urgent,
    ...short.map(({ name }): Lasting => ({
      is: 'so',
      key: `staff ${name}`,
      state: 'short',
      begins: t.staffShortOf(name),
    })),
  ];
}

/** A title and what follows it, as they are spoken. */
export function sentences(title: string, text: string): string {
  const first = title.endsWith('.') ? title : `${title}.`;
  return text === '' ? first : `${first} ${text.endsWith('.') ? text : `${text}.`}`;
}

function unsaved({ health }: Board): Fault[] {
  const t = i18n.t.board;
  if (health?.unsaved == null) return [];
  return [
    {
      key: 'unsaved',
      state: 'unsaved',
      icon: 'disk',
      tone: 'now',
      title: t.unsaved,
      text: t.unsavedHint,
      detail: health.unsaved,
      over: t.unsavedOver,
    },
  ];
}

function clockDoubt({ health }: Board): Fault[] {
  const t = i18n.t.board;
  if (health?.clock_doubt == null) return [];
  const [title, text, over] = [`${t.clockDoubted}.`, t.clockDoubtedHint, t.clockDoubtedOver];
  return [
    { key: 'clock', state: 'doubted', icon: 'warning', tone: 'watch', title, text, detail: health.clock_doubt, over },
  ];
}

function mode({ health }: Board): Fault[] {
  const t = i18n.t.board;
  if (!health || health.mode === 'serving') return [];
  const title = health.mode === 'drained' ? t.drained : t.draining;
  return [
    {
      key: 'mode',
      state: health.mode,
      icon: 'warning',
      tone: 'watch',
      title,
      text: t.drainingHint,
      over: t.drainingOver,
    },
  ];
}

function trunks(board: Board): Fault[] {
  const t = i18n.t.board;
  const dead = deadTrunks(board);
  if (dead.length === 0) return [];
  const names = dead.join(', ');
  const [tone, text] =
    dead.length === board.trunks.length ? (['now', t.allDeadHint] as const) : (['watch', t.someDeadHint] as const);
  return [
    {
      key: 'trunks',
      state: `${tone} ${names}`,
      icon: 'trunk',
      tone,
      title: t.trunksDead(names),
      text,
      over: t.trunksDeadOver,
    },
  ];
}

function certificateEnd({ health }: Board, nowMs: number): Fault[] {
  const t = i18n.t.board;
  const endsMs = health?.certificate_ends_ms;
  if (endsMs == null) return [];
  const [title, text, over] = [certificateWords(endsMs), t.certificateHint, t.certificateOver];
  return [
    { key: 'certificate', state: endsMs > nowMs ? 'ends' : 'ended', icon: 'warning', tone: 'watch', title, text, over },
  ];
}
