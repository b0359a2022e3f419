import { formatRetention, parseRetention } from '../domain/job/retention.js';
import { quote, shorten } from './printable.js';
import { Secret } from './secret.js';

/** What the value of a configuration key may be: one rule for the file, the environment and the flags. */
export interface ValueType<T> {
  /** As docs/configuration.md names it, such as "list of integers". */
  readonly name: string;
  /** As docs/configuration.md gives it, such as "1 to 10000". */
  readonly range: string;
  /** Takes a value as TOML has it, where an integer is a bigint and a float a number. undefined: not acceptable. */
  accept(value: unknown): T | undefined;
  /** Why `accept` refused the value; follows the name of the key: "must be an integer from 1 to 9, not 10". */
  refusal(value: unknown): string;
  /** The TOML value that a text of the environment or of a flag stands for; the text itself if for none. */
  fromText(text: string): unknown;
  /** The value as TOML writes it; null when there is none to write. Of what is secret, only what may be shown. */
  format(value: T): string | null;
  /** Values are never shown, and the environment may name a file that holds one: <VARIABLE>_FILE. */
  readonly secret?: true;
}

const INTEGER = /^(?:0|-?[1-9]\d*)$/;

export function integer(min: number, max: number): ValueType<number> {
  const accept = (value: unknown): number | undefined =>
    typeof value === 'bigint' && value >= min && value <= max ? Number(value) : undefined;
  return {
    name: 'integer',
    range: `${min} to ${max}`,
    accept,
    refusal: (value) => {
      const quotes = typeof value === 'string' && INTEGER.test(value) ? ' in quotes' : '';
      return `must be an integer from ${min} to ${max}, not ${show(value)}${quotes}`;
    },
    // Digits only: no "1e3", no "10abc", no " 5 ".
    fromText: (text) => (INTEGER.test(text) ? BigInt(text) : text),
    format: String,
  };
}

export const boolean: ValueType<boolean> = {
  name: 'boolean',
  range: 'true or false',
  accept: (value) => (typeof value === 'boolean' ? value : undefined),
  refusal: (value) => {
    const quotes = value === 'true' || value === 'false' ? ' in quotes' : '';
    return `must be true or false, not ${show(value)}${quotes}`;
  },
  fromText: (given) => (given === 'true' || given === 'false' ? given === 'true' : given),
  format: String,
};

/** A type whose default is to have no value; TOML has no null, so no source can give it. */
export function optional<T>(type: ValueType<T>): ValueType<T | null> {
  return { ...type, format: (value) => (value === null ? null : type.format(value)) };
}

/** @param expected what it must be, such as "a path" */
export function text(
  range: string,
  expected: string,
  accept: (value: string) => string | undefined,
): ValueType<string> {
  return {
    name: 'string',
    range,
    accept: (value) => (typeof value === 'string' ? accept(value) : undefined),
    refusal: (value) => `must be ${expected}, not ${show(value)}`,
    fromText: (given) => given,
    format: quote,
  };
}

/** How long something is kept, in milliseconds. */
export const retention: ValueType<number> = {
  name: 'string',
  range: 'such as 12h or 7d, at most 36500d; or never',
  accept: (value) => (typeof value === 'string' ? (parseRetention(value) ?? undefined) : undefined),
  refusal: (value) =>
    `must be a duration such as "30m", "12h" or "7d", at most "36500d", or "never", not ${show(value)}`,
  fromText: (given) => given,
  format: (ms) => quote(formatRetention(ms)),
};

export function choice<C extends string>(choices: readonly C[]): ValueType<C> {
  return {
    name: 'string',
    range: choices.map(quote).join(', '),
    accept: (value) => choices.find((known) => known === value),
    refusal: (value) => `must be one of ${choices.map(quote).join(', ')}, not ${show(value)}`,
    fromText: (given) => given,
    format: quote,
  };
}

/**
 * In a text the items are separated by commas; an empty text is an empty list. What is listed twice counts once.
 * @param expected what it must be, such as "a list of paths"
 */
export function list<T>(item: ValueType<T>, expected: string): ValueType<readonly T[]> {
  return {
    name: `list of ${item.name}s`,
    range: `each ${item.range}`,
    accept: (value) => {
      if (!Array.isArray(value)) return undefined;
      const items = value.map((one) => item.accept(one)).filter((one) => one !== undefined);
      return items.length === value.length ? [...new Set(items)] : undefined;
    },
    refusal: (value) => {
      if (!Array.isArray(value)) return `must be ${expected}, not ${show(value)}`;
      return `must be ${expected}, but holds ${show(value.find((one) => item.accept(one) === undefined))}`;
    },
    fromText: (given) => (given === '' ? [] : given.split(',').map((one) => item.fromText(one))),
    format: (values) => `[${values.map((value) => item.format(value)).join(', ')}]`,
  };
}

/** @param expected what it must be, such as "a path"; the message must do without the value */
export function secret(
  range: string,
  expected: string,
  isAcceptable: (value: string) => boolean,
): ValueType<Secret> {
  return {
    name: 'secret',
    range,
    accept: (value) => (typeof value === 'string' && isAcceptable(value) ? new Secret(value) : undefined),
    refusal: () => `must be ${expected}`,
    fromText: (given) => given,
    format: String,
    secret: true,
  };
}

/** A list of which a refusal names the item that is wrong, and says why. */
export function listByPlace<T>(item: ValueType<T>, expected: string): ValueType<readonly T[]> {
  return {
    ...list(item, expected),
    refusal: (value) => {
      if (!Array.isArray(value)) return `must be ${expected}`;
      const place = value.findIndex((one) => item.accept(one) === undefined);
      return `must be ${expected}; item ${place + 1} ${item.refusal(value[place])}`;
    },
  };
}

/** A list of what is secret, or holds it. */
export function secretList<T>(item: ValueType<T>, expected: string): ValueType<readonly T[]> {
  return { ...listByPlace(item, expected), secret: true };
}

/** A value as TOML has it, for a message. */
function show(value: unknown): string {
  if (typeof value === 'string') return quote(shorten(value));
  if (typeof value === 'bigint') return shorten(String(value));
  if (typeof value === 'number') return `the float ${Number.isInteger(value) ? value.toFixed(1) : value}`;
  if (typeof value === 'boolean') return String(value);
  if (value instanceof Date) return 'a date or time';
  return Array.isArray(value) ? 'a list' : 'a table';
}
