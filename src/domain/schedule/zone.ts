/**
 * Arithmetic between instants (epoch milliseconds) and local time in an IANA zone.
 *
 * A local time is a number too: the milliseconds that `Date.UTC` gives for what the local clock shows. So
 * `local = instant + offset`, and calendar fields are read from it with the `getUTC*` methods, whatever the
 * time zone of the process.
 */

const HOUR = 3_600_000;

/** No zone has been further from UTC than this since 1970 (Kiritimati +14, Kwajalein -12). */
const FURTHEST_AHEAD = 15 * HOUR;
const FURTHEST_BEHIND = 13 * HOUR;

/**
 * A clock that is set back shows again what it showed at most this long ago (milliseconds). Two changes of one
 * zone are never that close: the nearest since 1970 are a week apart (Boa Vista, October 2000).
 */
export const REACH = FURTHEST_AHEAD + FURTHEST_BEHIND;

export interface Zone {
  /** Milliseconds to add to `instant` for the local time. */
  offsetAt(instant: number): number;
}

/**
 * ICU also takes abbreviations of its own, which IANA does not know and which mislead (BST is Dhaka, CST Chicago,
 * IST Calcutta). These are the ones of three letters that are in the IANA database.
 */
const IANA_OF_THREE_LETTERS = new Set('CET EET EST GMT HST MET MST PRC ROC ROK UCT UTC WET'.split(' '));

/** By name in lower case, so that it cannot outgrow the database. Making a formatter takes longer than using it. */
const formatters = new Map<string, Intl.DateTimeFormat>();

/** @returns the zone; null unless `name` is an IANA name (in any case). Offsets such as +02:00 are none. */
export function openZone(name: string): Zone | null {
  const formatter = formatterOf(name);
  return formatter === null ? null : { offsetAt: (instant) => parseOffset(formatter.format(instant)) };
}

function formatterOf(name: string): Intl.DateTimeFormat | null {
  if (!isIanaLike(name)) return null;
  const key = name.toLowerCase();
  const known = formatters.get(key);
  if (known !== undefined) return known;
  try {
    const options = { timeZone: name, year: 'numeric', timeZoneName: 'longOffset' } as const;
    const formatter = new Intl.DateTimeFormat('en-US', options);
    formatters.set(key, formatter);
    return formatter;
  } catch {
    return null; // RangeError: no such zone
  }
}

function isIanaLike(name: string): boolean {
  // Node 22 and later would take an offset for a zone.
  if (!/^[a-z][a-z0-9_+/-]*$/i.test(name) || /^systemv\//i.test(name)) return false;
  return name.length !== 3 || IANA_OF_THREE_LETTERS.has(name.toUpperCase());
}

/** @param text such as "2025, GMT+05:30", "1970, GMT-00:44:30" or, in some versions of ICU, "2025, GMT" */
function parseOffset(text: string): number {
  const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text);
  if (match === null) throw new Error(`unexpected offset from Intl.DateTimeFormat: ${text}`);
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = match;
  const offset = Number(hours) * HOUR + Number(minutes) * 60_000 + Number(seconds) * 1000;
  return sign === '-' ? -offset : offset;
}

/**
 * The instant in (`from`, `to`] at which the offset stops being that of `from`; null when it is the same at `to`.
 * The two must be at most {@link REACH} apart, so that there is one change at most.
 */
export function changeBetween(zone: Zone, from: number, to: number): number | null {
  const offset = zone.offsetAt(from);
  if (zone.offsetAt(to) === offset) return null;
  let before = from;
  let changed = to;
  while (changed - before > 1) {
    const middle = Math.floor((before + changed) / 2);
    if (zone.offsetAt(middle) === offset) before = middle;
    else changed = middle;
  }
  return changed;
}

/** The earliest local time that the clock has not reached by `instant`, that included. */
export function firstUnreachedLocal(zone: Zone, instant: number): number {
  const unreached = instant + zone.offsetAt(instant) + 1;
  const change = changeBetween(zone, instant - REACH, instant);
  // Before a clock is set back it had got further than it may show now.
  return change === null ? unreached : Math.max(unreached, change + zone.offsetAt(instant - REACH));
}

/**
 * The first instant at which the clock shows `local` or later. So a local time that exists twice gives its first
 * instant, and one that does not exist gives the instant at which the clock jumps over it.
 */
export function firstInstantAt(zone: Zone, local: number): number {
  const before = local - FURTHEST_AHEAD;
  const offset = zone.offsetAt(before);
  const change = changeBetween(zone, before, local + FURTHEST_BEHIND);
  if (change === null || local - offset < change) return local - offset;
  return Math.max(change, local - zone.offsetAt(change));
}
