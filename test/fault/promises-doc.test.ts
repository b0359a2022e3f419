import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const DOCUMENT = readFileSync('docs/promises.md', 'utf8');
/** F32 to F35 are faults of other stores, F69 to F73 of executables: there are none yet. */
const NUMBERS = [...range(1, 31), ...range(36, 68), 74];

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, n) => first + n);
}

test('docs/promises.md says of every fault what holds against it', () => {
  const told = [...DOCUMENT.matchAll(/^\| F([^|]*)\|/gm)].flatMap(([, cell = '']) => {
    const numbers = cell.split(/\D+/).filter(Boolean).map(Number);
    return cell.includes(' to ') ? range(numbers[0] ?? 0, numbers[1] ?? 0) : numbers;
  });
  expect(told).toEqual(NUMBERS);
});

test('docs/promises.md names tests that exist, and every scenario', () => {
  const named = [...DOCUMENT.matchAll(/`(test\/[^`]+)`/g)].map(([, path = '']) => path);
  expect(named.filter((path) => !existsSync(path))).toEqual([]);
  const scenarios = readdirSync('test/fault')
    .filter((name) => name.endsWith('.test.ts'))
    .flatMap((name) => [...readFileSync(`test/fault/${name}`, 'utf8').matchAll(/^scenario\(\s*'(F\d+) /gm)])
    .map(([, number = '']) => number);
  expect(scenarios.length).toBeGreaterThan(30);
  expect(scenarios.filter((number) => !DOCUMENT.includes(`| ${number} `))).toEqual([]);
});
