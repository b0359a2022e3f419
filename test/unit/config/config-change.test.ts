import { expect, test } from 'vitest';
import { changedKeys } from '../../../src/application/config-change.js';
import { CONFIG_KEYS } from '../../../src/application/config-keys.js';
import { DEFAULT_CONFIG } from '../../../src/application/config.js';
import { fileWith, load, samples } from './load.js';

test('of the same values, no key has changed', () => {
  const file = '[auth]\ntoken = "0123456789abcdef"\n[defaults]\nretry_statuses = [400, 401]\n';
  expect(changedKeys(load({ file }).config, load({ file }).config)).toEqual([]);
  expect(changedKeys(DEFAULT_CONFIG, load({}).config)).toEqual([]);
});

test.each(CONFIG_KEYS.map((key) => ({ name: key.name, key })))('$name is seen to change', ({ name, key }) => {
  const [one, other] = samples(key).map(({ toml }) => load({ file: fileWith(name, toml) }).config);
  const [first, second] = [one ?? DEFAULT_CONFIG, other ?? DEFAULT_CONFIG];
  expect(changedKeys(DEFAULT_CONFIG, first)).toEqual([name]);
  expect(changedKeys(first, DEFAULT_CONFIG)).toEqual([name]);
  if (name !== 'auth.without_token') expect(changedKeys(first, second)).toEqual([name]);
});

test('a secret has changed that looks the same', () => {
  const [one, other] = ['0123456789abcdef', '0123456789abcdeg'].map(
    (token) => load({ env: { MININQ_TOKEN: token } }).config,
  );
  expect(changedKeys(one ?? DEFAULT_CONFIG, other ?? DEFAULT_CONFIG)).toEqual(['auth.token']);
});
