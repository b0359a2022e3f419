import type { EngineStatus } from '../engine/engine.js';
import { ok, refuse, type Result } from '../errors.js';
import type { Ports } from './ports.js';

/**
 * Is the server able to do its work? Refuses with `not_claiming` when the worker has failed to claim jobs for a while.
 * Rejects with StoreUnavailableError when the store cannot be read and written.
 */
export type CheckHealth = (engine: EngineStatus) => Promise<Result<'healthy'>>;

/** A lock or a full disk passes; what lasts longer wants somebody to look at it. */
const TOLERATED_MS = 10_000;

export function checkHealth({ jobs }: Pick<Ports, 'jobs'>): CheckHealth {
  return async ({ failingForMs }) => {
    await jobs.ping();
    if (failingForMs < TOLERATED_MS) return ok('healthy');
    const seconds = Math.floor(failingForMs / 1000);
    return refuse('not_claiming', `Claiming jobs has failed for ${seconds} s; the log says why`);
  };
}
