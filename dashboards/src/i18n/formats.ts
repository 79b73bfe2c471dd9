type Moment = Intl.DateTimeFormatOptions;

const DAY = { day: 'numeric', month: 'numeric', year: 'numeric' } as const satisfies Moment;
/** In English nobody knows whether 9/12 is in September or December: days come first, and a month is a word. */
const ENGLISH = { locale: 'en-GB', day: { ...DAY, month: 'short' } } as const;
const CLOCK = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const satisfies Moment;

/** How a language writes numbers and moments of a time zone. */
class Formats {
  readonly number: Intl.NumberFormat;
  readonly percent: Intl.NumberFormat;
  readonly exactPercent: Intl.NumberFormat;
  readonly plurals: Intl.PluralRules;
  readonly clock: Intl.DateTimeFormat;
  readonly exactClock: Intl.DateTimeFormat;
  readonly day: Intl.DateTimeFormat;
  readonly moment: Intl.DateTimeFormat;
  /** Days of the calendar, which have no hour. */
  readonly date: Intl.DateTimeFormat;
  readonly month: Intl.DateTimeFormat;
  readonly weekday: Intl.DateTimeFormat;

  constructor(language: string, timeZone: string | undefined) {
    const { locale, day } = language === 'en' ? ENGLISH : { locale: language, day: DAY };
    const moments = (as: Moment) => new Intl.DateTimeFormat(locale, { timeZone, ...as });
    this.number = new Intl.NumberFormat(locale);
    this.percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });
    this.exactPercent = new Intl.NumberFormat(locale, { style: 'percent', minimumFractionDigits: 1 });
    this.plurals = new Intl.PluralRules(locale);
    this.clock = moments(CLOCK);
    this.exactClock = moments({ ...CLOCK, second: '2-digit' });
    this.day = moments(day);
    this.moment = moments({ ...day, ...CLOCK });
    this.date = moments({ ...day, timeZone: 'UTC' });
    this.month = moments({ month: 'short', year: 'numeric', timeZone: 'UTC' });
    this.weekday = moments({ weekday: 'short', timeZone: 'UTC' });
  }
}

const made = new Map<string, Formats>();

/** The formats of a language, for moments of a time zone: the browser's own without one. They are kept: to make one takes a hundred times as long as to use it. */
export function formatsOf(language: string, zone?: string): Formats {
  const key = `${language} ${zone}`;
  const known = made.get(key);
  if (known) return known;
  const formats = new Formats(language, zone);
  made.set(key, formats);
  return formats;
}
