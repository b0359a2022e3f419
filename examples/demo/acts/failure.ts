import type { Job } from '../api.js';
import { delivered, pause, reached, seconds, until, type Act, type Stage } from '../stage.js';

export const flakyWebhook: Act = {
  name: 'Flaky webhook',
  caption: 'failures are retried, with growing delays and jitter.',
  async play(stage) {
    const { api, receiver, tell } = stage;
    const callbackUrl = receiver.hook('payment', ({ attempt }) => ({ status: attempt <= 2 ? 500 : 200 }));
    const { body: job } = await api.enqueue({
      callback_url: callbackUrl,
      queue_name: 'payments',
      base_delay_ms: 600,
    });
    for (const attempt of [1, 2]) tell(...(await failure(stage, 'payment', job, attempt)));
    await delivered(stage, job, 3);
    const { attempt } = await reached(stage, job, 'completed');
    const arrivals = receiver.of(job.id).map(({ at }) => at);
    const waits = arrivals.slice(1).map((at, index) => seconds(at - (arrivals[index] ?? at)));
    return `completed by attempt ${attempt}, after waits of ${waits.join(' and ')}`;
  },
};

export const deadJobs: Act = {
  name: 'Dead jobs',
  caption: 'what cannot succeed is set aside, until you retry it.',
  async play(stage) {
    const { api, receiver, tell } = stage;
    const broken = receiver.hook('report', () => ({ status: 500 }));
    const missing = receiver.hook('invoice', () => ({ status: 404 }));
    const common = { queue_name: 'billing', base_delay_ms: 300 };
    const { body: invoice } = await api.enqueue({ ...common, callback_url: missing });
    tell(...(await failure(stage, 'invoice', invoice, 1)));
    const { body: report } = await api.enqueue({ ...common, callback_url: broken, max_retries: 1 });
    for (const attempt of [1, 2]) tell(...(await failure(stage, 'report', report, attempt)));

    await pause(stage, 600);
    receiver.hook('invoice');
    await api.retry(invoice.id);
    tell('invoice: its webhook is mended; POST /jobs/{id}/retry');
    await reached(stage, invoice, 'completed');
    const { attempt, status } = await api.job(report.id);
    return `invoice revived and completed, report ${status} after ${attempt} attempts`;
  },
};

/** What became of the job after this attempt failed. */
async function failure(stage: Stage, name: string, job: Job, attempt: number): Promise<[string, 'bad']> {
  await delivered(stage, job, attempt);
  const after = await until(stage, `the end of attempt ${attempt} of ${name}`, async () => {
    const now = await stage.api.job(job.id);
    return now.status === 'running' && now.attempt === attempt ? undefined : now;
  });
  const error = `${name}, attempt ${attempt}: ${after.last_error ?? 'failed'}`;
  if (after.status === 'dead') return [`${error}, dead`, 'bad'];
  // When this process was kept waiting for long, the next attempt is there already.
  if (after.attempt > attempt) return [`${error}, retried`, 'bad'];
  return [`${error}, to be retried in ${seconds(after.visible_at - after.updated_at)}`, 'bad'];
}
