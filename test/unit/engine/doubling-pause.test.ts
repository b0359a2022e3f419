import { expect, test } from 'vitest';
import { doublingPauseMs } from '../../../src/application/engine/doubling-pause.js';

test('a pause doubles with each failure, up to the longest, however many there are', () => {
  const pauses = [0, 1, 2, 3, 4, 5000].map((failures) => doublingPauseMs(failures, 200, 3000));
  expect(pauses).toEqual([200, 400, 800, 1600, 3000, 3000]);
});
