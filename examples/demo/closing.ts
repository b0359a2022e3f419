import type { Metrics } from './api.js';
import { until, type Stage } from './stage.js';

export const TRY_IT = `
Try it yourself, in three terminals:
  npm start
  node -e 'http.createServer((q, s) => q.pipe(s)).listen(8080)'
  curl localhost:6390/jobs -H 'Content-Type: application/json' \\
    -d '{"callback_url":"http://localhost:8080","payload":{"hello":"world"}}'
`;

/**
 * What the server says when it has nothing left to do, against what the receiver saw.
 * @throws when a job is not accounted for
 */
export async function account(stage: Stage): Promise<string> {
  const { total, completed, dead, pending, running } = await whenIdle(stage);
  const { deliveries } = stage.receiver;
  const seen = new Set(deliveries.map(({ jobId }) => jobId)).size;
  const sum = `${total} jobs = ${completed} completed + ${dead} dead + ${pending} pending + ${running} running`;
  if (seen !== total) throw new Error(`the receiver saw ${seen} jobs, but GET /metrics says ${sum}`);
  return `GET /metrics: ${sum}
The webhooks got all ${seen} of them, in ${deliveries.length} deliveries (some failed, as you saw).
`;
}

function whenIdle(stage: Stage): Promise<Metrics['jobs']> {
  return until(stage, 'an idle server', async () => {
    const { jobs } = await stage.api.metrics();
    return jobs.pending + jobs.running === 0 ? jobs : undefined;
  });
}
