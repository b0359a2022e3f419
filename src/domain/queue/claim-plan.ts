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

/** The slots of this worker, as a plan needs to know them. */
export interface FreeSlots {
  readonly free: number;
  /** How many of the free ones may be given out now. */
  readonly most: number;
  /** Does the queue hold a slot already? */
  readonly holds: (queueName: string) => boolean;
  /** How many must stay free when the queue takes one beyond its first. */
  readonly leftBy: (queueName: string) => number;
}

/**
 * Who may take how much now. First, each queue that holds no slot gets one. The others go round the queues in equal
 * parts, as long as enough stay free; what one queue cannot use goes to the others. The first in line is drawn at
 * random, so no queue starves when there are fewer slots than queues.
 *
 * @param random a number in [0, 1)
 */
export function planClaim(
  queues: readonly QueueSnapshot[],
  slots: FreeSlots,
  now: number,
  random: number,
): Share[] {
  const open = queues
    .map((queue) => ({
      queueName: queue.name,
      wanted: claimable(queue, now),
      leaves: 0,
      count: 0,
    }))
    .filter((share) => share.wanted > 0);
  const first = Math.floor(random * open.length);
  const shares = [...open.slice(first), ...open.slice(0, first)];

  let left = slots.most;
  for (const share of shares) {
    if (left === 0) break;
    if (slots.holds(share.queueName)) continue;
    share.count = 1;
    left -= 1;
  }
  // With as many queues as slots there is nothing left to share.
  if (left > 0) for (const share of shares) share.leaves = slots.leftBy(share.queueName);
  const kept = slots.free - slots.most;
  const spare = ({ leaves }: { leaves: number }): number => Math.min(left, left + kept - leaves);
  let hungry = shares;
  for (;;) {
    hungry = hungry.filter((share) => share.count < share.wanted && spare(share) > 0);
    if (hungry.length === 0) break;
    const least = hungry.reduce((found, share) => Math.min(found, spare(share)), left);
    const part = Math.max(1, Math.floor(least / hungry.length));
    for (const share of hungry) {
      const more = Math.max(0, Math.min(part, share.wanted - share.count, spare(share)));
      share.count += more;
      left -= more;
    }
  }
  return shares.filter((share) => share.count > 0).map(({ queueName, count }) => ({ queueName, count }));
}
