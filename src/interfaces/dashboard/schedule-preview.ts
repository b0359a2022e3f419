import type { PreviewRequest } from '../../application/use-cases/preview-schedule.js';
import type { UseCases } from '../../application/use-cases/use-cases.js';
import type { CronSpec } from '../../domain/schedule/cron.js';
import { cronNote } from '../../domain/schedule/cron-note.js';
import { DEFAULT_TIMEZONE } from '../http/schedule-shapes.js';
import { cronInWords } from './cron-words.js';
import { dialectOf } from './schedule-form.js';
import { cell, emptyState, table } from './components.js';
import { formatUtc, time } from './format.js';
import { html, type Html } from './html.js';
import { get, given, type PageRoute } from './page.js';

const TICKS_SHOWN = 5;

/** Ticks on the clock of the schedule's zone and in UTC. @param ticks epoch milliseconds */
export function tickTable(ticks: readonly number[], timezone: string): Html {
  if (ticks.length === 0) return emptyState('It never comes due again.');
  const local = new Intl.DateTimeFormat('sv-SE', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  const weekday = new Intl.DateTimeFormat('en-US', { timeZone: timezone, weekday: 'short' });
  return table(
    'Next ticks',
    [{ label: timezone }, { label: 'UTC' }, { label: 'From now' }],
    ticks.map(
      (tick) => html`<tr>
${cell(timezone, `${weekday.format(tick)} ${local.format(tick)}`)}
${cell('UTC', formatUtc(tick))}
${cell('From now', time(tick))}
</tr>`,
    ),
  );
}

/** The words for an expression, and what its dialect decides about it. */
export function cronMeaning(cron: CronSpec): Html {
  const words = cronInWords(cron);
  const note = cronNote(cron);
  return html`${words !== null && html`<p class="lead">${words}, ${cron.timezone}</p>`}${note !== null && html`<p class="hint">${note}</p>`}`;
}

export function schedulePreviewRoutes(useCases: UseCases): PageRoute[] {
  return [
    get('/dashboard/schedule-preview', async ({ query }) => {
      const expression = given(query, 'cron_expression') ?? '';
      const timezone = given(query, 'timezone') ?? DEFAULT_TIMEZONE;
      const dialect = dialectOf(given(query, 'cron_dialect'));
      const content = await schedulePreview(useCases, { expression, timezone, dialect });
      return { kind: 'fragment', content };
    }),
  ];
}

/** What an expression that is being written means, or what is wrong with it. */
async function schedulePreview({ previewSchedule }: UseCases, request: PreviewRequest): Promise<Html> {
  if (request.expression === '') {
    return html`<p class="hint">The meaning of the expression and its next ticks are shown here.</p>`;
  }
  const preview = await previewSchedule(request, TICKS_SHOWN);
  if (!preview.ok) return html`<p class="problem">${preview.refusal.message}</p>`;
  const { cron, ticks } = preview.value;
  return html`${cronMeaning(cron)}${tickTable(ticks, cron.timezone)}`;
}
