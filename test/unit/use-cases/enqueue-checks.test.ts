import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { EnqueueJob } from '../../../src/application/use-cases/enqueue-jobs.js';
import { request } from '../../support/engine-harness.js';
import { using } from '../../support/using.js';
import { startApi } from '../http/api.js';

/** What a caller gives that has no types, or no regard for them. */
function untyped(change: Readonly<Record<string, unknown>>): EnqueueJob {
  return Object.assign(request(), change);
}

async function refusal(...jobs: EnqueueJob[]): Promise<string> {
  const { enqueueJobs, stores } = using();
  const outcome = await enqueueJobs(jobs);
  expect((await stores.queries.list({}, { limit: 10, offset: 0 })).jobs).toEqual([]);
  if (outcome.ok) throw new Error('it was accepted');
  expect(outcome.refusal.code).toBe('validation_failed');
  return outcome.refusal.message;
}

describe('what is wrong is refused in this process as over HTTP, in the same words', () => {
  test.each([
    ['callback_url', 'callbackUrl', 'ftp://example.com/'],
    ['callback_url', 'callbackUrl', 'http://example.com/a b'],
    ['callback_url', 'callbackUrl', `http://example.com/${'x'.repeat(2048)}`],
    ['callback_url', 'callbackUrl', 7],
    ['queue_name', 'queueName', ''],
    ['queue_name', 'queueName', 'ü'],
    ['priority', 'priority', 1.5],
    ['priority', 'priority', '1'],
    ['max_retries', 'maxRetries', -1],
    ['retry_backoff', 'retryBackoff', 'random'],
    ['base_delay_ms', 'baseDelayMs', 2 ** 31],
    ['max_delay_ms', 'maxDelayMs', -1],
    ['timeout_ms', 'timeoutMs', 0],
    ['idempotency_key', 'idempotencyKey', ''],
    ['idempotency_key', 'idempotencyKey', '\ud800'],
    ['delay_ms', 'delayMs', -1],
    ['delay_ms', 'delayMs', 1e15],
  ])('%s / %s: %j', async (overHttp, inProcess, value) => {
    const api = await startApi();
    const { body } = await api.post('/jobs', {
      callback_url: 'http://receiver.test/hook',
      [overHttp]: value,
    });
    const { error } = z.looseObject({ error: z.string() }).parse(body);
    expect(error.startsWith(`${overHttp}: `)).toBe(true);
    expect(await refusal(untyped({ [inProcess]: value }))).toBe(
      error.replace(`${overHttp}: `, `jobs[0].${inProcess}: `),
    );
  });
});

test.each([
  ['[]', 'must be a JSON object, got an array'],
  ['"text"', 'must be a JSON object, got a string'],
  ['{', 'must be the JSON text of an object, got what is no JSON'],
  ['', 'must be the JSON text of an object, got what is no JSON'],
  ['{"a":"\ud800"}', 'must be well-formed Unicode, got half of a surrogate pair'],
  [`{"a":${'['.repeat(200)}${']'.repeat(200)}}`, 'must be nested at most 128 levels deep'],
  [{ a: 1 }, 'must be the JSON text of an object, got an object'],
])('a payload that is no text of an object: %j', async (payload, message) => {
  expect(await refusal(untyped({ payload }))).toBe(`jobs[0].payload: ${message}`);
});

test('one wrong job refuses all, and is named', async () => {
  expect(await refusal(request(), request(), request({ priority: 0.5 }))).toMatch(/^jobs\[2\]\.priority: /);
});

test('a field that is not known, or is missing, is refused', async () => {
  expect(await refusal(untyped({ priorty: 1 }))).toBe(
    'jobs[0]: unknown field "priorty"; did you mean "priority"?',
  );
  expect(await refusal(untyped({ delayMs: undefined }))).toMatch(/^jobs\[0\]\.delayMs: is required/);
});

test('what is right is stored, to the byte', async () => {
  const { enqueueJobs, stores } = using();
  const payload = '{ "a": 1.0, "a": 12345678901234567890 }';
  const outcome = await enqueueJobs([request({ payload, idempotencyKey: 'k' }), request()]);
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  expect(outcome.value.map(({ kind }) => kind)).toEqual(['inserted', 'inserted']);
  expect(await stores.queries.get(outcome.value[0]?.job.id ?? '')).toMatchObject({ payload });
  expect(await enqueueJobs([])).toEqual({ ok: true, value: [] });
});
