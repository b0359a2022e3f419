import { mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Ipv6Scope } from '../../../src/infrastructure/dispatch/ipv6-scope.js';
import { HostResolver } from '../../../src/infrastructure/dispatch/host-resolver.js';
import { startDnsServer, type DnsAnswer, type DnsQuestion } from '../../support/dns-server.js';
import { answer, startHostileServer } from '../../support/hostile-server.js';
import { attemptAt, deliver, errorOf, startDispatcher } from '../../support/http-dispatching.js';

interface Surroundings {
  readonly hosts?: string;
  /** After the line of the server. */
  readonly resolvConf?: string;
  readonly scope?: Ipv6Scope;
  readonly timeoutMs?: number;
  /** What is not said is not found. */
  readonly dns?: (question: DnsQuestion) => DnsAnswer | undefined;
}

/** A resolver among files and a DNS server of its own. */
async function surrounded(given: Surroundings = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'mininq-resolver-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [hostsPath, resolvConfPath] = [join(folder, 'hosts'), join(folder, 'resolv.conf')];
  const server = await startDnsServer((question) => given.dns?.(question) ?? 'nxdomain');
  const writeHosts = (text: string): Promise<void> => writeFile(hostsPath, text);
  const writeResolvConf = (text: string): Promise<void> =>
    writeFile(resolvConfPath, `nameserver ${server.address}\n${text}`);
  await writeHosts(given.hosts ?? '');
  // Without this line, the domain of the machine's own name would be searched.
  await writeResolvConf(given.resolvConf ?? 'search .\n');
  const { timeoutMs = 20_000, scope = 'none' } = given;
  const resolver = new HostResolver({ hostsPath, resolvConfPath, timeoutMs, scope: () => scope });
  const removeHosts = (): Promise<void> => rm(hostsPath);
  const asked = (): string[] => server.questions.map(({ name }) => name);
  return { resolver, server, asked, writeHosts, removeHosts, writeResolvConf };
}

const silence = (): DnsAnswer => 'silence';

/** The addresses, or the code of the error. */
function resolved(resolver: HostResolver, name: string): Promise<string[] | string> {
  return new Promise((resolve) => {
    resolver.resolve(name, (error, addresses) => {
      resolve(
        error === null ? addresses.map(({ address }) => address) : 'code' in error ? String(error.code) : '',
      );
    });
  });
}

/** Of this process. */
async function openSockets(): Promise<number> {
  const links = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
  return (await Promise.all(links)).filter((target) => target.startsWith('socket:')).length;
}

describe('a delivery', () => {
  test('to a name of the hosts file does not wait for names whose DNS server is silent', async () => {
    const hooks = await startHostileServer((socket) => socket.write(answer('200 OK', 'done')));
    const silentNames = Array.from({ length: 12 }, (_, n) => `silent${n}.test`);
    const { resolver, asked } = await surrounded({
      hosts: '127.0.0.1 hook.test',
      dns: silence,
    });
    const dispatcher = startDispatcher({ resolver });
    const stop = new AbortController();
    let ended = 0;
    const silent = silentNames.map((name) =>
      dispatcher.dispatch(attemptAt(`http://${name}/`), stop.signal).finally(() => (ended += 1)),
    );
    await vi.waitFor(() => expect(new Set(asked()).size).toBe(12));

    const others = Array.from({ length: 20 }, () => deliver(dispatcher, `http://hook.test:${hooks.port}/`));
    for (const outcome of await Promise.all(others)) expect(outcome).toMatchObject({ kind: 'succeeded' });
    expect(ended).toBe(0);
    stop.abort();
    for (const outcome of await Promise.all(silent)) expect(outcome).toEqual({ kind: 'interrupted' });
  });

  test.runIf(process.platform === 'linux')('that gives up on a lookup leaves no socket of it', async () => {
    const { resolver, asked } = await surrounded({ dns: silence });
    const dispatcher = startDispatcher({ resolver });
    const before = await openSockets();
    const outcome = deliver(dispatcher, 'http://silent.test/', { timeoutMs: 500 });
    await vi.waitFor(() => expect(asked()).toHaveLength(1));
    expect(await openSockets()).toBe(before + 1);
    expect(errorOf(await outcome)).toBe('timeout: no complete answer within 500 ms (looking up the host)');
    await vi.waitFor(async () => expect(await openSockets()).toBe(before));
  });

  test.each<[string, DnsAnswer, string]>([
    ['not known', 'nxdomain', 'dns: host trouble.test not found'],
    ['without an address', [], 'dns: host trouble.test not found'],
    ['of a server that fails', 'servfail', 'dns: host trouble.test could not be resolved (ESERVFAIL)'],
  ])('to a name that is %s fails', async (_, given, error) => {
    const { resolver } = await surrounded({ dns: () => given });
    expect(errorOf(await deliver(startDispatcher({ resolver }), 'http://trouble.test/'))).toBe(error);
  });
});

describe('a lookup', () => {
  test('has a time of its own', async () => {
    const { resolver } = await surrounded({ dns: silence, timeoutMs: 50 });
    expect(await resolved(resolver, 'silent.test')).toBe('ETIMEOUT');
  });

  test('whose time is over makes do with the family that has come', async () => {
    const { resolver } = await surrounded({
      dns: ({ type }) => (type === 'A' ? ['192.0.2.1'] : 'silence'),
      scope: 'global',
      timeoutMs: 500,
    });
    expect(await resolved(resolver, 'half.test')).toEqual(['192.0.2.1']);
  });

  test('is shared by all who want the host at the same time, and asked anew afterwards', async () => {
    const { resolver, asked } = await surrounded({ dns: () => ['192.0.2.1'] });
    const names = ['hook.test', 'HOOK.test', 'hook.test'];
    const all = await Promise.all(names.map((name) => resolved(resolver, name)));
    expect(all).toEqual(names.map(() => ['192.0.2.1']));
    expect(asked()).toEqual(['hook.test']);
    await resolved(resolver, 'hook.test');
    expect(asked()).toEqual(['hook.test', 'hook.test']);
  });

  test('goes on for one when another abandons it', async () => {
    const { resolver } = await surrounded({ dns: () => ['192.0.2.1'] });
    const onResolved = vi.fn();
    const abandon = resolver.resolve('hook.test', onResolved);
    const other = resolved(resolver, 'hook.test');
    abandon();
    expect(await other).toEqual(['192.0.2.1']);
    expect(onResolved).not.toHaveBeenCalled();
  });

  test('that everybody abandoned is not joined by who comes later', async () => {
    const { resolver, asked } = await surrounded({ dns: silence, timeoutMs: 500 });
    const onResolved = vi.fn();
    const abandon = resolver.resolve('silent.test', onResolved);
    await vi.waitFor(() => expect(asked()).toHaveLength(1));
    abandon();
    const later = resolved(resolver, 'silent.test');
    await vi.waitFor(() => expect(asked()).toHaveLength(2));
    expect(await later).toBe('ETIMEOUT');
    expect(onResolved).not.toHaveBeenCalled();
  });
});

describe('the hosts file', () => {
  const hosts = [
    '# 192.0.2.9 comment.test',
    '192.0.2.1\tHook.test alias.test # alias2.test',
    '192.0.2.2 hook.test',
    'rubbish other.test',
    '127.0.0.5 localhost',
  ].join('\n');

  test.each([
    ['hook.test', ['192.0.2.1', '192.0.2.2']],
    ['HOOK.TEST', ['192.0.2.1', '192.0.2.2']],
    ['hook.test.', ['192.0.2.1', '192.0.2.2']],
    ['alias.test', ['192.0.2.1']],
    ['localhost', ['127.0.0.5']],
    ['alias2.test', 'ENOTFOUND'],
    ['comment.test', 'ENOTFOUND'],
    ['other.test', 'ENOTFOUND'],
  ])('says where %s is', async (name, expected) => {
    const { resolver, asked } = await surrounded({ hosts });
    expect(await resolved(resolver, name)).toEqual(expected);
    expect(asked()).toEqual(expected === 'ENOTFOUND' ? [name] : []);
  });

  test('is read again when it has changed, and may be missing', async () => {
    const { resolver, writeHosts, removeHosts } = await surrounded();
    expect(await resolved(resolver, 'hook.test')).toBe('ENOTFOUND');
    await writeHosts('192.0.2.1 hook.test\n');
    expect(await resolved(resolver, 'hook.test')).toEqual(['192.0.2.1']);
    await writeHosts('192.0.2.22 hook.test\n');
    expect(await resolved(resolver, 'hook.test')).toEqual(['192.0.2.22']);
    await removeHosts();
    expect(await resolved(resolver, 'hook.test')).toBe('ENOTFOUND');
  });
});

test.each(['localhost', 'LOCALHOST.', 'api.localhost'])(
  '%s is this machine, whatever DNS says',
  async (name) => {
    const dns = (): DnsAnswer => ['192.0.2.1'];
    const { resolver, asked } = await surrounded({ dns, scope: 'loopback' });
    expect(await resolved(resolver, name)).toEqual(['127.0.0.1', '::1']);
    expect(asked()).toEqual([]);
  },
);

describe('resolv.conf', () => {
  const inCluster = 'search jobs.svc.cluster.test svc.cluster.test\noptions timeout:1 ndots:5\n';

  test.each([
    // A service of Kubernetes, by its name, by name and namespace, and in full.
    ['hooks', inCluster, 'hooks.jobs.svc.cluster.test', 1],
    ['hooks.mail', inCluster, 'hooks.mail.svc.cluster.test', 2],
    ['hooks.jobs.svc.cluster.test', inCluster, 'hooks.jobs.svc.cluster.test', 3],
    ['hooks.jobs.svc.cluster.test.', inCluster, 'hooks.jobs.svc.cluster.test', 1],
    // A service of Docker Compose: its DNS server knows the bare name.
    ['hooks', 'search .\noptions ndots:0\n', 'hooks', 1],
    ['hooks', 'search office.test\n', 'hooks', 2],
    ['hooks.office', 'search test\n', 'hooks.office', 1],
    ['hooks', 'search first.test\ndomain office.test\n', 'hooks.office.test', 1],
    ['hooks', '; search no.test\n#search no.test\nsearch office.test.\n', 'hooks.office.test', 1],
  ])('has %s looked for under %j', async (name, resolvConf, known, questions) => {
    const dns = (question: DnsQuestion): DnsAnswer => (question.name === known ? ['192.0.2.1'] : 'nxdomain');
    const { resolver, asked } = await surrounded({ resolvConf, dns });
    expect(await resolved(resolver, name)).toEqual(['192.0.2.1']);
    expect(asked()).toHaveLength(questions);
    expect(asked().at(-1)).toBe(known);
  });

  test('is read again when it has changed', async () => {
    const dns = ({ name }: DnsQuestion): DnsAnswer =>
      name === 'hooks.new.test' ? ['192.0.2.1'] : 'nxdomain';
    const { resolver, writeResolvConf } = await surrounded({ resolvConf: 'search old.test\n', dns });
    expect(await resolved(resolver, 'hooks')).toBe('ENOTFOUND');
    await writeResolvConf('search new.test other.test\n');
    expect(await resolved(resolver, 'hooks')).toEqual(['192.0.2.1']);
  });

  test('leads on from a domain whose server fails, but not from a server that is silent', async () => {
    const resolvConf = 'search bad.test good.test\n';
    const failing = await surrounded({
      resolvConf,
      dns: ({ name }) => (name === 'hooks.good.test' ? ['192.0.2.1'] : 'servfail'),
    });
    expect(await resolved(failing.resolver, 'hooks')).toEqual(['192.0.2.1']);
    const silent = await surrounded({ resolvConf, dns: silence, timeoutMs: 200 });
    expect(await resolved(silent.resolver, 'hooks')).toBe('ETIMEOUT');
    expect(new Set(silent.asked())).toEqual(new Set(['hooks.bad.test']));
  });
});

describe('the addresses of a host with both families', () => {
  const both = ['192.0.2.1', '2001:db8::1', '192.0.2.2'];

  test.each<[Ipv6Scope, string[]]>([
    ['global', ['2001:db8::1', '192.0.2.1', '192.0.2.2']],
    ['site', ['192.0.2.1', '192.0.2.2', '2001:db8::1']],
    ['loopback', ['192.0.2.1', '192.0.2.2']],
    ['none', ['192.0.2.1', '192.0.2.2']],
  ])('come as a machine that reaches IPv6 "%s" can use them', async (scope, expected) => {
    const { resolver } = await surrounded({
      scope,
      dns: () => both,
      hosts: '192.0.2.1 h.test\n2001:db8::1 h.test',
    });
    expect(await resolved(resolver, 'hook.test')).toEqual(expected);
    expect(await resolved(resolver, 'h.test')).toEqual(expected.filter((address) => address !== '192.0.2.2'));
  });

  test('are kept where none can be reached', async () => {
    const { resolver } = await surrounded({ scope: 'none', hosts: '2001:db8::1 h.test' });
    expect(await resolved(resolver, 'h.test')).toEqual(['2001:db8::1']);
  });
});
