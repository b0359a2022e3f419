import type { CallbackRules } from '../../application/callback-rules.js';
import type { JobDefaults } from '../../application/config.js';
import type { Redaction } from '../../application/redaction.js';
import type { UseCases } from '../../application/use-cases/use-cases.js';
import type { Job } from '../../domain/job/job.js';
import { DEFAULT_QUEUE } from '../../domain/queue/queue.js';
import { BACKOFF_STRATEGIES } from '../../domain/retry/backoff.js';
import { newJobShape, toEnqueueJob } from '../http/job-shapes.js';
import { jobPath } from './components.js';
import { readForm, type FieldKinds } from './form-reader.js';
import { formPanel, NO_PROBLEMS, selectField, textArea, textField, type FormState } from './form.js';
import { html } from './html.js';
import { pretty } from './json-view.js';
import { getForm, given, goOn, post, refused, show, type PageRoute } from './page.js';
import type { View } from './view.js';
import type { Visitor } from './visitor.js';

const FIELDS: FieldKinds = {
  callback_url: 'text',
  queue_name: 'text',
  payload: 'json',
  priority: 'number',
  delay_ms: 'number',
  max_retries: 'number',
  timeout_ms: 'number',
  retry_backoff: 'text',
  base_delay_ms: 'number',
  max_delay_ms: 'number',
  idempotency_key: 'text',
  headers: 'json',
};

/** @param callbacks what a callback_url may be */
export function newJobRoutes(
  { getJob, enqueueCheckedJobs }: UseCases,
  callbacks: CallbackRules,
  defaults: JobDefaults,
  redaction: Redaction,
): PageRoute[] {
  const { schema } = newJobShape(callbacks);
  return [
    getForm('/dashboard/new-job', async ({ query, visitor }) => {
      const copied = given(query, 'copy');
      if (copied === null)
        return show(newJobView(visitor, { values: emptyValues(), problems: NO_PROBLEMS }, defaults));
      const job = await getJob(copied);
      if (!job.ok) return refused(job.refusal);
      return show(
        newJobView(
          visitor,
          { values: valuesOf(job.value, redaction), problems: NO_PROBLEMS },
          defaults,
          copied,
        ),
      );
    }),
    post('/dashboard/new-job', async ({ form, visitor }) => {
      const copied = given(form, 'copy');
      const original = copied === null ? null : await getJob(copied);
      const shownJson =
        original?.ok === true ? { payload: { stored: original.value.payload, redaction } } : {};
      const read = readForm(form, FIELDS, schema, { shownJson });
      if (!read.ok) return show(newJobView(visitor, read.state, defaults, copied));
      const enqueued = await enqueueCheckedJobs([toEnqueueJob(read.body, read.json.member('payload'))]);
      if (!enqueued.ok) {
        const problems = new Map([['', enqueued.refusal.message]]);
        return show(newJobView(visitor, { ...read.state, problems }, defaults, copied));
      }
      const [outcome] = enqueued.value;
      if (!outcome) throw new Error('the store took one job and told the fate of none');
      const { kind, job } = outcome;
      return kind === 'inserted'
        ? goOn(jobPath(job.id), 'The job is enqueued.', { action: 'createJob', target: job.id })
        : goOn(jobPath(job.id), 'No job was made: this one has the idempotency key already.', null);
    }),
  ];
}

function emptyValues(): Record<string, string> {
  return { queue_name: DEFAULT_QUEUE, payload: '{}' };
}

/** All but the idempotency key, which would only find the job again, the headers, which are hidden, and the delay. */
function valuesOf(job: Job, redaction: Redaction): Record<string, string> {
  const text = (value: string | number | null) => (value === null ? '' : String(value));
  return {
    callback_url: job.callbackUrl,
    queue_name: job.queueName,
    payload: pretty(redaction.hide(job.payload)),
    priority: text(job.priority),
    max_retries: text(job.maxRetries),
    timeout_ms: text(job.timeoutMs),
    retry_backoff: text(job.retryBackoff),
    base_delay_ms: text(job.baseDelayMs),
    max_delay_ms: text(job.maxDelayMs),
  };
}

/** @param copied the id of the job that the form began with */
function newJobView(
  visitor: Visitor,
  state: FormState,
  defaults: JobDefaults,
  copied: string | null = null,
): View {
  const number = (name: string, label: string, hint: string) =>
    textField(state, { name, label, hint, inputmode: 'numeric' });
  return {
    title: 'Enqueue a job',
    section: 'jobs',
    before: () => html`<p class="crumbs"><a href="/dashboard/jobs">Jobs</a></p><h1>Enqueue a job</h1>
${formPanel(
  visitor,
  'Job',
  '/dashboard/new-job',
  state,
  [
    copied !== null && html`<input type="hidden" name="copy" value="${copied}">`,
    textField(state, {
      name: 'callback_url',
      label: 'Callback URL',
      required: true,
      mono: true,
      inputmode: 'url',
      placeholder: 'https://example.com/webhook',
    }),
    textField(state, { name: 'queue_name', label: 'Queue', hint: 'Made if it does not exist.' }),
    textArea(state, {
      name: 'payload',
      label: 'Payload',
      hint: html`A JSON object: the body of the delivery.${copied !== null && state.values['payload']?.includes('"***"') && ' Each *** stands for a hidden value of the job: left as it is, it is taken over.'}`,
      rows: 10,
    }),
    textArea(state, {
      name: 'headers',
      label: 'Headers',
      hint: 'A JSON object: names and values that the delivery carries beside the headers of mininq. They are not copied from another job, as their values stay hidden.',
      rows: 2,
    }),
    number('priority', 'Priority', 'Higher runs first within its queue. Default: 0.'),
    number('delay_ms', 'Delay (ms)', 'How long the job waits before it is due. Default: 0.'),
    number('max_retries', 'Max retries', "Default: the queue's."),
    number('timeout_ms', 'Timeout (ms)', `Default: ${defaults.timeoutMs}.`),
    selectField(state, {
      name: 'retry_backoff',
      label: 'Backoff',
      choices: [['', "the queue's"], ...BACKOFF_STRATEGIES.map((strategy) => [strategy, strategy] as const)],
    }),
    number('base_delay_ms', 'Base delay (ms)', "Default: the queue's."),
    number('max_delay_ms', 'Max delay (ms)', "Default: the queue's."),
    textField(state, {
      name: 'idempotency_key',
      label: 'Idempotency key',
      hint: 'If a job has it already, no new one is made.',
    }),
  ],
  html`<button class="primary">Enqueue</button><a class="button" href="/dashboard/jobs">Back</a>`,
)}`,
  };
}
