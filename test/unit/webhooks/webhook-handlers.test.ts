import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import Fastify from 'fastify';
import { Hono } from 'hono';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  expressWebhook,
  fastifyWebhook,
  fetchWebhook,
  honoWebhook,
  type WebhookWork,
} from '../../../src/webhooks/index.js';
import { BODY, ID, PAYLOAD, SECRET, signed } from '../../support/webhooks.js';

const JSON_TYPE = { 'content-type': 'application/json' };

interface Site {
  readonly send: (headers: Readonly<Record<string, string>>, body: string) => Promise<Response>;
}

/** One route, /hook, on which the work is done; at most 1000 bytes. */
type Framework = (work: WebhookWork, parsedBefore?: boolean) => Promise<Site>;

async function listening(listener: RequestListener): Promise<Site> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    send: (headers, body) => fetch(`http://127.0.0.1:${port}/hook`, { method: 'POST', headers, body }),
  };
}

const OPTIONS = { maxBodyBytes: 1000 };

const FRAMEWORKS: Readonly<Record<string, Framework>> = {
  express: (work, parsedBefore = false) => {
    const app = express();
    app.set('env', 'test');
    if (parsedBefore) app.use(express.json());
    app.post('/hook', expressWebhook(SECRET, work, OPTIONS));
    return listening((request, response) => {
      app(request, response);
    });
  },
  fastify: async (work, parsedBefore = false) => {
    const app = Fastify();
    if (parsedBefore)
      app.addHook('preHandler', (request, _reply, done) => {
        request.body = JSON.parse(String(request.body));
        done();
      });
    await app.register(fastifyWebhook('/hook', SECRET, work, OPTIONS));
    app.post('/other', (request) => request.body);
    onTestFinished(() => app.close());
    const origin = await app.listen({ port: 0, host: '127.0.0.1' });
    return { send: (headers, body) => fetch(`${origin}/hook`, { method: 'POST', headers, body }) };
  },
  hono: (work, parsedBefore = false) => {
    const app = new Hono();
    app.onError((_error, context) => context.text('', 500));
    if (parsedBefore)
      app.use(async ({ req }, next) => {
        await req.json();
        await next();
      });
    app.post('/hook', honoWebhook(SECRET, work, OPTIONS));
    return Promise.resolve({
      send: async (headers, body) => app.request('/hook', { method: 'POST', headers, body }),
    });
  },
  fetch: (work, parsedBefore = false) => {
    const handle = fetchWebhook(SECRET, work, OPTIONS);
    return Promise.resolve({
      send: async (headers, body) => {
        const request = new Request('http://receiver.test/hook', { method: 'POST', headers, body });
        if (parsedBefore) await request.json();
        return handle(request).catch(() => new Response('', { status: 500 }));
      },
    });
  },
};

describe.each(Object.entries(FRAMEWORKS))('a handler of %s', (_, framework) => {
  test('does the work of a delivery, and answers with what it returns', async () => {
    const done: unknown[] = [];
    const { send } = await framework((delivery) => {
      done.push(delivery);
      return { stored: true };
    });
    const headers = signed(BODY);
    const answer = await send({ ...JSON_TYPE, ...headers }, BODY);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await answer.json()).toEqual({ stored: true });
    expect(done).toEqual([{ id: ID, sentAt: Number(headers['webhook-timestamp']) * 1000, payload: PAYLOAD }]);
  });

  test('answers with 204 when there is nothing to return', async () => {
    const { send } = await framework(async () => Promise.resolve());
    const answer = await send({ ...JSON_TYPE, ...signed(BODY) }, BODY);
    expect([answer.status, await answer.text()]).toEqual([204, '']);
  });

  test('refuses with 401 what is not signed, signed otherwise, changed or old, and does nothing', async () => {
    let done = 0;
    const { send } = await framework(() => (done += 1));
    const old = signed(BODY, { at: Math.floor(Date.now() / 1000) - 400 });
    const other = signed(BODY, { secret: `whsec_${'A'.repeat(32)}` });
    const cases: [Readonly<Record<string, string>>, string, string][] = [
      [{}, BODY, 'missing_header'],
      [old, BODY, 'timestamp_too_old'],
      [other, BODY, 'wrong_signature'],
      [signed(BODY), `${BODY} `, 'wrong_signature'],
    ];
    for (const [headers, body, code] of cases) {
      const answer = await send({ ...JSON_TYPE, ...headers }, body);
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ code });
    }
    expect(done).toBe(0);
  });

  test('leaves what the work throws to the framework: 500', async () => {
    const { send } = await framework(() => {
      throw new Error('no');
    });
    expect((await send({ ...JSON_TYPE, ...signed(BODY) }, BODY)).status).toBe(500);
  });

  test('refuses with 413 what is too large', async () => {
    let done = 0;
    const { send } = await framework(() => (done += 1));
    const large = JSON.stringify('x'.repeat(2000));
    expect((await send({ ...JSON_TYPE, ...signed(large) }, large)).status).toBe(413);
    expect(done).toBe(0);
  });

  test('does nothing when somebody parsed the body before: 500', async () => {
    let done = 0;
    const { send } = await framework(() => (done += 1), true);
    expect((await send({ ...JSON_TYPE, ...signed(BODY) }, BODY)).status).toBe(500);
    expect(done).toBe(0);
  });
});

test('none is made without a secret', () => {
  // As a variable of the environment that is not set.
  const none = undefined as unknown as string;
  for (const make of [expressWebhook, honoWebhook, fetchWebhook]) {
    expect(() => make(none, () => null)).toThrow(/no secret/);
  }
  expect(() => fastifyWebhook('/hook', [], () => null)).toThrow(/no secret/);
});

test("the handler of Express takes the body of express.raw, and Fastify's other routes keep their parser", async () => {
  const app = express();
  app.use(express.raw({ type: 'application/json' }));
  app.post(
    '/hook',
    expressWebhook([SECRET], ({ payload }) => payload),
  );
  const { send } = await listening((request, response) => {
    app(request, response);
  });
  expect(await (await send({ ...JSON_TYPE, ...signed(BODY) }, BODY)).json()).toEqual(PAYLOAD);
  const fastify = Fastify();
  onTestFinished(() => fastify.close());
  await fastify.register(fastifyWebhook('/hook', SECRET, () => null));
  fastify.post('/other', (request) => request.body);
  const other = await fastify.inject({ method: 'POST', url: '/other', payload: { a: 1 } });
  expect(other.json()).toEqual({ a: 1 });
});
