import type { CronDialect } from '../../src/domain/schedule/cron-fields.js';

/**
 * A second, slow reading of a cron expression, to hold the real one against. It looks at every second or minute of a
 * window in turn, asks Intl what the clock of the zone shows, and applies the rules as they are written at
 * `parseCron` and `nextTick`. It shares no code with them and knows nothing of offsets.
 */

/** What the clock of a zone shows at each step of a window. */
export interface Clock {
  readonly zone: string;
  /** Ticks from here on are known; what lies before only serves to know what the clock has shown already. */
  readonly start: number;
  readonly end: number;
  readonly stepMs: number;
  readonly instants: readonly number[];
  /** Milliseconds as of `Date.UTC` for the local calendar fields. */
  readonly shown: readonly number[];
}

const HOUR = 3_600_000;

/**
 * @param stepMs 1000 or 60000; with the latter, only expressions for second 0 can be checked
 * @param runUpMs longer than any clock is ever set back
 */
export function readClock(
  zone: string,
  start: number,
  end: number,
  stepMs: number,
  runUpMs = 36 * HOUR,
): Clock {
  const formatter = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const instants: number[] = [];
  const shown: number[] = [];
  for (let instant = start - runUpMs; instant <= end; instant += stepMs) {
    const [month = 0, day = 0, year = 0, hour = 0, minute = 0, second = 0] = formatter
      .format(instant)
      .split(/\D+/)
      .map(Number);
    instants.push(instant);
    shown.push(Date.UTC(year, month - 1, day, hour, minute, second));
  }
  return { zone, start, end, stepMs, instants, shown };
}

const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');
const WEEKDAYS = 'SUN MON TUE WED THU FRI SAT'.split(' ');

/** Does one value fit the text of one field? */
function fits(text: string, value: number, min: number, max: number, names: readonly string[] = []): boolean {
  const number = (word: string): number =>
    names.includes(word.toUpperCase()) ? names.indexOf(word.toUpperCase()) + min : Number(word);
  return text.split(',').some((item) => {
    const [range = '', step] = item.split('/');
    const [low = '', high] = range === '*' || range === '?' ? [String(min), String(max)] : range.split('-');
    const from = number(low);
    const to = high === undefined ? (step === undefined ? from : max) : number(high);
    return value >= from && value <= to && (value - from) % Number(step ?? 1) === 0;
  });
}

/** @returns does the expression (6 or 7 fields) match a local time? */
function matcher(expression: string, dialect: CronDialect): (shown: number) => boolean {
  const [sec = '', min = '', hour = '', dom = '', month = '', dow = '', year = '*'] = expression.split(' ');
  const table = (size: number, fit: (value: number) => boolean) =>
    Array.from({ length: size }, (_, i) => fit(i));
  const seconds = table(60, (value) => fits(sec, value, 0, 59));
  const minutes = table(60, (value) => fits(min, value, 0, 59));
  const hours = table(24, (value) => fits(hour, value, 0, 23));
  const days = table(32, (value) => fits(dom, value, 1, 31));
  const months = table(12, (value) => fits(month, value + 1, 1, 12, MONTHS));
  const weekdays = table(7, (value) =>
    dialect === 'original'
      ? fits(dow, value + 1, 1, 7, WEEKDAYS)
      : [value, value + 7].some((alias) => alias <= 7 && fits(dow, alias, 0, 7, WEEKDAYS)),
  );
  const bothDays =
    dialect === 'original' || [dom, dow].some((text) => text.includes('*') || text.includes('?'));
  return (shown) => {
    const date = new Date(shown);
    if (seconds[date.getUTCSeconds()] !== true || minutes[date.getUTCMinutes()] !== true) return false;
    if (hours[date.getUTCHours()] !== true || months[date.getUTCMonth()] !== true) return false;
    const byMonth = days[date.getUTCDate()] === true;
    const byWeek = weekdays[date.getUTCDay()] === true;
    return (
      (bothDays ? byMonth && byWeek : byMonth || byWeek) && fits(year, date.getUTCFullYear(), 1970, 2099)
    );
  };
}

/** All ticks in [`clock.start`, `clock.end`]. */
export function oracleTicks(expression: string, clock: Clock, dialect: CronDialect = 'crontab'): number[] {
  const matches = matcher(expression, dialect);
  const hourField = expression.split(' ')[2] ?? '';
  const interval = Array.from({ length: 24 }, (_, hour) => hour).every((hour) =>
    fits(hourField, hour, 0, 23),
  );
  const ticks: number[] = [];
  let furthest = Infinity;
  for (const [index, instant] of clock.instants.entries()) {
    const shown = clock.shown[index] ?? NaN;
    let due = matches(shown);
    if (!interval) {
      // Seen before: the clock was set back.
      due &&= shown > furthest;
      // Never seen: it was set forward.
      for (let missing = furthest + clock.stepMs; missing < shown; missing += clock.stepMs) {
        due ||= matches(missing);
      }
    }
    if (due && instant >= clock.start) ticks.push(instant);
    furthest = furthest === Infinity ? shown : Math.max(furthest, shown);
  }
  return ticks;
}

/** The instants in [`from`, `to`] at which the zone's clock leaves its stride, to the minute. */
export function clockChanges(zone: string, from: number, to: number): number[] {
  return strideBreaks(readClock(zone, from, to, 6 * HOUR, 0)).flatMap((later) =>
    strideBreaks(readClock(zone, later - 6 * HOUR, later, 60_000, 0)),
  );
}

function strideBreaks({ instants, shown, stepMs }: Clock): number[] {
  return instants.filter((_, i) => i > 0 && (shown[i] ?? NaN) - (shown[i - 1] ?? NaN) !== stepMs);
}
