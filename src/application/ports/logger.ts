/** Values that make sense in one line of a log. */
export type LogFields = Readonly<
  Record<string, string | number | boolean | null | undefined | readonly string[]>
>;

/** One line an event. A line about a job carries `job_id` and `queue`. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  /** @param error put into the log with its stack; never sent to a client */
  error(message: string, fields?: LogFields, error?: unknown): void;
}
