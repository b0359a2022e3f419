import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { circles, readSources, violations } from './import-rules.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sources = readSources(join(root, 'src'));

describe('the sources', () => {
  test('are all seen, with their imports', () => {
    const layers = new Set(sources.map(({ path }) => path.split('/')[0]));
    for (const layer of ['domain', 'application', 'infrastructure', 'interfaces'])
      expect(layers).toContain(layer);
    expect(sources.length).toBeGreaterThan(60);
    const store = sources.find(({ path }) => path === 'infrastructure/sqlite/sqlite-job-store.ts');
    // A value, a type and a library: a checker that misses one of these kinds sees too little.
    expect(store?.imports).toEqual(
      expect.arrayContaining([
        '../../domain/job/transitions.js',
        '../../application/ports/job-store.js',
        'better-sqlite3',
      ]),
    );
  });

  test('keep to the direction of the layers', () => {
    expect(violations(sources)).toEqual([]);
  });

  test('have no circle of imports', () => {
    expect(circles(sources)).toEqual([]);
  });
});

describe('a planted violation is found', () => {
  let planted: string;
  beforeEach(async () => {
    planted = await mkdtemp(join(tmpdir(), 'mininq-arch-'));
  });
  afterEach(() => rm(planted, { recursive: true }));

  async function plant(path: string, text: string): Promise<string[]> {
    await mkdir(dirname(join(planted, path)), { recursive: true });
    await writeFile(join(planted, path), text);
    return violations(readSources(planted));
  }

  test.each([
    [
      'domain/job/job.ts',
      "import { openDatabase } from '../../infrastructure/sqlite/open-database.js';",
      'domain/job/job.ts imports ../../infrastructure/sqlite/open-database.js: domain may not import infrastructure',
    ],
    [
      'domain/job/job.ts',
      "import type { Clock } from '../../application/ports/clock.js';",
      'domain/job/job.ts imports ../../application/ports/clock.js: domain may not import application',
    ],
    [
      'domain/job/job.ts',
      "import { readFileSync } from 'node:fs';",
      'domain/job/job.ts imports node:fs: domain does no I/O',
    ],
    [
      'application/engine/loop.ts',
      "const late = await import('../../infrastructure/time/system-clock.js');",
      'application/engine/loop.ts imports ../../infrastructure/time/system-clock.js: application may not import infrastructure',
    ],
    [
      'interfaces/http/routes.ts',
      "export { T } from '../../tokens.js';",
      'interfaces/http/routes.ts imports ../../tokens.js: interfaces may not import composition',
    ],
    [
      'infrastructure/sqlite/store.ts',
      "import { Container } from 'inversify';",
      'infrastructure/sqlite/store.ts imports inversify: only container.ts, tokens.ts may use it',
    ],
    [
      'application/errors.ts',
      "import { pino } from 'pino';",
      'application/errors.ts imports pino: application may not use it',
    ],
    [
      'webhooks/index.ts',
      "import { createHmac } from 'node:crypto';",
      'webhooks/index.ts imports node:crypto: webhooks runs where there is no Node.js',
    ],
    [
      'webhooks/index.ts',
      "export { parseSigningSecret } from '../application/signing-secret.js';",
      'webhooks/index.ts imports ../application/signing-secret.js: webhooks may not import application',
    ],
    [
      'webhooks/index.ts',
      "import * as z from 'zod';",
      'webhooks/index.ts imports zod: webhooks may not use it',
    ],
  ])('%s: %s', async (path, text, complaint) => {
    expect(await plant(path, text)).toEqual([complaint]);
  });

  test('by the linter as well', async () => {
    const eslint = new ESLint({ cwd: root });
    const text =
      "import { isBusy } from '../../infrastructure/sqlite/open-database.js';\nexport const busy = isBusy;\n";
    const [result] = await eslint.lintText(text, { filePath: join(root, 'src/domain/job/job.ts') });
    expect(result?.messages.map(({ ruleId }) => ruleId)).toContain(
      '@typescript-eslint/no-restricted-imports',
    );
  });
});

test('domain and application read no clock, draw no random number, set no timer', async () => {
  const forbidden =
    /\bDate\.now\(|new Date\(\)|Math\.random|\bset(Timeout|Interval|Immediate)\b|\bprocess\.\w/;
  for (const { path } of sources.filter(({ path }) => /^(domain|application)\//.test(path))) {
    const lines = (await readFile(join(root, 'src', path), 'utf8')).split('\n');
    expect(lines.filter((line) => forbidden.test(line) && !/^\s*(\/?\*|\/\/)/.test(line))).toEqual([]);
  }
});
