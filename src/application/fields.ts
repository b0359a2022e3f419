import * as z from 'zod';
import { didYouMean } from './did-you-mean.js';
import { quote, shorten } from './printable.js';
import {
  CALLBACK_URL_MAX,
  CRON_EXPRESSION_MAX,
  DELAY_MS_MAX,
  IDEMPOTENCY_KEY_MAX,
  INT32_MAX,
  INT32_MIN,
  QUEUE_NAME,
  RATE_LIMIT_MAX,
  RATE_LIMIT_MIN,
} from './limits.js';
import { parseRetention } from '../domain/job/retention.js';
import { BACKOFF_STRATEGIES } from '../domain/retry/backoff.js';
import { CRON_DIALECTS } from '../domain/schedule/cron-fields.js';
import { egressTarget, hostAndPort, type EgressPolicy } from '../domain/egress/egress-policy.js';
import type { CallbackRules } from './callback-rules.js';
import { isJsonObject, isNestedWithin } from './json-object.js';
import { parseSigningSecret, SIGNING_SECRET, SIGNING_SECRETS_MAX } from './signing-secret.js';
import { kindOf } from './validation.js';

/*
 * The fields that clients send, and callers in this process give. A message follows the name of its field: "priority: must be ..., got ...". Nothing is
 * converted: a number in quotes is a string.
 */

interface Given {
  readonly input?: unknown;
}

/** @param what as in "must be an integer" */
function mustBe(what: string, describe: (value: unknown) => string = kindOf): (given: Given) => string {
  return ({ input }) =>
    input === undefined ? `is required; it must be ${what}` : `must be ${what}, got ${describe(input)}`;
}

const TEXT_SHOWN_MAX = 60;

function describeText(value: unknown): string {
  if (typeof value !== 'string') return kindOf(value);
  return value.length > TEXT_SHOWN_MAX ? `a string of ${value.length} characters` : quote(value);
}

export function integer(min: number, max: number, hint = ''): z.ZodInt {
  const error = mustBe(`an integer between ${min} and ${max}${hint}`);
  return z.int({ error }).min(min, { error }).max(max, { error });
}

function number(min: number, max: number): z.ZodNumber {
  const error = mustBe(`a number between ${min} and ${max}`);
  return z.number({ error }).min(min, { error }).max(max, { error });
}

/**
 * An integer of a query string.
 * @param capped is what exceeds the maximum taken for the maximum, or refused?
 */
export function digits(min: number, max: number, capped: boolean) {
  const what = capped ? `an integer, ${min} or more` : `an integer between ${min} and ${max}`;
  const error = mustBe(what, describeText);
  return z
    .string({ error })
    .regex(/^(?:0|[1-9]\d*)$/, { error })
    .transform((given) => (capped ? Math.min(Number(given), max) : Number(given)))
    .pipe(z.int({ error }).min(min, { error }).max(max, { error }));
}

const NOT_WELL_FORMED = 'must be well-formed Unicode, got half of a surrogate pair';

/** @param min characters, as UTF-16 counts them; `max` likewise */
function text(min: number, max: number): z.ZodString {
  const error = mustBe(`a string of ${min} to ${max} characters`, describeText);
  return z
    .string({ error })
    .min(min, { error })
    .max(max, { error })
    .refine((value) => value.isWellFormed(), { error: NOT_WELL_FORMED });
}

export function pattern(regex: RegExp, what: string): z.ZodString {
  const error = mustBe(what, describeText);
  return z.string({ error }).regex(regex, { error });
}

export function choice<const C extends readonly string[]>(choices: C) {
  return z.enum(choices, { error: mustBe(`one of ${choices.map(quote).join(', ')}`, describeText) });
}

/** An object without further fields. @param noun what a field is called in messages */
export function object<Shape extends z.ZodRawShape>(shape: Shape, noun = 'field') {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? describeUnknown(issue.keys, known, noun)
        : mustBe('an object')(issue),
  });
}

/** Some fields of an object, one at least: what an update gives. */
export function update<Shape extends z.ZodRawShape>(shape: Shape) {
  return object(shape)
    .partial()
    .refine((given) => Object.keys(given).length > 0, {
      error: `no field is given; give at least one of ${Object.keys(shape).join(', ')}`,
    })
    .meta({ minProperties: 1 });
}

/** Unknown fields that one message names. */
const UNKNOWN_MAX = 5;

function describeUnknown(unknown: readonly string[], known: readonly string[], noun: string): string {
  const named = unknown.slice(0, UNKNOWN_MAX).map((name) => {
    const near = didYouMean(name, known);
    return `unknown ${noun} ${quote(shorten(name))}${near === null ? '' : `; did you mean ${quote(near)}?`}`;
  });
  const others = unknown.length - named.length;
  return [...named, ...(others > 0 ? [`and ${others} more`] : [])].join('; ');
}

export const priority = integer(INT32_MIN, INT32_MAX);
export const count = integer(0, INT32_MAX);
export const timeoutMs = integer(1, INT32_MAX);
export const delayMs = integer(0, DELAY_MS_MAX);
export const maxConcurrency = integer(
  1,
  INT32_MAX,
  ' (to stop a queue, pause it with POST /queues/{name}/pause)',
);
export const maxDepth = integer(1, INT32_MAX);
export const rateLimitRps = number(RATE_LIMIT_MIN, RATE_LIMIT_MAX);
const retentionError = mustBe(
  'a duration such as "30m", "12h" or "7d", at most "36500d", or "never"',
  describeText,
);
/** As the configuration has it. */
export const retention = z
  .string({ error: retentionError })
  .refine((given) => parseRetention(given) !== null, { error: retentionError })
  .meta({ examples: ['7d', 'never'] });
const signingSecret = z
  .string({ error: mustBe(SIGNING_SECRET) })
  .refine((given) => parseSigningSecret(given) !== null, { error: `must be ${SIGNING_SECRET}` });
const signingSecretsError = mustBe(`an array of ${SIGNING_SECRETS_MAX} secrets at most`);
export const signingSecrets = z
  .array(signingSecret, { error: signingSecretsError })
  .max(SIGNING_SECRETS_MAX, { error: signingSecretsError });
export const retryBackoff = choice(BACKOFF_STRATEGIES);
export const flag = z.boolean({ error: mustBe('true or false') });
export const enabled = flag;
export const idempotencyKey = text(1, IDEMPOTENCY_KEY_MAX);
/** Of ids, keys and URLs, of which URLs are the longest. */
export const search = text(1, CALLBACK_URL_MAX);
/** What the texts mean is for the domain to check. */
export const cronExpression = text(1, CRON_EXPRESSION_MAX);
export const timezone = text(1, 64);
export const cronDialect = choice(CRON_DIALECTS);
export const queueName = pattern(
  QUEUE_NAME,
  '1 to 128 printable ASCII characters without a space at either end, and not "." or ".."',
);

/** As deep as the widest-spread parsers go. */
const PAYLOAD_LEVELS_MAX = 128;

/** The text of it is taken from the request as it was written: see JsonText. */
export const payload = z
  .unknown()
  .refine(isJsonObject, { error: mustBe('a JSON object'), abort: true })
  .refine((value) => isNestedWithin(PAYLOAD_LEVELS_MAX, value), {
    error: `must be nested at most ${PAYLOAD_LEVELS_MAX} levels deep`,
  })
  .meta({ type: 'object', additionalProperties: true });

/** The same as a text, for callers in this process. */
export const payloadText = z
  .string({ error: mustBe('the JSON text of an object') })
  .superRefine((text, context) => {
    const message = problemOfPayload(text);
    if (message !== null) context.addIssue({ code: 'custom', message });
  });

function problemOfPayload(text: string): string | null {
  if (!text.isWellFormed()) return NOT_WELL_FORMED;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'must be the JSON text of an object, got what is no JSON';
  }
  return payload.safeParse(value).error?.issues[0]?.message ?? null;
}

export function callbackUrl({ schemes, egress }: CallbackRules) {
  const error = mustBe(urlOf(schemes), describeText);
  return z
    .string({ error })
    .max(CALLBACK_URL_MAX, {
      error: mustBe(`at most ${CALLBACK_URL_MAX} characters long`, describeText),
      abort: true,
    })
    .refine((url) => !/[\s\p{Cc}]/u.test(url), {
      error: 'must not contain spaces or control characters; write a space as %20',
      abort: true,
    })
    .superRefine((text, context) => {
      const url = parseCallbackUrl(text, schemes);
      const message = url === null ? error({ input: text }) : refusedEgress(url, egress);
      if (message !== null) context.addIssue({ code: 'custom', message });
    })
    .meta({ format: 'uri' });
}

/** What the dispatcher will find out as well, when it connects: said here, it is of more use. */
function refusedEgress(url: URL, egress: EgressPolicy): string | null {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null;
  const target = egressTarget(url);
  const reason = egress.refusal(target);
  return reason === null ? null : `${hostAndPort(target)} must not be reached: ${reason}`;
}

/** "an http or https URL" */
function urlOf(schemes: readonly string[]): string {
  const article = /^(?:[aeiou]|http)/.test(schemes[0] ?? '') ? 'an' : 'a';
  const others = schemes.slice(0, -1).join(', ');
  return `${article} ${others === '' ? '' : `${others} or `}${schemes.at(-1) ?? ''} URL`;
}

/** Scheme and, for http and https, host: URL.parse would find one in "http:host" and "http:///host" too. */
const SCHEME = /^(?:(https?):\/\/[^/?#\\]|(?!https?:)([a-z][a-z\d+.-]*):)/i;

function parseCallbackUrl(text: string, schemes: readonly string[]): URL | null {
  const [, http, other] = SCHEME.exec(text) ?? [];
  const scheme = http ?? other;
  if (scheme === undefined || !schemes.includes(scheme.toLowerCase()) || !text.isWellFormed()) return null;
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
