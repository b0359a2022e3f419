import type { Logger } from '../../src/application/ports/logger.js';

const ignore = (): void => undefined;

/** For tests that do not look at the log. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
