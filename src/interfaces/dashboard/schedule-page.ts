import type { CallbackRules } from '../../application/callback-rules.js';
import type { JobSummary } from '../../domain/job/job.js';
import type { Redaction } from '../../application/redaction.js';
import type { UseCases } from '../../application/use-cases/use-cases.js';
import { cronOf, type Schedule } from '../../domain/schedule/schedule.js';
import { scheduleUpdateShape, toScheduleChange } from '../http/schedule-shapes.js';
import {
  actionButton,
  cell,
  chip,
  emptyState,
  facts,
  jobPath,
  link,
  postForm,
  queuePath,
  schedulePath,
  table,
} from './components.js';
import { confirmView, isConfirmed } from './confirm-view.js';
import { formPanel, NO_PROBLEMS, type FormState } from './form.js';
import { formatDuration, plural, time } from './format.js';
import { html, type Content, type Html } from './html.js';
import { jsonView, pretty } from './json-view.js';
import { backTo, done, get, post, refused, show, type PageAnswer, type PageRoute } from './page.js';
import { readSchedule, scheduleFields } from './schedule-form.js';
import { cronMeaning, tickTable } from './schedule-preview.js';
import { enableButton, nextRun, scheduleState } from './schedules-page.js';
import type { View } from './view.js';
import { mayChange, type Visitor } from './visitor.js';

const TICKS_SHOWN = 5;
const JOBS_SHOWN = 10;

/** @param callbacks what a callback_url may be */
export function scheduleRoutes(
  useCases: UseCases,
  callbacks: CallbackRules,
  redaction: Redaction,
): PageRoute[] {
  const { getSchedule, updateSchedule, runSchedule } = useCases;
  const { schema } = scheduleUpdateShape(callbacks);

  async function page(visitor: Visitor, schedule: Schedule, state: FormState): Promise<PageAnswer> {
    const { jobs } = await useCases.findJobs({ scheduleId: schedule.id }, { limit: JOBS_SHOWN, budgetMs: 0 });
    const ticks = await useCases.previewSchedule(cronOf(schedule), TICKS_SHOWN);
    return show(scheduleView(visitor, schedule, ticks.ok ? ticks.value.ticks : [], jobs, state, redaction));
  }

  return [
    get('/dashboard/schedules/{id}', async ({ parameter: id, visitor }) => {
      const found = await getSchedule(id);
      if (!found.ok) return refused(found.refusal);
      return page(visitor, found.value, { values: valuesOf(found.value, redaction), problems: NO_PROBLEMS });
    }),
    post('/dashboard/schedules/{id}/settings', async ({ parameter: id, form, visitor }) => {
      const found = await getSchedule(id);
      if (!found.ok) return refused(found.refusal);
      const read = await readSchedule(form, schema, useCases, {
        shownJson: { payload: { stored: found.value.payload, redaction } },
      });
      if (!read.ok) return page(visitor, found.value, read.state);
      const changed = await updateSchedule(id, toScheduleChange(read.body, read.json.member('payload')));
      return done(changed, schedulePath(id), () => 'The schedule is saved.', {
        action: 'updateSchedule',
        target: id,
        details: { fields: Object.keys(read.body) },
      });
    }),
    ...(['enable', 'disable'] as const).map((verb) =>
      post(`/dashboard/schedules/{id}/${verb}`, async ({ parameter: id, form }) =>
        done(
          await updateSchedule(id, { enabled: verb === 'enable' }),
          backTo(form, schedulePath(id)),
          ({ cronExpression }) => `Schedule ${cronExpression} is ${verb}d.`,
          {
            action: 'updateSchedule',
            target: id,
            details: { fields: ['enabled'], enabled: verb === 'enable' },
          },
        ),
      ),
    ),
    post('/dashboard/schedules/{id}/run', async ({ parameter: id, form }) =>
      done(
        await runSchedule(id),
        backTo(form, schedulePath(id)),
        (job) => `Job ${job.id} is enqueued.`,
        (job) => ({ action: 'runSchedule', target: id, details: { job_id: job.id } }),
      ),
    ),
    deleteSchedule(useCases),
  ];
}

function deleteSchedule(useCases: UseCases): PageRoute {
  return post('/dashboard/schedules/{id}/delete', async ({ parameter: id, form, visitor }) => {
    const found = await useCases.getSchedule(id);
    if (!found.ok) return refused(found.refusal);
    const { cronExpression } = found.value;
    if (!isConfirmed(form)) {
      return show(
        confirmView(visitor, {
          section: 'schedules',
          title: 'Delete this schedule?',
          text: html`<span class="mono">${cronExpression}</span> makes no more jobs. Those that it made stay.`,
          action: `${schedulePath(id)}/delete`,
          fields: [],
          button: 'Delete schedule',
          danger: true,
          back: schedulePath(id),
        }),
      );
    }
    return done(
      await useCases.deleteSchedule(id),
      '/dashboard/schedules',
      () => `Schedule ${cronExpression} is deleted.`,
      { action: 'deleteSchedule', target: id },
    );
  });
}

function valuesOf(schedule: Schedule, redaction: Redaction): Record<string, string> {
  return {
    cron_expression: schedule.cronExpression,
    timezone: schedule.timezone,
    cron_dialect: schedule.cronDialect,
    callback_url: schedule.callbackUrl,
    queue_name: schedule.queueName,
    payload: pretty(redaction.hide(schedule.payload)),
    max_retries: String(schedule.maxRetries),
    timeout_ms: String(schedule.timeoutMs),
    enabled: String(schedule.enabled),
  };
}

function scheduleView(
  visitor: Visitor,
  schedule: Schedule,
  ticks: readonly number[],
  jobs: readonly JobSummary[],
  state: FormState,
  redaction: Redaction,
): View {
  const path = schedulePath(schedule.id);
  return {
    title: `Schedule ${schedule.cronExpression}`,
    section: 'schedules',
    before: () => html`<p class="crumbs"><a href="/dashboard/schedules">Schedules</a></p>`,
    live: { topics: ['schedules', 'jobs'], content: scheduleContent(visitor, schedule, ticks, jobs) },
    after:
      () => html`<section class="panel" aria-labelledby="payload-now"><h2 id="payload-now">Payload</h2>${jsonView(schedule.payload, 'Payload of each job', redaction)}</section>
${
  mayChange(visitor) &&
  html`${formPanel(visitor, 'Edit', `${path}/settings`, state, scheduleFields(state), html`<button class="primary">Save</button>`)}
<section class="panel"><h2>Delete</h2><p>The jobs that it made stay.</p>
${postForm(visitor, `${path}/delete`, html`<button class="danger">Delete schedule…</button>`, { kind: 'buttons' })}</section>`
}`,
  };
}

function scheduleContent(
  visitor: Visitor,
  schedule: Schedule,
  ticks: readonly number[],
  jobs: readonly JobSummary[],
): Html {
  const { id, cronExpression } = schedule;
  const path = schedulePath(id);
  return html`<div class="head"><h1><span class="mono">${cronExpression}</span> ${scheduleState(schedule)}</h1>
<div class="buttons">${actionButton(visitor, 'Run now', `${path}/run`, path)}${enableButton(visitor, schedule, path)}</div></div>
${cronMeaning(cronOf(schedule))}
${stoppedNotice(schedule)}
<div class="columns">
<section class="panel" aria-label="Schedule">${facts(scheduleFacts(schedule))}</section>
<section class="panel" aria-labelledby="ticks"><h2 id="ticks">Next ${plural(TICKS_SHOWN, 'tick')}</h2>${nextTicks(schedule, ticks)}</section>
</div>
<section class="panel" aria-labelledby="made"><div class="panel-head"><h2 id="made">Jobs that it made</h2><a href="${link('/dashboard/jobs', { schedule_id: id })}">All of them</a></div>${madeJobs(jobs)}</section>`;
}

function stoppedNotice({ stoppedAt, stoppedError }: Schedule): Html | null {
  if (stoppedAt === null) return null;
  return html`<p class="notice wrong">Stopped ${time(stoppedAt)} because it cannot be fired. ${stoppedError}. Mend that below, or enable it to try again.</p>`;
}

function nextTicks({ enabled, stoppedAt, timezone }: Schedule, ticks: readonly number[]): Html {
  if (!enabled) return emptyState('It is disabled.');
  return stoppedAt === null ? tickTable(ticks, timezone) : emptyState('It is stopped.');
}

function scheduleFacts(schedule: Schedule): (readonly [string, Content])[] {
  return [
    ['Time zone', schedule.timezone],
    ['Queue', html`<a href="${queuePath(schedule.queueName)}">${schedule.queueName}</a>`],
    ['Callback URL', html`<span class="mono wrap">${schedule.callbackUrl}</span>`],
    ['Last run', time(schedule.lastRunAt)],
    ['Next run', nextRun(schedule)],
    ['Max retries', schedule.maxRetries],
    ['Timeout', formatDuration(schedule.timeoutMs)],
    ['Id', html`<span class="mono wrap">${schedule.id}</span>`],
  ];
}

function madeJobs(jobs: readonly JobSummary[]): Html {
  if (jobs.length === 0) return emptyState('None yet, or none that is still kept.');
  return table(
    'Jobs that the schedule made',
    [{ label: 'Job' }, { label: 'Status' }, { label: 'Created' }, { label: 'Error' }],
    jobs.map(
      (job) => html`<tr id="made-${job.id}">
${cell('Job', html`<a class="mono" href="${jobPath(job.id)}" title="${job.id}">…${job.id.slice(-12)}</a>`)}
${cell('Status', chip(job.status))}
${cell('Created', time(job.createdAt))}
${cell('Error', job.lastError ?? html`<span class="none">–</span>`, 'text')}
</tr>`,
    ),
  );
}
