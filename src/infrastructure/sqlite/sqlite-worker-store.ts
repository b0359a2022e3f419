import type Database from 'better-sqlite3';
import { and, asc, eq, sql } from 'drizzle-orm';
import type { Beat, WorkerStore } from '../../application/ports/worker-store.js';
import type { Worker } from '../../domain/worker/worker.js';
import { workers } from './schema.js';
import type { SqliteDatabase } from './sqlite-database.js';

/** All running jobs are looked at once for each of the dead, which are few. test/unit/sqlite checks its plan. */
export const BURY = `DELETE FROM workers WHERE dead = 1 AND NOT EXISTS (
  SELECT 1 FROM jobs INDEXED BY idx_jobs_reaper WHERE status = 'running' AND worker_id = workers.id)`;

export class SqliteWorkerStore implements WorkerStore {
  readonly #db: SqliteDatabase;
  /** Read every second by each process. */
  readonly #all;
  readonly #bury: Database.Statement<[]>;

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#all = db.orm
      .select()
      .from(workers)
      .where(eq(workers.dead, false))
      .orderBy(asc(workers.startedAt), asc(workers.id))
      .prepare();
    this.#bury = db.connection.prepare(BURY);
  }

  register(worker: Worker, formerId: string | null): Promise<Worker> {
    return this.#db.write(() => {
      const former =
        formerId === null
          ? undefined
          : this.#db.orm.select().from(workers).where(eq(workers.id, formerId)).get();
      const registered = { ...worker, draining: former?.draining ?? worker.draining };
      this.#db.orm.insert(workers).values(toRow(registered)).run();
      return registered;
    });
  }

  beat({ id, stopping, inFlight, now }: Beat): Promise<'alive' | 'lost'> {
    return this.#db.write(() => {
      const { changes } = this.#db.orm
        .update(workers)
        .set({ stopping, inFlight, lastBeatAt: now, beats: sql`${workers.beats} + 1` })
        .where(isAlive(id))
        .run();
      return changes === 1 ? 'alive' : 'lost';
    });
  }

  list(): Promise<Worker[]> {
    return this.#db.read(() => this.#all.all().map(toWorker));
  }

  get(id: string): Promise<Worker | null> {
    return this.#db.read(() => this.#select(id));
  }

  setDraining(id: string, draining: boolean): Promise<Worker | null> {
    return this.#db.write(() => {
      this.#db.orm.update(workers).set({ draining }).where(isAlive(id)).run();
      return this.#select(id);
    });
  }

  declareDead(id: string, beats: number): Promise<'declared' | 'alive' | 'missing'> {
    return this.#db.write(() => {
      const asSeen = and(isAlive(id), eq(workers.beats, beats));
      const { changes } = this.#db.orm.update(workers).set({ dead: true }).where(asSeen).run();
      if (changes === 1) return 'declared';
      return this.#select(id) ? 'alive' : 'missing';
    });
  }

  bury(): Promise<void> {
    return this.#db.write(() => {
      this.#bury.run();
    });
  }

  remove(id: string): Promise<void> {
    return this.#db.write(() => {
      this.#db.orm.delete(workers).where(eq(workers.id, id)).run();
    });
  }

  #select(id: string): Worker | null {
    const row = this.#db.orm.select().from(workers).where(isAlive(id)).get();
    return row ? toWorker(row) : null;
  }
}

function isAlive(id: string) {
  return and(eq(workers.id, id), eq(workers.dead, false));
}

function toRow({ process: { pid, space, birth }, ...worker }: Worker): typeof workers.$inferInsert {
  return { ...worker, pid, pidSpace: space, processBirth: birth };
}

function toWorker({ pid, pidSpace, processBirth, dead, ...worker }: typeof workers.$inferSelect): Worker {
  return { ...worker, process: { pid, space: pidSpace, birth: processBirth } };
}
