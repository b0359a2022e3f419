import { readFileSync } from 'node:fs';

/** How the files and sockets that this process may have open at once are shared out. */
export interface OpenFilesShare {
  /** Connections of clients to the HTTP server, >= 1. */
  readonly clientConnections: number;
  /** Unused connections to receivers, kept for the next delivery. */
  readonly idleDeliveries: number;
}

/** Node's own, the database's, the log's, and those that are read in passing: some 25, and room. */
const OWN = 64;
const MOST_IDLE_DELIVERIES = 256;
const MOST_CLIENTS = 10_000;
/** Where the limit is so low that nothing is left, deliveries have to wait for each other. */
const FEWEST_CLIENTS = 16;

/**
 * Deliveries come first, each with a socket of its own; the clients get what is left of the limit.
 * @param limit null: there is none
 * @param concurrency deliveries at once, at most
 */
export function shareOpenFiles(limit: number | null, concurrency: number): OpenFilesShare {
  const left = limit === null ? Number.POSITIVE_INFINITY : Math.max(0, limit - OWN - concurrency);
  const idleDeliveries = Math.min(MOST_IDLE_DELIVERIES, Math.floor(left / 4));
  const clientConnections = Math.min(MOST_CLIENTS, Math.max(FEWEST_CLIENTS, left - idleDeliveries));
  return { clientConnections, idleDeliveries };
}

/**
 * The limit of this process: `ulimit -n`, which Node raises to the hard limit as it starts.
 * @returns null where there is none, or where the system does not tell (all but Linux; what Node raises is ample there)
 */
export function openFilesLimit(): number | null {
  try {
    const soft = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? null : Number(soft);
  } catch {
    return null;
  }
}
