// Enqueues jobs over HTTP as fast as they are accepted, one a request. Prints {"seconds"}.
import { z } from 'zod';
import { loadSeconds } from '../http-load.js';

const CONNECTIONS = 32;

const { url, queue, callbackUrl, jobs } = z
  .object({ url: z.string(), queue: z.string(), callbackUrl: z.string(), jobs: z.int() })
  .parse(JSON.parse(process.argv[2] ?? ''));

const job = {
  queue_name: queue,
  callback_url: callbackUrl,
  payload: { to: 'someone@example.com', subject: 'hello', body: 'x'.repeat(40) },
};
const seconds = await loadSeconds({
  url,
  path: '/jobs',
  body: JSON.stringify(job),
  connections: CONNECTIONS,
  requests: jobs,
  status: 201,
});
process.stdout.write(`${JSON.stringify({ seconds })}\n`);
