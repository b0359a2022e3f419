import { onTestFinished } from 'vitest';
import type { Attempt } from '../../src/application/ports/dispatcher.js';
import type { Outcome } from '../../src/domain/job/outcome.js';
import {
  UndiciHttpDispatcher,
  type UndiciHttpDispatcherOptions,
} from '../../src/infrastructure/dispatch/undici-http-dispatcher.js';
import { egress } from './egress.js';
import { FakeClock } from './fake-clock.js';

/** Longer than any test that expects an answer; a test of the deadline names its own. */
const AMPLE_TIMEOUT_MS = 20_000;

/** A dispatcher that is closed when the test ends. */
export function startDispatcher(options: Partial<UndiciHttpDispatcherOptions> = {}): UndiciHttpDispatcher {
  const dispatcher = new UndiciHttpDispatcher({
    egress: egress(),
    retryStatuses: [408, 425, 429],
    maxResultBytes: 65_536,
    connectionsPerOrigin: 10,
    version: '1.2.3',
    signingSecrets: [],
    clock: new FakeClock(),
    ...options,
  });
  onTestFinished(() => dispatcher.close());
  return dispatcher;
}

export function attemptAt(url: string, change: Partial<Attempt> = {}): Attempt {
  return {
    jobId: '018cf2b0-0000-7000-8000-000000000001',
    queueName: 'default',
    number: 1,
    url,
    payload: '{}',
    headers: {},
    signingSecrets: null,
    timeoutMs: AMPLE_TIMEOUT_MS,
    ...change,
  };
}

/** Dispatches one attempt that nothing interrupts. */
export function deliver(
  dispatcher: UndiciHttpDispatcher,
  url: string,
  change: Partial<Attempt> = {},
): Promise<Outcome> {
  return dispatcher.dispatch(attemptAt(url, change), new AbortController().signal);
}

/** The error text of a failed outcome. */
export function errorOf(outcome: Outcome): string {
  if (outcome.kind !== 'failed') throw new Error(`the attempt did not fail: ${JSON.stringify(outcome)}`);
  return outcome.error;
}
