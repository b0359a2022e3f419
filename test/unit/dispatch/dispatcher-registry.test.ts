import { expect, test } from 'vitest';
import type { Dispatcher } from '../../../src/application/ports/dispatcher.js';
import type { Outcome } from '../../../src/domain/job/outcome.js';
import { DispatcherRegistry } from '../../../src/infrastructure/dispatch/dispatcher-registry.js';

class CountingDispatcher implements Dispatcher {
  closings = 0;
  readonly #onClose: () => void;

  constructor(onClose: () => void = () => undefined) {
    this.#onClose = onClose;
  }

  dispatch(): Promise<Outcome> {
    return Promise.resolve({ kind: 'interrupted' });
  }

  close(): Promise<void> {
    this.closings += 1;
    this.#onClose();
    return Promise.resolve();
  }
}

test("a URL's scheme names its dispatcher, in any case", () => {
  const http = new CountingDispatcher();
  const queue = new CountingDispatcher();
  const registry = new DispatcherRegistry({ http, https: http, 'x-queue+v1.0': queue });
  expect(registry.schemes).toEqual(['http', 'https', 'x-queue+v1.0']);
  expect(registry.forUrl('http://example.com')).toBe(http);
  expect(registry.forUrl('HTTPS://example.com')).toBe(http);
  expect(registry.forUrl('x-queue+v1.0:topic')).toBe(queue);
});

test.each([
  'ftp://example.com',
  '',
  ':',
  '//example.com',
  'example.com',
  '__proto__:x',
  'constructor:x',
  'htt',
])('there is no dispatcher for %s', (url) => {
  expect(new DispatcherRegistry({ http: new CountingDispatcher() }).forUrl(url)).toBeUndefined();
});

test('a Map serves as well, and later changes to it do not', () => {
  const dispatchers = new Map([['http', new CountingDispatcher()]]);
  const registry = new DispatcherRegistry(dispatchers);
  dispatchers.set('ftp', new CountingDispatcher());
  expect(registry.schemes).toEqual(['http']);
});

test.each(['', 'HTTP', 'http:', '1http', 'a b'])('"%s" is refused as a scheme', (scheme) => {
  expect(() => new DispatcherRegistry({ [scheme]: new CountingDispatcher() })).toThrow(RangeError);
});

test('closing closes each dispatcher once', async () => {
  const http = new CountingDispatcher();
  const other = new CountingDispatcher();
  await new DispatcherRegistry({ http, https: http, other }).close();
  expect([http.closings, other.closings]).toEqual([1, 1]);
});

test('closing goes on past a dispatcher that fails to, and tells', async () => {
  const broken = new CountingDispatcher(() => {
    throw new Error('stuck');
  });
  const other = new CountingDispatcher();
  const registry = new DispatcherRegistry({ broken, other });
  await expect(registry.close()).rejects.toMatchObject({ errors: [{ message: 'stuck' }] });
  expect(other.closings).toBe(1);
});
