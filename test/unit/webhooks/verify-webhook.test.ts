import * as fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { verifyWebhook, WebhookVerificationError } from '../../../src/webhooks/index.js';
import { BODY, ID, OTHER, PAYLOAD, PUBLIC_KEY, SECRET, signed, signedByKey } from '../../support/webhooks.js';

async function codeOf(verified: Promise<unknown>): Promise<string> {
  const error = await verified.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof WebhookVerificationError)) throw new Error('it was not refused');
  return error.code;
}

const AT = 1_700_000_000;

describe('a delivery', () => {
  test.each([
    ['a string', BODY],
    ['a Buffer', Buffer.from(BODY)],
    ['a part of a buffer', new Uint8Array(Buffer.from(`__${BODY}__`)).subarray(2, -2)],
    ['an ArrayBuffer', new Uint8Array(Buffer.from(BODY)).buffer],
  ])('is taken as %s', async (_, body) => {
    expect(await verifyWebhook(body, signed(BODY), SECRET)).toEqual(PAYLOAD);
  });

  test('is taken with headers of fetch, and of Node.js in any case', async () => {
    const headers = signed(BODY);
    const upper = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]]),
    );
    expect(await verifyWebhook(BODY, new Headers(headers), SECRET)).toEqual(PAYLOAD);
    expect(await verifyWebhook(BODY, upper, SECRET)).toEqual(PAYLOAD);
  });

  test('may be signed with any of the secrets, by any of its signatures', async () => {
    expect(await verifyWebhook(BODY, signed(BODY, { secret: OTHER }), [SECRET, OTHER])).toEqual(PAYLOAD);
    const headers = signed(BODY);
    const signatures = [
      'v1,AAAA',
      'v2,x',
      'junk',
      '',
      signedByKey(BODY)['webhook-signature'],
      headers['webhook-signature'],
    ];
    const rotated = { ...headers, 'webhook-signature': signatures.join(' ') };
    expect(await verifyWebhook(BODY, rotated, SECRET)).toEqual(PAYLOAD);
    expect(await verifyWebhook(BODY, rotated, PUBLIC_KEY)).toEqual(PAYLOAD);
  });

  test('that the official package signed is taken, whatever it says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json({ stringUnit: 'binary' }), async (body) => {
        const signature = new Webhook(SECRET).sign(ID, new Date(AT * 1000), body);
        const headers = { 'webhook-id': ID, 'webhook-timestamp': String(AT), 'webhook-signature': signature };
        expect(await verifyWebhook(body, headers, SECRET, { now: AT * 1000 })).toEqual(JSON.parse(body));
      }),
      { numRuns: 200 },
    );
  });

  test('is refused when one bit of anything signed is another', async () => {
    const headers = signed(BODY, { at: AT });
    const now = AT * 1000;
    const bytes = Buffer.from(BODY);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length * 8 - 1), async (bit) => {
        const changed = Buffer.from(bytes);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(await codeOf(verifyWebhook(changed, headers, SECRET, { now }))).toBe('wrong_signature');
      }),
    );
    const later = { ...headers, 'webhook-timestamp': String(AT + 1) };
    expect(await codeOf(verifyWebhook(BODY, later, SECRET, { now }))).toBe('wrong_signature');
    const other = { ...headers, 'webhook-id': `${ID}0` };
    expect(await codeOf(verifyWebhook(BODY, other, SECRET, { now }))).toBe('wrong_signature');
    const short = { ...headers, 'webhook-signature': headers['webhook-signature'].slice(0, -4) };
    expect(await codeOf(verifyWebhook(BODY, short, SECRET, { now }))).toBe('wrong_signature');
  });

  test('is refused with another secret, another key, or a signature of another scheme', async () => {
    expect(await codeOf(verifyWebhook(BODY, signed(BODY), OTHER))).toBe('wrong_signature');
    const key = `whpk_${Buffer.alloc(32, 1).toString('base64')}`;
    expect(await codeOf(verifyWebhook(BODY, signedByKey(BODY), key))).toBe('wrong_signature');
    expect(await codeOf(verifyWebhook(BODY, signedByKey(BODY), SECRET))).toBe('wrong_signature');
    expect(await verifyWebhook(BODY, signedByKey(BODY), PUBLIC_KEY)).toEqual(PAYLOAD);
  });
});

describe('the time of a delivery', () => {
  test.each([
    [300, {}, null],
    [301, {}, 'timestamp_too_old'],
    [-300, {}, null],
    [-301, {}, 'timestamp_too_new'],
    [301, { toleranceSeconds: 301 }, null],
    [1, { toleranceSeconds: 0 }, 'timestamp_too_old'],
  ])('%i seconds ago, %j: %s', async (age, options, code) => {
    const verified = verifyWebhook(BODY, signed(BODY, { at: AT }), SECRET, {
      ...options,
      now: (AT + age) * 1000,
    });
    if (code === null) expect(await verified).toEqual(PAYLOAD);
    else expect(await codeOf(verified)).toBe(code);
  });

  test.each(['', '-1', '1.5', '1e9', '0x10', ' 1', 'Infinity', '9'.repeat(13)])(
    'is not %j',
    async (timestamp) => {
      const headers = { ...signed(BODY), 'webhook-timestamp': timestamp };
      expect(await codeOf(verifyWebhook(BODY, headers, SECRET))).toBe(
        timestamp === '' ? 'missing_header' : 'malformed_timestamp',
      );
    },
  );
});

test.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const)(
  'without %s a delivery is not signed',
  async (name) => {
    const headers = { ...signed(BODY), [name]: undefined };
    expect(await codeOf(verifyWebhook(BODY, headers, SECRET))).toBe('missing_header');
  },
);

test.each([[[]], [''], [undefined], [[undefined, '']]])('%j is no secret', async (secrets) => {
  // As a variable of the environment that is not set.
  const given = secrets as string;
  expect(await codeOf(verifyWebhook(BODY, signed(BODY), given))).toBe('no_secret');
});

test.each([
  'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  'whsec_A',
  'whsec_AAAA',
  'whsec_%%%%',
  `whsec_${Buffer.alloc(65).toString('base64')}`,
  `whpk_${Buffer.alloc(31).toString('base64')}`,
  `whsk_${Buffer.alloc(64).toString('base64')}`,
])('%s is refused as a secret, and not repeated', async (secret) => {
  const error: unknown = await verifyWebhook(BODY, signed(BODY), secret).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'malformed_secret' });
  expect(String(error)).not.toContain(secret);
});

test.each([[PAYLOAD], [null], [undefined], [7]])(
  '%j is no raw body; the message says how to get it',
  async (body) => {
    const error: unknown = await verifyWebhook(body as unknown as string, signed(BODY), SECRET).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ name: 'WebhookVerificationError', code: 'parsed_body' });
    for (const name of ['Express', 'Fastify', 'Hono', 'fetch']) expect(String(error)).toContain(name);
  },
);

test('what is signed, but no JSON, is refused', async () => {
  expect(await codeOf(verifyWebhook('{', signed('{'), SECRET))).toBe('malformed_json');
});
