import type { RetryPolicy } from '../retry/backoff.js';
import { bucketCapacity, fullBucket, refill, type TokenBucket } from './token-bucket.js';

export const DEFAULT_QUEUE = 'default';
/** The documented default of `max_concurrency`; no configuration key changes it. */
export const DEFAULT_MAX_CONCURRENCY = 5;

/** What a user can set on a queue. */
export interface QueueSettings extends RetryPolicy {
  /** Jobs of this queue that may run at once, over all processes; >= 1. */
  readonly maxConcurrency: number;
  /** Starts per second, > 0; null: no limit. */
  readonly rateLimitRps: number | null;
  /** Jobs that may be pending, >= 1: then no more are taken; null: any number. */
  readonly maxDepth: number | null;
  /** For jobs that don't say. */
  readonly maxRetries: number;
  /** How long its completed jobs are kept, milliseconds from their end; null: as the configuration says. */
  readonly retentionCompletedMs: number | null;
  /** The same of its dead jobs. */
  readonly retentionDeadMs: number | null;
  /** What signs its deliveries, the newest first; none: nothing does. null: as the configuration says. */
  readonly signingSecrets: readonly string[] | null;
}

export interface Queue extends QueueSettings {
  readonly name: string;
  readonly paused: boolean;
  /** null while there has never been a rate. Without one, it keeps what was saved until then. */
  readonly bucket: TokenBucket | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type QueueChange = Partial<QueueSettings & { readonly paused: boolean }>;

export function newQueue(name: string, settings: QueueSettings, now: number): Queue {
  return {
    name,
    ...settings,
    paused: false,
    bucket: settings.rateLimitRps === null ? null : fullBucket(settings.rateLimitRps, now),
    createdAt: now,
    updatedAt: now,
  };
}

/**
 * The queue with the given settings changed. A new rate keeps the tokens saved under the old one, up to the new
 * capacity, and so does a rate that comes after none: a change of the limit is no way round it.
 */
export function changeQueue(queue: Queue, change: QueueChange, now: number): Queue {
  const changed = { ...queue, ...change, updatedAt: now };
  return { ...changed, bucket: bucketFor(queue, changed.rateLimitRps, now) };
}

function bucketFor({ bucket, rateLimitRps }: Queue, rate: number | null, now: number): TokenBucket | null {
  if (rate === rateLimitRps) return bucket;
  if (bucket === null) return rate === null ? null : fullBucket(rate, now);
  // The time without a limit counts as if the new one had held.
  if (rateLimitRps === null) return rate === null ? bucket : refill(bucket, rate, now);
  const { tokens, refilledAt } = refill(bucket, rateLimitRps, now);
  return { tokens: rate === null ? tokens : Math.min(tokens, bucketCapacity(rate)), refilledAt };
}
