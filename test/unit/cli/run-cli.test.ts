import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { CONFIG_KEYS } from '../../../src/application/config-keys.js';
import {
  ConfigError,
  DEFAULT_CONFIG,
  type ConfigSources,
  type LoadedConfig,
} from '../../../src/application/config.js';
import { StartupError } from '../../../src/application/errors.js';
import { parseSigningSecret } from '../../../src/application/signing-secret.js';
import { SigningKeys } from '../../../src/infrastructure/dispatch/signing-keys.js';
import { runCli, type CliDependencies } from '../../../src/interfaces/cli/run-cli.js';

const KEY = generateKeyPairSync('ed25519').privateKey;

const DEFAULTS: LoadedConfig = {
  config: DEFAULT_CONFIG,
  origins: new Map(CONFIG_KEYS.map((key) => [key.name, 'default'])),
  secretFiles: [],
};

interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What was asked of `loadConfig` and `serve`. */
  readonly loaded: readonly ConfigSources[];
  readonly served: readonly LoadedConfig[];
}

async function run(line: readonly string[], overrides: Partial<CliDependencies> = {}): Promise<Run> {
  const written = { stdout: '', stderr: '' };
  const loaded: ConfigSources[] = [];
  const served: LoadedConfig[] = [];
  const exitCode = await runCli(line, {
    version: '1.2.3',
    env: { MININQ_PORT: '1' },
    cwd: '/work',
    stdout: (text) => (written.stdout += text),
    stderr: (text) => (written.stderr += text),
    loadConfig: (sources) => {
      loaded.push(sources);
      return DEFAULTS;
    },
    serve: (config) => {
      served.push(config);
      return Promise.resolve(0);
    },
    makeToken: () => 'token-0123456789abcdef',
    makeSecret: () => Buffer.alloc(32, 1),
    makeKey: () => KEY,
    ...overrides,
  });
  return { exitCode, ...written, loaded, served };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('serve', () => {
  test.each([{ line: [] }, { line: ['serve'] }, { line: ['--'] }])(
    '$line runs the server',
    async ({ line }) => {
      expect(await run(line)).toEqual({
        exitCode: 0,
        stdout: '',
        stderr: '',
        loaded: [{ flags: {}, env: { MININQ_PORT: '1' }, cwd: '/work' }],
        served: [DEFAULTS],
      });
    },
  );

  test('its exit code is that of the server', async () => {
    expect(await run([], { serve: () => Promise.resolve(130) })).toMatchObject({ exitCode: 130 });
  });

  test('can have the configuration made anew, from the same sources', async () => {
    const reloaded: unknown[] = [];
    const { loaded } = await run(['--port', '7'], {
      serve: (_, reload) => {
        reloaded.push(reload());
        return Promise.resolve(0);
      },
    });
    const sources = { flags: { '--port': '7' }, env: { MININQ_PORT: '1' }, cwd: '/work' };
    expect(loaded).toEqual([sources, sources]);
    expect(reloaded).toEqual([DEFAULTS]);
  });

  test('what the operator has to mend is one line', async () => {
    const serve = () => Promise.reject(new StartupError('port 6390 is taken'));
    expect(await run([], { serve })).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: 'mininq: port 6390 is taken\n',
    });
  });

  test('a defect is left to the caller', async () => {
    const defect = new TypeError('x is not a function');
    await expect(run([], { serve: () => Promise.reject(defect) })).rejects.toBe(defect);
  });
});

describe('flags', () => {
  const all = {
    '--config': 'c.toml',
    '--host': '::1',
    '--port': '7',
    '--db-path': '-x',
    '--log-level': 'debug',
  };
  const separate = Object.entries(all).flat();
  const joined = Object.entries(all).map(([flag, value]) => `${flag}=${value}`);

  test.each([
    { line: separate, flags: all },
    { line: joined, flags: all },
    { line: [...separate, 'serve'], flags: all },
    { line: ['serve', ...separate], flags: all },
    { line: ['--host', '::1', 'serve', '--port', '7'], flags: { '--host': '::1', '--port': '7' } },
    { line: ['-c', 'c.toml'], flags: { '--config': 'c.toml' } },
    { line: ['-cc.toml'], flags: { '--config': 'c.toml' } },
    { line: ['--port', ''], flags: { '--port': '' } },
    // The last one counts.
    { line: ['--port', '1', 'serve', '--port', '2'], flags: { '--port': '2' } },
  ])('$line', async ({ line, flags }) => {
    const { loaded, served } = await run(line);
    expect(loaded.map((sources) => sources.flags)).toEqual([flags]);
    expect(served).toHaveLength(1);
  });

  test.each([{ line: ['check', '--port', '7'] }, { line: ['--port', '7', 'check'] }])(
    '$line',
    async ({ line }) => {
      const { loaded, served } = await run(line);
      expect(loaded.map((sources) => sources.flags)).toEqual([{ '--port': '7' }]);
      expect(served).toEqual([]);
    },
  );
});

describe('a configuration that cannot be used', () => {
  test.each([{ line: [] }, { line: ['check'] }])(
    '$line says so in one line and ends with 78',
    async ({ line }) => {
      const loadConfig = (): LoadedConfig => {
        throw new ConfigError('MININQ_PORT must be a number');
      };
      expect(await run(line, { loadConfig })).toEqual({
        exitCode: 78,
        stdout: '',
        stderr: 'mininq: MININQ_PORT must be a number\n',
        loaded: [],
        served: [],
      });
    },
  );
});

describe('token', () => {
  const digest = 'sha256:3282c594dbdb33e245d995adcdafee3e13621a72aac16fda816cfb23cdc868c0';

  test('prints one with its digest and where they belong, whatever the configuration', async () => {
    const loadConfig = (): LoadedConfig => {
      throw new ConfigError('MININQ_PORT must be a number');
    };
    expect(await run(['token'], { loadConfig })).toEqual({
      exitCode: 0,
      stdout: `token-0123456789abcdef
${digest}

The first line is for the client, and for MININQ_TOKEN of the server. Its config file can do with the second:

[auth]
token = "${digest}"
`,
      stderr: '',
      loaded: [],
      served: [],
    });
  });
});

describe('secret', () => {
  const failing = {
    loadConfig: (): LoadedConfig => {
      throw new ConfigError('MININQ_PORT must be a number');
    },
  };

  test('prints one and where it belongs, whatever the configuration', async () => {
    const secret = `whsec_${'AQEB'.repeat(10)}AQE=`;
    expect(await run(['secret'], failing)).toMatchObject({
      exitCode: 0,
      stdout: `${secret}

It is for the receivers, and for the config file, before older ones:

[signing]
secrets = ["${secret}"]
`,
      stderr: '',
    });
    expect(parseSigningSecret(secret)).not.toBeNull();
  });

  test('--ed25519 prints a private key and its public one', async () => {
    const { exitCode, stdout } = await run(['secret', '--ed25519'], failing);
    expect(exitCode).toBe(0);
    const [privateKey = '', publicKey = ''] = stdout.split('\n');
    expect(parseSigningSecret(privateKey)).toMatchObject({ scheme: 'v1a' });
    const [signature = ''] = new SigningKeys().of([privateKey]).map((sign) => sign('content'));
    const x = Buffer.from(publicKey.replace('whpk_', ''), 'base64').toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    expect(verify(null, Buffer.from('content'), key, Buffer.from(signature.slice(4), 'base64'))).toBe(true);
    expect(stdout).toContain(`\n[signing]\nsecrets = ["${privateKey}"]\n`);
  });
});

describe('a command line that cannot be understood', () => {
  test.each([
    { line: ['--prot', '1'], problem: "unknown option '--prot' (Did you mean --port?)" },
    {
      line: ['check', '--loglevel', 'x'],
      problem: "unknown option '--loglevel' (Did you mean --log-level?)",
    },
    { line: ['--xyz'], problem: "unknown option '--xyz'" },
    { line: ['-x'], problem: "unknown option '-x'" },
    { line: ['--a\nb\u001b[2J'], problem: "unknown option '--a b [2J'" },
    { line: ['chek'], problem: "unknown command 'chek' (Did you mean check?)" },
    { line: ['--port', '7', 'start'], problem: "unknown command 'start'" },
    { line: ['a\nb'], problem: "unknown command 'a b'" },
    { line: ['serve', 'check'], problem: "too many arguments for 'serve'. Expected 0 arguments but got 1" },
    { line: ['check', 'x'], problem: "too many arguments for 'check'. Expected 0 arguments but got 1" },
    { line: ['--port'], problem: "option '--port <PORT>' argument missing" },
    { line: ['check', '-c'], problem: "option '-c, --config <PATH>' argument missing" },
  ])('$line', async ({ line, problem }) => {
    expect(await run(line)).toEqual({
      exitCode: 64,
      stdout: '',
      stderr: `mininq: ${problem}; see mininq --help\n`,
      loaded: [],
      served: [],
    });
  });
});

describe('help and version', () => {
  const help = `Usage: mininq [options] [command]

A background-job runner in one process and one SQLite file.

Options:
  -V, --version        Print version
  -c, --config <PATH>  Path to config file [default: mininq.toml]
  --host <HOST>        Server host (overrides config)
  --port <PORT>        Server port (overrides config)
  --db-path <PATH>     Database path (overrides config)
  --log-level <LEVEL>  Log level (overrides config)
  -h, --help           Print help

Commands:
  serve                Run the server and its worker; what mininq does without a command
  check                Check the configuration as serve would, and print every value with its origin
  token                Make a token by which clients are let in, and print it with its digest
  secret [options]     Make a secret that signs webhooks
  help [command]       Print help

Flags override environment variables (MININQ_PORT, MININQ_WORKER_CONCURRENCY, ...), which override the config file.
docs/configuration.md describes every setting; "mininq check" prints those in effect.
`;

  test.each([{ line: ['--help'] }, { line: ['-h'] }, { line: ['help'] }, { line: ['--port', 'x', '-h'] }])(
    '$line',
    async ({ line }) => {
      expect(await run(line)).toEqual({ exitCode: 0, stdout: help, stderr: '', loaded: [], served: [] });
    },
  );

  test('a command has its own help, with all options', async () => {
    const { exitCode, stdout } = await run(['check', '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Usage: mininq check [options]');
    expect(stdout).toContain('--db-path <PATH>');
  });

  test.each([{ line: ['--version'] }, { line: ['-V'] }, { line: ['check', '-V'] }])(
    '$line',
    async ({ line }) => {
      const expected = { exitCode: 0, stdout: 'mininq 1.2.3\n', stderr: '', loaded: [], served: [] };
      expect(await run(line)).toEqual(expected);
    },
  );
});

test('nothing ends the process or writes past the terminal it was given', async () => {
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => {
    throw new Error('process.exit');
  });
  const writes = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')];
  for (const line of [['--help'], ['--version'], ['--nope'], ['nope'], ['check']]) await run(line);
  const calls = [exit, ...writes].map((spy) => spy.mock.calls.length);
  expect(calls).toEqual([0, 0, 0]);
});
