import { describe, expect, test } from 'vitest';
import { InProcessEvents } from '../../../src/infrastructure/events/in-process-events.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { silentLogger } from '../../support/silent-logger.js';

describe('InProcessEvents', () => {
  test('tells every listener, in the order of subscription, before publish returns', () => {
    const events = new InProcessEvents(silentLogger);
    const heard: string[] = [];
    events.subscribe((event) => heard.push(`first ${event.type}`));
    events.subscribe((event) => heard.push(`second ${event.type}`));
    events.publish({ type: 'jobs_pending' });
    events.publish({ type: 'schedule_changed' });
    expect(heard).toEqual([
      'first jobs_pending',
      'second jobs_pending',
      'first schedule_changed',
      'second schedule_changed',
    ]);
  });

  test('is silent without listeners', () => {
    expect(() => new InProcessEvents(silentLogger).publish({ type: 'queue_changed' })).not.toThrow();
  });

  test('a listener that throws is logged and stops neither the others nor the publisher', () => {
    const logger = new RecordingLogger();
    const events = new InProcessEvents(logger);
    const error = new Error('no');
    let heard = 0;
    events.subscribe(() => {
      throw error;
    });
    events.subscribe(() => (heard += 1));
    events.publish({ type: 'queue_changed' });
    expect(heard).toBe(1);
    expect(logger.lines).toEqual([
      { level: 'error', message: 'a listener failed', fields: { event: 'queue_changed' }, error },
    ]);
  });

  test('ends a subscription, alone, even of a function that listens twice', () => {
    const events = new InProcessEvents(silentLogger);
    let heard = 0;
    const listener = (): void => {
      heard += 1;
    };
    const end = events.subscribe(listener);
    events.subscribe(listener);
    end();
    end();
    events.publish({ type: 'jobs_pending' });
    expect(heard).toBe(1);
  });

  test('a listener that is ended during an event does not hear it any more; a new one hears the next', () => {
    const events = new InProcessEvents(silentLogger);
    const heard: string[] = [];
    events.subscribe(() => {
      endSecond();
      events.subscribe(() => heard.push('late'));
    });
    const endSecond = events.subscribe(() => heard.push('second'));
    events.publish({ type: 'jobs_pending' });
    expect(heard).toEqual([]);
    events.publish({ type: 'jobs_pending' });
    expect(heard).toEqual(['late']);
  });

  test('may publish from within a listener', () => {
    const events = new InProcessEvents(silentLogger);
    const heard: string[] = [];
    events.subscribe((event) => {
      if (event.type === 'queue_changed') events.publish({ type: 'jobs_pending' });
    });
    events.subscribe((event) => heard.push(event.type));
    events.publish({ type: 'queue_changed' });
    expect(heard).toEqual(['jobs_pending', 'queue_changed']);
  });
});
