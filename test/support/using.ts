import { DEFAULT_CONFIG } from '../../src/application/config.js';
import { createUseCases } from '../../src/application/use-cases/use-cases.js';
import { callbackRules } from './egress.js';
import { FakeClock } from './fake-clock.js';
import { NOW } from './jobs.js';
import { memoryStores } from './memory-stores.js';
import { recordedEvents } from './recorded-events.js';
import { SequentialIds } from './sequential-ids.js';
import { TurnScheduler } from './turn-scheduler.js';

/** The use cases over memory, without an engine. */
export function using(defaults = DEFAULT_CONFIG.defaults) {
  const clock = new FakeClock(NOW);
  const stores = memoryStores();
  const { events, published } = recordedEvents();
  const scheduler = new TurnScheduler();
  const ports = { ...stores, clock, scheduler, ids: new SequentialIds(), events };
  return {
    clock,
    scheduler,
    stores,
    published,
    ...createUseCases(ports, defaults, '1.2.3', callbackRules()),
  };
}
