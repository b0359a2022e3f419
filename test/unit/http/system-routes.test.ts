import { describe, expect, test } from 'vitest';
import { StoreFailedError, StoreUnavailableError } from '../../../src/application/errors.js';
import { MemoryJobStore } from '../../../src/infrastructure/memory/memory-job-store.js';
import { errorOf, idOf, startApi, URL_FIELD, VERSION } from './api.js';

describe('GET /health', () => {
  test('is ok while the store is', async () => {
    const api = await startApi();
    const response = await api.get('/health');
    expect(response.status).toBe(200);
    expect(response.text).toBe('{"status":"ok","version":"0.1.0"}');
  });

  test('is an error while the store fails', async () => {
    class Failing extends MemoryJobStore {
      override ping(): Promise<void> {
        return Promise.reject(new StoreUnavailableError('disk full'));
      }
    }
    const api = await startApi({ ports: (data) => ({ jobs: new Failing(data) }) });
    const response = await api.get('/health');
    expect(errorOf(response)).toMatchObject({ status: 503, code: 'store_unavailable' });
  });
});

describe('GET /health of a server that does not do its work', () => {
  test('is an error while claiming jobs has failed for long', async () => {
    const api = await startApi({ engine: { state: 'pausing', failingForMs: 25_300 } });
    const response = await api.get('/health');
    expect(errorOf(response)).toEqual({
      status: 503,
      code: 'not_claiming',
      error: 'Claiming jobs has failed for 25 s; the log says why',
    });
    expect(response.headers.get('retry-after')).toBe('1');
  });

  test('says why the store has failed for good, without a line in the log for each who asks', async () => {
    const failed = new StoreFailedError('The store has failed: the database file is gone.');
    const api = await startApi({
      ports: (data) => ({
        jobs: Object.assign(new MemoryJobStore(data), { ping: () => Promise.reject(failed) }),
      }),
    });
    const response = await api.get('/health');
    expect(errorOf(response)).toEqual({ status: 503, code: 'store_unavailable', error: failed.message });
    expect(response.headers.get('retry-after')).toBe('1');
    expect(api.logger.lines).toEqual([]);
  });
});

describe('GET /metrics', () => {
  test('counts nothing at first', async () => {
    const api = await startApi();
    expect((await api.get('/metrics')).body).toEqual({
      uptime_secs: 0,
      version: VERSION,
      jobs: { total: 0, pending: 0, running: 0, completed: 0, dead: 0 },
      queues: [],
      schedules: { total: 0, enabled: 0 },
    });
  });

  test('has the documented shape', async () => {
    const api = await startApi();
    const statuses = ['pending', 'pending', 'running', 'completed', 'dead'] as const;
    for (const queue_name of ['default', 'emails']) {
      for (const status of statuses) {
        api.setJob(idOf(await api.post('/jobs', { ...URL_FIELD, queue_name })), { status });
      }
    }
    await api.post('/queues/emails/pause');
    const schedule = { ...URL_FIELD, cron_expression: '0 0 * * * *' };
    await api.post('/schedules', schedule);
    await api.post('/schedules', { ...schedule, enabled: false });
    api.clock.advance(3_600_999);
    const response = await api.get('/metrics');
    expect(response.status).toBe(200);
    expect(response.text).toBe(
      JSON.stringify({
        uptime_secs: 3600,
        version: VERSION,
        jobs: { total: 10, pending: 4, running: 2, completed: 2, dead: 2 },
        queues: [
          { name: 'default', paused: false, depth: 2, in_flight: 1 },
          { name: 'emails', paused: true, depth: 2, in_flight: 1 },
        ],
        schedules: { total: 2, enabled: 1 },
      }),
    );
  });
});
