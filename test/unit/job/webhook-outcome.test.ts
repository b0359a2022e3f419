import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  RESPONSE_EXCERPT_LENGTH,
  webhookOutcome,
  type WebhookResponse,
} from '../../../src/domain/job/webhook-outcome.js';
import { DEFAULT_CONFIG } from '../../../src/application/config.js';
import { NOW } from '../../support/jobs.js';
import { holds } from '../../support/property.js';

const { retryStatuses } = DEFAULT_CONFIG.defaults;

function response(change: Partial<WebhookResponse> = {}): WebhookResponse {
  return { statusCode: 200, body: '', bodyTruncated: false, retryAfter: null, ...change };
}

/** How the outcome of a status reads in one word. */
function verdict(statusCode: number, statuses = retryStatuses): string {
  const outcome = webhookOutcome(response({ statusCode }), statuses, NOW);
  if (outcome.kind !== 'failed') return outcome.kind;
  return outcome.permanent ? 'permanent' : 'transient';
}

describe('what a status means', () => {
  test.each([
    [100, 199, 'transient'],
    [200, 299, 'succeeded'],
    [300, 399, 'transient'],
    [400, 407, 'permanent'],
    [408, 408, 'transient'],
    [409, 424, 'permanent'],
    [425, 425, 'transient'],
    [426, 428, 'permanent'],
    [429, 429, 'transient'],
    [430, 499, 'permanent'],
    [500, 599, 'transient'],
    [600, 999, 'transient'],
    [0, 99, 'transient'],
  ])('%d to %d: %s', (first, last, expected) => {
    const statuses = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    expect(statuses.filter((status) => verdict(status) !== expected)).toEqual([]);
  });

  test('without retry_statuses every 4xx is permanent, as the manual has it', () => {
    const clientErrors = Array.from({ length: 100 }, (_, i) => 400 + i);
    expect(clientErrors.filter((status) => verdict(status, []) !== 'permanent')).toEqual([]);
  });

  test('retry_statuses replace the usual ones', () => {
    expect([404, 408, 409, 425, 429].map((status) => verdict(status, [404, 409]))).toEqual([
      'transient',
      'permanent',
      'transient',
      'permanent',
      'permanent',
    ]);
  });

  test('retry_statuses make no failure of a success, and nothing permanent of a 5xx', () => {
    expect([200, 503].map((status) => verdict(status, [200, 404]))).toEqual(['succeeded', 'transient']);
  });
});

describe('a success', () => {
  test.each([
    ['{"done":true}', false],
    ['', false],
    ['{"cut', true],
  ])('hands on the body %j, truncated: %s', (body, bodyTruncated) => {
    expect(webhookOutcome(response({ body, bodyTruncated }), retryStatuses, NOW)).toStrictEqual({
      kind: 'succeeded',
      result: body,
      resultTruncated: bodyTruncated,
    });
  });

  test('does not care for a Retry-After', () => {
    const outcome = webhookOutcome(response({ retryAfter: '9' }), retryStatuses, NOW);
    expect(outcome).toStrictEqual({ kind: 'succeeded', result: '', resultTruncated: false });
  });
});

describe('a failure', () => {
  test.each([
    [500, false, 'HTTP 500'],
    [404, true, 'HTTP 404'],
    [302, false, 'HTTP 302: redirects are not followed'],
    [101, false, 'HTTP 101'],
  ])('says all there is to know of a %d', (statusCode, permanent, error) => {
    const failure = response({ statusCode, body: '<h1>no</h1>', bodyTruncated: true });
    expect(webhookOutcome(failure, retryStatuses, NOW)).toStrictEqual({
      kind: 'failed',
      permanent,
      error,
      statusCode,
      responseExcerpt: '<h1>no</h1>',
      retryAfterMs: null,
    });
  });

  test.each([
    [429, 7000],
    [503, 7000],
    [408, null],
    [425, null],
    [500, null],
    [502, null],
    [302, null],
    [404, null],
  ])('%d with Retry-After: 7 asks for %s ms', (statusCode, retryAfterMs) => {
    const failure = response({ statusCode, retryAfter: '7' });
    expect(webhookOutcome(failure, retryStatuses, NOW)).toMatchObject({ kind: 'failed', retryAfterMs });
  });
});

describe('the excerpt of a failure', () => {
  const excerpt = (body: string): string | null => {
    const outcome = webhookOutcome(response({ statusCode: 500, body }), retryStatuses, NOW);
    if (outcome.kind !== 'failed') throw new Error('a 500 is a failure');
    return outcome.responseExcerpt;
  };

  test.each([
    ['no body', '', null],
    ['a short one', 'x', 'x'],
    ['exactly the limit', 'x'.repeat(RESPONSE_EXCERPT_LENGTH), 'x'.repeat(RESPONSE_EXCERPT_LENGTH)],
    ['one over', 'x'.repeat(RESPONSE_EXCERPT_LENGTH + 1), 'x'.repeat(RESPONSE_EXCERPT_LENGTH)],
    ['a character across the limit', `${'x'.repeat(2047)}😀`, 'x'.repeat(2047)],
    ['a character up to the limit', `${'x'.repeat(2046)}😀!`, `${'x'.repeat(2046)}😀`],
  ])('%s', (_case, body, expected) => {
    expect(excerpt(body)).toBe(expected);
  });

  test('is the beginning of the body, as long as it may be, with no character cut in two', () => {
    const characters = fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀'), minLength: 1, maxLength: 10 });
    holds(
      fc.property(characters, fc.integer({ min: 1, max: 3000 }), (text, times) => {
        const body = text.repeat(times);
        const cut = excerpt(body) ?? '';
        expect(body.startsWith(cut)).toBe(true);
        expect(cut.isWellFormed()).toBe(true);
        expect(cut.length).toBeLessThanOrEqual(RESPONSE_EXCERPT_LENGTH);
        expect(cut.length).toBeGreaterThanOrEqual(Math.min(body.length, RESPONSE_EXCERPT_LENGTH - 1));
      }),
    );
  });
});
