import { SystemClock } from '../../src/infrastructure/time/system-clock.js';
import { UndiciHttpDispatcher } from '../../src/infrastructure/dispatch/undici-http-dispatcher.js';
import { egress } from './egress.js';
import { silentLogger } from './silent-logger.js';

/** A process of its own that delivers a job to the URL it is given, and then has nothing left to do. */
const [, , url = ''] = process.argv;
const dispatcher = new UndiciHttpDispatcher({
  egress: egress(),
  retryStatuses: [],
  maxResultBytes: 100,
  connectionsPerOrigin: 1,
  version: '0.0.0',
  signingSecrets: [],
  clock: new SystemClock(silentLogger),
});
const attempt = {
  jobId: 'a',
  queueName: 'b',
  number: 1,
  url,
  payload: '{}',
  headers: {},
  signingSecrets: null,
  timeoutMs: 3_600_000,
};
const outcome = await dispatcher.dispatch(attempt, new AbortController().signal);
process.stdout.write(outcome.kind);
