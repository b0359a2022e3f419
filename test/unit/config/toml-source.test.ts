import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEFAULT_CONFIG } from '../../../src/application/config.js';
import { loadConfig } from '../../../src/infrastructure/config/load-config.js';
import { load, refusal, temporaryDirectory } from './load.js';

const FILE = 'must be the path of a file, not';
const IN_MEMORY = 'a database in memory would lose acknowledged jobs';
const KEYS_OF_SERVER =
  'host, port, db_path, durability, max_body_bytes, max_queues, max_jobs, max_connections, allowed_hosts, trusted_proxies';

const ADDRESS = 'must be an IP address or a host name, without scheme, port or brackets, not';
const PORT = 'must be an integer from 0 to 65535, not';
const QUEUES = 'must be a list of queue names (1 to 128 printable ASCII characters, no space at either end)';

describe('values that the file may not have', () => {
  test.each([
    { toml: 'port = "6390"', problem: `port ${PORT} "6390" in quotes` },
    { toml: 'port = "x"', problem: `port ${PORT} "x"` },
    { toml: 'port = 6390.0', problem: `port ${PORT} the float 6390.0` },
    { toml: 'port = 6e3', problem: `port ${PORT} the float 6000.0` },
    { toml: 'port = nan', problem: `port ${PORT} the float NaN` },
    { toml: 'port = true', problem: `port ${PORT} true` },
    { toml: 'port = 1979-05-27', problem: `port ${PORT} a date or time` },
    { toml: 'port = 07:32:00', problem: `port ${PORT} a date or time` },
    { toml: 'port = [1]', problem: `port ${PORT} a list` },
    { toml: 'port = { a = 1 }', problem: `port ${PORT} a table` },
    { toml: 'port = 9007199254740993', problem: `port ${PORT} 9007199254740993` },
    { toml: `port = ${'9'.repeat(200)}`, problem: `port ${PORT} ${'9'.repeat(100)}...` },
    { toml: 'host = ""', problem: `host ${ADDRESS} ""` },
    { toml: 'host = "http://localhost"', problem: `host ${ADDRESS} "http://localhost"` },
    { toml: 'host = "0.0.0.0:6390"', problem: `host ${ADDRESS} "0.0.0.0:6390"` },
    { toml: 'host = "[::1]"', problem: `host ${ADDRESS} "[::1]"` },
    { toml: 'host = 127', problem: `host ${ADDRESS} 127` },
    { toml: 'db_path = ""', problem: 'db_path must be a path without control characters, not ""' },
    { toml: 'db_path = "a\\nb"', problem: 'db_path must be a path without control characters, not "a\\nb"' },
    { toml: 'db_path = ":memory:"', problem: `db_path ${FILE} ":memory:": ${IN_MEMORY}` },
    { toml: 'db_path = " :memory: "', problem: `db_path ${FILE} " :memory: ": ${IN_MEMORY}` },
    { toml: 'db_path = "  "', problem: `db_path ${FILE} "  ": ${IN_MEMORY}` },
    { toml: 'durability = true', problem: 'durability must be one of "normal", "full", not true' },
    {
      toml: 'allowed_hosts = ["a.example", "https://b.example"]',
      problem:
        'allowed_hosts must be a list of host names or IP addresses, without scheme, port or brackets, but holds "https://b.example"',
    },
    {
      toml: 'trusted_proxies = ["10.0.0.0/8", "10.0.0.1/8"]',
      problem:
        'trusted_proxies must be a list of IP addresses and networks such as 10.0.0.0/8, but holds "10.0.0.1/8"',
    },
  ])('$toml', ({ toml, problem }) => {
    expect(refusal({ file: `[server]\n${toml}\n` })).toBe(`mininq.toml: server.${problem}`);
  });

  test.each([
    { toml: 'queues = "emails"', problem: `queues ${QUEUES}, not "emails"` },
    { toml: 'queues = ["a", " b"]', problem: `queues ${QUEUES}, but holds " b"` },
    { toml: 'queues = ["a", ".."]', problem: `queues ${QUEUES}, but holds ".."` },
    { toml: 'queues = ["a", 1]', problem: `queues ${QUEUES}, but holds 1` },
    {
      toml: 'retention = { dead = "7 days" }',
      problem:
        'retention.dead must be a duration such as "30m", "12h" or "7d", at most "36500d", or "never", not "7 days"',
    },
    {
      toml: 'retention.dead = 7',
      problem:
        'retention.dead must be a duration such as "30m", "12h" or "7d", at most "36500d", or "never", not 7',
    },
    { toml: 'retention_days = 0', problem: 'retention_days must be an integer from 1 to 36500, not 0' },
  ])('$toml', ({ toml, problem }) => {
    expect(refusal({ file: `[worker]\n${toml}\n` })).toBe(`mininq.toml: worker.${problem}`);
  });

  test('statuses outside 4xx', () => {
    for (const status of [399, 500]) {
      expect(refusal({ file: `[defaults]\nretry_statuses = [429, ${status}]\n` })).toBe(
        `mininq.toml: defaults.retry_statuses must be a list of integers from 400 to 499, but holds ${status}`,
      );
    }
  });
});

describe('tables and keys that do not exist', () => {
  const noTable = 'the tables are server, auth, egress, worker, defaults, privacy, signing, logging';
  test.each([
    { file: '[servr]', problem: 'unknown table [servr]; did you mean [server]?' },
    { file: '[Server]', problem: 'unknown table [Server]; did you mean [server]?' },
    { file: '[authors]', problem: `unknown table [authors]; ${noTable}` },
    { file: '[signign]', problem: 'unknown table [signign]; did you mean [signing]?' },
    { file: '[outgoing]', problem: `unknown table [outgoing]; ${noTable}` },
    { file: '[__proto__]', problem: `unknown table [__proto__]; ${noTable}` },
    { file: '["a\\nb"]', problem: `unknown table ["a\\nb"]; ${noTable}` },
    { file: 'port = 1', problem: 'unknown key port outside of the tables; did you mean server.port?' },
    {
      file: 'concurency = 1',
      problem: 'unknown key concurency outside of the tables; did you mean worker.concurrency?',
    },
    { file: 'foo = 1', problem: `unknown key foo outside of the tables; ${noTable}` },
    { file: `[${'a'.repeat(200)}]`, problem: `unknown table [${'a'.repeat(100)}...]; ${noTable}` },
    { file: 'server = 5', problem: 'server must be a table; begin it with [server]' },
    { file: '[[server]]\nport = 1', problem: 'server must be a table; begin it with [server]' },
    {
      file: '[worker]\nconcurency = 1',
      problem: 'unknown key worker.concurency; did you mean worker.concurrency?',
    },
    {
      file: '[worker]\npollIntervalMs = 1',
      problem: 'unknown key worker.pollIntervalMs; did you mean worker.poll_interval_ms?',
    },
    {
      file: '[worker]\nretention = { ded = "7d" }',
      problem: 'unknown key worker.retention.ded; did you mean worker.retention.dead?',
    },
    {
      file: '[worker]\nretention = 1',
      problem: 'worker.retention must be a table { ... } with any of completed, dead',
    },
    {
      file: '[worker]\nmax_retries = 1',
      problem: 'unknown key worker.max_retries; did you mean defaults.max_retries?',
    },
    {
      file: '[server]\ntls = 1',
      problem: `unknown key server.tls; the keys of [server] are ${KEYS_OF_SERVER}`,
    },
    {
      file: '[server.tls]\ncert = 1',
      problem: `unknown key server.tls; the keys of [server] are ${KEYS_OF_SERVER}`,
    },
    {
      file: '[server]\n__proto__ = 1',
      problem: `unknown key server.__proto__; the keys of [server] are ${KEYS_OF_SERVER}`,
    },
    {
      file: '[server]\n"a\\nb" = 1',
      problem: `unknown key server."a\\nb"; the keys of [server] are ${KEYS_OF_SERVER}`,
    },
  ])('$file', ({ file, problem }) => {
    expect(refusal({ file })).toBe(`mininq.toml: ${problem}`);
  });
});

describe('files that are no TOML', () => {
  test.each([
    {
      file: '[server]\nport = 1\nport = 2\n',
      problem: 'line 3, column 1: trying to redefine an already defined table or value',
    },
    {
      file: '[server]\n[worker]\n[server]\n',
      problem: 'line 3, column 2: trying to redefine an already defined table or value',
    },
    {
      file: '[server]\r\nhost = "x\r\n',
      problem: 'line 2, column 10: control characters are not allowed in strings',
    },
    { file: '[server]\nport = 010\n', problem: 'line 2, column 8: illegal leading zero' },
    { file: 'hello\n', problem: 'line 1, column 6: illegal character in key' },
  ])('$problem', ({ file, problem }) => {
    expect(refusal({ file })).toBe(`mininq.toml, ${problem}`);
  });

  test('other encodings', () => {
    const problem = 'mininq.toml: is not UTF-8 text; save it in that encoding';
    expect(refusal({ file: Buffer.from('\ufeff[server]', 'utf16le') })).toBe(problem);
    expect(refusal({ file: Buffer.from('# \xe9', 'latin1') })).toBe(problem);
  });

  test('a byte-order mark of UTF-8 does no harm', () => {
    expect(load({ file: '\ufeff[server]\r\nport = 1\r\n' }).config.server.port).toBe(1);
  });
});

describe('--config', () => {
  const loadFile = (cwd: string, path?: string) =>
    loadConfig({ flags: path === undefined ? {} : { '--config': path }, env: {}, cwd });

  test('names another file, relative to the working directory or absolute', () => {
    const cwd = temporaryDirectory();
    mkdirSync(join(cwd, 'etc'));
    const absolute = join(cwd, 'etc', 'my config.toml');
    writeFileSync(absolute, '[server]\nport = 7\n');
    writeFileSync(join(cwd, 'mininq.toml'), '[server]\nport = 8\n');
    for (const path of ['etc/my config.toml', absolute]) {
      const { config, origins } = loadFile(cwd, path);
      expect([config.server.port, origins.get('server.port')]).toEqual([7, `file ${path}`]);
    }
  });

  test('must name a file that exists, even if it is called like the default', () => {
    const hint = 'no such file; correct --config, or leave it out for the defaults';
    const cwd = temporaryDirectory();
    writeFileSync(join(cwd, 'file'), '');
    expect(loadFile(cwd).config).toEqual(DEFAULT_CONFIG);
    expect(() => loadFile(cwd, 'mininq.toml')).toThrow(`mininq.toml: ${hint}`);
    expect(() => loadFile(cwd, '/no/such.toml')).toThrow(`/no/such.toml: ${hint}`);
    expect(() => loadFile(cwd, 'file/x.toml')).toThrow(`file/x.toml: ${hint}`);
    expect(() => loadFile(cwd, 'a\nb.toml')).toThrow(`"a\\nb.toml": ${hint}`);
  });

  test.each([
    { path: '', problem: '--config must name a file, not ""' },
    { path: 'folder', problem: 'folder: is a directory; --config takes a TOML file' },
  ])('"$path" is refused', ({ path, problem }) => {
    expect(refusal({ flags: { '--config': path } })).toBe(problem);
  });

  test('a default file that cannot be read is refused as well', () => {
    const cwd = temporaryDirectory();
    symlinkSync('mininq.toml', join(cwd, 'mininq.toml'));
    expect(() => loadFile(cwd)).toThrow('mininq.toml: cannot be read (ELOOP)');
  });

  test.skipIf(process.getuid?.() === 0)('permission denied (root may read everything)', () => {
    const cwd = temporaryDirectory();
    writeFileSync(join(cwd, 'mininq.toml'), '');
    chmodSync(join(cwd, 'mininq.toml'), 0);
    expect(() => loadFile(cwd)).toThrow(
      'mininq.toml: permission denied; make the file readable for this user',
    );
  });
});
