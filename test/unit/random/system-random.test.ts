import { expect, test } from 'vitest';
import { SystemRandom } from '../../../src/infrastructure/random/system-random.js';

test('SystemRandom gives different numbers in [0, 1)', () => {
  const random = new SystemRandom();
  const values = Array.from({ length: 1000 }, () => random.next());
  expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
  expect(new Set(values).size).toBeGreaterThan(990);
});
