import type { QueueStats } from '../../application/ports/queue-store.js';
import { availableTokens } from '../../domain/queue/token-bucket.js';
import { waitReason } from '../../domain/queue/claim-plan.js';
import { chip } from './components.js';
import { formatCount } from './format.js';
import { html, type Html } from './html.js';

/** Why the queue's ready jobs wait, if they do. */
export function queueState({ queue, counts }: QueueStats, now: number): Html {
  if (queue.paused) return chip('paused');
  const ready = counts.pending - counts.delayed;
  switch (waitReason({ ...queue, ready, running: counts.running }, now)) {
    case 'concurrency':
      return chip('warning', 'at its concurrency limit');
    case 'rate':
      return chip('warning', 'at its rate limit');
    case 'paused':
      return chip('paused');
    case null:
      return counts.running > 0 || ready > 0 ? chip('ok', 'working') : chip('off', 'idle');
  }
}

/** "5 / s, 3 tokens left" */
export function rateLimit({ queue }: QueueStats, now: number): Html {
  if (queue.rateLimitRps === null || queue.bucket === null) return html`<span class="none">none</span>`;
  const tokens = Math.max(0, availableTokens(queue.bucket, queue.rateLimitRps, now));
  return html`${queue.rateLimitRps} / s <small>${formatCount(tokens)} ${tokens === 1 ? 'token' : 'tokens'}</small>`;
}

/** Running jobs of those that may run at once. */
export function concurrency({ queue, counts }: QueueStats): Html {
  const { running } = counts;
  const { maxConcurrency } = queue;
  return html`<span class="usage">${formatCount(running)} / ${formatCount(maxConcurrency)} <progress max="${maxConcurrency}" value="${Math.min(running, maxConcurrency)}" aria-label="Concurrency in use"></progress></span>`;
}
