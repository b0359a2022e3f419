import { describe, expect, test } from 'vitest';
import { callbackRules } from '../../support/egress.js';
import { errorOf, idOf, startApi, URL_FIELD } from './api.js';

const callbacks = callbackRules(['http', 'https', 'exec'], {
  private: false,
  deny: ['*.bad.test'],
  denyPorts: [25],
});

const REFUSED: readonly (readonly [string, string])[] = [
  [
    'http://127.0.0.1:3000/hook',
    '127.0.0.1:3000 must not be reached: egress.private = false refuses loopback addresses that egress.allow does not list',
  ],
  [
    'http://user:hunter2@0x7f.1/',
    '127.0.0.1:80 must not be reached: egress.private = false refuses loopback addresses that egress.allow does not list',
  ],
  [
    'https://[::ffff:169.254.169.254]/',
    '[::ffff:a9fe:a9fe]:443 must not be reached: metadata addresses are refused unless egress.allow lists the very one',
  ],
  ['https://a.bad.test/', 'a.bad.test:443 must not be reached: egress.deny refuses it'],
  ['http://example.com:25/', 'example.com:25 must not be reached: egress.deny_ports refuses port 25'],
];

describe('a callback_url that the settings rule out is refused with 400', () => {
  test.each(REFUSED)('%s', async (callback_url, reason) => {
    const api = await startApi({ callbacks });
    const refusal = (place: string) => ({
      status: 400,
      code: 'validation_failed',
      error: `${place}callback_url: ${reason}`,
    });
    expect(errorOf(await api.post('/jobs', { callback_url }))).toEqual(refusal(''));
    expect(errorOf(await api.post('/jobs/batch', { jobs: [URL_FIELD, { callback_url }] }))).toEqual(
      refusal('jobs[1].'),
    );
    const cron_expression = '0 0 * * * *';
    expect(errorOf(await api.post('/schedules', { cron_expression, callback_url }))).toEqual(refusal(''));
    const schedule = idOf(await api.post('/schedules', { cron_expression, ...URL_FIELD }));
    expect(errorOf(await api.put(`/schedules/${schedule}`, { callback_url }))).toEqual(refusal(''));
    expect((await api.get('/jobs')).body).toEqual([]);
    expect((await api.get(`/schedules/${schedule}`)).body).toMatchObject(URL_FIELD);
  });

  test('https_only', async () => {
    const api = await startApi({ callbacks: callbackRules(['http', 'https'], { httpsOnly: true }) });
    expect(errorOf(await api.post('/jobs', { callback_url: 'http://example.com/' })).error).toBe(
      'callback_url: example.com:80 must not be reached: egress.https_only refuses http',
    );
    expect((await api.post('/jobs', { callback_url: 'https://example.com/' })).status).toBe(201);
  });
});

test.each(['https://example.com/', 'http://internal.test/', 'http://8.8.8.8/', 'exec:127.0.0.1'])(
  '%s is for the dispatcher to decide on',
  async (callback_url) => {
    const api = await startApi({ callbacks });
    expect((await api.post('/jobs', { callback_url })).status).toBe(201);
  },
);
