import type { LookupAddress } from 'node:dns';
import { describe, expect, test, vi } from 'vitest';
import type { Resolver } from '../../../src/infrastructure/dispatch/host-resolver.js';
import { egress } from '../../support/egress.js';
import { answer, startHostileServer } from '../../support/hostile-server.js';
import { deliver, errorOf, startDispatcher } from '../../support/http-dispatching.js';
import { failsToResolve, neverResolves, resolvesTo } from '../../support/resolvers.js';

const OK = answer('200 OK', 'done');
/** Stands for a public address: there is no other than loopback to test with. */
const PUBLIC = '127.0.0.2';
const guarded = egress({ private: false, allow: [PUBLIC] });
const REFUSED = 'egress.private = false refuses loopback addresses that egress.allow does not list';

/** On every address of this machine. */
function startServer(reply = OK) {
  return startHostileServer((socket) => socket.write(reply), { host: '0.0.0.0' });
}

function blocked(error: string) {
  return {
    kind: 'failed',
    permanent: true,
    error,
    statusCode: null,
    responseExcerpt: null,
    retryAfterMs: null,
  };
}

/** A name has these addresses, one after the other: a set a lookup. */
function resolvesInTurn(...sets: readonly (readonly string[])[]) {
  let lookups = 0;
  const resolver: Resolver = {
    resolve: (hostname, onResolved) => {
      const set = sets[Math.min(lookups, sets.length - 1)] ?? [];
      lookups += 1;
      return resolvesTo(...set).resolve(hostname, onResolved);
    },
  };
  return { resolver, lookups: () => lookups };
}

describe('an address that is written out is checked, though nothing is looked up', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['2130706433', '127.0.0.1'],
    ['0x7f.1', '127.0.0.1'],
    ['0177.0.0.1', '127.0.0.1'],
    ['127.1.', '127.0.0.1'],
    ['①②⑦.0.0.1', '127.0.0.1'],
    ['[::1]', '[::1]'],
    ['[::ffff:127.0.0.1]', '[::ffff:7f00:1]'],
    ['[64:ff9b::7f00:1]', '[64:ff9b::7f00:1]'],
    ['[2002:7f00:1::]', '[2002:7f00:1::]'],
    ['user:secret@127.0.0.1', '127.0.0.1'],
    ['localhost', 'localhost'],
    ['a.localhost.', 'a.localhost.'],
  ])('%s', async (host, shown) => {
    const server = await startServer();
    const dispatcher = startDispatcher({ egress: guarded, resolver: neverResolves });
    for (const scheme of ['http', 'https']) {
      const outcome = await deliver(dispatcher, `${scheme}://${host}:${server.port}/`);
      expect(outcome).toEqual(blocked(`blocked: ${shown}:${server.port}: ${REFUSED}`));
    }
    expect(server.accepted()).toBe(0);
  });

  test('schemes, ports and names are refused before a name is looked up', async () => {
    const settings = { httpsOnly: true, denyPorts: [25], deny: ['*.bad.test'] };
    const dispatcher = startDispatcher({ egress: egress(settings), resolver: neverResolves });
    expect(await deliver(dispatcher, 'http://a.test/')).toEqual(
      blocked('blocked: a.test:80: egress.https_only refuses http'),
    );
    expect(await deliver(dispatcher, 'https://a.test:25/')).toEqual(
      blocked('blocked: a.test:25: egress.deny_ports refuses port 25'),
    );
    expect(await deliver(dispatcher, 'https://a.bad.test/')).toEqual(
      blocked('blocked: a.bad.test:443: egress.deny refuses it'),
    );
  });

  test('those who wait for a connection to it end as well', async () => {
    const dispatcher = startDispatcher({ egress: guarded, connectionsPerOrigin: 1 });
    const outcomes = await Promise.all([1, 2, 3].map(() => deliver(dispatcher, 'http://127.0.0.1:9/')));
    expect(outcomes.map(errorOf)).toEqual(Array(3).fill(`blocked: 127.0.0.1:9: ${REFUSED}`));
  });
});

describe('every address of a name is checked', () => {
  test('a name that resolves to what is refused only is blocked, and the address is not shown', async () => {
    const server = await startServer();
    const resolver = resolvesTo('127.0.0.1', '127.0.0.3');
    const dispatcher = startDispatcher({ egress: guarded, resolver });
    for (const scheme of ['http', 'https']) {
      const outcome = await deliver(dispatcher, `${scheme}://evil.test:${server.port}/`);
      expect(outcome).toEqual(blocked(`blocked: evil.test:${server.port}: ${REFUSED}`));
    }
    expect(server.accepted()).toBe(0);
  });

  test('metadata is blocked whatever the name, with private networks open', async () => {
    const dispatcher = startDispatcher({
      egress: egress({ allow: ['evil.test', '169.254.0.0/16'] }),
      resolver: resolvesTo('169.254.169.254'),
    });
    expect(errorOf(await deliver(dispatcher, 'http://evil.test/latest/meta-data/'))).toBe(
      'blocked: evil.test:80: metadata addresses are refused unless egress.allow lists the very one',
    );
  });

  test('of several, only those that may be reached are dialled', async () => {
    const server = await startServer();
    const dispatcher = startDispatcher({
      egress: guarded,
      resolver: resolvesTo('127.0.0.1', PUBLIC, '127.0.0.3'),
    });
    expect(await deliver(dispatcher, `http://mixed.test:${server.port}/`)).toMatchObject({
      kind: 'succeeded',
    });
    expect([...server.open].map((socket) => socket.localAddress)).toEqual([PUBLIC]);
  });

  test.each(['ENOTFOUND', 'ETIMEOUT', 'ESERVFAIL'])(
    'a lookup that fails with %s reaches nothing',
    async (code) => {
      const dispatcher = startDispatcher({ egress: guarded, resolver: failsToResolve(code) });
      const outcome = await deliver(dispatcher, 'http://a.test/');
      expect(outcome).toMatchObject({ kind: 'failed', permanent: false });
      expect(errorOf(outcome)).toMatch(/^dns: host a\.test /);
    },
  );

  test('a lookup without addresses, or with what is none, reaches nothing', async () => {
    const empty = startDispatcher({ egress: guarded, resolver: resolvesTo() });
    expect(errorOf(await deliver(empty, 'http://a.test/'))).toBe('dns: host a.test not found');
    const rubbish = startDispatcher({ egress: guarded, resolver: resolvesTo('0x7f.1') });
    expect(errorOf(await deliver(rubbish, 'http://a.test/'))).toBe(
      'blocked: a.test:80: it has no address that could be checked',
    );
  });
});

describe('rebinding', () => {
  test('public first and loopback second: the second lookup is blocked', async () => {
    const server = await startHostileServer(
      (socket) => socket.end(answer('200 OK', 'x', ['Connection: close'])),
      {
        host: '0.0.0.0',
      },
    );
    const { resolver, lookups } = resolvesInTurn([PUBLIC], ['127.0.0.1']);
    const dispatcher = startDispatcher({ egress: guarded, resolver });
    const url = `http://rebind.test:${server.port}/`;
    expect(await deliver(dispatcher, url)).toMatchObject({ kind: 'succeeded' });
    expect(await deliver(dispatcher, url)).toEqual(
      blocked(`blocked: rebind.test:${server.port}: ${REFUSED}`),
    );
    expect(lookups()).toBe(2);
    expect(server.requests).toHaveLength(1);
  });

  test('a connection that is kept goes where it was checked to go', async () => {
    const server = await startServer();
    const { resolver, lookups } = resolvesInTurn([PUBLIC], ['127.0.0.1']);
    const dispatcher = startDispatcher({ egress: guarded, resolver });
    const url = `http://rebind.test:${server.port}/`;
    for (let n = 0; n < 3; n++) expect(await deliver(dispatcher, url)).toMatchObject({ kind: 'succeeded' });
    expect(lookups()).toBe(1);
    expect([...server.open].map((socket) => socket.localAddress)).toEqual([PUBLIC]);
    // Another name for the same address is another matter: connections are not shared by address.
    expect(await deliver(dispatcher, `http://127.0.0.1:${server.port}/`)).toMatchObject({ permanent: true });
  });

  test.each(['http', 'https'])(
    'between check and connection, over %s: the peer is checked as well',
    async (scheme) => {
      const server = await startServer();
      let reads = 0;
      const shifting: LookupAddress = {
        get address() {
          reads += 1;
          return reads === 1 ? PUBLIC : '127.0.0.1';
        },
        family: 4,
      };
      const resolver: Resolver = {
        resolve(_, onResolved) {
          onResolved(null, [shifting]);
          return () => undefined;
        },
      };
      const dispatcher = startDispatcher({ egress: guarded, resolver });
      expect(await deliver(dispatcher, `${scheme}://shift.test:${server.port}/`)).toEqual(
        blocked(`blocked: shift.test:${server.port}: ${REFUSED}`),
      );
      await vi.waitFor(() => expect(server.accepted()).toBe(1));
      expect(server.requests).toEqual([]);
    },
  );
});

describe('nothing in an answer leads further', () => {
  test.each([
    ['a redirect', '302 Found', (port: number) => [`Location: http://127.0.0.1:${port}/`]],
    [
      'a permanent redirect',
      '308 Permanent Redirect',
      (port: number) => [`Location: http://127.0.0.1:${port}/`],
    ],
    ['a refresh', '200 OK', (port: number) => [`Refresh: 0; url=http://127.0.0.1:${port}/`]],
    [
      'an alternative service',
      '200 OK',
      (port: number) => [`Alt-Svc: h2="127.0.0.1:${port}"; ma=86400, http/1.1=":${port}"`],
    ],
    [
      'a location of the content',
      '200 OK',
      (port: number) => [`Content-Location: http://127.0.0.1:${port}/`],
    ],
  ])('%s', async (_, status, headers) => {
    const inner = await startServer();
    const outer = await startServer(answer(status, 'x', [...headers(inner.port), 'Connection: close']));
    const dispatcher = startDispatcher({ egress: guarded, resolver: resolvesTo(PUBLIC) });
    for (let n = 0; n < 3; n++) await deliver(dispatcher, `http://outer.test:${outer.port}/`);
    expect(outer.requests).toHaveLength(3);
    expect(inner.accepted()).toBe(0);
  });
});
