import type { Board, Operator } from '../../lib/feed';
import { adrift, restsFrom, waiting } from '../../lib/views';

/** What the main panel of an operator's page shows. */
export type Panel =
  | 'unknown'
  | 'rings'
  | 'talks'
  | 'engaged'
  | 'wrap_up'
  | 'cut_off'
  | 'on_call'
  | 'missed'
  | 'waits'
  | 'adrift'
  | 'calm'
  | 'halted';

/** Whether what the board tells is of this moment. */
export type News = 'fresh' | 'stale';

/** What the main panel shows to an operator: calm only what is known to be calm. */
export function panelOf(board: Board, { key, status }: Operator, news: News, nowMs: number): Panel {
  switch (status.is) {
    case 'talking':
      return 'talks';
    case 'engaged':
    case 'wrap_up':
      return status.is;
    case 'ringing':
      return news === 'stale' ? 'unknown' : 'rings';
    case 'on_call':
      if (news === 'stale') return 'unknown';
      return isCutOff(board) ? 'cut_off' : 'on_call';
    case 'free':
      if (news === 'stale') return 'unknown';
      if (waiting(board).length > 0) return restsFrom(board, key, nowMs) === undefined ? 'waits' : 'missed';
      if (isCutOff(board)) return 'cut_off';
      return adrift(board).length > 0 ? 'adrift' : 'calm';
    case 'off':
    case 'paused':
    case 'paused_by_machine':
    case 'unassigned':
    case 'unreachable':
    case 'unproven':
    case 'resting':
      return news === 'stale' ? 'unknown' : 'halted';
  }
}

/** The names of the trunks that are known to be dead: one missed probe proves nothing. */
export function deadTrunks(board: Board): string[] {
  return board.trunks
    .filter((trunk) => trunk.status === 'down' || trunk.status === 'not_registered')
    .map(({ name }) => name);
}

/** Whether nobody can call: no trunk is alive, or new calls are not taken. */
export function isCutOff(board: Board): boolean {
  const isServing = board.health === undefined || board.health.mode === 'serving';
  return !isServing || deadTrunks(board).length === board.trunks.length;
}
