import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';

/** Versions before these have known holes. */
const FLOORS: Readonly<Record<string, string>> = {
  undici: '7.29.1',
  'better-sqlite3': '12.8.0',
  'body-parser': '2.3.0',
};

const entry = z.looseObject({
  version: z.string().optional(),
  integrity: z.string().optional(),
  resolved: z.string().optional(),
  hasInstallScript: z.boolean().optional(),
  link: z.boolean().optional(),
});
const lockFile = z.looseObject({ lockfileVersion: z.literal(3), packages: z.record(z.string(), entry) });
const manifest = z.looseObject({ allowScripts: z.record(z.string(), z.boolean()).default({}) });

type Packages = Readonly<Record<string, z.infer<typeof entry>>>;

/** What must not be in a lock file, a line each. @param listed the packages of which it is known that they run scripts */
function problemsOf(packages: Packages, listed: readonly string[]): string[] {
  return Object.entries(packages).flatMap(([path, { version = '', ...found }]) => {
    if (path === '') return [];
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const floor = FLOORS[name];
    return [
      ...(floor !== undefined && isBelow(version, floor) ? [`${path} ${version} is below ${floor}`] : []),
      ...(found.hasInstallScript === true && !listed.includes(name)
        ? [`${path} runs a script, and is not listed`]
        : []),
      ...(/^sha512-[\w+/]+=*$/.test(found.integrity ?? '') ? [] : [`${path} has no checksum of 512 bits`]),
      ...(found.resolved === undefined ? [] : [`${path} names a registry: ${found.resolved}`]),
      ...(found.link === true ? [`${path} is a link`] : []),
    ];
  });
}

/** Before a version of its own, such as 1.0.0 before 1.0.1; a pre-release, such as 1.0.0-rc.1, counts as below all. */
function isBelow(version: string, floor: string): boolean {
  if (!/^\d+\.\d+\.\d+$/.test(version)) return true;
  const [a, b] = [version, floor].map((text) => text.split('.').map(Number));
  const differing = [0, 1, 2].find((part) => a?.[part] !== b?.[part]);
  return differing !== undefined && (a?.[differing] ?? 0) < (b?.[differing] ?? 0);
}

function read(folder: string): { packages: Packages; listed: string[] } {
  const json = (name: string): unknown => JSON.parse(readFileSync(`${folder}/${name}`, 'utf8'));
  const { packages } = lockFile.parse(json('package-lock.json'));
  return { packages, listed: Object.keys(manifest.parse(json('package.json')).allowScripts) };
}

describe.each(['.', 'bench'])('the lock file in %s', (folder) => {
  test('has no version with a known hole, no unlisted script, no package without a checksum, no registry', () => {
    const { packages, listed } = read(folder);
    expect(Object.keys(packages).length).toBeGreaterThan(10);
    expect(problemsOf(packages, listed)).toEqual([]);
  });
});

test('the packages with known holes are there, above their floors', () => {
  const { packages } = read('.');
  for (const name of Object.keys(FLOORS)) expect(packages).toHaveProperty([`node_modules/${name}`]);
});

test.each([
  [{ version: '7.29.0' }, 'node_modules/undici 7.29.0 is below 7.29.1'],
  [{ version: '6.99.99' }, 'node_modules/undici 6.99.99 is below 7.29.1'],
  [{ version: '7.30.0-rc.1' }, 'node_modules/undici 7.30.0-rc.1 is below 7.29.1'],
  [{ hasInstallScript: true }, 'node_modules/undici runs a script, and is not listed'],
  [{ integrity: undefined }, 'node_modules/undici has no checksum of 512 bits'],
  [{ integrity: 'sha1-abcd' }, 'node_modules/undici has no checksum of 512 bits'],
  [
    { resolved: 'https://example.com/undici.tgz' },
    'node_modules/undici names a registry: https://example.com/undici.tgz',
  ],
  [{ link: true }, 'node_modules/undici is a link'],
])('a package that is %j is found', (change, problem) => {
  const sound = { version: '7.29.1', integrity: 'sha512-abcd==' };
  expect(problemsOf({ 'node_modules/undici': sound }, [])).toEqual([]);
  expect(problemsOf({ 'node_modules/undici': { ...sound, ...change } }, ['esbuild'])).toEqual([problem]);
});
