import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CONFIG_KEYS, regularVariable } from '../../../src/application/config-keys.js';
import { DEFAULT_CONFIG } from '../../../src/application/config.js';
import { load, refusal, revealed } from './load.js';

const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');

/** The cells of the reference's rows, the key with its table. */
function documentedRows(): string[][] {
  const reference = page.slice(page.indexOf('## Reference'), page.indexOf('## Command line'));
  let table = '';
  const rows: string[][] = [];
  for (const line of reference.split('\n')) {
    table = /^### \[(\w+)\]$/.exec(line)?.[1] ?? table;
    const [, name, ...cells] = line.split('|').map((cell) => cell.trim());
    if (name?.startsWith('`') === true) rows.push([`${table}.${name.slice(1, -1)}`, ...cells.slice(0, -1)]);
  }
  return rows;
}

describe('docs/configuration.md', () => {
  test('describes every key as the table of keys has it, in its order', () => {
    const rows = CONFIG_KEYS.map((key) => {
      const byDefault = key.formatOf(DEFAULT_CONFIG);
      return [
        key.name,
        key.type.name,
        byDefault === null ? 'not set' : `\`${byDefault}\``,
        key.type.range,
        `\`${key.variable}\``,
        key.description,
      ];
    });
    expect(documentedRows()).toEqual(rows);
  });

  test('has an example of every key that works and shows the defaults, but for those without one', () => {
    const [, example = ''] = /### Full example\n\n```toml\n(.*?)```/s.exec(page) ?? [];
    const { config, origins } = load({ file: example });
    expect(revealed(config)).toEqual({
      ...DEFAULT_CONFIG,
      auth: {
        token: `sha256:${'0'.repeat(64)}`,
        tokens: [{ name: 'app', token: `sha256:${'0'.repeat(64)}`, role: 'producer' }],
        withoutToken: 'loopback',
      },
      privacy: { ...DEFAULT_CONFIG.privacy, encryptionKeys: [`k1:${'A'.repeat(43)}=`] },
      server: { ...DEFAULT_CONFIG.server, maxJobs: 1_000_000, maxConnections: 1000 },
      egress: {
        ...DEFAULT_CONFIG.egress,
        proxy: 'http://proxy.example:3128',
        tls: {
          ca: '/etc/mininq/authorities.pem',
          hosts: [
            { host: '*.bank.example', cert: '/etc/mininq/bank.crt', key: '/etc/mininq/bank.key', ca: null },
          ],
        },
      },
      signing: { secrets: [`whsec_${'A'.repeat(32)}`] },
      worker: {
        ...DEFAULT_CONFIG.worker,
        retentionDays: 30,
        retention: { completed: 604_800_000, dead: 2_592_000_000 },
      },
    });
    expect([...new Set(origins.values())]).toEqual(['file mininq.toml']);
  });

  test('names the variables that do not follow the rule', () => {
    const short = CONFIG_KEYS.filter((key) => key.variable !== regularVariable(key.name));
    expect(short.map((key) => key.variable)).toEqual([
      'MININQ_HOST',
      'MININQ_PORT',
      'MININQ_DB_PATH',
      'MININQ_TOKEN',
      'MININQ_LOG_LEVEL',
      'MININQ_LOG_FORMAT',
    ]);
    const rule = page.slice(
      page.indexOf('## Environment variables'),
      page.indexOf('### Container platforms'),
    );
    for (const { variable } of short) expect(rule).toContain(`\`${variable}\``);
  });

  test('says which key each flag overrides', () => {
    for (const { name, flag } of CONFIG_KEYS) {
      if (flag !== null) expect(page).toMatch(new RegExp(`\\| \`${flag} <\\w+>\` +\\| \`${name}\` +\\|`));
    }
  });

  test.each([
    { file: '[worker]\nconcurency = 1' },
    { file: '[server]\nport = "6390"' },
    { env: { MININQ_WORKER_CONCURRENCY: '10abc' } },
  ])('quotes the messages word by word: %o', (given) => {
    expect(page).toContain(`\nmininq: ${refusal(given)}\n`);
  });
});
