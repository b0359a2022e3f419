/**
 * The server with handlers in its own process, as a user of the library may have them, under URLs such as do:well. All but
 * the first are bad for the process: abort, exhaust (its memory), reject (a promise that nobody waits for), throw (from a
 * timer), and spin, whose first delivery blocks the event loop until there is a file called "go".
 */
import { existsSync, writeFileSync } from 'node:fs';
import type { Attempt, Outcome } from '../../../src/index.js';
import { config, createMininq, DispatcherRegistry, T } from './built.js';

const SUCCEEDED: Outcome = { kind: 'succeeded', result: 'ok', resultTruncated: false };
const never = new Promise<Outcome>(() => undefined);
const forgotten: Promise<never>[] = [];

const HANDLERS: Record<string, (attempt: Attempt) => Outcome | Promise<Outcome>> = {
  well: () => SUCCEEDED,
  abort: () => process.abort(),
  exhaust: () => {
    const hoard: number[][] = [];
    for (;;) hoard.push(Array.from({ length: 100_000 }, Math.random));
  },
  reject: () => {
    forgotten.push(Promise.reject(new Error('nobody waits for this')));
    return never;
  },
  throw: () => {
    setTimeout(() => {
      throw new Error('nobody catches this');
    });
    return never;
  },
  spin: () => {
    if (existsSync('spinning')) return SUCCEEDED;
    writeFileSync('spinning', '');
    while (!existsSync('go'));
    return SUCCEEDED;
  },
};

const handlers = {
  dispatch: async (attempt: Attempt): Promise<Outcome> => {
    const handler = HANDLERS[attempt.url.slice('do:'.length)];
    if (!handler) throw new Error(`there is no handler for ${attempt.url}`);
    return handler(attempt);
  },
  close: () => Promise.resolve(),
};

const mininq = createMininq(config, (container) => {
  container.rebind(T.Dispatchers).toConstantValue(new DispatcherRegistry({ do: handlers }));
});
await mininq.start();
