import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { secret, secretList } from '../../../src/application/config-value.js';
import { ConfigError } from '../../../src/application/config.js';
import { Secret } from '../../../src/application/secret.js';
import { loadConfig } from '../../../src/infrastructure/config/load-config.js';
import { load, refusal, temporaryDirectory } from './load.js';

const TOKEN = 'correct-horse-battery-staple';
const MUST =
  'must be 16 to 256 letters, digits and any of -._~+/ (mininq token makes such a token), or "sha256:" and the 64 hexadecimal digits of its digest';

test('a secret is in nothing that prints it', () => {
  const value = new Secret(TOKEN);
  const shown = [
    String(value),
    JSON.stringify({ value }),
    inspect({ value }, { depth: null, showHidden: true }),
  ];
  expect(shown.slice(0, 2)).toEqual(['(set)', '{"value":"(set)"}']);
  expect(shown.join()).not.toContain(TOKEN);
  expect(value.reveal()).toBe(TOKEN);
});

describe('auth.token', () => {
  test.each([
    '',
    'too-short-123456'.slice(1),
    'x'.repeat(257),
    `${TOKEN} `,
    `${TOKEN}\n`,
    `${TOKEN}é`,
    `=${TOKEN}`,
  ])('is not %j, and the message does not repeat it', (text) => {
    expect(refusal({ env: { MININQ_TOKEN: text } })).toBe(`MININQ_TOKEN ${MUST}`);
    expect(refusal({ file: `[auth]\ntoken = ${JSON.stringify(text)}\n` })).toBe(
      `mininq.toml: auth.token ${MUST}`,
    );
  });

  test.each(['x'.repeat(16), 'x'.repeat(256), 'aZ09-._~+/aZ09-._~+/==', `sha256:${'Ff'.repeat(32)}`])(
    'is %s',
    (text) => {
      expect(load({ env: { MININQ_TOKEN: text } }).config.auth.token?.reveal()).toBe(text);
    },
  );

  test.each(['f'.repeat(63), 'f'.repeat(65), 'g'.repeat(64), ''])('a digest is not %j', (digits) => {
    expect(refusal({ env: { MININQ_TOKEN: `sha256:${digits}` } })).toBe(`MININQ_TOKEN ${MUST}`);
  });
});

describe('auth.tokens', () => {
  const LIST = 'must be a list of tables { name, token, role }';
  const good = `{ name = "a", token = "${TOKEN}", role = "viewer" }`;

  test.each([
    { toml: `"${TOKEN}"`, problem: LIST },
    {
      toml: `["${TOKEN}"]`,
      problem: `${LIST}; item 1 must be a table with name, token and role (in a variable: NAME:ROLE:TOKEN)`,
    },
    {
      toml: `[${good}, {}]`,
      problem: `${LIST}; item 2 must have a name, of 1 to 64 letters, digits and any of -_.@`,
    },
    {
      toml: `[{ name = "a b", token = "${TOKEN}", role = "viewer" }]`,
      problem: `${LIST}; item 1 must have a name, of 1 to 64 letters, digits and any of -_.@`,
    },
    {
      toml: `[{ name = "a", token = "${TOKEN}" }]`,
      problem: `${LIST}; item 1 (a) must have a role, one of "viewer", "producer", "admin"`,
    },
    {
      toml: `[{ name = "a", token = "${TOKEN}", role = "root" }]`,
      problem: `${LIST}; item 1 (a) must have a role, one of "viewer", "producer", "admin"`,
    },
    { toml: '[{ name = "a", role = "admin" }]', problem: `${LIST}; item 1 (a): its token ${MUST}` },
    {
      toml: `[{ name = "a", role = "admin", tokn = "${TOKEN}" }]`,
      problem: `${LIST}; item 1 has an unknown key "tokn"; its keys are name, token, role, rate_limit`,
    },
  ])('is not $toml, and the message does not repeat the token', ({ toml, problem }) => {
    const message = refusal({ file: `[auth]\ntokens = ${toml}\n` });
    expect(message).toBe(`mininq.toml: auth.tokens ${problem}`);
    expect(message).not.toContain(TOKEN);
  });

  test.each([
    ['10', 10],
    ['0.5', 0.5],
  ])('may have a rate limit of %s', (toml, rateLimit) => {
    const file = `[auth]\ntokens = [{ name = "a", token = "${TOKEN}", role = "viewer", rate_limit = ${toml} }]\n`;
    expect(load({ file }).config.auth.tokens).toMatchObject([{ name: 'a', rateLimit }]);
  });

  test.each(['0', '-1', '"5"', 'nan', 'inf', '1000001'])('have no rate limit of %s', (toml) => {
    const file = `[auth]\ntokens = [{ name = "a", token = "${TOKEN}", role = "viewer", rate_limit = ${toml} }]\n`;
    expect(refusal({ file })).toBe(
      `mininq.toml: auth.tokens ${LIST}; item 1 (a): its rate_limit must be a number from 0.0001 to 1000000`,
    );
  });

  test('may be tables of their own', () => {
    const file = `[[auth.tokens]]\nname = "a"\nrole = "viewer"\ntoken = "${TOKEN}"\n`;
    expect(load({ file }).config.auth.tokens.map(({ token }) => token.reveal())).toEqual([TOKEN]);
  });

  test.each([
    {
      text: TOKEN,
      problem: 'item 1 must be a table with name, token and role (in a variable: NAME:ROLE:TOKEN)',
    },
    {
      text: `a:viewer:${TOKEN},b:root:${TOKEN}`,
      problem: 'item 2 (b) must have a role, one of "viewer", "producer", "admin"',
    },
  ])('of the environment is not $text', ({ text, problem }) => {
    expect(refusal({ env: { MININQ_AUTH_TOKENS: text } })).toBe(`MININQ_AUTH_TOKENS ${LIST}; ${problem}`);
  });
});

describe('a variable that names a file', () => {
  function loadWith(env: Readonly<Record<string, string>>, content: string | Uint8Array = `${TOKEN}\n`) {
    const cwd = temporaryDirectory();
    writeFileSync(join(cwd, 'token'), content);
    mkdirSync(join(cwd, 'folder'));
    return loadConfig({ flags: {}, env, cwd });
  }

  test.each([TOKEN, `${TOKEN}\n`, `${TOKEN}\r\n`])('holds %j', (content) => {
    const { config, origins } = loadWith({ MININQ_TOKEN_FILE: 'token' }, content);
    expect(config.auth.token?.reveal()).toBe(TOKEN);
    expect(origins.get('auth.token')).toBe('environment MININQ_TOKEN_FILE');
  });

  test('may hold a list', () => {
    const content = `app:producer:${TOKEN},wall:viewer:${TOKEN}2\n`;
    const { auth } = loadWith({ MININQ_AUTH_TOKENS_FILE: 'token' }, content).config;
    expect(auth.tokens.map(({ name, role, token }) => [name, role, token.reveal()])).toEqual([
      ['app', 'producer', TOKEN],
      ['wall', 'viewer', `${TOKEN}2`],
    ]);
  });

  test.each([
    { path: '', problem: 'MININQ_TOKEN_FILE must name a file, not ""' },
    { path: 'none', problem: 'MININQ_TOKEN_FILE: none: no such file' },
    { path: 'token/x', problem: 'MININQ_TOKEN_FILE: token/x: no such file' },
    {
      path: 'folder',
      problem: 'MININQ_TOKEN_FILE: folder: is a directory; name the file that holds the secret',
    },
  ])('is not "$path"', ({ path, problem }) => {
    expect(() => loadWith({ MININQ_TOKEN_FILE: path })).toThrow(new ConfigError(problem));
  });

  test.each([`${TOKEN}\n\n`, '', ` ${TOKEN}`])('does not hold %j', (content) => {
    expect(() => loadWith({ MININQ_TOKEN_FILE: 'token' }, content)).toThrow(
      new ConfigError(`MININQ_TOKEN_FILE ${MUST}`),
    );
  });

  test('holds text', () => {
    expect(() => loadWith({ MININQ_TOKEN_FILE: 'token' }, Buffer.from([0xff]))).toThrow(
      new ConfigError('MININQ_TOKEN_FILE: token: is not UTF-8 text; save it in that encoding'),
    );
  });

  test('is not set beside the variable itself, whichever comes first', () => {
    const problem = 'MININQ_TOKEN and MININQ_TOKEN_FILE are both set; unset one of them';
    const [direct, file] = [{ MININQ_TOKEN: TOKEN }, { MININQ_TOKEN_FILE: 'token' }];
    expect(() => loadWith({ ...direct, ...file })).toThrow(new ConfigError(problem));
    expect(() => loadWith({ ...file, ...direct })).toThrow(new ConfigError(problem));
  });

  test('is there for secrets alone, and is what a misspelt one means', () => {
    expect(refusal({ env: { MININQ_PORT_FILE: 'token' } })).toContain('unknown environment variable');
    expect(refusal({ env: { MININQ_TOKEN_FIEL: 'token' } })).toBe(
      'unknown environment variable MININQ_TOKEN_FIEL; did you mean MININQ_TOKEN_FILE?',
    );
  });
});

test('a list of secrets names what is wrong by its place', () => {
  const type = secretList(
    secret('a word', 'a word', (text) => /^\w+$/.test(text)),
    'a list of words',
  );
  expect(type.accept(['a', 'b'])?.map((one) => one.reveal())).toEqual(['a', 'b']);
  expect(type.accept(['a', '-'])).toBeUndefined();
  expect(type.refusal(['a', '-'])).toBe('must be a list of words; item 2 must be a word');
  expect(type.refusal('-')).toBe('must be a list of words');
  expect(type.format([new Secret('a'), new Secret('b')])).toBe('[(set), (set)]');
});
