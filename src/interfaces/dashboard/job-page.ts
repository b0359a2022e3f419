import type { CancelJob } from '../../application/use-cases/cancel-job.js';
import type { DiscardJob } from '../../application/use-cases/discard-job.js';
import type { JobAttempt } from '../../application/use-cases/get-job-attempts.js';
import type { Redaction } from '../../application/redaction.js';
import type { UseCases } from '../../application/use-cases/use-cases.js';
import type { Job } from '../../domain/job/job.js';
import { parseJobHeaders } from '../../domain/job/job-headers.js';
import {
  actionButton,
  chip,
  emptyState,
  facts,
  jobPath,
  link,
  queuePath,
  schedulePath,
} from './components.js';
import { confirmView, isConfirmed } from './confirm-view.js';
import { absoluteTime, formatDuration, plural, time } from './format.js';
import { html, type Content, type Html } from './html.js';
import { jsonView } from './json-view.js';
import { backTo, done, get, post, refused, show, type PageRoute } from './page.js';
import { status } from './jobs-page.js';
import { mayChange, type Visitor } from './visitor.js';

const ATTEMPTS_SHOWN = 50;

export function jobRoutes(useCases: UseCases, redaction: Redaction): PageRoute[] {
  const { getJob, getJobAttempts, retryJob, cancelJob, discardJob } = useCases;
  return [
    get('/dashboard/jobs/{id}', async ({ parameter: id, visitor }) => {
      const [job, attempts] = await Promise.all([getJob(id), getJobAttempts(id, ATTEMPTS_SHOWN + 1)]);
      if (!job.ok) return refused(job.refusal);
      if (!attempts.ok) return refused(attempts.refusal);
      return show({
        title: `Job ${id}`,
        section: 'jobs',
        before: () => html`<p class="crumbs"><a href="/dashboard/jobs">Jobs</a></p>`,
        // Nothing but its deletion can happen to a completed job any more.
        live: {
          topics: job.value.status === 'completed' ? [] : ['jobs'],
          content: jobContent(visitor, job.value, attempts.value, redaction),
        },
        after: () =>
          html`<section class="panel" aria-labelledby="payload"><h2 id="payload">Payload</h2>${jsonView(job.value.payload, 'Payload', redaction)}</section>`,
      });
    }),
    post('/dashboard/jobs/{id}/retry', async ({ parameter: id, form }) =>
      done(await retryJob(id), backTo(form, jobPath(id)), () => `Job ${id} is pending again.`, {
        action: 'retryJob',
        target: id,
      }),
    ),
    deletion('cancel', cancelJob),
    deletion('discard', discardJob),
  ];
}

/** The two ways to delete a job: asked first, and gone with its page. */
const DELETIONS = {
  cancel: { title: 'Cancel', past: 'cancelled', consequence: ' is deleted, and never delivered.' },
  discard: {
    title: 'Discard',
    past: 'discarded',
    consequence: ' is deleted, with its result and its attempts.',
  },
} as const;

function deletion(verb: keyof typeof DELETIONS, run: CancelJob | DiscardJob): PageRoute {
  const { title, past, consequence } = DELETIONS[verb];
  return post(`/dashboard/jobs/{id}/${verb}`, async ({ parameter: id, form, visitor }) => {
    const back = backTo(form, '/dashboard/jobs');
    if (isConfirmed(form)) {
      const to = back.startsWith(jobPath(id)) ? '/dashboard/jobs' : back;
      const change = { action: `${verb}Job`, target: id };
      return done(await run(id), to, () => `Job ${id} is ${past}: deleted.`, change);
    }
    return show(
      confirmView(visitor, {
        section: 'jobs',
        title: `${title} this job?`,
        text: html`Job <span class="mono">${id}</span>${consequence}`,
        action: `${jobPath(id)}/${verb}`,
        fields: [],
        button: `${title} job`,
        danger: true,
        back,
      }),
    );
  });
}

function jobContent(visitor: Visitor, job: Job, attempts: readonly JobAttempt[], redaction: Redaction): Html {
  return html`<div class="head"><h1>Job <span class="mono">${job.id}</span> ${chip(job.status)}</h1>
${mayChange(visitor) && html`<div class="buttons">${actions(visitor, job)}<a class="button" href="${link('/dashboard/new-job', { copy: job.id })}">Enqueue a copy</a></div>`}</div>
${job.lastError !== null && html`<p class="notice wrong">${job.lastError}</p>`}
<section class="panel" aria-label="Job">${jobFacts(job)}</section>
<section class="panel" aria-labelledby="attempts"><h2 id="attempts">Attempts</h2>${timeLine(job, attempts, redaction)}</section>
${
  job.result !== null &&
  html`<section class="panel" aria-labelledby="result"><h2 id="result">Result</h2>${jsonView(job.result, 'Result', redaction)}${job.resultTruncated && html`<p class="hint">The answer was longer than what is kept of it.</p>`}</section>`
}`;
}

function actions(visitor: Visitor, { id, status: now }: Job): Html | null {
  const path = jobPath(id);
  const asked = (verb: keyof typeof DELETIONS) =>
    actionButton(visitor, `${DELETIONS[verb].title}…`, `${path}/${verb}`, path, { kind: 'danger' });
  if (now === 'running') return null;
  if (now === 'pending') return asked('cancel');
  return html`${now === 'dead' && actionButton(visitor, 'Retry', `${path}/retry`, path, { kind: 'primary' })}${asked('discard')}`;
}

function jobFacts(job: Job): Html {
  const orQueue = (value: string | number | null): Content =>
    value ?? html`<span class="none">as the queue says</span>`;
  return facts([
    ['Status', status(job)],
    job.status === 'pending' && [job.attempt === 0 ? 'Due' : 'Next attempt', time(job.visibleAt)],
    job.status === 'running' && ['Lease ends', time(job.visibleAt)],
    ['Queue', html`<a href="${queuePath(job.queueName)}">${job.queueName}</a>`],
    ['Callback URL', html`<span class="mono wrap">${job.callbackUrl}</span>`],
    job.headers !== null && [
      'Headers (values are hidden)',
      html`<span class="mono wrap">${Object.keys(parseJobHeaders(job.headers)).join(', ')}</span>`,
    ],
    ['Attempt', `${job.attempt} of ${plural(job.maxRetries + 1, 'delivery', 'deliveries')} at most`],
    job.crashes > 0 && ['Crashes', `its worker died ${plural(job.crashes, 'time')}`],
    ['Priority', job.priority],
    [
      'Idempotency key',
      job.idempotencyKey === null
        ? html`<span class="none">none</span>`
        : html`<span class="mono wrap">${job.idempotencyKey}</span>`,
    ],
    [
      'Schedule',
      job.scheduleId === null
        ? html`<span class="none">none</span>`
        : html`<a class="mono" href="${schedulePath(job.scheduleId)}">${job.scheduleId}</a>`,
    ],
    ['Timeout', formatDuration(job.timeoutMs)],
    ['Backoff', orQueue(job.retryBackoff)],
    ['Base delay', orQueue(job.baseDelayMs === null ? null : formatDuration(job.baseDelayMs))],
    ['Max delay', orQueue(job.maxDelayMs === null ? null : formatDuration(job.maxDelayMs))],
    [
      'Worker',
      job.workerId === null
        ? html`<span class="none">none</span>`
        : html`<span class="mono wrap">${job.workerId}</span>`,
    ],
    ['Created (UTC)', absoluteTime(job.createdAt)],
    ['Started (UTC)', absoluteTime(job.startedAt)],
    ['Finished (UTC)', absoluteTime(job.completedAt)],
    ['Changed (UTC)', absoluteTime(job.updatedAt)],
  ]);
}

function timeLine(job: Job, all: readonly JobAttempt[], redaction: Redaction): Html {
  const attempts = all.slice(-ATTEMPTS_SHOWN);
  const waiting =
    job.status === 'pending' &&
    html`<li class="attempt next"><p><strong>${attempts.length === 0 ? 'First attempt' : 'Next attempt'}</strong> <span>${time(job.visibleAt)}</span></p></li>`;
  if (attempts.length === 0 && !waiting) return emptyState('None is on record.');
  return html`<ol class="timeline">
${all.length > ATTEMPTS_SHOWN && html`<li class="hint">The last ${ATTEMPTS_SHOWN} are shown.</li>`}
${attempts.map((attempt, index) => {
  const before = attempts[index - 1];
  const omitted = attempt.omittedBefore;
  const again = omitted === 0 && before !== undefined && attempt.number <= before.number;
  return html`${omitted > 0 && html`<li class="hint">${plural(omitted, 'failed attempt')} in between ${omitted === 1 ? 'is' : 'are'} not kept.</li>`}${again && html`<li class="hint">Retried by hand: the count starts anew.</li>`}${attemptItem(attempt, redaction)}`;
})}${waiting}</ol>`;
}

const OUTCOME_CHIPS = {
  failed: () => chip('failed'),
  succeeded: () => chip('completed', 'succeeded'),
  running: () => chip('running'),
} as const satisfies Record<JobAttempt['outcome'], () => Html>;

function attemptItem(attempt: JobAttempt, redaction: Redaction): Html {
  const { finishedAt } = attempt;
  return html`<li class="attempt ${attempt.outcome}"><p><strong>Attempt ${attempt.number}</strong> ${OUTCOME_CHIPS[attempt.outcome]()}
<span>${absoluteTime(attempt.startedAt)} UTC</span>
${finishedAt !== null && html`<span>took ${formatDuration(finishedAt - attempt.startedAt)}</span>`}
${attempt.statusCode !== null && html`<span>HTTP ${attempt.statusCode}</span>`}</p>
${attempt.error !== null && attempt.error !== `HTTP ${attempt.statusCode ?? ''}` && html`<p class="error">${attempt.error}</p>`}
${attempt.outcome === 'failed' && attempt.response !== null && html`<pre class="code short" tabindex="0" role="group" aria-label="Response to attempt ${attempt.number}">${'\n'}${redaction.hide(attempt.response)}</pre>`}
</li>`;
}
