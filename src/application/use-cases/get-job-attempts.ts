import type { Job } from '../../domain/job/job.js';
import { excerptOf } from '../../domain/job/webhook-outcome.js';
import type { KeptAttempt } from '../ports/job-queries.js';
import { LIST_LIMIT_MAX } from '../limits.js';
import { ok, type Result } from '../errors.js';
import { jobNotFound } from './get-job.js';
import type { Ports } from './ports.js';

interface Begun {
  /** From 1; starts again after a manual retry. */
  readonly number: number;
  /** Epoch milliseconds, as is finishedAt. */
  readonly startedAt: number;
  /** Failed attempts right before this one of which nothing is kept any more. */
  readonly omittedBefore: number;
}

interface Failed extends Begun {
  readonly outcome: 'failed';
  readonly finishedAt: number;
  /** null: there was no answer. */
  readonly statusCode: number | null;
  readonly error: string;
  /** The first part of the answer. */
  readonly response: string | null;
}

interface Succeeded extends Begun {
  readonly outcome: 'succeeded';
  readonly finishedAt: number;
  /** It was some 2xx; which, is not kept. */
  readonly statusCode: null;
  readonly error: null;
  readonly response: string | null;
}

interface Running extends Begun {
  readonly outcome: 'running';
  readonly finishedAt: null;
  readonly statusCode: null;
  readonly error: null;
  readonly response: null;
}

export type JobAttempt = Failed | Succeeded | Running;

/** The last `limit` attempts that are kept of a job, the oldest of them first; a limit over LIST_LIMIT_MAX counts as that. */
export type GetJobAttempts = (id: string, limit: number) => Promise<Result<readonly JobAttempt[]>>;

export function getJobAttempts({ queries }: Pick<Ports, 'queries'>): GetJobAttempts {
  return async (id, wanted) => {
    const limit = Math.min(wanted, LIST_LIMIT_MAX);
    const job = await queries.get(id);
    if (!job) return jobNotFound(id);
    const failures = await queries.failedAttempts(id, limit);
    const last = lastAttempt(job);
    // What was under way when the job was read may have failed since.
    const isKnown = last?.outcome === 'running' && failures.some((failure) => isSame(failure, last));
    const attempts = [...failures.map(toFailed), ...(last === null || isKnown ? [] : [last])];
    return ok(attempts.slice(-limit));
  };
}

/** The attempt that only the job itself knows of. */
function lastAttempt({ status, attempt, startedAt, completedAt, result }: Job): Running | Succeeded | null {
  if (startedAt === null) return null;
  const begun = { number: attempt, startedAt, omittedBefore: 0, statusCode: null, error: null };
  if (status === 'running') return { ...begun, outcome: 'running', finishedAt: null, response: null };
  if (status !== 'completed' || completedAt === null) return null;
  return { ...begun, outcome: 'succeeded', finishedAt: completedAt, response: excerptOf(result ?? '') };
}

function isSame(a: Pick<Begun, 'number' | 'startedAt'>, b: Begun): boolean {
  return a.number === b.number && a.startedAt === b.startedAt;
}

function toFailed({ responseExcerpt, ...attempt }: KeptAttempt): Failed {
  return { ...attempt, outcome: 'failed', response: responseExcerpt };
}
