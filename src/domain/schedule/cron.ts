import type { CalendarFields } from './calendar.js';
import { FIRST_YEAR, LAST_YEAR, firstMatch } from './calendar.js';
import { parseFields, quoteStart, type CronDialect } from './cron-fields.js';
import type { Zone } from './zone.js';
import { REACH, changeBetween, firstInstantAt, firstUnreachedLocal, openZone } from './zone.js';

/** As the client wrote it. */
export interface CronSpec {
  readonly expression: string;
  /** IANA name, such as Europe/Berlin. */
  readonly timezone: string;
  readonly dialect: CronDialect;
}

/** A spec that {@link parseCron} found valid. What it has beyond the spec is for this folder only. */
export interface Cron extends CronSpec {
  readonly fields: CalendarFields;
  readonly zone: Zone;
}

export type CronParse =
  | { readonly kind: 'valid'; readonly cron: Cron }
  | {
      readonly kind: 'invalid';
      /** The client's name for the part that is wrong. */
      readonly field: 'cron_expression' | 'timezone';
      /** What is wrong and what may stand there; reads well after "<field>: ". */
      readonly message: string;
    };

/**
 * Reads a cron expression and the time zone whose clock it follows.
 *
 * - Fields: `second minute hour day-of-month month day-of-week [year]` (the manual, "Cron Format"), separated by
 *   spaces or tabs. In the dialect of crontab 5 fields are a line of crontab(5) and run at second 0.
 * - A field is a list of `*`, `a` and `a-b`, each with or without a step; `a/n` means from a to the end. Months and
 *   days of the week have names too (JAN, Monday). Years are 1970-2099.
 * - Days of the week by number: in the dialect of crontab 0-7, Sunday is 0 and 7; in the original one 1-7, Sunday is 1.
 *   The names mean the same in both. A range may end with Sunday: `FRI-SUN`.
 * - `?` for a whole day field means `*`.
 * - A day must match by both day fields. In the dialect of crontab either is enough if neither contains `*` or `?`, so
 *   `0 0 9 1 * Mon` runs on the 1st and on every Monday.
 * - Nicknames: @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly.
 * - Nothing that depends on more than the text: no L, W, # (Quartz), no H (Jenkins), no @reboot.
 *
 * An expression that never fires (30 February) is valid here: {@link nextTick} tells.
 * @param spec its time zone may be in any case, but is neither an offset nor an abbreviation that IANA does not list
 */
export function parseCron(spec: CronSpec): CronParse {
  const { expression, timezone, dialect } = spec;
  const parse = parseFields(expression, dialect);
  if (parse.kind === 'refused') return { kind: 'invalid', field: 'cron_expression', message: parse.message };
  const zone = openZone(timezone);
  if (zone === null) {
    const message = `${quoteStart(timezone)} is not an IANA time zone, write a name such as "Europe/Berlin" or "UTC"`;
    return { kind: 'invalid', field: 'timezone', message };
  }
  return { kind: 'valid', cron: { expression, timezone, dialect, fields: parse.fields, zone } };
}

/** Ticks lie between these; a search from outside starts at the nearer one. */
const SEARCH_START = Date.UTC(FIRST_YEAR, 0, 1) - REACH;
const SEARCH_END = Date.UTC(LAST_YEAR + 1, 0, 1) + REACH;

/**
 * The first tick strictly later than `after`, both in epoch milliseconds; null when there is none (up to 2099).
 * There is at most one tick an instant.
 *
 * When the clock of the zone is changed, the rule is that of Vixie cron as Debian's cron(8) puts it: jobs that run at
 * a specific time or less often than hourly are neither lost nor doubled, more frequent ones take no notice.
 *
 * - An **interval** is an expression whose hour field takes in every hour (`*`, `0-23`, `0/1`). It fires whenever the
 *   clock shows a matching time, so it keeps its pace: every half hour stays every real half hour, through a
 *   repeated hour too.
 * - Everything else is **fixed**, steps of several hours and lists too: each time of day that it names fires once a
 *   day. One that exists twice fires the first time. One that the clock jumps over fires at the jump; several that
 *   it jumps over, and one that is due at the jump anyway, make one tick. This holds for jumps of any length, that
 *   of a whole day included (Apia, 30 December 2011).
 */
export function nextTick(cron: Cron, after: number): number | null {
  const from = Math.min(Math.max(after, SEARCH_START), SEARCH_END);
  return cron.fields.hours.length === 24 ? nextIntervalTick(cron, from) : nextFixedTick(cron, from);
}

function nextFixedTick({ fields, zone }: Cron, after: number): number | null {
  const local = firstMatch(fields, firstUnreachedLocal(zone, after));
  return local === null ? null : firstInstantAt(zone, local);
}

function nextIntervalTick({ fields, zone }: Cron, after: number): number | null {
  let from = after + 1;
  for (;;) {
    const offset = zone.offsetAt(from);
    const local = firstMatch(fields, from + offset);
    const tick = local === null ? Infinity : local - offset;
    // A time that matched before can come again, but only within reach of a change that sets the clock back.
    const horizon = Math.min(tick, from + REACH);
    const change = changeBetween(zone, from, horizon);
    if (change !== null) from = change;
    else if (tick === horizon) return tick;
    else if (local === null) return null;
    else from = tick - REACH; // Nothing until then; look at the clock afresh from near the tick.
  }
}
