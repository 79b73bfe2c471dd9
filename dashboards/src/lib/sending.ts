import { i18n } from '../i18n/index.svelte';

/** After how long without an answer an act is told to be on its way, in milliseconds. */
export const SENDING_AFTER_MS = 1_000;
/** After how long nobody can tell whether it was done, in milliseconds. */
export const UNANSWERED_AFTER_MS = 5_000;

/** Waits for the answer to an act. `tell` has the words for it while none comes, and nothing once it came; `unknown` says what is not known then. */
export async function untilHeard<T>(
  asked: Promise<T>,
  tell: (words: string | undefined) => void,
  unknown = unknownWords(),
): Promise<T> {
  const t = i18n.t.common;
  const unanswered = `${t.unanswered} ${unknown}`.trim();
  const waiting = [
    setTimeout(() => tell(t.sending), SENDING_AFTER_MS),
    setTimeout(() => tell(unanswered), UNANSWERED_AFTER_MS),
  ];
  try {
    return await asked;
  } finally {
    for (const one of waiting) clearTimeout(one);
    tell(undefined);
  }
}

/** That nobody knows whether it was done, and the star code of a phone that does the same. */
export function unknownWords(code?: string): string {
  const t = i18n.t.common;
  return code === undefined ? t.unknownDone : `${t.unknownDone} ${t.byCode(code)}`;
}

/** The star codes of phones for what an operator does at her page as well. */
export const CODES = { ready: '*40', paused: '*41', longer: '*42', off: '*44', handBack: '*45' } as const;
