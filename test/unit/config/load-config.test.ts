import { describe, expect, test } from 'vitest';
import { CONFIG_KEYS } from '../../../src/application/config-keys.js';
import {
  DEFAULT_CONFIG,
  FLAG_NAMES,
  type LoadedConfig,
  retentionOf,
} from '../../../src/application/config.js';
import { FOR_EVER } from '../../../src/domain/job/retention.js';
import { bounds, choices, fileWith, load, refusal, samples, valueAt } from './load.js';

const keys = CONFIG_KEYS.map((key) => ({ name: key.name, key }));
const flagged = CONFIG_KEYS.flatMap((key) =>
  key.flag === null ? [] : [{ name: key.name, key, flag: key.flag }],
);

/** The value of one key and its origin; all other keys must be at their defaults. */
function only(
  name: string,
  { config, origins }: LoadedConfig,
): { readonly value: unknown; readonly origin: unknown } {
  for (const other of CONFIG_KEYS.filter((key) => key.name !== name)) {
    expect(valueAt(config, other.name)).toEqual(valueAt(DEFAULT_CONFIG, other.name));
    expect(origins.get(other.name)).toBe('default');
  }
  return { value: valueAt(config, name), origin: origins.get(name) };
}

describe('precedence', () => {
  test('without any source, everything is at its default', () => {
    const { config, origins } = load({});
    expect(config).toEqual(DEFAULT_CONFIG);
    expect([...origins]).toEqual(CONFIG_KEYS.map((key) => [key.name, 'default']));
  });

  test('an empty file and an empty environment change nothing', () => {
    expect(load({ file: '# nothing\n', env: { PATH: '/bin' } }).config).toEqual(DEFAULT_CONFIG);
  });

  test.each(keys)('$name comes from the file', ({ name, key }) => {
    for (const { toml, value } of samples(key)) {
      expect(only(name, load({ file: fileWith(name, toml) }))).toEqual({ value, origin: 'file mininq.toml' });
    }
  });

  test.each(keys)('$name comes from the environment', ({ name, key }) => {
    for (const { text, value } of samples(key)) {
      const loaded = load({ env: { [key.variable]: text } });
      expect(only(name, loaded)).toEqual({ value, origin: `environment ${key.variable}` });
    }
  });

  test.each(keys)('$name: the environment overrides the file', ({ name, key }) => {
    const [strong, weak] = samples(key);
    const loaded = load({ file: fileWith(name, weak.toml), env: { [key.variable]: strong.text } });
    expect(only(name, loaded)).toEqual({ value: strong.value, origin: `environment ${key.variable}` });
  });

  test.each(flagged)('$name: $flag overrides environment and file', ({ name, key, flag }) => {
    const [strong, weak] = samples(key);
    const weaker = { file: fileWith(name, weak.toml), env: { [key.variable]: weak.text } };
    const loaded = load({ ...weaker, flags: { [flag]: strong.text } });
    expect(only(name, loaded)).toEqual({ value: strong.value, origin: `flag ${flag}` });
  });

  test('sources complete each other', () => {
    const { config, origins } = load({
      file: '[server]\nhost = "::1"\nport = 1\n[worker]\nconcurrency = 2\n',
      env: { MININQ_PORT: '3' },
      flags: { '--log-level': 'debug' },
    });
    expect([config.server.host, config.server.port, config.worker.concurrency]).toEqual(['::1', 3, 2]);
    expect(config.logging).toEqual({ level: 'debug', format: 'auto' });
    expect(origins.get('server.host')).toBe('file mininq.toml');
    expect(origins.get('server.port')).toBe('environment MININQ_PORT');
    expect(origins.get('logging.level')).toBe('flag --log-level');
  });

  test('each flag but --config belongs to one key', () => {
    expect(['--config', ...flagged.map(({ flag }) => flag)].toSorted()).toEqual(FLAG_NAMES.toSorted());
  });

  test('a value is checked even when another one overrides it', () => {
    expect(refusal({ file: '[server]\nport = 65536\n', env: { MININQ_PORT: '1' } })).toBe(
      'mininq.toml: server.port must be an integer from 0 to 65535, not 65536',
    );
    expect(refusal({ env: { MININQ_PORT: 'x' }, flags: { '--port': '1' } })).toBe(
      'MININQ_PORT must be an integer from 0 to 65535, not "x"',
    );
  });
});

const integers = CONFIG_KEYS.flatMap((key) => {
  const range = bounds(key);
  return range === null ? [] : [{ name: key.name, key, ...range }];
});
const chosen = keys.filter(({ key }) => choices(key).length > 0);

describe('bounds', () => {
  test('most keys are integers or choices', () => {
    expect([integers.length, chosen.length]).toEqual([17, 6]);
  });

  test.each(integers)('$name is from $min to $max', ({ name, key, min, max }) => {
    const { variable } = key;
    for (const value of [min, max]) {
      expect(valueAt(load({ file: fileWith(name, String(value)) }).config, name)).toBe(value);
      expect(valueAt(load({ env: { [variable]: String(value) } }).config, name)).toBe(value);
    }
    for (const value of [min - 1, max + 1]) {
      const must = `must be an integer from ${min} to ${max}, not ${value}`;
      expect(refusal({ file: fileWith(name, String(value)) })).toBe(`mininq.toml: ${name} ${must}`);
      expect(refusal({ env: { [variable]: String(value) } })).toBe(`${variable} ${must}`);
    }
  });

  test.each(chosen)('$name takes what is documented, and nothing else', ({ name, key }) => {
    for (const value of choices(key)) {
      expect(valueAt(load({ file: fileWith(name, `"${value}"`) }).config, name)).toBe(value);
    }
    const must = `must be one of ${choices(key)
      .map((value) => `"${value}"`)
      .join(', ')}, not "other"`;
    expect(refusal({ file: fileWith(name, '"other"') })).toBe(`mininq.toml: ${name} ${must}`);
    expect(refusal({ env: { [key.variable]: 'other' } })).toBe(`${key.variable} ${must}`);
  });
});

describe('retention', () => {
  const DAY = 86_400_000;

  test.each([
    ['', { completed: FOR_EVER, dead: FOR_EVER }],
    ['retention_days = 30', { completed: 30 * DAY, dead: 30 * DAY }],
    ['retention = { completed = "7d" }', { completed: 7 * DAY, dead: FOR_EVER }],
    ['retention_days = 30\nretention = { completed = "12h" }', { completed: DAY / 2, dead: 30 * DAY }],
    ['retention_days = 30\nretention.dead = "never"', { completed: 30 * DAY, dead: FOR_EVER }],
    ['[worker.retention]\ncompleted = "1d"\ndead = "2d"', { completed: DAY, dead: 2 * DAY }],
  ])('%j', (toml, expected) => {
    expect(retentionOf(load({ file: `[worker]\n${toml}\n` }).config.worker)).toEqual(expected);
  });
});
