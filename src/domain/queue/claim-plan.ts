import { availableTokens, type TokenBucket } from './token-bucket.js';

/** What the plan needs to know of a queue. */
export interface QueueSnapshot {
  readonly name: string;
  readonly paused: boolean;
  /** Jobs that are due. */
  readonly ready: number;
  /** Jobs running now, over all processes. */
  readonly running: number;
  readonly maxConcurrency: number;
  readonly rateLimitRps: number | null;
  readonly bucket: TokenBucket | null;
}

/** Take up to `count` jobs (>= 1) from the queue. */
export interface Share {
  readonly queueName: string;
  readonly count: number;
}

/** How many jobs the queue may start now. */
export function claimable(queue: QueueSnapshot, now: number): number {
  if (queue.paused) return 0;
  const free = Math.max(0, queue.maxConcurrency - queue.running);
  const tokens =
    queue.rateLimitRps === null || queue.bucket === null
      ? Number.POSITIVE_INFINITY
      : availableTokens(queue.bucket, queue.rateLimitRps, now);
  return Math.min(queue.ready, free, tokens);
}

export type WaitReason = 'paused' | 'concurrency' | 'rate';

/** What keeps the queue's ready jobs from being started now; null when nothing does, or none is ready. */
export function waitReason(queue: QueueSnapshot, now: number): WaitReason | null {
  if (queue.ready === 0 || claimable(queue, now) > 0) return null;
  if (queue.paused) return 'paused';
  return queue.running >= queue.maxConcurrency ? 'concurrency' : 'rate';
}

/**
 * Who may take how much now. Slots go round the queues in equal parts; what one queue cannot use goes to the others;
 * the first in line is drawn at random, so no queue starves when there are fewer slots than queues.
 *
 * @param slots free slots of this worker
 * @param random a number in [0, 1)
 */
export function planClaim(
  queues: readonly QueueSnapshot[],
  slots: number,
  now: number,
  random: number,
): Share[] {
  const open = queues
    .map((queue) => ({ queueName: queue.name, wanted: claimable(queue, now), count: 0 }))
    .filter((share) => share.wanted > 0);
  const first = Math.floor(random * open.length);
  const shares = [...open.slice(first), ...open.slice(0, first)];

  let left = slots;
  let hungry = shares;
  while (left > 0 && hungry.length > 0) {
    const part = Math.max(1, Math.floor(left / hungry.length));
    for (const share of hungry) {
      const more = Math.min(part, share.wanted - share.count, left);
      share.count += more;
      left -= more;
    }
    hungry = hungry.filter((share) => share.count < share.wanted);
  }
  return shares.filter((share) => share.count > 0).map(({ queueName, count }) => ({ queueName, count }));
}
