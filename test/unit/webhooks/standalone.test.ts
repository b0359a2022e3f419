import { readdirSync, readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { BODY, PAYLOAD, PUBLIC_KEY, SECRET, signed, signedByKey } from '../../support/webhooks.js';

const folder = new URL('../../../src/webhooks/', import.meta.url);
const files = readdirSync(folder);

test('the sources import nothing but each other, and are exported as mininq/webhooks', () => {
  expect(files).toContain('index.ts');
  for (const file of files) {
    const { importedFiles } = ts.preProcessFile(readFileSync(new URL(file, folder), 'utf8'), true, true);
    for (const { fileName } of importedFiles)
      expect(files).toContain(fileName.replace(/^\.\/(.*)\.js$/, '$1.ts'));
  }
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  expect(JSON.parse(text)).toMatchObject({
    exports: { './webhooks': { types: './dist/webhooks/index.d.ts', default: './dist/webhooks/index.js' } },
  });
});

test('they verify where there is nothing of Node.js, only what browsers have', async () => {
  const { crypto, TextEncoder, TextDecoder, atob } = globalThis;
  const context = createContext({ crypto, TextEncoder, TextDecoder, atob });
  const loaded = new Map<string, Record<string, unknown>>();
  const load = (specifier: string): Record<string, unknown> => {
    const file = specifier.replace(/^\.\/(.*)\.js$/, '$1.ts');
    const known = loaded.get(file);
    if (known) return known;
    const { outputText } = ts.transpileModule(readFileSync(new URL(file, folder), 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    });
    const exports: Record<string, unknown> = {};
    loaded.set(file, exports);
    const run = runInContext(`(function (exports, require) { ${outputText} })`, context) as (
      exports: unknown,
      require: unknown,
    ) => void;
    run(exports, load);
    return exports;
  };
  const { verifyWebhook } = load('./index.js') as {
    verifyWebhook: (...given: unknown[]) => Promise<unknown>;
  };
  expect(runInContext('typeof process + typeof require + typeof Buffer', context)).toBe(
    'undefined'.repeat(3),
  );
  expect(await verifyWebhook(BODY, signed(BODY), SECRET)).toEqual(PAYLOAD);
  expect(await verifyWebhook(Buffer.from(BODY), signedByKey(BODY), PUBLIC_KEY)).toEqual(PAYLOAD);
  await expect(verifyWebhook(`${BODY} `, signed(BODY), SECRET)).rejects.toMatchObject({
    code: 'wrong_signature',
  });
});
