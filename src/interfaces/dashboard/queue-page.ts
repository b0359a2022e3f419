import { queueDefaults, type JobDefaults } from '../../application/config.js';
import type { Clock } from '../../application/ports/clock.js';
import type { QueueStats } from '../../application/ports/queue-store.js';
import type { UseCases } from '../../application/use-cases/use-cases.js';
import { formatRetention } from '../../domain/job/retention.js';
import type { QueueSettings } from '../../domain/queue/queue.js';
import { BACKOFF_STRATEGIES } from '../../domain/retry/backoff.js';
import { newQueueShape, queueUpdateShape, toQueueSettings } from '../http/queue-shapes.js';
import { actionButton, facts, link, postForm, queuePath } from './components.js';
import { confirmView, isConfirmed } from './confirm-view.js';
import { readForm, type FieldKinds } from './form-reader.js';
import { formPanel, NO_PROBLEMS, selectField, textField, type FormState } from './form.js';
import { formatCount, formatDuration, time } from './format.js';
import { html, type Html } from './html.js';
import {
  backTo,
  done,
  get,
  getForm,
  goOn,
  post,
  refused,
  show,
  type PageAnswer,
  type PageRoute,
} from './page.js';
import { concurrency, queueState, rateLimit } from './queue-state.js';
import type { View } from './view.js';
import { mayChange, type Visitor } from './visitor.js';

const SETTINGS: FieldKinds = {
  max_concurrency: 'number',
  rate_limit_rps: 'number',
  max_depth: 'number',
  max_retries: 'number',
  retry_backoff: 'text',
  base_delay_ms: 'number',
  max_delay_ms: 'number',
  retention_completed: 'text',
  retention_dead: 'text',
};
/** An empty field is no change, but for these: there it is none. */
const NULLABLE = ['rate_limit_rps', 'max_depth', 'retention_completed', 'retention_dead'];

/** @param defaults that a queue takes where nothing is said */
export function queueRoutes(useCases: UseCases, clock: Clock, defaults: JobDefaults): PageRoute[] {
  const { getQueue, updateQueue } = useCases;
  const pause = async (name: string, paused: boolean, form: URLSearchParams) =>
    done(
      await updateQueue(name, { paused }),
      backTo(form, queuePath(name)),
      () =>
        paused ? `Queue ${name} is paused: none of its jobs is begun any more.` : `Queue ${name} is resumed.`,
      { action: paused ? 'pauseQueue' : 'resumeQueue', target: name },
    );
  return [
    get('/dashboard/queues/{name}', async ({ parameter, visitor }) => {
      const found = await getQueue(parameter);
      if (!found.ok) return refused(found.refusal);
      return show(
        queueView(
          visitor,
          found.value,
          { values: settingsOf(found.value.queue), problems: NO_PROBLEMS },
          clock.now(),
        ),
      );
    }),
    post('/dashboard/queues/{name}/pause', ({ parameter, form }) => pause(parameter, true, form)),
    post('/dashboard/queues/{name}/resume', ({ parameter, form }) => pause(parameter, false, form)),
    changeSettings(useCases, clock),
    deleteQueue(useCases),
    ...newQueueRoutes(useCases, defaults),
  ];
}

function changeSettings({ getQueue, updateQueue }: UseCases, clock: Clock): PageRoute {
  return post('/dashboard/queues/{name}/settings', async ({ parameter: name, form, visitor }) => {
    const found = await getQueue(name);
    if (!found.ok) return refused(found.refusal);
    const read = readForm(form, SETTINGS, queueUpdateShape.schema, { nullable: NULLABLE });
    if (!read.ok) return show(queueView(visitor, found.value, read.state, clock.now()));
    return done(
      await updateQueue(name, toQueueSettings(read.body)),
      queuePath(name),
      () => `The settings of queue ${name} are saved.`,
      { action: 'updateQueue', target: name, details: { fields: Object.keys(read.body) } },
    );
  });
}

function deleteQueue(useCases: UseCases): PageRoute {
  return post(
    '/dashboard/queues/{name}/delete',
    async ({ parameter: name, form, visitor }): Promise<PageAnswer> => {
      if (!isConfirmed(form)) {
        return show(
          confirmView(visitor, {
            section: 'queues',
            title: `Delete queue ${name}?`,
            text: 'Its settings are lost; its finished jobs stay. Its next job would make it anew, with default settings.',
            action: `${queuePath(name)}/delete`,
            fields: [],
            button: 'Delete queue',
            danger: true,
            back: queuePath(name),
          }),
        );
      }
      return done(await useCases.deleteQueue(name), '/dashboard/queues', () => `Queue ${name} is deleted.`, {
        action: 'deleteQueue',
        target: name,
      });
    },
  );
}

function newQueueRoutes({ createQueue }: UseCases, defaults: JobDefaults): PageRoute[] {
  const kinds: FieldKinds = { name: 'text', ...SETTINGS };
  const empty = {
    name: '',
    ...settingsOf(queueDefaults(defaults)),
  };
  return [
    getForm('/dashboard/new-queue', ({ visitor }) =>
      Promise.resolve(show(newQueueView(visitor, { values: empty, problems: NO_PROBLEMS }))),
    ),
    post('/dashboard/new-queue', async ({ form, visitor }) => {
      const read = readForm(form, kinds, newQueueShape.schema);
      if (!read.ok) return show(newQueueView(visitor, read.state));
      const { name } = read.body;
      const created = await createQueue(name, toQueueSettings(read.body));
      if (created.ok) {
        return goOn(queuePath(name), `Queue ${name} is created.`, { action: 'createQueue', target: name });
      }
      return show(
        newQueueView(visitor, { ...read.state, problems: new Map([['name', created.refusal.message]]) }),
      );
    }),
  ];
}

function newQueueView(visitor: Visitor, state: FormState): View {
  return {
    title: 'New queue',
    section: 'queues',
    before: () => html`<h1>New queue</h1>
${formPanel(
  visitor,
  'Settings',
  '/dashboard/new-queue',
  state,
  [textField(state, { name: 'name', label: 'Name', required: true }), settingsFields(state)],
  html`<button class="primary">Create queue</button><a class="button" href="/dashboard/queues">Back</a>`,
)}`,
  };
}

function queueView(visitor: Visitor, stats: QueueStats, state: FormState, now: number): View {
  const { queue } = stats;
  const path = queuePath(queue.name);
  return {
    title: `Queue ${queue.name}`,
    section: 'queues',
    before: () => html`<p class="crumbs"><a href="/dashboard/queues">Queues</a></p>`,
    live: { topics: ['jobs', 'queues'], everySecs: 5, content: queueContent(visitor, stats, now) },
    after: () =>
      mayChange(visitor)
        ? html`${formPanel(
            visitor,
            'Settings',
            `${path}/settings`,
            state,
            settingsFields(state),
            html`<button class="primary">Save settings</button>`,
          )}
<section class="panel"><h2>Delete</h2><p>A queue that has pending or running jobs cannot be deleted. Its finished jobs stay.</p>
${postForm(visitor, `${path}/delete`, html`<button class="danger">Delete queue…</button>`, { kind: 'buttons' })}</section>`
        : settingsPanel(queue),
  };
}

function queueContent(visitor: Visitor, stats: QueueStats, now: number): Html {
  const { queue, counts } = stats;
  const path = queuePath(queue.name);
  const jobs = (status: string, count: number) =>
    html`<a href="${link('/dashboard/jobs', { queue: queue.name, status })}">${formatCount(count)}</a>`;
  return html`<div class="head"><h1>${queue.name} ${queueState(stats, now)}</h1>
<div class="buttons">${queue.paused ? actionButton(visitor, 'Resume', `${path}/resume`, path, { kind: 'primary' }) : actionButton(visitor, 'Pause', `${path}/pause`, path)}
<a class="button" href="${link('/dashboard/jobs', { queue: queue.name })}">Its jobs</a></div></div>
<section class="panel" aria-label="Now">${facts([
    ['Ready', jobs('pending', counts.pending - counts.delayed)],
    ['Delayed', jobs('pending', counts.delayed)],
    ['Running', concurrency(stats)],
    ['Completed', jobs('completed', counts.completed)],
    ['Dead', jobs('dead', counts.dead)],
    ['Rate limit', rateLimit(stats, now)],
    [
      'Max depth',
      queue.maxDepth === null ? html`<span class="none">none</span>` : formatCount(queue.maxDepth),
    ],
    queue.signingSecrets !== null && ['Signing secrets', signing(queue.signingSecrets.length)],
    ['Created', time(queue.createdAt)],
    ['Changed', time(queue.updatedAt)],
  ])}</section>`;
}

function signing(secrets: number): string {
  return secrets === 0 ? 'none: its deliveries are not signed' : `${secrets}, hidden`;
}

const RETENTION_HINT = 'Such as 12h, 7d or never; empty: as the configuration says.';

function settingsFields(state: FormState): Html[] {
  return [
    textField(state, {
      name: 'max_concurrency',
      label: 'Max concurrency',
      inputmode: 'numeric',
      hint: 'Jobs that run at once, at most, over all processes.',
    }),
    textField(state, {
      name: 'rate_limit_rps',
      label: 'Rate limit',
      inputmode: 'decimal',
      hint: 'Jobs that start per second, at most; empty: no limit.',
    }),
    textField(state, {
      name: 'max_depth',
      label: 'Max depth',
      inputmode: 'numeric',
      hint: 'Jobs that may be pending: then no more are taken; empty: no limit.',
    }),
    textField(state, {
      name: 'max_retries',
      label: 'Max retries',
      inputmode: 'numeric',
      hint: 'For new jobs that don’t say.',
    }),
    selectField(state, {
      name: 'retry_backoff',
      label: 'Backoff',
      choices: BACKOFF_STRATEGIES.map((strategy) => [strategy, strategy] as const),
    }),
    textField(state, { name: 'base_delay_ms', label: 'Base delay (ms)', inputmode: 'numeric' }),
    textField(state, { name: 'max_delay_ms', label: 'Max delay (ms)', inputmode: 'numeric' }),
    textField(state, { name: 'retention_completed', label: 'Keep completed jobs', hint: RETENTION_HINT }),
    textField(state, { name: 'retention_dead', label: 'Keep dead jobs', hint: RETENTION_HINT }),
  ];
}

/** For those who may not change them. */
function settingsPanel(queue: QueueSettings): Html {
  const { retryBackoff, baseDelayMs, maxDelayMs, retentionCompletedMs, retentionDeadMs } = queue;
  const retention = (ms: number | null) => (ms === null ? 'as the configuration says' : formatRetention(ms));
  return html`<section class="panel"><h2>Settings</h2>${facts([
    ['Max concurrency', queue.maxConcurrency],
    ['Max retries', queue.maxRetries],
    ['Backoff', retryBackoff],
    ['Base delay', formatDuration(baseDelayMs)],
    ['Max delay', formatDuration(maxDelayMs)],
    ['Keep completed jobs', retention(retentionCompletedMs)],
    ['Keep dead jobs', retention(retentionDeadMs)],
  ])}</section>`;
}

function settingsOf(queue: QueueSettings): Record<string, string> {
  return {
    max_concurrency: String(queue.maxConcurrency),
    rate_limit_rps: queue.rateLimitRps === null ? '' : String(queue.rateLimitRps),
    max_depth: queue.maxDepth === null ? '' : String(queue.maxDepth),
    max_retries: String(queue.maxRetries),
    retry_backoff: queue.retryBackoff,
    base_delay_ms: String(queue.baseDelayMs),
    max_delay_ms: String(queue.maxDelayMs),
    retention_completed: retentionText(queue.retentionCompletedMs),
    retention_dead: retentionText(queue.retentionDeadMs),
  };
}

function retentionText(ms: number | null): string {
  return ms === null ? '' : formatRetention(ms);
}
