/** Civil time of a zone; without a name that of the browser. What a clock shows is written as the moment at which a clock of UTC shows it. */
type Zone = string | undefined;

const DAY_MS = 24 * 60 * 60 * 1_000;

const made = new Map<Zone, Intl.DateTimeFormat>();

/** Whether the browser knows a zone of this name. */
export function isZone(name: string): boolean {
  try {
    fieldsOf(name);
    return true;
  } catch {
    return false;
  }
}

/** What a clock of the zone shows at a moment. */
export function shownAt(ms: number, zone: Zone): number {
  if (!Number.isFinite(ms)) return Number.NaN;
  const parts = fieldsOf(zone).formatToParts(ms);
  const of = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((part) => part.type === type)?.value);
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
}

/** A moment at which a clock of the zone shows this; an hour later where it skips it. */
export function momentOf(shownMs: number, zone: Zone): number {
  const about = 2 * shownMs - shownAt(shownMs, zone);
  return shownMs + about - shownAt(about, zone);
}

/** The time of day as a field for it writes it. */
export function clockAt(ms: number, zone: Zone): string {
  return new Date(shownAt(ms, zone)).toISOString().slice(11, 16);
}

/** The day as a field for it writes it. */
export function dayAt(ms: number, zone: Zone): string {
  return new Date(shownAt(ms, zone)).toISOString().slice(0, 10);
}

/** When a day begins that is so many days after one such as 2026-11-23; no number for what is no day. */
export function dayBegins(day: string, after: number, zone: Zone): number {
  const date = new Date(`${day}T00:00:00Z`);
  return momentOf(date.setUTCDate(date.getUTCDate() + after), zone);
}

/** When the day of a moment begins. */
export function midnight(ms: number, zone: Zone): number {
  return dayBegins(dayAt(ms, zone), 0, zone);
}

/** The next moment at which a clock of the zone shows `HH:MM`, the first one where it is set back; nothing for what is no time of day. */
export function next(clock: string, nowMs: number, zone: Zone): number | undefined {
  const parts = /^(\d{1,2}):(\d{2})/.exec(clock);
  if (!parts) return undefined;
  const shown = new Date(shownAt(nowMs, zone));
  shown.setUTCHours(Number(parts[1]), Number(parts[2]), 0, 0);
  const todayMs = shown.getTime();
  const tomorrowMs = shown.setUTCDate(shown.getUTCDate() + 1);
  const moments = [todayMs, tomorrowMs].flatMap((shownMs) => [...momentsOf(shownMs, zone), momentOf(shownMs, zone)]);
  return Math.min(...moments.filter((ms) => ms > nowMs));
}

/** The moments at which a clock of the zone shows this, as it goes a day before and a day after: two in an hour that it shows twice. */
function momentsOf(shownMs: number, zone: Zone): number[] {
  const ahead = (ms: number) => shownAt(ms, zone) - ms;
  return [shownMs - DAY_MS, shownMs + DAY_MS]
    .map((ms) => shownMs - ahead(ms))
    .filter((ms) => shownAt(ms, zone) === shownMs);
}

function fieldsOf(zone: Zone): Intl.DateTimeFormat {
  const known = made.get(zone);
  if (known) return known;
  const [date, clock] = [
    { year: 'numeric', month: 'numeric', day: 'numeric' },
    { hour: 'numeric', minute: 'numeric', second: 'numeric' },
  ] as const;
  const fields = new Intl.DateTimeFormat('en', { ...date, ...clock, hourCycle: 'h23', timeZone: zone });
  made.set(zone, fields);
  return fields;
}
