import { cs, type Dictionary } from './cs';
import { formatsOf } from './formats';
import { counted, type Forms } from './forms';
import { isZone } from '../lib/zone';

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
  /** The time zone of the site, by which all hours and days are told; nothing, and the browser's own, before it is known. */
  zone = $state<string | undefined>();

  /** Tells hours and days by this zone from now on, if the browser knows it. */
  goBy(zone: string | null | undefined): void {
    this.zone = zone != null && isZone(zone) ? zone : undefined;
  }

  /** A sentence with a number in its right form. */
  count(n: number, all: Forms): string {
    return counted(this.language, n, all);
  }

  number(n: number): string {
    return this.#formats.number.format(n);
  }

  /** Thousandths as percent; a dash where there is nothing to take a share of. */
  share(permille: number | null | undefined): string {
    return permille == null ? '–' : this.#formats.percent.format(permille / 1_000);
  }

  /** Thousandths as percent, with tenths. */
  exactShare(permille: number): string {
    return this.#formats.exactPercent.format(permille / 1_000);
  }

  /** A moment as hours and minutes. */
  clock(ms: number): string {
    return this.#formats.clock.format(ms);
  }

  /** A moment with its seconds. */
  exactClock(ms: number): string {
    return this.#formats.exactClock.format(ms);
  }

  /** A day such as 2026-11-23; what is no day stays as it is. */
  day(day: string): string {
    return date(day, this.#formats.date);
  }

  /** The month of a day such as 2026-11-01. */
  month(day: string): string {
    return date(day, this.#formats.month);
  }

  /** The day of the week of a day such as 2026-11-23. */
  weekday(day: string): string {
    return date(day, this.#formats.weekday);
  }

  /** The day of a moment. */
  dayOf(ms: number): string {
    return this.#formats.day.format(ms);
  }

  /** A moment with its day. */
  moment(ms: number): string {
    return this.#formats.moment.format(ms);
  }

  get #formats() {
    return formatsOf(this.language, this.zone);
  }
}

function date(day: string, as: Intl.DateTimeFormat): string {
  const date = new Date(`${day}T00:00:00Z`);
  // A day or a month is one word: in a narrow column it goes over no two lines.
  return Number.isNaN(date.getTime()) ? day : as.format(date).replaceAll(' ', '\u00a0');
}

export const i18n = new Spoken();

/** Speaks a language from now on; its dictionary is fetched first. */
export async function speak(language: Language): Promise<void> {
  i18n.t = await LOAD[language]();
  i18n.language = language;
}
