import { expect, onTestFinished, test } from 'vitest';
import type { Events } from '../../../src/application/ports/events.js';
import { MemoryJobQueries } from '../../../src/infrastructure/memory/memory-job-queries.js';
import { eventually } from '../../support/eventually.js';
import { startApi, URL_FIELD } from '../http/api.js';

type Started = Awaited<ReturnType<typeof startApi>>;

/** A stream that is open, and what has come of it. */
async function openStream({ url, liveUpdates }: Started) {
  const before = liveUpdates.streams;
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const response = await fetch(`${url}/dashboard/events`, { signal: controller.signal });
  const stream = { response, received: '', ended: false, close: () => controller.abort() };
  const read = new WritableStream<string>({
    write: (text) => {
      stream.received += text;
    },
  });
  response.body
    ?.pipeThrough(new TextDecoderStream())
    .pipeTo(read)
    // The test closed it.
    .catch(() => undefined)
    .finally(() => (stream.ended = true));
  if (response.ok) await eventually('the stream is open', () => liveUpdates.streams === before + 1);
  await eventually('the stream greets', () => stream.ended || stream.received.includes('event: hello'));
  return stream;
}

test('a stream says which build it is of', async () => {
  const api = await startApi();
  const stream = await openStream(api);
  expect(stream.response.headers.get('content-type')).toBe('text/event-stream');
  expect(stream.received).toBe(`retry: 1000\n\nevent: hello\ndata: ${api.assets.build}\n\n`);
});

test('what changes is named once, not before the throttle lets it', async () => {
  const api = await startApi();
  const stream = await openStream(api);
  for (let i = 0; i < 5; i += 1) await api.post('/jobs', URL_FIELD);
  await api.post('/queues', { name: 'a' });
  api.scheduler.advance(49);
  expect(stream.received).not.toContain('changed');
  api.scheduler.advance(1);
  await eventually('the change', () => stream.received.endsWith('event: changed\ndata: jobs queues\n\n'));
  const { received } = stream;
  await api.post('/jobs', URL_FIELD);
  api.scheduler.advance(499);
  await api.get('/metrics');
  expect(stream.received).toBe(received);
  api.scheduler.advance(1);
  await eventually('the next', () => stream.received === `${received}event: changed\ndata: jobs\n\n`);
  api.scheduler.advance(1000);
  await api.get('/metrics');
  expect(stream.received).toBe(`${received}event: changed\ndata: jobs\n\n`);
});

test('a change by another process is seen when the store is asked', async () => {
  let changes = 7;
  const api = await startApi({
    ports: (data) => {
      const queries = new MemoryJobQueries(data);
      queries.foreignChanges = () => Promise.resolve(changes);
      return { queries };
    },
  });
  const stream = await openStream(api);
  await api.scheduler.advanceAsync(1000);
  changes = 8;
  await api.scheduler.advanceAsync(750);
  await eventually('all topics', () => stream.received.includes('data: jobs queues schedules'));
});

test('a comment keeps a quiet stream open', async () => {
  const api = await startApi();
  const stream = await openStream(api);
  await api.scheduler.advanceAsync(15_000);
  await eventually('the comment', () => stream.received.endsWith('\n\n:\n\n'));
});

test('without a page open nothing is listened to, and no timer runs', async () => {
  let listeners = 0;
  const events: Events = {
    publish: () => undefined,
    subscribe: () => {
      listeners += 1;
      return () => (listeners -= 1);
    },
  };
  const api = await startApi({ ports: () => ({ events }) });
  // The server's own, for answers that nobody reads.
  const idle = api.scheduler.pending;
  const [one, other] = [await openStream(api), await openStream(api)];
  expect(listeners).toBe(1);
  one.close();
  await eventually('one is left', () => api.liveUpdates.streams === 1);
  expect(listeners).toBe(1);
  other.close();
  await eventually('none is left', () => api.liveUpdates.streams === 0);
  expect(listeners).toBe(0);
  expect(api.scheduler.pending).toBe(idle);
});

test('when the server stops, streams end and no more are opened', async () => {
  const api = await startApi();
  const idle = api.scheduler.pending;
  const stream = await openStream(api);
  api.liveUpdates.close();
  await eventually('the end', () => stream.ended);
  expect(api.scheduler.pending).toBe(idle);
  expect((await openStream(api)).response.status).toBe(503);
});
