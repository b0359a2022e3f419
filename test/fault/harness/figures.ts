import { expect } from 'vitest';
import { eventually } from '../../support/eventually.js';
import type { Figures } from './scenario.js';
import { DEADLINE_MS, type Server, type Site } from './site.js';
import { expectSound, storedJobs } from './stored.js';

/** Every acknowledged job that is not stored. Where nothing is cancelled or cleaned up, each must be. */
export function lostJobs(site: Site): string[] {
  const stored = storedJobs(site.database);
  return site.ledger.acknowledged.filter((id) => !stored.has(id));
}

/** Waits until no job is pending or running. */
export async function allFinished({ api }: Pick<Server, 'api'>, deadlineMs = DEADLINE_MS): Promise<void> {
  await eventually(
    'every job is finished',
    async () => {
      const { total, pending, running } = await api.counts();
      return total > 0 && pending === 0 && running === 0;
    },
    deadlineMs,
  );
}

/**
 * The figures of a site whose jobs have all completed, each at a receiver that always says yes.
 * @param inFlight the jobs that were running whenever a process died, those of each death in a set
 */
export function deliveredFigures(site: Site, inFlight: readonly ReadonlySet<string>[] = []): Figures {
  expectSound(site.database);
  const stored = storedJobs(site.database);
  const times = site.ledger.timesDelivered;
  for (const { id, status } of stored.values()) expect({ id, status }).toEqual({ id, status: 'completed' });
  const { acknowledged } = site.ledger;
  const lost = acknowledged.filter((id) => !stored.has(id) || !times.has(id));
  let duplicates = 0;
  for (const [id, count] of times) {
    duplicates += count - 1;
    const deaths = inFlight.filter((ids) => ids.has(id)).length;
    // Once, and once more for each time that its delivery was under way when a process died.
    expect({ id, tooOften: Math.max(0, count - 1 - deaths) }).toEqual({ id, tooOften: 0 });
  }
  const allowed = inFlight.reduce((sum, ids) => sum + ids.size, 0);
  return { acknowledged: acknowledged.length, lost: lost.length, duplicates, allowed };
}
