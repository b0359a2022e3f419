import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { NamedToken } from '../../../src/application/config.js';
import { Secret } from '../../../src/application/secret.js';
import { Authenticator } from '../../../src/interfaces/http/authenticator.js';

const ADMIN = 'admin-0123456789abcdef';
const APP = 'app-0123456789abcdef';
const WALL = 'wall-0123456789abcdef';

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function named(name: string, token: string, role: NamedToken['role']): NamedToken {
  return { name, token: new Secret(token), role };
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

const authenticator = new Authenticator({
  token: new Secret(ADMIN),
  tokens: [named('app', APP, 'producer'), named('wall', `sha256:${sha256(WALL).toUpperCase()}`, 'viewer')],
});

describe('a token', () => {
  test.each([
    [`Bearer ${ADMIN}`, { name: 'admin', role: 'admin' }],
    [`bearer  ${ADMIN} `, { name: 'admin', role: 'admin' }],
    [`BEARER ${APP}`, { name: 'app', role: 'producer' }],
    [`Bearer ${WALL}`, { name: 'wall', role: 'viewer' }],
    [basic('', ADMIN), { name: 'admin', role: 'admin' }],
    [basic('any:user', APP).replace('Basic', 'basic'), null],
    [basic('anyone', APP), { name: 'app', role: 'producer' }],
    [basic('anyone', WALL), { name: 'wall', role: 'viewer' }],
  ])('%s', (header, principal) => {
    const found = authenticator.principalOf(header);
    expect(found && { name: found.name, role: found.role }).toEqual(principal);
  });

  test.each([
    '',
    ADMIN,
    'Bearer',
    'Bearer ',
    `Bearer ${ADMIN} ${APP}`,
    `Bearer ${ADMIN}x`,
    `Bearer ${ADMIN.slice(0, -1)}`,
    `Bearer ${ADMIN.toUpperCase()}`,
    `Bearer sha256:${sha256(WALL)}`,
    `Bearer ${sha256(WALL)}`,
    `Basic ${ADMIN}`,
    basic(ADMIN, ''),
    basic(ADMIN, 'x'),
    `Basic ${Buffer.from(ADMIN).toString('base64')}`,
    `Digest ${ADMIN}`,
    `Bearer ${'x'.repeat(16_000)}`,
  ])('is not in %j', (header) => {
    expect(authenticator.principalOf(header)).toBeNull();
  });

  test('that is empty is none, even where somebody has configured its digest', () => {
    const careless = new Authenticator({ token: new Secret(`sha256:${sha256('')}`), tokens: [] });
    for (const header of ['', 'Bearer', 'Bearer ', basic('user', ''), 'Basic']) {
      expect(careless.principalOf(header)).toBeNull();
    }
  });

  test('may have a successor beside it', () => {
    const rotating = new Authenticator({
      token: null,
      tokens: [named('app', APP, 'producer'), named('app', WALL, 'producer')],
    });
    for (const token of [APP, WALL]) {
      expect(rotating.principalOf(`Bearer ${token}`)).toMatchObject({ name: 'app', role: 'producer' });
    }
  });
});

test('there are tokens, or none', () => {
  expect(new Authenticator({ token: null, tokens: [] }).hasTokens).toBe(false);
  expect(new Authenticator({ token: new Secret(ADMIN), tokens: [] }).hasTokens).toBe(true);
  expect(new Authenticator({ token: null, tokens: [named('app', APP, 'viewer')] }).hasTokens).toBe(true);
});
