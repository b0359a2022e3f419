import { pino, stdTimeFunctions } from 'pino';
import type { LogFormat, LogLevel } from '../../application/config.js';
import { Redaction } from '../../application/redaction.js';
import type { LogFields, Logger } from '../../application/ports/logger.js';
import { describeError } from './describe-error.js';
import { prettyDestination } from './pretty-destination.js';
import { redact } from './redact.js';
import { standardOutput, type LogDestination } from './standard-output.js';

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Nothing is hidden when it is left out. */
  readonly redaction?: Redaction;
  /** Standard output when it is left out. */
  readonly destination?: LogDestination;
  /** Does the log go to a terminal? Then it is pretty, unless told otherwise, and has colours. */
  readonly terminal?: boolean;
}

export class PinoLogger implements Logger {
  readonly #pino: pino.Logger;
  /** Makes a text fit to be logged. */
  readonly #fit: (text: string) => string;

  constructor({
    level,
    format,
    redaction = new Redaction([]),
    destination = standardOutput(),
    terminal = false,
  }: LoggerOptions) {
    this.#fit = (text) => redact(redaction.hide(text));
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
    if (this.#pino.isLevelEnabled('debug')) this.#pino.debug(this.#fields(fields), this.#fit(message));
  }

  info(message: string, fields?: LogFields): void {
    if (this.#pino.isLevelEnabled('info')) this.#pino.info(this.#fields(fields), this.#fit(message));
  }

  warn(message: string, fields?: LogFields): void {
    if (this.#pino.isLevelEnabled('warn')) this.#pino.warn(this.#fields(fields), this.#fit(message));
  }

  error(message: string, fields?: LogFields, error?: unknown): void {
    const err = error === undefined ? {} : { err: describeError(error, this.#fit) };
    this.#pino.error({ ...this.#fields(fields), ...err }, this.#fit(message));
  }

  #fields(fields: LogFields = {}): Record<string, unknown> {
    return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, this.#value(value)]));
  }

  #value(value: LogFields[string]): LogFields[string] {
    if (typeof value === 'string') return this.#fit(value);
    return typeof value === 'object' && value !== null ? value.map(this.#fit) : value;
  }
}
