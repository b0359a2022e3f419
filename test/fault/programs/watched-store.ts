import type { ClaimOutcome, ClaimRequest, Job, JobStore, Settlement } from '../../../src/index.js';

export interface Watcher {
  /** Before the caller knows of it. */
  claimed?(jobs: readonly Job[]): void;
  settling?(settlements: readonly Settlement[]): void;
  /** Before the caller knows of it. */
  settled?(settlements: readonly Settlement[]): void;
}

/** A store that tells of its claims and settlements. */
export function watchedStore(store: JobStore, watcher: Watcher): JobStore {
  const claim = async (request: ClaimRequest): Promise<ClaimOutcome> => {
    const outcome = await store.claim(request);
    if (outcome.kind === 'claimed') watcher.claimed?.(outcome.jobs);
    return outcome;
  };
  const settle: JobStore['settle'] = async (settlements) => {
    watcher.settling?.(settlements);
    const outcomes = await store.settle(settlements);
    watcher.settled?.(settlements);
    return outcomes;
  };
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'claim') return claim;
      if (name === 'settle') return settle;
      const method: unknown = Reflect.get(target, name, target);
      if (typeof method !== 'function') return method;
      return (...parameters: unknown[]): unknown => Reflect.apply(method, target, parameters);
    },
  });
}
