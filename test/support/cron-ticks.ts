import type { Cron } from '../../src/domain/schedule/cron.js';
import type { CronDialect } from '../../src/domain/schedule/cron-fields.js';
import { nextTick, parseCron } from '../../src/domain/schedule/cron.js';

export function validCron(expression: string, timezone = 'UTC', dialect: CronDialect = 'crontab'): Cron {
  const parse = parseCron({ expression, timezone, dialect });
  if (parse.kind === 'invalid') throw new Error(`${parse.field}: ${parse.message}`);
  return parse.cron;
}

/** The ticks in [`from`, `to`]; at most `limit`. Throws if one is not later than the one before. */
export function ticksBetween(cron: Cron, from: number, to: number, limit = Infinity): number[] {
  const ticks: number[] = [];
  let last = from - 1;
  while (ticks.length < limit) {
    const tick = nextTick(cron, last);
    if (tick === null || tick > to) break;
    if (tick <= last) throw new Error(`${cron.expression} in ${cron.timezone}: ${tick} after ${last}`);
    ticks.push(tick);
    last = tick;
  }
  return ticks;
}
