import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { parseJobHeaders } from '../../../src/domain/job/job-headers.js';
import { request } from '../../support/engine-harness.js';
import { using } from '../../support/using.js';
import { startApi, URL_FIELD } from './api.js';

const SECRET = 'Bearer s3cret';
const errorShape = z.looseObject({ status: z.number(), code: z.string(), error: z.string() });

async function refusal(headers: unknown): Promise<string> {
  const api = await startApi();
  const answer = await api.post('/jobs', { ...URL_FIELD, headers });
  const { code, error } = errorShape.parse(answer.body);
  expect([answer.status, code]).toEqual([400, 'validation_failed']);
  expect(api.data.jobs.size).toBe(0);
  return error;
}

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`x-${n}`, 'v'] as const));

describe('headers of a job', () => {
  test('are kept as they are written, and shown by their names only', async () => {
    const api = await startApi();
    const headers = { Authorization: SECRET, 'x-TENANT': '', __proto__x: 'a  b' };
    const created = await api.post('/jobs', { ...URL_FIELD, headers });
    expect(created.status).toBe(201);
    const [job] = [...api.data.jobs.values()];
    expect(job?.headers).toBe(JSON.stringify(headers));
    const shown = { Authorization: '***', 'x-TENANT': '***', __proto__x: '***' };
    const got = await api.get(`/jobs/${job?.id ?? ''}`);
    const listed = await api.get('/jobs');
    expect(created.body).toMatchObject({ headers: shown });
    expect(got.body).toMatchObject({ headers: shown });
    expect(listed.body).toMatchObject([{ headers: shown }]);
    expect(created.text + got.text + listed.text).not.toContain('s3cret');
    expect(JSON.stringify(api.logger.lines)).not.toContain('s3cret');
  });

  test('may be called as no object of JavaScript may', async () => {
    const { enqueueJobs } = using();
    const text = '{"__proto__":"a","constructor":"b"}';
    const headers = JSON.parse(text) as Record<string, string>;
    expect(await enqueueJobs([request({ headers })])).toMatchObject({ value: [{ job: { headers: text } }] });
    expect(parseJobHeaders(text)).toEqual(headers);
  });

  test.each([[null], [{}], [undefined]])('may be left out: %j', async (headers) => {
    const api = await startApi();
    const { body } = await api.post('/jobs', { ...URL_FIELD, headers });
    expect(body).toMatchObject({ headers: null });
  });

  test('may be 20, and 8192 bytes', async () => {
    const api = await startApi();
    expect((await api.post('/jobs', { ...URL_FIELD, headers: many(20) })).status).toBe(201);
    const headers = { 'x-a': 'v'.repeat(8189) };
    expect((await api.post('/jobs', { ...URL_FIELD, headers })).status).toBe(201);
  });

  test.each([
    [[], 'headers: must be an object of names and values, got an array'],
    ['x: y', 'headers: must be an object of names and values, got a string'],
    [many(21), 'headers: must be 20 headers at most, got 21'],
    [{ 'x-a': 'v'.repeat(8190) }, 'headers: must be 8192 bytes at most, names and values together, got 8193'],
    [{ 'x-a': 1 }, 'headers.x-a: must be a string, got 1'],
    [{ 'x-a': null }, 'headers.x-a: must be a string, got null'],
    [{ '': 'v' }, 'headers."": is no name of a header: use letters, digits and hyphens'],
    [{ 'a b': 'v' }, 'headers."a b": is no name of a header: use letters, digits and hyphens'],
    [{ 'a:': 'v' }, 'headers."a:": is no name of a header: use letters, digits and hyphens'],
    [{ 'a\r\nb': 'v' }, 'headers."a\\r\\nb": is no name of a header: use letters, digits and hyphens'],
    [{ ü: 'v' }, 'headers."ü": is no name of a header: use letters, digits and hyphens'],
    [{ 'X-A': '1', 'x-a': '2' }, 'headers.x-a: is given twice: the case of letters makes no other header'],
  ])('are refused when they are %j', async (headers, message) => {
    expect(await refusal(headers)).toBe(message);
  });

  test.each(['a\r\nX-B: c', 'a\nb', 'a\rb', 'a\0', 'a\tb', '\u007f', 'ä', '\u2028', ' a', 'a ', ' '])(
    'are refused with the value %j, which the message does not show',
    async (value) => {
      expect(await refusal({ 'x-a': value })).toBe(
        'headers.x-a: must be printable ASCII without a space at either end; encode what is not',
      );
    },
  );

  test.each([
    ['Content-Type', 'mininq sets it'],
    ['USER-AGENT', 'mininq sets it'],
    ['Host', 'mininq sets it'],
    ['Content-Length', 'it belongs to the framing of the request'],
    ['content-encoding', 'it belongs to the framing of the request'],
    ['Transfer-Encoding', 'it belongs to the framing of the request'],
    ['Connection', 'it is for one connection, not for the receiver'],
    ['Expect', 'it is for one connection, not for the receiver'],
    ['HTTP2-Settings', 'it is for one connection, not for the receiver'],
    ['Keep-Alive', 'it is for one connection, not for the receiver'],
    ['TE', 'it is for one connection, not for the receiver'],
    ['Trailer', 'it is for one connection, not for the receiver'],
    ['Upgrade', 'it is for one connection, not for the receiver'],
    ['Accept-Encoding', 'mininq decompresses no answer'],
    ['Proxy-Authorization', 'names that begin with "proxy-" are reserved'],
    ['Proxy-Connection', 'names that begin with "proxy-" are reserved'],
    ['webhook-id', 'names that begin with "webhook-" are reserved'],
    ['Webhook-Signature', 'names that begin with "webhook-" are reserved'],
    ['X-Mininq-Job-Id', 'names that begin with "x-mininq-" are reserved'],
  ])('cannot be %s', async (name, reason) => {
    expect(await refusal({ [name]: 'v' })).toBe(`headers.${name}: cannot be given: ${reason}`);
  });

  test('of a job in a batch are refused with its place', async () => {
    const api = await startApi();
    const jobs = [URL_FIELD, { ...URL_FIELD, headers: { Host: 'a' } }];
    const { error } = errorShape.parse((await api.post('/jobs/batch', { jobs })).body);
    expect(error).toBe('jobs[1].headers.Host: cannot be given: mininq sets it');
  });

  test('are checked in this process by the same rules', async () => {
    const { enqueueJobs } = using();
    expect(await enqueueJobs([request({ headers: { Host: 'a' } })])).toMatchObject({
      ok: false,
      refusal: { message: 'jobs[0].headers.Host: cannot be given: mininq sets it' },
    });
    expect(await enqueueJobs([request({ headers: { 'X-A': 'b' } })])).toMatchObject({
      ok: true,
      value: [{ job: { headers: '{"X-A":"b"}' } }],
    });
    expect(await enqueueJobs([request()])).toMatchObject({ ok: true, value: [{ job: { headers: null } }] });
  });
});
