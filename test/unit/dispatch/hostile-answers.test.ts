import fc from 'fast-check';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { FAILURE_KINDS } from '../../../src/infrastructure/dispatch/failure.js';
import { answer, startHostileServer } from '../../support/hostile-server.js';
import { deliver, startDispatcher } from '../../support/http-dispatching.js';

const FRAGMENTS = [
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.0 200 OK\r\n',
  'HTTP/1.1 404 Not Found\r\n',
  'HTTP/1.1 204 No Content\r\n',
  'HTTP/1.1 304 Not Modified\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\n',
  'HTTP/2 200\r\n',
  'Content-Length: 3\r\n',
  'Content-Length: 99999999999999999999\r\n',
  'Content-Length: \r\n',
  'content-length: 0\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: gzip, chunked\r\n',
  'Transfer-Encoding: identity\r\n',
  'Connection: close\r\n',
  'Connection: keep-alive\r\n',
  'Connection: upgrade\r\nUpgrade: h2c\r\n',
  'Keep-Alive: timeout=0\r\n',
  'Keep-Alive: timeout=99999999999\r\n',
  'Retry-After: 1\r\n',
  '__proto__: x\r\n',
  'Trailer: X\r\n',
  ': empty\r\n',
  ' folded\r\n',
  '\r\n',
  '\n',
  'abc',
  '3\r\nabc\r\n',
  '3;extension="x"\r\nabc\r\n',
  'ffffffffffffffff\r\n',
  '0\r\n\r\n',
  '0\r\nX: trailer\r\n\r\n',
  '\0\x01\x7f\xff',
];

const ENDINGS: Readonly<Record<string, (socket: Socket) => void>> = {
  close: (socket) => socket.end(),
  reset: (socket) => socket.resetAndDestroy(),
  nothing: () => undefined,
};

const fragment = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(...FRAGMENTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary-ascii', maxLength: 20 }) },
);
const script = fc.record({
  written: fc.array(fragment, { maxLength: 12 }),
  /** Whether each fragment is sent by itself. */
  apart: fc.boolean(),
  ending: fc.constantFrom(...Object.keys(ENDINGS)),
});

test('whatever a target answers, an attempt ends in an outcome, and the next one in its own', async () => {
  let current: { written: string[]; apart: boolean; ending: string } | undefined;
  const server = await startHostileServer((socket, request) => {
    if (request.head.includes('/healthy') || current === undefined) {
      socket.write(answer('200 OK', 'healthy'));
      return;
    }
    for (const piece of current.apart ? current.written : [current.written.join('')]) {
      socket.write(piece, 'latin1');
    }
    ENDINGS[current.ending]?.(socket);
  });
  const dispatcher = startDispatcher({ connectionsPerOrigin: 1, maxResultBytes: 50 });
  await fc.assert(
    fc.asyncProperty(script, async (answered) => {
      current = answered;
      const [outcome, healthy] = await Promise.all([
        deliver(dispatcher, `${server.origin}/hostile`, { timeoutMs: 50 }),
        deliver(dispatcher, `${server.origin}/healthy`),
      ]);
      if (outcome.kind === 'failed') {
        const [kind] = outcome.error.split(':');
        expect(['HTTP 404', 'HTTP 304', ...FAILURE_KINDS.filter((each) => each !== 'network')]).toContain(
          kind,
        );
        expect(outcome.error).not.toMatch(/UND_|[\r\n]/);
      }
      // A connection that ended in time costs the next attempt nothing, and what is left on it never speaks for it.
      expect(healthy).toMatchObject({ kind: 'succeeded', result: 'healthy' });
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 300) },
  );
});
