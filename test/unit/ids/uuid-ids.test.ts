import { afterEach, describe, expect, test, vi } from 'vitest';
import { UuidIds } from '../../../src/infrastructure/ids/uuid-ids.js';

const NOON = Date.UTC(2024, 0, 15, 12);

afterEach(() => {
  vi.useRealTimers();
});

function take(count: number, ids = new UuidIds()): string[] {
  return Array.from({ length: count }, () => ids.next());
}

function instant(id: string): number {
  return Number.parseInt(id.replace('-', '').slice(0, 12), 16);
}

function expectAscending(ids: readonly string[]): void {
  // The first that does not sort after the one before it.
  expect(ids.find((id, index) => index > 0 && id <= (ids[index - 1] ?? ''))).toBeUndefined();
}

describe('UuidIds', () => {
  test('makes UUIDs of version 7', () => {
    for (const id of take(100)) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  test('carries the time of its making', () => {
    // Later than any other test's time, as the library never goes back behind an id it has made.
    vi.useFakeTimers({ now: Date.UTC(2100, 0, 1) });
    expect(instant(new UuidIds().next())).toBe(Date.UTC(2100, 0, 1));
  });

  test('ascends within one millisecond', () => {
    vi.useFakeTimers({ now: NOON });
    expectAscending(take(50_000));
  });

  test('ascends while the clock goes on', () => {
    vi.useFakeTimers({ now: Date.UTC(2101, 0, 1) });
    const ids: string[] = [];
    for (let ms = 0; ms < 200; ms += 1) {
      vi.setSystemTime(Date.UTC(2101, 0, 1) + ms);
      ids.push(...take(3));
    }
    expectAscending(ids);
  });

  test('ascends when the clock goes back, and catches up with it later', () => {
    vi.useFakeTimers({ now: Date.UTC(2102, 0, 1) });
    const before = take(10);
    vi.setSystemTime(Date.UTC(2101, 11, 31));
    const meanwhile = take(1000);
    vi.setSystemTime(Date.UTC(2102, 0, 2));
    const after = take(10);
    expectAscending([...before, ...meanwhile, ...after]);
    expect(instant(after[0] ?? '')).toBe(Date.UTC(2102, 0, 2));
  });

  test('ascends over several instances', () => {
    const one = new UuidIds();
    const other = new UuidIds();
    expectAscending(Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? one : other).next()));
  });
});
