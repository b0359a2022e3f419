import { expect, test, vi } from 'vitest';
import type { Connection } from '../../../src/infrastructure/dispatch/connection.js';
import {
  ConnectionPool,
  type Borrower,
  type ConnectionPoolOptions,
} from '../../../src/infrastructure/dispatch/connection-pool.js';
import { Connector } from '../../../src/infrastructure/dispatch/connector.js';
import { egress } from '../../support/egress.js';
import { answer, startHostileServer } from '../../support/hostile-server.js';

function newPool(options: Partial<ConnectionPoolOptions> = {}): ConnectionPool {
  return new ConnectionPool(
    { connectionsPerOrigin: 2, maxIdleConnections: 10, ...options },
    new Connector({ egress: egress() }),
  );
}

/** Keeps what it is lent; no request is made, so nothing connects. */
class Keeper implements Borrower {
  readonly lent: Connection[] = [];

  lend(connection: Connection): void {
    this.lent.push(connection);
  }

  get connection(): Connection {
    const [connection] = this.lent;
    if (connection === undefined) throw new Error('nothing was lent');
    return connection;
  }
}

function borrow(pool: ConnectionPool, origin: string): Keeper {
  const keeper = new Keeper();
  pool.acquire(origin, keeper);
  return keeper;
}

const A = 'http://a.test';
const B = 'http://b.test:8080';

test('a released connection is lent again, the latest first', () => {
  const pool = newPool();
  const [first, second] = [borrow(pool, A), borrow(pool, A)];
  pool.release(first.connection);
  pool.release(second.connection);
  expect(borrow(pool, A).connection).toBe(second.connection);
  expect(borrow(pool, A).connection).toBe(first.connection);
  expect(borrow(pool, B).connection).not.toBe(first.connection);
});

test('who comes late waits for the first that is released or ended, in turn', () => {
  const pool = newPool({ connectionsPerOrigin: 1 });
  const first = borrow(pool, A);
  const waiting = [borrow(pool, A), borrow(pool, A), borrow(pool, A)] as const;
  expect(waiting.map((keeper) => keeper.lent.length)).toEqual([0, 0, 0]);
  pool.cancel(A, waiting[1]);
  pool.release(first.connection);
  expect(waiting.map((keeper) => keeper.lent)).toEqual([[first.connection], [], []]);
  pool.discard(first.connection);
  expect(waiting.map((keeper) => keeper.lent.length)).toEqual([1, 0, 1]);
  expect(waiting[2].connection).not.toBe(first.connection);
});

test('a renewed connection takes the place of the old one', () => {
  const pool = newPool({ connectionsPerOrigin: 1 });
  const first = borrow(pool, A);
  const waiting = borrow(pool, A);
  const fresh = pool.renew(first.connection);
  expect(fresh).not.toBe(first.connection);
  expect(first.connection.client.destroyed).toBe(true);
  expect(waiting.lent).toEqual([]);
  pool.release(fresh);
  expect(waiting.lent).toEqual([fresh]);
});

test('many origins leave nothing behind but the connections that may be idle', async () => {
  const pool = newPool({ maxIdleConnections: 7 });
  for (let n = 0; n < 200; n++) {
    const keeper = borrow(pool, `http://127.0.0.1:${1000 + n}`);
    if (n % 3 === 0) pool.discard(keeper.connection);
    else pool.release(keeper.connection);
  }
  expect(pool.idleCount).toBe(7);
  expect(pool.originCount).toBe(7);
  await pool.close();
  expect(pool.idleCount).toBe(0);
  expect(pool.originCount).toBe(0);
});

test('a connection that its server ends while it is idle is forgotten', async () => {
  const server = await startHostileServer((socket) => socket.write(answer('200 OK')));
  const pool = newPool();
  const { connection } = borrow(pool, server.origin);
  const { body } = await connection.client.request({ method: 'POST', path: '/' });
  await body.text();
  pool.release(connection);
  expect(pool.originCount).toBe(1);
  for (const socket of server.open) socket.end();
  await vi.waitFor(() => expect(pool.originCount).toBe(0));
  expect(pool.idleCount).toBe(0);
});
