import type { Event, Events } from '../../src/application/ports/events.js';
import { InProcessEvents } from '../../src/infrastructure/events/in-process-events.js';
import { silentLogger } from './silent-logger.js';

/** Events, and a list of those that were published. */
export function recordedEvents(): { readonly events: Events; readonly published: readonly Event['type'][] } {
  const events = new InProcessEvents(silentLogger);
  const published: Event['type'][] = [];
  events.subscribe(({ type }) => published.push(type));
  return { events, published };
}
