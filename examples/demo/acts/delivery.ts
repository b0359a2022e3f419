import { delivered, reached, until, type Act } from '../stage.js';

export const plainJob: Act = {
  name: 'Plain job',
  caption: 'POST /jobs, and mininq POSTs the payload to your webhook.',
  async play(stage) {
    const { api, receiver, tell } = stage;
    const fields = { callback_url: receiver.hook('hello'), payload: { hello: 'world' } };
    const took: number[] = [];
    for (const name of ['first', 'second', 'third']) {
      const sentAt = performance.now();
      const { status, body: job } = await api.enqueue(fields);
      const { at } = await delivered(stage, job);
      await reached(stage, job, 'completed');
      took.push(Math.round(at - sentAt));
      tell(`${name} job: stored, answered with ${status}, delivered, completed`);
    }
    const [first] = receiver.to('hello');
    return `the webhook got ${first?.body ?? 'nothing'} after ${took.join(', ')} ms`;
  },
};

export const priorities: Act = {
  name: 'Priorities',
  caption: 'a job with a higher priority overtakes those that wait.',
  async play(stage) {
    const { api, receiver, tell } = stage;
    const slowly = () => ({ status: 200, afterMs: 300 });
    await api.createQueue({ name: 'mail', max_concurrency: 1 });
    const newsletter = { callback_url: receiver.hook('newsletter', slowly), queue_name: 'mail' };
    const newsletters = await api.enqueueAll([newsletter, newsletter, newsletter, newsletter]);
    tell(`newsletters 1 to ${newsletters.length}: in queue "mail", which runs one job at a time`);
    const [first] = newsletters;
    if (first) await delivered(stage, first);
    const { body: urgent } = await api.enqueue({
      callback_url: receiver.hook('password-reset', slowly),
      queue_name: 'mail',
      priority: 10,
    });
    tell('password reset: enqueued last, with priority 10');

    const jobs = [...newsletters, urgent];
    const arrived: string[] = [];
    await until(stage, 'the mails', () => {
      const ids = receiver.deliveries
        .map(({ jobId }) => jobId)
        .filter((id) => jobs.some((job) => job.id === id));
      for (const id of ids.slice(arrived.length)) {
        arrived.push(id);
        const number = newsletters.findIndex((job) => job.id === id) + 1;
        tell(number === 0 ? 'password reset: delivered' : `newsletter ${number}: delivered`);
      }
      return arrived.length === jobs.length ? true : undefined;
    });
    for (const job of jobs) await reached(stage, job, 'completed');
    return `password reset: enqueued last, delivered ${ordinal(arrived.indexOf(urgent.id) + 1)} of ${jobs.length}`;
  },
};

export const delayedJob: Act = {
  name: 'Delayed job',
  caption: 'with delay_ms, a job waits until it is due.',
  async play(stage) {
    const { api, receiver, tell } = stage;
    const delayMs = 1500;
    const callbackUrl = receiver.hook('reminder');
    const sentAt = performance.now();
    const { body: job } = await api.enqueue({ callback_url: callbackUrl, delay_ms: delayMs });
    tell(`reminder: enqueued with delay_ms ${delayMs}`);
    const { at } = await delivered(stage, job);
    await reached(stage, job, 'completed');
    return `due after ${delayMs} ms, delivered after ${Math.round(at - sentAt)} ms`;
  },
};

function ordinal(n: number): string {
  return `${n}${['th', 'st', 'nd', 'rd'][n] ?? 'th'}`;
}
