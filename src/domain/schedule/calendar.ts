/** Search for local times by their calendar fields. A local time is a number: see zone.ts. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The years that the optional last field of a cron expression may name; no search leaves them. */
export const FIRST_YEAR = 1970;
export const LAST_YEAR = 2099;

/** The values that match, in rising order; none is empty. */
export interface CalendarFields {
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** 1-31 */
  readonly daysOfMonth: ReadonlySet<number>;
  /** 1-12 */
  readonly months: ReadonlySet<number>;
  /** 0-6, 0 is Sunday. */
  readonly daysOfWeek: ReadonlySet<number>;
  /** Does a day match by either of the day fields (true) or only by both? */
  readonly eitherDay: boolean;
  readonly years: ReadonlySet<number>;
}

/** The first matching local time that is `earliest` or later, a whole second; null when there is none up to 2099. */
export function firstMatch(fields: CalendarFields, earliest: number): number | null {
  const from = Math.ceil(earliest / SECOND) * SECOND;
  const today = Math.floor(from / DAY) * DAY;
  const day = firstMatchingDay(fields, today);
  if (day === null) return null;
  const time = firstTimeOfDay(fields, Math.max(from - day, 0));
  if (time !== null) return day + time;
  const laterDay = firstMatchingDay(fields, today + DAY);
  return laterDay === null ? null : laterDay + (firstTimeOfDay(fields, 0) ?? 0);
}

/** @returns the start of the first matching day that is `earliest` (the start of a day) or later */
function firstMatchingDay(fields: CalendarFields, earliest: number): number | null {
  const start = new Date(Math.max(earliest, Date.UTC(FIRST_YEAR, 0, 1)));
  let firstDay = start.getUTCDate();
  let month = start.getUTCMonth();
  for (let year = start.getUTCFullYear(); year <= LAST_YEAR; year++) {
    for (; fields.years.has(year) && month < 12; month++) {
      const day = fields.months.has(month + 1) ? matchingDayOfMonth(fields, year, month, firstDay) : null;
      if (day !== null) return day;
      firstDay = 1;
    }
    firstDay = 1;
    month = 0;
  }
  return null;
}

/** @param month from 0 */
function matchingDayOfMonth(
  fields: CalendarFields,
  year: number,
  month: number,
  from: number,
): number | null {
  const startOfMonth = Date.UTC(year, month, 1);
  const weekdayBeforeFirst = new Date(startOfMonth).getUTCDay() - 1;
  const days = (Date.UTC(year, month + 1, 1) - startOfMonth) / DAY;
  for (let day = from; day <= days; day++) {
    const byMonth = fields.daysOfMonth.has(day);
    const byWeek = fields.daysOfWeek.has((weekdayBeforeFirst + day) % 7);
    if (fields.eitherDay ? byMonth || byWeek : byMonth && byWeek) return startOfMonth + (day - 1) * DAY;
  }
  return null;
}

/** Milliseconds since midnight of the first matching time that is `earliest` or later; null when the day is over. */
function firstTimeOfDay(fields: CalendarFields, earliest: number): number | null {
  for (const hour of fields.hours) {
    if ((hour + 1) * HOUR <= earliest) continue;
    for (const minute of fields.minutes) {
      const time = hour * HOUR + minute * MINUTE;
      if (time + MINUTE <= earliest) continue;
      const second = fields.seconds.find((value) => time + value * SECOND >= earliest);
      if (second !== undefined) return time + second * SECOND;
    }
  }
  return null;
}
