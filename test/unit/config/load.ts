import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { CONFIG_KEYS } from '../../../src/application/config-keys.js';
import {
  ConfigError,
  type Config,
  type ConfigFlags,
  type LoadedConfig,
} from '../../../src/application/config.js';
import { Secret } from '../../../src/application/secret.js';
import { loadConfig } from '../../../src/infrastructure/config/load-config.js';

export interface Given {
  /** The content of mininq.toml; without it, there is no such file. */
  readonly file?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: ConfigFlags;
}

/** An empty directory that goes with the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'mininq-config-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** Loads from a directory of its own, so that no file of the machine plays a part. */
export function load({ file, env = {}, flags = {} }: Given): LoadedConfig {
  const cwd = temporaryDirectory();
  if (file !== undefined) writeFileSync(join(cwd, 'mininq.toml'), file);
  mkdirSync(join(cwd, 'folder'));
  return loadConfig({ flags, env, cwd });
}

/** The message with which the configuration is refused. */
export function refusal(given: Given): string {
  try {
    load(given);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

export type AnyKey = (typeof CONFIG_KEYS)[number];

/** A value, as the file and as the environment write it, and as it arrives. */
export interface Sample {
  readonly toml: string;
  readonly text: string;
  readonly value: unknown;
}

/** For each key, two values that it takes; the first, or with more than two of them neither, is not its default. Numbers and choices come from the documented range. */
export function samples(key: AnyKey): readonly [Sample, Sample] {
  const special = SPECIAL[key.name];
  if (special !== undefined) return special;
  const range = bounds(key);
  if (range !== null) return [numeric(range.min), numeric(range.max)];
  const [last, other] = choices(key).toReversed();
  if (last === undefined || other === undefined) throw new Error(`no sample for ${key.name}`);
  return [word(last), word(other)];
}

const SPECIAL: Readonly<Record<string, readonly [Sample, Sample]>> = {
  'server.host': [word('127.0.0.1'), word('::1')],
  'server.db_path': [word('/var/lib/mininq/jobs.db'), word('other.db')],
  'server.allowed_hosts': [
    {
      toml: '["Jobs.Example.com", "10.0.0.7"]',
      text: 'Jobs.Example.com,10.0.0.7',
      value: ['jobs.example.com', '10.0.0.7'],
    },
    { toml: '["localhost"]', text: 'localhost', value: ['localhost'] },
  ],
  'auth.without_token': [word('anyone'), word('anyone')],
  'auth.token': [word('0123456789abcdef'), word(`sha256:${'0a'.repeat(32)}`)],
  'auth.tokens': [
    {
      toml: '[{ name = "app", token = "0123456789abcdef", role = "producer" }, { name = "ops", token = "fedcba9876543210", role = "admin" }]',
      text: 'app:producer:0123456789abcdef,ops:admin:fedcba9876543210',
      value: [
        { name: 'app', token: '0123456789abcdef', role: 'producer' },
        { name: 'ops', token: 'fedcba9876543210', role: 'admin' },
      ],
    },
    {
      toml: `[{ name = "wall", token = "sha256:${'0a'.repeat(32)}", role = "viewer" }]`,
      text: `wall:viewer:sha256:${'0a'.repeat(32)}`,
      value: [{ name: 'wall', token: `sha256:${'0a'.repeat(32)}`, role: 'viewer' }],
    },
  ],
  'egress.private': [flag(false), flag(true)],
  'egress.allow': [
    {
      toml: '["*.internal.test", "10.0.0.0/8"]',
      text: '*.internal.test,10.0.0.0/8',
      value: ['*.internal.test', '10.0.0.0/8'],
    },
    { toml: '["fd00::1"]', text: 'fd00::1', value: ['fd00::1'] },
  ],
  'egress.deny': [
    { toml: '["bad.test", "::/0"]', text: 'bad.test,::/0', value: ['bad.test', '::/0'] },
    { toml: '["1.2.3.4"]', text: '1.2.3.4', value: ['1.2.3.4'] },
  ],
  'egress.deny_ports': [
    { toml: '[1, 65535]', text: '1,65535', value: [1, 65_535] },
    { toml: '[]', text: '', value: [] },
  ],
  'egress.https_only': [flag(true), flag(false)],
  'egress.tls.ca': [word('/etc/ssl/own.pem'), word('own.pem')],
  'egress.tls.hosts': [
    {
      toml: '[{ host = "*.bank.test", cert = "c.pem", key = "k.pem" }, { host = "10.0.0.0/8", ca = "a.pem" }]',
      text: 'host=*.bank.test;cert=c.pem;key=k.pem,host=10.0.0.0/8;ca=a.pem',
      value: [
        { host: '*.bank.test', cert: 'c.pem', key: 'k.pem', ca: null },
        { host: '10.0.0.0/8', cert: null, key: null, ca: 'a.pem' },
      ],
    },
    {
      toml: '[{ host = "a.test", ca = "a.pem" }]',
      text: 'host=a.test;ca=a.pem',
      value: [{ host: 'a.test', cert: null, key: null, ca: 'a.pem' }],
    },
  ],
  'egress.proxy': [word('http://user:pass@proxy.test:3128'), word('https://10.0.0.1/')],
  'server.trusted_proxies': [
    { toml: '["127.0.0.1", "10.0.0.0/8"]', text: '127.0.0.1,10.0.0.0/8', value: ['127.0.0.1', '10.0.0.0/8'] },
    { toml: '["::1"]', text: '::1', value: ['::1'] },
  ],
  'worker.retention.completed': [
    { ...word('7d'), value: 604_800_000 },
    { ...word('never'), value: Number.MAX_SAFE_INTEGER },
  ],
  'worker.retention.dead': [
    { ...word('90s'), value: 90_000 },
    { ...word('36500d'), value: 3_153_600_000_000 },
  ],
  'worker.queues': [
    { toml: '["emails", "a b", "emails"]', text: 'emails,a b,emails', value: ['emails', 'a b'] },
    { toml: '["x"]', text: 'x', value: ['x'] },
  ],
  'privacy.redact': [
    {
      toml: String.raw`['password', 'card.*', 'a\.b']`,
      text: String.raw`password,card.*,a\.b`,
      value: ['password', 'card.*', String.raw`a\.b`],
    },
    { toml: '["*"]', text: '*', value: ['*'] },
  ],
  'privacy.encryption_keys': [
    {
      toml: '["k2:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA8=", "k1:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB8="]',
      text: 'k2:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA8=,k1:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB8=',
      value: [
        'k2:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA8=',
        'k1:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB8=',
      ],
    },
    {
      toml: '["2026-11:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA8="]',
      text: '2026-11:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA8=',
      value: ['2026-11:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA8='],
    },
  ],
  'signing.secrets': [
    {
      toml: `["whsec_${'A'.repeat(32)}", "whsk_${'B'.repeat(42)}A="]`,
      text: `whsec_${'A'.repeat(32)},whsk_${'B'.repeat(42)}A=`,
      value: [`whsec_${'A'.repeat(32)}`, `whsk_${'B'.repeat(42)}A=`],
    },
    {
      toml: `["whsec_${'C'.repeat(32)}"]`,
      text: `whsec_${'C'.repeat(32)}`,
      value: [`whsec_${'C'.repeat(32)}`],
    },
  ],
  'defaults.retry_statuses': [
    { toml: '[400, 499]', text: '400,499', value: [400, 499] },
    { toml: '[]', text: '', value: [] },
  ],
};

function numeric(value: number): Sample {
  return { toml: String(value), text: String(value), value };
}

function flag(value: boolean): Sample {
  return { toml: String(value), text: String(value), value };
}

function word(value: string): Sample {
  return { toml: JSON.stringify(value), text: value, value };
}

/** The documented bounds of an integer; null for other types. */
export function bounds(key: AnyKey): { readonly min: number; readonly max: number } | null {
  const [, min, max] = /^(\d+) to (\d+)$/.exec(key.type.range) ?? [];
  return min === undefined || max === undefined ? null : { min: Number(min), max: Number(max) };
}

/** The documented values of a choice; empty for other types. */
export function choices(key: AnyKey): string[] {
  return [...key.type.range.matchAll(/"([^"]*)"/g)].map(([, value = '']) => value);
}

/** The value at the place that the key's name says: server.db_path is server.dbPath. Of a secret, its text. */
export function valueAt(config: Config, name: string): unknown {
  const path = name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()).split('.');
  let value: unknown = config;
  for (const field of path) {
    if (typeof value !== 'object' || value === null || !(field in value)) throw new Error(`no ${name}`);
    value = Reflect.get(value, field);
  }
  return revealed(value);
}

/** With the texts of secrets, which would all look equal. */
export function revealed(value: unknown): unknown {
  if (value instanceof Secret) return value.reveal();
  if (Array.isArray(value)) return value.map(revealed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, revealed(part)]));
}

/** A file with one key. */
export function fileWith(name: string, toml: string): string {
  const [table = '', ...key] = name.split('.');
  return `[${table}]\n${key.join('.')} = ${toml}\n`;
}
