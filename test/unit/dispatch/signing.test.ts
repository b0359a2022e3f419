import { createPublicKey, verify } from 'node:crypto';
import * as fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import type { Attempt } from '../../../src/application/ports/dispatcher.js';
import { FakeClock } from '../../support/fake-clock.js';
import { answer, startHostileServer, type ReceivedRequest } from '../../support/hostile-server.js';
import { deliver, startDispatcher } from '../../support/http-dispatching.js';

const NEW = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OLD = `whsec_${Buffer.alloc(64, 7).toString('base64')}`;
const SEED = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
/** Of the first test vector of RFC 8032, 7.1. */
const PUBLIC = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex');

function receiver() {
  return startHostileServer((socket) => socket.write(answer('200 OK')));
}

function headersOf({ head }: ReceivedRequest): Record<string, string> {
  const lines = head
    .split('\r\n')
    .slice(1)
    .filter((line) => line !== '');
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
}

/** The clock of the official package is the system's. */
const today = () => new FakeClock(Date.now());

async function delivered(secrets: readonly string[], change: Partial<Attempt> = {}) {
  const server = await receiver();
  const dispatcher = startDispatcher({ signingSecrets: secrets, clock: today() });
  expect(await deliver(dispatcher, server.origin, change)).toMatchObject({ kind: 'succeeded' });
  const [request] = server.requests;
  if (request === undefined) throw new Error('no request came');
  return { headers: headersOf(request), body: request.body.toString('utf8') };
}

describe('a signed delivery', () => {
  test('is verified by the official package, with every secret', async () => {
    const { headers, body } = await delivered([NEW, OLD], { payload: '{"name":"Žluťoučký 🐎", "n":1.0}' });
    expect(headers['webhook-signature']?.split(' ')).toHaveLength(2);
    for (const secret of [NEW, OLD]) {
      expect(new Webhook(secret).verify(body, headers)).toEqual({ name: 'Žluťoučký 🐎', n: 1 });
    }
    const other = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
    expect(() => new Webhook(other).verify(body, headers)).toThrow('No matching signature found');
    expect(() => new Webhook(NEW).verify(`${body} `, headers)).toThrow('No matching signature found');
  });

  test('is signed over the id of the job, the second of the attempt, and the bytes: the example of the specification', async () => {
    const server = await receiver();
    const clock = new FakeClock(1_614_265_330_999);
    const dispatcher = startDispatcher({ signingSecrets: [NEW], clock });
    const change = { jobId: 'msg_p5jXN8AQM9LWM0D4loKWxJek', payload: '{"test": 2432232314}' };
    await deliver(dispatcher, server.origin, change);
    clock.advance(1);
    await deliver(dispatcher, server.origin, { ...change, number: 2 });
    const [first, second] = server.requests.map(headersOf);
    expect(first).toMatchObject({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
      'x-mininq-job-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    });
    expect(second).toMatchObject({ 'webhook-id': first?.['webhook-id'], 'webhook-timestamp': '1614265331' });
    expect(second?.['webhook-signature']).not.toBe(first?.['webhook-signature']);
  });

  test('with a private key can be verified by who has the public one', async () => {
    for (const bytes of [SEED, Buffer.concat([SEED, PUBLIC])]) {
      const { headers, body } = await delivered([`whsk_${bytes.toString('base64')}`, NEW]);
      const [asymmetric = '', shared = ''] = headers['webhook-signature']?.split(' ') ?? [];
      expect(asymmetric).toMatch(/^v1a,/);
      expect(shared).toMatch(/^v1,/);
      const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
      const x = PUBLIC.toString('base64url');
      const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
      expect(verify(null, Buffer.from(content), key, Buffer.from(asymmetric.slice(4), 'base64'))).toBe(true);
      expect(new Webhook(NEW).verify(body, headers)).toEqual({});
    }
  });

  test('has the secrets of its queue in place of the others, if it has any', async () => {
    const own = await delivered([NEW], { signingSecrets: [OLD] });
    expect(new Webhook(OLD).verify(own.body, own.headers)).toEqual({});
    expect(() => new Webhook(NEW).verify(own.body, own.headers)).toThrow();
    const unsigned = await delivered([NEW], { signingSecrets: [] });
    expect(Object.keys(unsigned.headers).filter((name) => name.startsWith('webhook-'))).toEqual([]);
  });

  test('is none without a secret', async () => {
    const { headers } = await delivered([]);
    expect(Object.keys(headers).filter((name) => name.startsWith('webhook-'))).toEqual([]);
  });

  test('is verified whatever the payload', async () => {
    const server = await receiver();
    const dispatcher = startDispatcher({ signingSecrets: [NEW], clock: today() });
    const payload = fc.json({ stringUnit: 'binary' }).filter((text) => text.isWellFormed());
    await fc.assert(
      fc.asyncProperty(payload, async (text) => {
        await deliver(dispatcher, server.origin, { payload: text });
        const request = server.requests.at(-1);
        if (request === undefined) throw new Error('no request came');
        expect(request.body.equals(Buffer.from(text))).toBe(true);
        new Webhook(NEW).verify(request.body.toString('utf8'), headersOf(request));
      }),
      { numRuns: 50 },
    );
  });

  test('is not made with what is no secret: the dispatcher fails, and nothing is sent', async () => {
    const server = await receiver();
    const attempt = () => deliver(startDispatcher(), server.origin, { signingSecrets: ['whsec_short'] });
    expect(attempt).toThrow('a signing secret is malformed');
    expect(server.accepted()).toBe(0);
  });
});
