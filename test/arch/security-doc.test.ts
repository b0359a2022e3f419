import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const DOCUMENT = readFileSync('docs/security.md', 'utf8');
const ROWS = [...DOCUMENT.matchAll(/^\| S(\d+) +\|([^|]*)\|([^|]*)\|([^|]*)\|$/gm)];

test('docs/security.md has every item of the checklist once, and says of each what is decided', () => {
  expect(ROWS.map(([, number]) => Number(number))).toEqual(Array.from({ length: 74 }, (_, n) => n + 1));
  const silent = ROWS.filter(([, , item = '', decided = '']) => item.trim() === '' || decided.trim() === '');
  expect(silent.map(([, number]) => number)).toEqual([]);
});

test('docs/security.md names files and tests that exist', () => {
  const named = ROWS.flatMap(([, number, , , tests = '']) =>
    tests.split('<br>').flatMap((cell) => {
      if (cell.trim() === '–') return [];
      const [, path = cell, name = ''] = /^\s*`(test\/[^`]+)` "(.+)"\s*$/.exec(cell) ?? [];
      return [{ number, path, name }];
    }),
  );
  expect(named.length).toBeGreaterThan(70);
  const gone = named.filter(
    ({ path, name }) => !existsSync(path) || !titlesIn(readFileSync(path, 'utf8')).includes(name),
  );
  expect(gone).toEqual([]);
});

/** Of tests and groups: whatever stands in quotes right behind a bracket. */
function titlesIn(source: string): string[] {
  return [...source.matchAll(/\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`([^`]*)`)/g)].map(
    ([, single, double, template]) => (single ?? double ?? template ?? '').replaceAll(/\\(.)/g, '$1'),
  );
}
