import { and, asc, eq, sql } from 'drizzle-orm';
import type { Beat, WorkerStore } from '../../application/ports/worker-store.js';
import type { Worker } from '../../domain/worker/worker.js';
import { workers } from './schema.js';
import type { SqliteDatabase } from './sqlite-database.js';

export class SqliteWorkerStore implements WorkerStore {
  readonly #db: SqliteDatabase;
  /** Read every second by each process. */
  readonly #all;

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#all = db.orm.select().from(workers).orderBy(asc(workers.startedAt), asc(workers.id)).prepare();
  }

  register(worker: Worker): Promise<void> {
    return this.#db.write(() => {
      this.#db.orm.insert(workers).values(toRow(worker)).run();
    });
  }

  beat({ id, inFlight, now }: Beat): Promise<'alive' | 'lost'> {
    return this.#db.write(() => {
      const { changes } = this.#db.orm
        .update(workers)
        .set({ inFlight, lastBeatAt: now, beats: sql`${workers.beats} + 1` })
        .where(eq(workers.id, id))
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
      this.#db.orm.update(workers).set({ draining }).where(eq(workers.id, id)).run();
      return this.#select(id);
    });
  }

  declareDead(id: string, beats: number): Promise<'removed' | 'alive' | 'missing'> {
    return this.#db.write(() => {
      const asSeen = and(eq(workers.id, id), eq(workers.beats, beats));
      const { changes } = this.#db.orm.delete(workers).where(asSeen).run();
      if (changes === 1) return 'removed';
      return this.#select(id) ? 'alive' : 'missing';
    });
  }

  remove(id: string): Promise<void> {
    return this.#db.write(() => {
      this.#db.orm.delete(workers).where(eq(workers.id, id)).run();
    });
  }

  #select(id: string): Worker | null {
    const row = this.#db.orm.select().from(workers).where(eq(workers.id, id)).get();
    return row ? toWorker(row) : null;
  }
}

function toRow({ process: { pid, space, birth }, ...worker }: Worker): typeof workers.$inferInsert {
  return { ...worker, pid, pidSpace: space, processBirth: birth };
}

function toWorker({ pid, pidSpace, processBirth, ...worker }: typeof workers.$inferSelect): Worker {
  return { ...worker, process: { pid, space: pidSpace, birth: processBirth } };
}
