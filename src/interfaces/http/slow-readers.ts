import type { ServerResponse } from 'node:http';
import type { Logger } from '../../application/ports/logger.js';
import type { Scheduler } from '../../application/ports/scheduler.js';

const LOOK_MS = 5000;
/** An answer of which something was unsent at so many looks and all of those between is cut: after a minute. */
const LOOKS = 12;

/**
 * Cuts the connections of clients that do not take their answers: what is kept for them is as large as they ask for.
 * Streams count too: whoever keeps up has nothing unsent for most of the time.
 * @param answers that are due or on their way
 * @returns ends it
 */
export function cutSlowReaders(
  answers: ReadonlySet<ServerResponse>,
  scheduler: Scheduler,
  logger: Logger,
): () => void {
  let slow = new Map<ServerResponse, number>();
  const look = (): void => {
    const before = slow;
    slow = new Map();
    for (const answer of answers) {
      // One without a socket waits for the answer to an earlier request.
      if (!answer.headersSent || answer.writableLength === 0 || !answer.socket) continue;
      const looks = before.get(answer) ?? 0;
      slow.set(answer, looks + 1);
      if (looks < LOOKS) continue;
      logger.debug('a client was cut off: it does not take its answer', {
        request_id: answer.getHeader('X-Request-Id'),
      });
      answer.socket.destroy();
    }
    cancel = scheduler.after(LOOK_MS, look);
  };
  let cancel = scheduler.after(LOOK_MS, look);
  return () => cancel();
}
