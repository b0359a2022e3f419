import { Connection } from './connection.js';
import type { Connector } from './connector.js';

export interface ConnectionPoolOptions {
  /** Connections to one origin at a time, >= 1; who comes later waits. */
  readonly connectionsPerOrigin: number;
  /** Unused connections that are kept, over all origins; beyond it, the least recently used is closed. */
  readonly maxIdleConnections: number;
}

/** Somebody who needs a connection. */
export interface Borrower {
  /** Called once, at once or later, unless the wait is cancelled. */
  lend(connection: Connection): void;
}

interface Origin {
  /** Idle and lent. */
  open: number;
  /** The most recently used last. */
  readonly idle: Connection[];
  /** First come, first served. */
  readonly waiting: Set<Borrower>;
}

/**
 * Keeps connections by origin and lends each to one borrower at a time.
 *
 * The client library's own pool would not do: it keeps a request that gave up waiting, opens a connection anew for one
 * that was aborted, cannot end an attempt to connect, and refuses an origin too many instead of letting go of an old
 * one.
 */
export class ConnectionPool {
  readonly #options: ConnectionPoolOptions;
  readonly #connector: Connector;
  readonly #origins = new Map<string, Origin>();
  /** The least recently used first. */
  readonly #idle = new Set<Connection>();
  readonly #closing = new Set<Connection>();
  readonly #whenGone: (() => void)[] = [];

  constructor(options: ConnectionPoolOptions, connector: Connector) {
    this.#options = options;
    this.#connector = connector;
  }

  /** Origins with a connection or somebody who waits for one. */
  get originCount(): number {
    return this.#origins.size;
  }

  get idleCount(): number {
    return this.#idle.size;
  }

  /** @param origin scheme://host[:port] */
  acquire(origin: string, borrower: Borrower): void {
    const entry = this.#originOf(origin);
    const idle = entry.idle.pop();
    if (idle !== undefined) {
      this.#idle.delete(idle);
      borrower.lend(idle);
    } else if (entry.open < this.#options.connectionsPerOrigin) {
      borrower.lend(this.#open(origin, entry));
    } else {
      entry.waiting.add(borrower);
    }
  }

  /** Ends the wait of a borrower that got no connection. */
  cancel(origin: string, borrower: Borrower): void {
    this.#origins.get(origin)?.waiting.delete(borrower);
  }

  /** Takes back a connection that can carry another request. */
  release(connection: Connection): void {
    const entry = this.#originOf(connection.origin);
    const next = takeFirst(entry.waiting);
    if (next !== undefined) {
      next.lend(connection);
      return;
    }
    entry.idle.push(connection);
    this.#idle.add(connection);
    if (this.#idle.size > this.#options.maxIdleConnections) {
      const [oldest] = this.#idle;
      if (oldest !== undefined) this.#drop(oldest);
    }
  }

  /** Takes back a connection that cannot, and ends it. */
  discard(connection: Connection): void {
    const entry = this.#originOf(connection.origin);
    this.#end(connection, entry);
    const next = takeFirst(entry.waiting);
    if (next !== undefined) next.lend(this.#open(connection.origin, entry));
  }

  /** Ends a lent connection, for another in its place. */
  renew(connection: Connection): Connection {
    const entry = this.#originOf(connection.origin);
    this.#end(connection, entry);
    return this.#open(connection.origin, entry);
  }

  /** Ends the idle connections, and resolves when nothing is left of those that ended. Nothing may be lent any more. */
  async close(): Promise<void> {
    for (const connection of [...this.#idle]) this.#drop(connection);
    if (this.#closing.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenGone.push(resolve);
    });
  }

  #originOf(origin: string): Origin {
    const known = this.#origins.get(origin);
    if (known !== undefined) return known;
    const created: Origin = { open: 0, idle: [], waiting: new Set() };
    this.#origins.set(origin, created);
    return created;
  }

  #open(origin: string, entry: Origin): Connection {
    const connection = new Connection(origin, this.#connector, (lost) => {
      // One that is lent is its borrower's to give back.
      if (this.#idle.has(lost)) this.#drop(lost);
    });
    entry.open += 1;
    this.#origins.set(origin, entry);
    return connection;
  }

  #drop(connection: Connection): void {
    const entry = this.#originOf(connection.origin);
    this.#idle.delete(connection);
    entry.idle.splice(entry.idle.indexOf(connection), 1);
    this.#end(connection, entry);
  }

  #end(connection: Connection, entry: Origin): void {
    entry.open -= 1;
    if (entry.open === 0 && entry.waiting.size === 0) this.#origins.delete(connection.origin);
    this.#closing.add(connection);
    connection.destroy(() => {
      this.#closing.delete(connection);
      if (this.#closing.size === 0) for (const resolve of this.#whenGone.splice(0)) resolve();
    });
  }
}

function takeFirst<T>(set: Set<T>): T | undefined {
  const [first] = set;
  if (first !== undefined) set.delete(first);
  return first;
}
