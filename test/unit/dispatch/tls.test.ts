import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates, TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ConfigError, DEFAULT_CONFIG, type Config, type TlsHost } from '../../../src/application/config.js';
import { buildContainer } from '../../../src/container.js';
import { TlsContexts } from '../../../src/infrastructure/dispatch/tls-contexts.js';
import { readTlsFiles } from '../../../src/infrastructure/dispatch/tls-files.js';
import { T } from '../../../src/tokens.js';
import { answer, startHostileServer } from '../../support/hostile-server.js';
import { deliver, errorOf, startDispatcher } from '../../support/http-dispatching.js';
import { resolvesTo } from '../../support/resolvers.js';
import { TLS_FIXTURE } from '../../support/tls-fixture.js';

const { cert, key } = TLS_FIXTURE;
const OTHER_CA = rootCertificates[0] ?? '';
const OTHER_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

/** Files that go with the test. @returns the path of one with this content */
function files(): (content: string) => string {
  const directory = mkdtempSync(join(tmpdir(), 'mininq-tls-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  let written = 0;
  return (content) => {
    const path = join(directory, `${(written += 1)}.pem`);
    writeFileSync(path, content);
    return path;
  };
}

function host(change: Partial<TlsHost>): TlsHost {
  return { host: 'hook.test', cert: null, key: null, ca: null, ...change };
}

/** What a delivery ends in, with such settings. */
async function delivered(tls: Config['egress']['tls'], url: string) {
  const dispatcher = startDispatcher({
    tls: new TlsContexts(readTlsFiles(tls)),
    resolver: resolvesTo('127.0.0.1'),
  });
  return deliver(dispatcher, url);
}

/** Asks every client for a certificate, and keeps who was who by the path that they asked for. */
async function startAsking() {
  const shown = new Map<string, boolean>();
  const server = await startHostileServer(
    (socket, { head }) => {
      if (!(socket instanceof TLSSocket)) throw new Error('no TLS');
      shown.set(/ (\S+) /.exec(head)?.[1] ?? '', socket.authorized);
      socket.write(answer('200 OK', 'safe'));
    },
    { tls: { cert, key, ca: cert, requestCert: true, rejectUnauthorized: false } },
  );
  return { port: server.port, shown, requests: server.requests };
}

describe('authorities', () => {
  test('of the file are trusted, for every host', async () => {
    const { port } = await startAsking();
    const ca = files()(`some words before\n${OTHER_CA}\n${cert}`);
    expect(await delivered({ ca, hosts: [] }, `https://hook.test:${port}/`)).toMatchObject({
      kind: 'succeeded',
    });
    expect(errorOf(await delivered({ ca: null, hosts: [] }, `https://hook.test:${port}/`))).toMatch(
      /^tls: certificate of /,
    );
  });

  test('of a host are the only ones there', async () => {
    const { port, requests } = await startAsking();
    const file = files();
    const [ca, other] = [file(cert), file(OTHER_CA)];
    const url = `https://hook.test:${port}/`;
    expect(await delivered({ ca: null, hosts: [host({ ca })] }, url)).toMatchObject({ kind: 'succeeded' });
    expect(errorOf(await delivered({ ca, hosts: [host({ ca: other })] }, url))).toMatch(
      /^tls: certificate of /,
    );
    expect(errorOf(await delivered({ ca: null, hosts: [host({ host: 'other.test', ca })] }, url))).toMatch(
      /^tls: certificate of /,
    );
    expect(requests).toHaveLength(1);
  });
});

describe('a client certificate', () => {
  test.each<[string, string, boolean]>([
    ['hook.test', 'hook.test', true],
    ['*.test', 'hook.test', true],
    ['other.test', 'hook.test', false],
    ['*.hook.test', 'hook.test', false],
    ['localhost', 'localhost', true],
  ])('of %s is shown to %s: %s', async (pattern, name, expected) => {
    const { port, shown } = await startAsking();
    const file = files();
    const hosts = [host({ host: pattern, cert: file(cert), key: file(key) })];
    expect(await delivered({ ca: file(cert), hosts }, `https://${name}:${port}/${pattern}`)).toMatchObject({
      kind: 'succeeded',
    });
    expect([...shown.values()]).toEqual([expected]);
  });

  test('of the first that fits is shown', async () => {
    const { port, shown } = await startAsking();
    const file = files();
    const hosts = [
      host({ ca: file(cert) }),
      host({ host: '*.test', cert: file(cert), key: file(key), ca: file(cert) }),
    ];
    await delivered({ ca: null, hosts }, `https://hook.test:${port}/`);
    expect([...shown.values()]).toEqual([false]);
  });
});

describe('a file that is of no use is an error of the configuration, which names its key', () => {
  const encrypted = OTHER_KEY.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  });
  const other = OTHER_KEY.export({ type: 'pkcs8', format: 'pem' });

  function refusal(tls: Config['egress']['tls']): string {
    try {
      readTlsFiles(tls);
    } catch (error) {
      if (error instanceof ConfigError) return error.message;
      throw error;
    }
    throw new Error('it was accepted');
  }

  test.each([
    ['holds no certificate in PEM', 'words'],
    ['holds no certificate in PEM', ''],
    ['holds no certificate in PEM', key],
    ['holds a certificate that cannot be read', cert.replace('MIIB', 'MIIC')],
    ['holds a certificate that cannot be read', `${cert}\n${cert.replace('MIIB', 'MIIC')}`],
  ])('ca %s', (what, content) => {
    const ca = files()(content);
    expect(refusal({ ca, hosts: [] })).toBe(`egress.tls.ca: ${ca}: ${what}`);
    expect(refusal({ ca: null, hosts: [host({ ca })] })).toBe(
      `egress.tls.hosts: item 1 (hook.test): ca: ${ca}: ${what}`,
    );
  });

  test.each([
    ['is no private key in PEM, or needs a passphrase; store it without one', 'words'],
    ['is no private key in PEM, or needs a passphrase; store it without one', String(encrypted)],
    ['is not the key of the first certificate of cert', String(other)],
  ])('key %s', (what, content) => {
    const file = files();
    const hosts = [host({ ca: file(cert) }), host({ cert: file(cert), key: file(content) })];
    expect(refusal({ ca: null, hosts })).toBe(
      `egress.tls.hosts: item 2 (hook.test): key: ${hosts[1]?.key}: ${what}`,
    );
  });

  test('which is missing, or a directory', () => {
    expect(refusal({ ca: '/no/such/file.pem', hosts: [] })).toBe(
      'egress.tls.ca: /no/such/file.pem: no such file',
    );
    expect(refusal({ ca: tmpdir(), hosts: [] })).toMatch(
      /^egress\.tls\.ca: .*: is a directory; name a file in PEM$/,
    );
  });

  test('and the start fails of it', () => {
    const tls = { ca: '/no/such/file.pem', hosts: [] };
    const container = buildContainer({ ...DEFAULT_CONFIG, egress: { ...DEFAULT_CONFIG.egress, tls } });
    expect(() => container.get(T.HttpDispatcher)).toThrow(ConfigError);
  });
});
