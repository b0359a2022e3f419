import { describe, expect, test } from 'vitest';
import { NOW, pendingJob } from '../../support/jobs.js';
import { startDashboard } from './pages.js';

const NEW = '/dashboard/new-queue';
const MAILS = '/dashboard/queues/mails';

async function withMails(settings: object = {}) {
  const dashboard = await startDashboard();
  await dashboard.post('/queues', { name: 'mails', ...settings });
  const stored = () => dashboard.data.queues.get('mails');
  return { dashboard, stored };
}

describe('a new queue', () => {
  test('is proposed with the settings that it would get anyway', async () => {
    const dashboard = await startDashboard();
    expect((await dashboard.shown(NEW)).form(NEW)).toEqual({
      name: '',
      max_concurrency: '5',
      rate_limit_rps: '',
      max_depth: '',
      max_retries: '3',
      retry_backoff: 'exponential',
      base_delay_ms: '1000',
      max_delay_ms: '300000',
      retention_completed: '',
      retention_dead: '',
    });
  });

  test('is made as the form says, and its page is shown', async () => {
    const dashboard = await startDashboard();
    const fields = { ...(await dashboard.shown(NEW)).form(NEW), name: 'a/b ?', rate_limit_rps: '2.5' };
    const answer = await dashboard.submit(NEW, { ...fields, retry_backoff: 'fixed', max_concurrency: '7' });
    expect(answer.headers.get('location')).toBe('/dashboard/queues/a%2Fb%20%3F');
    expect((await dashboard.follow(answer)).notice).toBe('Queue a/b ? is created.');
    expect(dashboard.data.queues.get('a/b ?')).toMatchObject({
      maxConcurrency: 7,
      rateLimitRps: 2.5,
      maxRetries: 3,
      retryBackoff: 'fixed',
      paused: false,
    });
  });

  test('may have a depth, which its page shows and the form can take away again', async () => {
    const { dashboard, stored } = await withMails({ max_depth: 1200 });
    expect((await dashboard.shown(MAILS)).facts).toMatchObject({ 'Max depth': '1,200' });
    await dashboard.submit(`${MAILS}/settings`, { max_depth: '7' });
    expect(stored()).toMatchObject({ maxDepth: 7 });
    await dashboard.submit(`${MAILS}/settings`, { max_depth: '' });
    expect(stored()).toMatchObject({ maxDepth: null });
  });

  test('that is not in order is shown again, with all that is wrong with it', async () => {
    const dashboard = await startDashboard();
    const fields = { name: '..', max_concurrency: '0', rate_limit_rps: 'fast', retry_backoff: 'exponential' };
    const page = await dashboard.submit(NEW, fields);
    expect(page.status).toBe(200);
    expect(page.problems).toMatchObject({
      name: expect.stringContaining('must be 1 to 128 printable ASCII characters') as string,
      max_concurrency: expect.stringContaining('must be an integer between 1 and') as string,
      rate_limit_rps: 'must be a number between 0.0001 and 1000000, got a string',
    });
    expect(page.form(NEW)).toMatchObject(fields);
    expect(page.text).toContain('Nothing was saved: see the messages below.');
    expect(dashboard.data.queues.size).toBe(0);
  });

  test('ties each message to its field, and says what is wrong to those who cannot see it', async () => {
    const dashboard = await startDashboard();
    const page = await dashboard.submit(NEW, { name: '', retry_backoff: 'fixed' });
    const name = page.elements('input').find(({ attributes }) => attributes['name'] === 'name');
    expect(name?.attributes).toMatchObject({ 'aria-invalid': 'true', 'aria-describedby': 'name-problem' });
    const concurrency = page
      .elements('input')
      .find(({ attributes }) => attributes['name'] === 'max_concurrency');
    expect(concurrency?.attributes['aria-invalid']).toBeUndefined();
    expect(concurrency?.attributes['aria-describedby']).toBe('max_concurrency-hint');
  });

  test('must not be there yet', async () => {
    const { dashboard, stored } = await withMails({ max_concurrency: 2 });
    const page = await dashboard.submit(NEW, { name: 'mails', max_concurrency: '9' });
    expect(page.problems['name']).toContain('mails');
    expect(page.form(NEW)).toMatchObject({ name: 'mails', max_concurrency: '9' });
    expect(stored()).toMatchObject({ maxConcurrency: 2 });
  });
});

describe('the page of a queue', () => {
  test('tells its state and its jobs', async () => {
    const { dashboard } = await withMails({ max_concurrency: 2, rate_limit_rps: 1 });
    for (const status of ['running', 'running', 'pending', 'completed', 'completed', 'dead'] as const) {
      const job = pendingJob({ queueName: 'mails', status });
      dashboard.data.jobs.set(job.id, job);
    }
    const page = await dashboard.shown(MAILS);
    expect(page.heading).toBe('mails at its concurrency limit');
    expect(page.facts).toEqual({
      Ready: '1',
      Delayed: '0',
      Running: '2 / 2',
      Completed: '2',
      Dead: '1',
      'Rate limit': '1 / s 1 token',
      'Max depth': 'none',
      Created: '2024-01-15 10:00:00',
      Changed: '2024-01-15 10:00:00',
    });
    expect(page.link('Its jobs')).toBe('/dashboard/jobs?queue=mails');
    expect(page.targets).toContain('/dashboard/jobs?queue=mails&status=dead');
  });

  test('pauses and resumes it', async () => {
    const { dashboard, stored } = await withMails();
    const paused = await dashboard.follow(
      await dashboard.submit(`${MAILS}/pause`, (await dashboard.shown(MAILS)).form(`${MAILS}/pause`)),
    );
    expect(paused.notice).toBe('Queue mails is paused: none of its jobs is begun any more.');
    expect(paused.heading).toBe('mails paused');
    expect(stored()).toMatchObject({ paused: true });
    const resumed = await dashboard.follow(
      await dashboard.submit(`${MAILS}/resume`, paused.form(`${MAILS}/resume`)),
    );
    expect(resumed.notice).toBe('Queue mails is resumed.');
    expect(resumed.heading).toBe('mails idle');
    expect(stored()).toMatchObject({ paused: false });
  });
});

describe('the settings of a queue', () => {
  const SETTINGS = `${MAILS}/settings`;

  test('are filled in as they are, so that sending the form changes nothing', async () => {
    const { dashboard, stored } = await withMails({
      max_concurrency: 2,
      rate_limit_rps: 0.5,
      max_retries: 0,
      retry_backoff: 'linear',
      base_delay_ms: 0,
      max_delay_ms: 9,
      retention_completed: '12h',
      retention_dead: 'never',
      signing_secrets: [`whsec_${'A'.repeat(32)}`],
    });
    const before = stored();
    const page = await dashboard.shown(MAILS);
    expect(page.facts).toMatchObject({ 'Signing secrets': '1, hidden' });
    expect(page.text).not.toContain('AAAA');
    dashboard.clock.advance(1000);
    const answer = await dashboard.submit(SETTINGS, (await dashboard.shown(MAILS)).form(SETTINGS));
    expect(answer.headers.get('location')).toBe(MAILS);
    expect((await dashboard.follow(answer)).notice).toBe('The settings of queue mails are saved.');
    expect(stored()).toEqual({ ...before, updatedAt: NOW + 1000 });
  });

  test('have the retention; what is empty there is left to the configuration', async () => {
    const { dashboard, stored } = await withMails({ retention_completed: '12h', retention_dead: '1d' });
    const fields = (await dashboard.shown(MAILS)).form(SETTINGS);
    expect(fields).toMatchObject({ retention_completed: '12h', retention_dead: '1d' });
    await dashboard.submit(SETTINGS, { ...fields, retention_completed: '', retention_dead: ' 30d ' });
    expect(stored()).toMatchObject({ retentionCompletedMs: null, retentionDeadMs: 2_592_000_000 });
    const page = await dashboard.submit(SETTINGS, { ...fields, retention_dead: 'soon' });
    expect(page.problems).toEqual({
      retention_dead:
        'must be a duration such as "30m", "12h" or "7d", at most "36500d", or "never", got "soon"',
    });
  });

  test('are changed where something is filled in; an empty limit is none', async () => {
    const { dashboard, stored } = await withMails({ max_concurrency: 2, rate_limit_rps: 5 });
    await dashboard.submit(SETTINGS, { max_concurrency: '', rate_limit_rps: '', max_retries: '7' });
    expect(stored()).toMatchObject({ maxConcurrency: 2, rateLimitRps: null, maxRetries: 7 });
  });

  test('that are not in order stay as they were, and are shown as they were filled in', async () => {
    const { dashboard, stored } = await withMails({ max_concurrency: 2 });
    const page = await dashboard.submit(SETTINGS, {
      max_concurrency: '2.5',
      rate_limit_rps: '0',
      max_retries: '7',
    });
    expect(page.status).toBe(200);
    expect(page.heading).toBe('mails idle');
    expect(Object.keys(page.problems)).toEqual(['max_concurrency', 'rate_limit_rps']);
    expect(page.form(SETTINGS)).toMatchObject({
      max_concurrency: '2.5',
      rate_limit_rps: '0',
      max_retries: '7',
    });
    expect(stored()).toMatchObject({ maxConcurrency: 2, maxRetries: 3 });
  });

  test('of a queue that is not there cannot be changed', async () => {
    const dashboard = await startDashboard();
    const page = await dashboard.submit('/dashboard/queues/nope/settings', { max_retries: '7' });
    expect(page.status).toBe(404);
    expect(dashboard.data.queues.size).toBe(0);
  });
});

describe('a queue is deleted', () => {
  const DELETE = `${MAILS}/delete`;

  test('once that is confirmed', async () => {
    const { dashboard, stored } = await withMails();
    const question = await dashboard.submit(DELETE, (await dashboard.shown(MAILS)).form(DELETE));
    expect(question.status).toBe(200);
    expect(question.texts('h1')).toEqual(['Delete queue mails?']);
    expect(question.text).toContain('its finished jobs stay');
    expect(question.link('No, go back')).toBe(MAILS);
    expect(stored()).toBeDefined();
    const answer = await dashboard.submit(DELETE, question.form(DELETE));
    expect(answer.headers.get('location')).toBe('/dashboard/queues');
    expect((await dashboard.follow(answer)).notice).toBe('Queue mails is deleted.');
    expect(stored()).toBeUndefined();
  });

  test('unless it has jobs to do', async () => {
    const { dashboard, stored } = await withMails();
    const job = pendingJob({ queueName: 'mails' });
    dashboard.data.jobs.set(job.id, job);
    const page = await dashboard.follow(await dashboard.submit(DELETE, { confirmed: 'yes' }));
    expect(page.notice).toBe(
      'Queue mails still has pending or running jobs; cancel them or wait until they are done',
    );
    expect(stored()).toBeDefined();
  });

  test('only if it is there', async () => {
    const dashboard = await startDashboard();
    const page = await dashboard.follow(await dashboard.submit(DELETE, { confirmed: 'yes' }));
    expect(page.notice).toBe('Queue mails not found');
  });

  test.each(['no', 'YES', '', 'true'])('not by a confirmation that says %j', async (confirmed) => {
    const { dashboard, stored } = await withMails();
    expect((await dashboard.submit(DELETE, { confirmed })).heading).toBe('Delete queue mails?');
    expect(stored()).toBeDefined();
  });
});
