import type { CallbackRules } from '../../application/callback-rules.js';
import type { JobDefaults } from '../../application/config.js';
import type { UseCases } from '../../application/use-cases/use-cases.js';
import { DEFAULT_QUEUE } from '../../domain/queue/queue.js';
import { DEFAULT_TIMEZONE, newScheduleShape, toNewSchedule } from '../http/schedule-shapes.js';
import { schedulePath } from './components.js';
import { formPanel, NO_PROBLEMS, type FormState } from './form.js';
import { html } from './html.js';
import { getForm, goOn, post, refused, show, type PageRoute } from './page.js';
import { readSchedule, scheduleFields } from './schedule-form.js';
import type { View } from './view.js';
import type { Visitor } from './visitor.js';

/** @param callbacks what a callback_url may be */
export function newScheduleRoutes(
  useCases: UseCases,
  callbacks: CallbackRules,
  defaults: JobDefaults,
): PageRoute[] {
  const { schema } = newScheduleShape(callbacks);
  const values = {
    timezone: DEFAULT_TIMEZONE,
    cron_dialect: defaults.cronDialect,
    queue_name: DEFAULT_QUEUE,
    payload: '{}',
    max_retries: String(defaults.maxRetries),
    timeout_ms: String(defaults.timeoutMs),
    enabled: 'true',
  };
  return [
    getForm('/dashboard/new-schedule', ({ visitor }) =>
      Promise.resolve(show(newScheduleView(visitor, { values, problems: NO_PROBLEMS }))),
    ),
    post('/dashboard/new-schedule', async ({ form, visitor }) => {
      const read = await readSchedule(form, schema, useCases);
      if (!read.ok) return show(newScheduleView(visitor, read.state));
      const created = await useCases.createSchedule(toNewSchedule(read.body, read.json.member('payload')));
      if (!created.ok) return refused(created.refusal);
      const { id } = created.value;
      return goOn(schedulePath(id), 'The schedule is created.', { action: 'createSchedule', target: id });
    }),
  ];
}

function newScheduleView(visitor: Visitor, state: FormState): View {
  return {
    title: 'New schedule',
    section: 'schedules',
    before: () => html`<p class="crumbs"><a href="/dashboard/schedules">Schedules</a></p><h1>New schedule</h1>
${formPanel(
  visitor,
  'Schedule',
  '/dashboard/new-schedule',
  state,
  scheduleFields(state),
  html`<button class="primary">Create schedule</button><a class="button" href="/dashboard/schedules">Back</a>`,
)}`,
  };
}
