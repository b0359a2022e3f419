import type { Job } from '../../src/domain/job/job.js';
import { failPermanently, type Transition } from '../../src/domain/job/transitions.js';
import { planClaim } from '../../src/domain/queue/claim-plan.js';
import type {
  ClaimRequest,
  JobStore,
  PruneOutcome,
  PruneRequest,
  Settlement,
} from '../../src/application/ports/job-store.js';
import { newJob, NOW, QUEUE_DEFAULTS } from '../support/jobs.js';
import { claimed } from '../support/workers.js';
import type { Stores } from './store-harness.js';
import { freeSlots } from '../support/free-slots.js';

export const RESULT = { result: 'ok', resultTruncated: false };
export const ATTEMPT = {
  number: 1,
  startedAt: NOW,
  finishedAt: NOW + 1,
  statusCode: 500,
  error: 'HTTP 500',
  responseExcerpt: null,
};

export async function insert(jobs: Stores['jobs'], specs: Parameters<Stores['jobs']['insert']>[0]['jobs']) {
  const outcomes = await jobs.insert({ jobs: specs, now: NOW, queueDefaults: QUEUE_DEFAULTS });
  return taken(outcomes);
}

/** The outcomes of an insertion that was not refused. */
export function taken(outcome: Awaited<ReturnType<Stores['jobs']['insert']>>) {
  if (!Array.isArray(outcome)) throw new Error(`not inserted: ${JSON.stringify(outcome)}`);
  return outcome;
}

export async function claim(
  jobs: Stores['jobs'],
  { random = 0, ...change }: Partial<ClaimRequest> & { random?: number } = {},
): Promise<readonly Job[]> {
  const request = { now: NOW, workerId: 'worker-1', slots: 100, queues: [], ...change };
  const plan: ClaimRequest['plan'] = (queues) =>
    planClaim(queues, freeSlots(request.slots), request.now, random);
  return claimed(await jobs.claim({ plan, ...request }));
}

export function settlement(
  job: Job,
  transition: Transition,
  failedAttempt: Settlement['failedAttempt'],
): Settlement {
  return { jobId: job.id, leaseToken: job.leaseToken, state: state(transition), failedAttempt };
}

export function settle(jobs: Stores['jobs'], ends: readonly (readonly [Job | undefined, Transition])[]) {
  return jobs.settle(ends.map(([job, transition]) => settlement(got(job), transition, null)));
}

export async function deadJob(jobs: Stores['jobs']): Promise<Job> {
  await insert(jobs, [newJob()]);
  const [job] = await claim(jobs);
  const death = failPermanently(got(job), { ...token(job), error: 'HTTP 404' }, NOW + 1);
  await settle(jobs, [[job, death]]);
  return { ...got(job), ...state(death) };
}

export function state(transition: Transition) {
  if (transition.kind !== 'changed') throw new Error(`expected a change, got ${transition.kind}`);
  return transition.job;
}

export function token(job: Job | undefined): { leaseToken: number } {
  return { leaseToken: got(job).leaseToken };
}

export function got<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('expected a value');
  return value;
}

/** Step by step, until there is nothing left to delete. */
export async function pruneAll(
  jobs: JobStore,
  request: Omit<PruneRequest, 'after'>,
): Promise<PruneOutcome[]> {
  const steps: PruneOutcome[] = [];
  let after: string | null = '';
  while (after !== null) {
    const step: PruneOutcome = await jobs.prune({ ...request, after });
    steps.push(step);
    after = step.next;
  }
  return steps;
}
