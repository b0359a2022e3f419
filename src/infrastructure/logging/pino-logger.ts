import { pino, stdTimeFunctions } from 'pino';
import type { LogFormat, LogLevel } from '../../application/config.js';
import type { LogFields, Logger } from '../../application/ports/logger.js';
import { describeError } from './describe-error.js';
import { prettyDestination } from './pretty-destination.js';
import { redact } from './redact.js';
import { standardOutput, type LogDestination } from './standard-output.js';

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Standard output when it is left out. */
  readonly destination?: LogDestination;
  /** Does the log go to a terminal? Then it is pretty, unless told otherwise, and has colours. */
  readonly terminal?: boolean;
}

export class PinoLogger implements Logger {
  readonly #pino: pino.Logger;

  constructor({ level, format, destination = standardOutput(), terminal = false }: LoggerOptions) {
    const pretty = format === 'pretty' || (format === 'auto' && terminal);
    this.#pino = pino(
      {
        level,
        // Neither process id nor host name: the platform that collects the lines knows them.
        base: null,
        timestamp: stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        // pino would describe the description.
        serializers: { err: (described: unknown) => described },
      },
      pretty ? prettyDestination(destination, terminal) : destination,
    );
    destination.onDropped = (lines) =>
      this.error('the log was not read fast enough: lines are missing here', { dropped_lines: lines });
  }

  debug(message: string, fields?: LogFields): void {
    if (this.#pino.isLevelEnabled('debug')) this.#pino.debug(redacted(fields), redact(message));
  }

  info(message: string, fields?: LogFields): void {
    if (this.#pino.isLevelEnabled('info')) this.#pino.info(redacted(fields), redact(message));
  }

  warn(message: string, fields?: LogFields): void {
    if (this.#pino.isLevelEnabled('warn')) this.#pino.warn(redacted(fields), redact(message));
  }

  error(message: string, fields?: LogFields, error?: unknown): void {
    const err = error === undefined ? {} : { err: describeError(error) };
    this.#pino.error({ ...redacted(fields), ...err }, redact(message));
  }
}

function redacted(fields: LogFields = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, redactedValue(value)]));
}

function redactedValue(value: LogFields[string]): LogFields[string] {
  if (typeof value === 'string') return redact(value);
  return typeof value === 'object' && value !== null ? value.map(redact) : value;
}
