import type { CronSpec } from '../../domain/schedule/cron.js';
import type { CronDialect } from '../../domain/schedule/cron-fields.js';
import type { JobDefaults } from '../config.js';
import { ok, type Result } from '../errors.js';
import type { Ports } from './ports.js';
import { upcomingTicks } from './schedule-ticks.js';

export interface PreviewRequest {
  readonly expression: string;
  readonly timezone: string;
  /** null: the configuration's default. */
  readonly dialect: CronDialect | null;
}

export interface SchedulePreview {
  /** As it was read. */
  readonly cron: CronSpec;
  /** Epoch milliseconds, in order. */
  readonly ticks: readonly number[];
}

/**
 * The next `count` ticks of an expression, fewer when it ends; refuses what createSchedule would.
 * @param count >= 1; each takes a search, so keep it small
 */
export type PreviewSchedule = (request: PreviewRequest, count: number) => Promise<Result<SchedulePreview>>;

export function previewSchedule({ clock }: Pick<Ports, 'clock'>, defaults: JobDefaults): PreviewSchedule {
  return ({ expression, timezone, dialect }, count) => {
    const cron = { expression, timezone, dialect: dialect ?? defaults.cronDialect };
    const ticks = upcomingTicks(cron, clock.now(), count);
    return Promise.resolve(ticks.ok ? ok({ cron, ticks: ticks.value }) : ticks);
  };
}
