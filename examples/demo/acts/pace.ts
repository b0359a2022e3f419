import type { Delivery } from '../receiver.js';
import { pause, reached, seconds, until, type Act, type Stage } from '../stage.js';

export const rateLimit: Act = {
  name: 'Rate limit',
  caption: 'rate_limit_rps 2 lets 2 jobs through at once, then 2 a second.',
  async play(stage) {
    const { api, receiver, tell } = stage;
    await api.createQueue({ name: 'crm', rate_limit_rps: 2 });
    const call = {
      callback_url: receiver.hook('crm', () => ({ status: 200, afterMs: 150 })),
      queue_name: 'crm',
    };
    const jobs = await api.enqueueAll(Array.from({ length: 7 }, () => call));
    tell(`calls 1 to ${jobs.length}: enqueued at once`);
    const offsets: number[] = [];
    while (offsets.length < jobs.length) {
      const { at } = await nth(stage, 'crm', offsets.length + 1);
      const offset = at - (receiver.to('crm')[0]?.at ?? at);
      offsets.push(offset);
      tell(`call ${offsets.length}: delivered at +${seconds(offset)}`);
    }
    for (const job of jobs) await reached(stage, job, 'completed');
    return `${jobs.length} calls in ${seconds(offsets.at(-1) ?? 0)}`;
  },
};

export const cronSchedule: Act = {
  name: 'Cron schedule',
  caption: 'POST /schedules with "* * * * * *" makes a job every second.',
  async play(stage) {
    const { api, receiver, tell } = stage;
    const ticks = 3;
    const scheduleId = await api.createSchedule({
      cron_expression: '* * * * * *',
      callback_url: receiver.hook('clean-up'),
      queue_name: 'housekeeping',
    });
    for (let tick = 1; tick <= ticks; tick += 1) {
      const { time } = await nth(stage, 'clean-up', tick);
      const clock = new Date(time).toISOString().slice(11, 19);
      tell(`clean-up ${tick}: delivered ${time % 1000} ms after ${clock} UTC`);
    }
    await api.deleteSchedule(scheduleId);
    const jobs = new Set(receiver.to('clean-up').map(({ jobId }) => jobId));
    return `${ticks} ticks, ${count(jobs.size, 'job')}; then the schedule was deleted`;
  },
};

export const idempotency: Act = {
  name: 'Idempotency key',
  caption: 'a client that is not sure may send its job again.',
  async play(stage) {
    const { api, receiver, tell } = stage;
    const order = { callback_url: receiver.hook('order'), idempotency_key: 'order-42' };
    const first = await api.enqueue(order);
    tell(`order 42: answered with ${first.status}, job ${first.body.id.slice(-6)}`);
    const again = await api.enqueue(order);
    tell(`order 42 again: answered with ${again.status}, job ${again.body.id.slice(-6)}`);
    for (const { body } of [first, again]) await reached(stage, body, 'completed');
    // A second delivery would come by now.
    await pause(stage, 400);
    const jobs = new Set([first.body.id, again.body.id]);
    const deliveries = receiver.to('order').length;
    return `2 requests, ${count(jobs.size, 'job')}, ${count(deliveries, 'delivery', 'deliveries')}`;
  },
};

function nth(stage: Stage, name: string, n: number): Promise<Delivery> {
  return until(stage, `delivery ${n} to ${name}`, () => stage.receiver.to(name)[n - 1]);
}

function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
