import type { UseCases } from '../../application/use-cases/use-cases.js';
import { DEFAULT_TIMEZONE } from '../http/schedule-shapes.js';
import { cronInWords } from './cron-words.js';
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

export function schedulePreviewRoutes(useCases: UseCases): PageRoute[] {
  return [
    get('/dashboard/schedule-preview', async ({ query }) => {
      const expression = given(query, 'cron_expression') ?? '';
      const timezone = given(query, 'timezone') ?? DEFAULT_TIMEZONE;
      return { kind: 'fragment', content: await schedulePreview(useCases, expression, timezone) };
    }),
  ];
}

/** What an expression that is being written means, or what is wrong with it. */
async function schedulePreview(
  { previewSchedule }: UseCases,
  expression: string,
  timezone: string,
): Promise<Html> {
  if (expression === '') {
    return html`<p class="hint">The meaning of the expression and its next ticks are shown here.</p>`;
  }
  const preview = await previewSchedule(expression, timezone, TICKS_SHOWN);
  if (!preview.ok) return html`<p class="problem">${preview.refusal.message}</p>`;
  const words = cronInWords(expression, timezone);
  return html`${words !== null && html`<p class="lead">${words}, ${timezone}</p>`}${tickTable(preview.value.ticks, timezone)}`;
}
