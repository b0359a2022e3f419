import { gzipSync } from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import { RESPONSE_EXCERPT_LENGTH } from '../../../src/domain/job/webhook-outcome.js';
import { answer, startHostileServer } from '../../support/hostile-server.js';
import { deliver, startDispatcher } from '../../support/http-dispatching.js';

const HEAD_WITHOUT_LENGTH = 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n';

/** Delivers one job to a server that answers with the given bytes. */
async function answeredWith(bytes: string | Buffer, maxResultBytes = 65_536) {
  const server = await startHostileServer((socket) => socket.write(bytes));
  const outcome = await deliver(startDispatcher({ maxResultBytes }), server.origin);
  return { server, outcome };
}

describe('the status decides', () => {
  test.each(['200 OK', '201 Created', '204 No Content', '299 Odd'])('%s succeeds', async (status) => {
    const { outcome } = await answeredWith(answer(status));
    expect(outcome).toEqual({ kind: 'succeeded', result: '', resultTruncated: false });
  });

  test.each([
    ['404 Not Found', true],
    ['410 Gone', true],
    ['408 Request Timeout', false],
    ['500 Internal Server Error', false],
    ['503 Service Unavailable', false],
    ['700 Beyond', false],
  ])('%s fails, permanently: %s', async (status, permanent) => {
    const { outcome } = await answeredWith(answer(status, 'why'));
    expect(outcome).toMatchObject({
      kind: 'failed',
      permanent,
      error: `HTTP ${status.slice(0, 3)}`,
      statusCode: Number(status.slice(0, 3)),
      responseExcerpt: 'why',
    });
  });

  test.each(['301', '302', '303', '307', '308'])('%s is not followed', async (status) => {
    const elsewhere = await startHostileServer((socket) => socket.write(answer('200 OK')));
    const { outcome, server } = await answeredWith(
      answer(`${status} Moved`, '', [`Location: ${elsewhere.origin}/`]),
    );
    expect(outcome).toMatchObject({ kind: 'failed', permanent: false, statusCode: Number(status) });
    expect(server.requests).toHaveLength(1);
    expect(elsewhere.accepted()).toBe(0);
  });

  test('Retry-After is passed on', async () => {
    const { outcome } = await answeredWith(answer('503 Busy', '', ['Retry-After: 7']));
    expect(outcome).toMatchObject({ kind: 'failed', retryAfterMs: 7000 });
  });

  test('of two Retry-After headers the first counts', async () => {
    const { outcome } = await answeredWith(answer('503 Busy', '', ['Retry-After: 7', 'Retry-After: 9']));
    expect(outcome).toMatchObject({ kind: 'failed', statusCode: 503, retryAfterMs: 7000 });
  });

  test('interim answers are passed over', async () => {
    const interim = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n';
    const { outcome } = await answeredWith(Buffer.concat([Buffer.from(interim), answer('200 OK', 'done')]));
    expect(outcome).toEqual({ kind: 'succeeded', result: 'done', resultTruncated: false });
  });
});

describe('the result', () => {
  test('is read to the end of a connection where no length is given', async () => {
    const server = await startHostileServer((socket) => socket.end(`${HEAD_WITHOUT_LENGTH}all of it`));
    const outcome = await deliver(startDispatcher(), server.origin);
    expect(outcome).toEqual({ kind: 'succeeded', result: 'all of it', resultTruncated: false });
  });

  test('is put together from chunks', async () => {
    const chunks = '1\r\n\xe2\r\n2\r\n\x82\xac\r\n3\r\nabc\r\n0\r\n\r\n';
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
    const { outcome } = await answeredWith(Buffer.from(head + chunks, 'latin1'));
    expect(outcome).toEqual({ kind: 'succeeded', result: '€abc', resultTruncated: false });
  });

  test('shows what is no UTF-8 as U+FFFD', async () => {
    const { outcome } = await answeredWith(answer('200 OK', Buffer.from([0x61, 0xff, 0x62, 0xe2])));
    expect(outcome).toEqual({ kind: 'succeeded', result: 'a\ufffdb\ufffd', resultTruncated: false });
  });

  test('is never decompressed', async () => {
    const packed = gzipSync('secret'.repeat(1000));
    const { outcome } = await answeredWith(answer('200 OK', packed, ['Content-Encoding: gzip']));
    expect(outcome).toMatchObject({ kind: 'succeeded', result: packed.toString('utf8') });
  });

  test('of exactly the cap is whole', async () => {
    const { outcome, server } = await answeredWith(answer('200 OK', 'x'.repeat(100)), 100);
    expect(outcome).toEqual({ kind: 'succeeded', result: 'x'.repeat(100), resultTruncated: false });
    expect(server.open.size).toBe(1);
  });

  test('beyond the cap is cut at a whole character, and its connection closed', async () => {
    const { outcome, server } = await answeredWith(answer('200 OK', 'ab€€€'), 7);
    expect(outcome).toEqual({ kind: 'succeeded', result: 'ab€', resultTruncated: true });
    await vi.waitFor(() => expect(server.open.size).toBe(0));
  });

  test('is empty where none is wanted', async () => {
    const { outcome } = await answeredWith(answer('200 OK', 'something'), 0);
    expect(outcome).toEqual({ kind: 'succeeded', result: '', resultTruncated: true });
  });

  test('at the cap is enough, though the rest never comes', async () => {
    const server = await startHostileServer((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n${'x'.repeat(100)}`);
    });
    const dispatcher = startDispatcher({ maxResultBytes: 100 });
    const outcome = await deliver(dispatcher, server.origin, { timeoutMs: 200 });
    expect(outcome).toEqual({ kind: 'succeeded', result: 'x'.repeat(100), resultTruncated: true });
  });
});

describe('an answer without end', () => {
  const piece = Buffer.alloc(65_536, 'x');
  const chunk = Buffer.concat([Buffer.from('10000\r\n'), piece, Buffer.from('\r\n')]);

  test.each([
    ['of 200 MB', 'Content-Length: 200000000', piece],
    ['of endless chunks', 'Transfer-Encoding: chunked', chunk],
    ['of endless bytes', 'Connection: close', piece],
  ])('%s is hardly read', async (_, header, repeated) => {
    let written = 0;
    const server = await startHostileServer((socket) => {
      const pour = (): void => {
        while (!socket.destroyed && written < 200_000_000) {
          written += repeated.length;
          if (!socket.write(repeated)) {
            socket.once('drain', pour);
            return;
          }
        }
      };
      socket.write(`HTTP/1.1 200 OK\r\n${header}\r\n\r\n`);
      pour();
    });
    const outcome = await deliver(startDispatcher(), server.origin);
    expect(outcome).toEqual({ kind: 'succeeded', result: 'x'.repeat(65_536), resultTruncated: true });
    await vi.waitFor(() => expect(server.open.size).toBe(0));
    // What the buffers of the two ends can hold, at most.
    expect(written).toBeLessThan(30_000_000);
  });

  test('costs a failed attempt no more than its excerpt', async () => {
    const server = await startHostileServer((socket) => {
      socket.write('HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n');
      socket.write(chunk);
    });
    const outcome = await deliver(startDispatcher(), server.origin);
    expect(outcome).toMatchObject({
      kind: 'failed',
      statusCode: 500,
      responseExcerpt: 'x'.repeat(RESPONSE_EXCERPT_LENGTH),
    });
    await vi.waitFor(() => expect(server.open.size).toBe(0));
  });

  test('leaves no half of a character in the excerpt', async () => {
    const { outcome } = await answeredWith(answer('500 Oops', `x${'🐎'.repeat(RESPONSE_EXCERPT_LENGTH)}`));
    const expected = `x${'🐎'.repeat(RESPONSE_EXCERPT_LENGTH / 2 - 1)}`;
    expect(outcome).toMatchObject({ kind: 'failed', responseExcerpt: expected });
  });

  test('does not change what the status of a failure means', async () => {
    const server = await startHostileServer((socket) => {
      socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 50\r\n\r\nonly so mu');
    });
    const outcome = await deliver(startDispatcher(), server.origin, { timeoutMs: 200 });
    expect(outcome).toMatchObject({
      kind: 'failed',
      permanent: true,
      error: 'HTTP 404',
      responseExcerpt: 'only so mu',
    });
  });
});
