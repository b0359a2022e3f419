import { expect, test } from 'vitest';
import { DEFAULT_CONFIG } from '../../../src/application/config.js';
import type { Role } from '../../../src/application/principal.js';
import { Secret } from '../../../src/application/secret.js';
import { Access } from '../../../src/interfaces/http/access.js';
import { FakeClock } from '../../support/fake-clock.js';
import { NOW, pendingJob } from '../../support/jobs.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { newSchedule } from '../../support/schedules.js';
import { startApi } from './api.js';

const tokenOf = (role: Role): string => `${role}-0123456789abcdef`;

async function furnished(redact: readonly string[]) {
  const tokens = (['viewer', 'admin'] as const).map((role) => ({
    name: role,
    role,
    token: new Secret(tokenOf(role)),
  }));
  const access = new Access({ ...DEFAULT_CONFIG.auth, tokens }, [], {
    clock: new FakeClock(),
    logger: new RecordingLogger(),
  });
  const api = await startApi({ access, redact });
  const job = pendingJob({
    status: 'completed',
    attempt: 2,
    startedAt: NOW,
    completedAt: NOW,
    payload: '{"n":1.10,"password":"secret-1"}',
    result: '{"password":"secret-2"}',
  });
  api.data.jobs.set(job.id, job);
  const failure = { number: 1, startedAt: NOW, finishedAt: NOW, statusCode: 500, error: 'HTTP 500' };
  const responseExcerpt = '{"password":"secret-3","cut';
  api.data.failedAttempts.set(job.id, [{ ...failure, responseExcerpt, omittedBefore: 0 }]);
  const schedule = newSchedule({ payload: '{"password":"secret-4"}' });
  api.data.schedules.set(schedule.id, schedule);
  const paths = [
    '/jobs',
    `/jobs/${job.id}`,
    `/jobs/${job.id}/attempts`,
    '/schedules',
    `/schedules/${schedule.id}`,
  ];
  const read = (role: Role) =>
    Promise.all(
      paths.map(async (path) => {
        const headers = { Authorization: `Bearer ${tokenOf(role)}` };
        const { status, text } = await api.request('GET', path, { headers });
        expect(status).toBe(200);
        return text;
      }),
    );
  return { viewer: await read('viewer'), admin: await read('admin') };
}

test('a viewer gets *** for what is hidden in payloads, results and answers, and nothing else is changed', async () => {
  const { viewer, admin } = await furnished(['password']);
  expect(viewer.join('')).not.toContain('secret');
  expect(viewer).toEqual(admin.map((text) => text.replaceAll(/secret-\d/g, '***')));
});

test('an admin gets it as it is, and so does a viewer where nothing is hidden', async () => {
  const { viewer, admin } = await furnished([]);
  expect(viewer).toEqual(admin);
  expect(new Set(admin.join('').match(/secret-\d/g)).size).toBe(4);
});
