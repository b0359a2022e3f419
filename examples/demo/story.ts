import { delayedJob, plainJob, priorities } from './acts/delivery.js';
import { deadJobs, flakyWebhook } from './acts/failure.js';
import { cronSchedule, idempotency, rateLimit } from './acts/pace.js';
import { pause, type Act, type Stage } from './stage.js';
import type { View } from './view/view.js';

export const ACTS: readonly Act[] = [
  plainJob,
  priorities,
  delayedJob,
  flakyWebhook,
  deadJobs,
  rateLimit,
  cronSchedule,
  idempotency,
];

/** Time to read what just happened. */
const BETWEEN_ACTS_MS = 900;

export async function playAll(stage: Stage, view: View): Promise<void> {
  for (const [index, act] of ACTS.entries()) {
    view.act(index + 1, act);
    view.outcome(await act.play(stage));
    await pause(stage, BETWEEN_ACTS_MS);
  }
}
