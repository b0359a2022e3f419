import { describe, expect, test } from 'vitest';
import { nextRunAfterFiring } from '../../../src/domain/schedule/missed-ticks.js';
import { validCron } from '../../support/cron-ticks.js';

describe('nextRunAfterFiring', () => {
  const due = Date.UTC(2025, 0, 1, 9);
  const at = (hour: number, minute = 0) => Date.UTC(2025, 0, 1, hour, minute);

  test.each([
    ['fired on time', '0 */5 * * * *', due, at(9, 5)],
    ['fired late, within the interval', '0 */5 * * * *', at(9, 3), at(9, 5)],
    ['an hour of ticks missed: one job, then the next in the future', '0 */5 * * * *', at(10, 1), at(10, 5)],
    ['now is itself a tick: the job being made stands for it', '0 */5 * * * *', at(10, 5), at(10, 10)],
    ['days missed', '0 0 9 * * *', due + 9.5 * 86_400_000, due + 10 * 86_400_000],
    ['the clock was set back: the tick is not fired again', '0 */5 * * * *', at(7), at(9, 5)],
  ])('%s', (_case, expression, now, expected) => {
    expect(nextRunAfterFiring(validCron(expression), due, now)).toBe(expected);
  });

  test('the last tick of all', () => {
    expect(nextRunAfterFiring(validCron('0 0 9 1 1 ? 2025'), due, due)).toBeNull();
  });
});
