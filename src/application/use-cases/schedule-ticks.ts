import { nextTick, parseCron, type CronSpec } from '../../domain/schedule/cron.js';
import { ok, refuse, type Result } from '../errors.js';

/** The first tick after `now`, epoch milliseconds; refuses an expression that is malformed or has none. */
export function firstTick(spec: CronSpec, now: number): Result<number> {
  const ticks = upcomingTicks(spec, now, 1);
  return ticks.ok ? ok(ticks.value[0]) : ticks;
}

/**
 * The next ticks after `now`, epoch milliseconds: one at least, fewer than `count` when the expression ends. Refuses an
 * expression that is malformed or has none.
 */
export function upcomingTicks(
  spec: CronSpec,
  now: number,
  count: number,
): Result<readonly [number, ...number[]]> {
  const parsed = parseCron(spec);
  if (parsed.kind === 'invalid') return refuse('validation_failed', `${parsed.field}: ${parsed.message}`);
  const first = nextTick(parsed.cron, now);
  if (first === null) {
    return refuse(
      'validation_failed',
      `cron_expression: "${spec.expression}" never comes due again; check its day, month and year`,
    );
  }
  const ticks: [number, ...number[]] = [first];
  for (let last = first; ticks.length < count;) {
    const tick = nextTick(parsed.cron, last);
    if (tick === null) break;
    ticks.push(tick);
    last = tick;
  }
  return ok(ticks);
}
