/** A cron template: each tick makes one job. Instants are epoch milliseconds. */
export interface Schedule {
  /** UUID v7. */
  readonly id: string;
  readonly queueName: string;
  readonly cronExpression: string;
  /** IANA name, such as Europe/Berlin. */
  readonly timezone: string;
  readonly callbackUrl: string;
  /** JSON text. */
  readonly payload: string;
  readonly maxRetries: number;
  readonly timeoutMs: number;
  readonly enabled: boolean;
  readonly lastRunAt: number | null;
  /** null: the expression has no further tick. */
  readonly nextRunAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type ScheduleChange = Partial<
  Pick<
    Schedule,
    | 'queueName'
    | 'cronExpression'
    | 'timezone'
    | 'callbackUrl'
    | 'payload'
    | 'maxRetries'
    | 'timeoutMs'
    | 'enabled'
    | 'nextRunAt'
  >
>;
