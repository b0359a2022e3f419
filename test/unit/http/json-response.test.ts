import fc from 'fast-check';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { sendJson } from '../../../src/interfaces/http/json-response.js';
import { eventually } from '../../support/eventually.js';
import { holdsAsync } from '../../support/property.js';

/** A server that has one thing to say, and the answers that it has begun. */
async function saying(body: () => unknown) {
  const answers: ServerResponse[] = [];
  const server = createServer((_request, response) => {
    answers.push(response);
    sendJson(
      Object.assign(response, { locals: { requestId: 'r', principal: null, byTls: false, address: '' } }),
      200,
      body(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}/`, answers };
}

function asks(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => get(url, { agent: false }, resolve).on('error', reject));
}

const LONG = 'x'.repeat(1_500_000);

test('an answer of usual size has a length', async () => {
  const { url } = await saying(() => ({ a: [1, 'ü'] }));
  const response = await fetch(url);
  expect(response.headers.get('content-length')).toBe('14');
  expect(await response.text()).toBe('{"a":[1,"ü"]}');
});

test.each<[string, unknown]>([
  [
    'a list of many',
    Array.from({ length: 20_000 }, (_, n) => ({ n, text: `"${'y'.repeat(n % 200)}"`, none: null })),
  ],
  ['a long text', { a: 1, text: LONG, b: [] }],
  ['a long text in a list in a list', [[{ text: LONG }], [], {}, true, 1.5]],
  ['what has nothing in places', { a: undefined, text: LONG, b: undefined, c: { d: undefined } }],
  [
    'pairs of surrogates, and halves of them',
    [`${'z'.repeat(131_071)}😀${'😀'.repeat(700_000)}`, `\ud800${LONG}\udc00`],
  ],
  ['characters that are escaped', `\u0000\n"\\\u2028\u007f`.repeat(300_000)],
])('a large answer is the same text: %s', async (_case, body) => {
  const { url } = await saying(() => body);
  const response = await fetch(url);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect((await response.text()) === JSON.stringify(body)).toBe(true);
});

test('whatever is in it, a large answer is the same text', async () => {
  let body: unknown;
  const { url } = await saying(() => body);
  await holdsAsync(
    fc.asyncProperty(fc.jsonValue(), fc.nat(300_000), async (value, more) => {
      body = [value, { [`${'k'.repeat(more)}"`]: LONG, value }, value];
      expect((await (await fetch(url)).text()) === JSON.stringify(body)).toBe(true);
    }),
    20,
  );
});

test('a large answer waits for a client that does not read, and is forgotten when that goes', async () => {
  const { url, answers } = await saying(() => new Array<string>(60).fill(LONG));
  const client = await asks(url);
  const [answer] = answers;
  await eventually('the answer to wait', () => answer?.writableNeedDrain === true);
  expect(answer?.writableEnded).toBe(false);
  expect(answer?.writableLength).toBeLessThan(1_000_000);
  client.destroy();
  await eventually('the end of the answer', () => answer?.closed === true);
});

test('others are answered while a large answer is made', async () => {
  let large = true;
  const { url, answers } = await saying(() => (large ? new Array<string>(60).fill(LONG) : 'small'));
  const client = await asks(url);
  large = false;
  expect(await (await fetch(url)).text()).toBe('"small"');
  expect(answers[0]?.writableEnded).toBe(false);
  let length = 0;
  for await (const chunk of client as AsyncIterable<Buffer>) length += chunk.length;
  expect(length).toBe(60 * (LONG.length + 3) + 1);
});
