import { cs, type Dictionary } from './cs';
import { counted, type Forms } from './forms';

export type Language = 'cs' | 'en' | 'uk';
export type { Dictionary };

/** The languages, each by its own name. */
export const LANGUAGES: Record<Language, string> = { cs: 'Čeština', en: 'English', uk: 'Українська' };

const LOAD: Record<Language, () => Promise<Dictionary>> = {
  cs: async () => cs,
  en: async () => (await import('./en')).en,
  uk: async () => (await import('./uk')).uk,
};

/** Whether a text names a language that we speak. */
export function isLanguage(text: unknown): text is Language {
  return typeof text === 'string' && text in LANGUAGES;
}

/** The language spoken, and how it writes numbers and moments. */
class Spoken {
  language = $state<Language>('cs');
  t = $state.raw<Dictionary>(cs);

  /** A sentence with a number in its right form. */
  count(n: number, all: Forms): string {
    return counted(this.language, n, all);
  }

  number(n: number): string {
    return new Intl.NumberFormat(this.language).format(n);
  }

  /** Thousandths as percent; a dash where there is nothing to take a share of. */
  share(permille: number | null | undefined): string {
    if (permille == null) return '–';
    return new Intl.NumberFormat(this.language, { style: 'percent', maximumFractionDigits: 0 }).format(permille / 1_000);
  }

  /** A moment as hours and minutes. */
  clock(ms: number): string {
    return new Intl.DateTimeFormat(this.language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(ms);
  }

  /** A moment with its seconds. */
  exactClock(ms: number): string {
    return new Intl.DateTimeFormat(this.language, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(ms);
  }

  /** A day such as 2026-11-23; what is no day stays as it is. */
  day(day: string): string {
    return this.#date(day, { day: 'numeric', month: 'numeric', year: 'numeric' });
  }

  /** The month of a day such as 2026-11-01. */
  month(day: string): string {
    return this.#date(day, { month: 'short', year: 'numeric' });
  }

  /** The day of a moment. */
  dayOf(ms: number): string {
    return new Intl.DateTimeFormat(this.language, { day: 'numeric', month: 'numeric', year: 'numeric' }).format(ms);
  }

  /** A moment with its day. */
  moment(ms: number): string {
    const as = { day: 'numeric', month: 'numeric', year: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
    return new Intl.DateTimeFormat(this.language, as).format(ms);
  }

  #date(day: string, as: Intl.DateTimeFormatOptions): string {
    const date = new Date(`${day}T00:00:00Z`);
    if (Number.isNaN(date.getTime())) return day;
    return new Intl.DateTimeFormat(this.language, { ...as, timeZone: 'UTC' }).format(date);
  }
}

export const i18n = new Spoken();

/** Speaks a language from now on; its dictionary is fetched first. */
export async function speak(language: Language): Promise<void> {
  i18n.t = await LOAD[language]();
  i18n.language = language;
}
