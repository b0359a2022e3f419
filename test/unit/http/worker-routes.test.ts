import { describe, expect, test } from 'vitest';
import { MemoryWorkerStore } from '../../../src/infrastructure/memory/memory-worker-store.js';
import { newWorker } from '../../support/workers.js';
import { errorOf, startApi } from './api.js';

const NOW = '2024-01-15T10:00:00.000';
const ID = 'a.example:4711:018d0c5b-c400-7000-8000-000000000001';
const SHOWN = {
  id: ID,
  self: false,
  host: 'a.example',
  pid: 4711,
  version: '1.2.3',
  slots: 10,
  in_flight: 3,
  queues: ['mail'],
  draining: false,
  stopping: false,
  started_at: NOW,
  last_beat_at: '2024-01-15T10:00:05.000',
};

/** With a worker of another machine, and `self`, which is this process. */
async function withWorkers() {
  let workers: MemoryWorkerStore | undefined;
  const api = await startApi({
    ports: (data) => ({ workers: (workers = new MemoryWorkerStore(data)) }),
    engine: { workerId: 'self' },
  });
  const start = { host: 'a.example', inFlight: 3, queues: ['mail'] };
  const now = api.clock.now();
  await workers?.register(newWorker(ID, { ...start, startedAt: now, lastBeatAt: now + 5000 }), null);
  await workers?.register(newWorker('self', { startedAt: now - 1 }), null);
  return api;
}

describe('GET /workers', () => {
  test('lists the workers, the longest running first, and tells which one answers', async () => {
    const api = await withWorkers();
    const { status, body } = await api.get('/workers');
    expect(status).toBe(200);
    expect(body).toEqual([expect.objectContaining({ id: 'self', self: true, queues: [] }), SHOWN]);
  });

  test('is empty without workers', async () => {
    expect((await (await startApi()).get('/workers')).body).toEqual([]);
  });
});

describe('POST /workers/{id}/drain and /resume', () => {
  test('answer with the worker as it is then', async () => {
    const api = await withWorkers();
    const drained = await api.post(`/workers/${ID}/drain`);
    expect([drained.status, drained.body]).toEqual([200, { ...SHOWN, draining: true }]);
    expect((await api.post(`/workers/${encodeURIComponent(ID)}/drain`)).body).toEqual(drained.body);
    const resumed = await api.post(`/workers/${ID}/resume`);
    expect([resumed.status, resumed.body]).toEqual([200, SHOWN]);
  });

  test.each(['nobody', 'a%2Fb', 'x'.repeat(401), '%0A'])('of nobody (%s) are 404', async (id) => {
    const api = await withWorkers();
    for (const verb of ['drain', 'resume']) {
      const answer = await api.post(`/workers/${id}/${verb}`);
      expect(errorOf(answer)).toMatchObject({ status: 404, code: 'worker_not_found' });
    }
  });
});
