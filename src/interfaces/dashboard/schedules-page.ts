import type { UseCases } from '../../application/use-cases/use-cases.js';
import { cronOf, isActive, type Schedule } from '../../domain/schedule/schedule.js';
import {
  actionButton,
  cell,
  chip,
  emptyState,
  filtering,
  queuePath,
  schedulePath,
  table,
  pager,
} from './components.js';
import { cronInWords } from './cron-words.js';
import { time } from './format.js';
import { html, type Html } from './html.js';
import { get, given, show, wholeNumber, type PageRoute } from './page.js';
import { mayChange, type Visitor } from './visitor.js';

const PAGE_SIZE = 50;

interface ScheduleList {
  readonly search: string;
  /** From 1. */
  readonly page: number;
}

export function scheduleListRoutes({ listSchedulePage }: UseCases): PageRoute[] {
  return [
    get('/dashboard/schedules', async ({ query, url, visitor }) => {
      const list = {
        search: given(query, 'search') ?? '',
        page: Math.max(1, wholeNumber(query.get('page'), 1)),
      };
      const { schedules, total } = await listSchedulePage({
        text: list.search,
        limit: PAGE_SIZE,
        offset: (list.page - 1) * PAGE_SIZE,
      });
      return show({
        title: 'Schedules',
        section: 'schedules',
        before: () => heading(visitor, list),
        live: {
          topics: ['schedules'],
          content: html`${scheduleTable(visitor, schedules, url)}${pager({
            path: '/dashboard/schedules',
            query: { search: list.search },
            page: list.page,
            pageSize: PAGE_SIZE,
            shown: schedules.length,
            total,
            noun: 'schedule',
          })}`,
        },
      });
    }),
  ];
}

function heading(visitor: Visitor, { search }: ScheduleList): Html {
  return html`<div class="head"><h1>Schedules</h1>${mayChange(visitor) && html`<a class="button primary" href="/dashboard/new-schedule">New schedule</a>`}</div>
<form class="filters" role="search" aria-label="Schedules" ${filtering('/dashboard/schedules')}>
<label class="wide">Search <input type="search" id="filter-search" name="search" value="${search}" placeholder="expression, queue, part of the URL" maxlength="256" autocomplete="off" spellcheck="false"></label>
<noscript><button>Show</button></noscript>
</form>`;
}

function scheduleTable(visitor: Visitor, schedules: readonly Schedule[], url: string): Html {
  if (schedules.length === 0) return emptyState('No schedule matches.');
  return table(
    'Schedules',
    [
      { label: 'Schedule' },
      { label: 'State' },
      { label: 'Queue' },
      { label: 'Next run' },
      { label: 'Last run' },
      ...(mayChange(visitor) ? [{ label: 'Actions', hidden: true }] : []),
    ],
    schedules.map((schedule) => scheduleRow(visitor, schedule, url)),
  );
}

function scheduleRow(visitor: Visitor, schedule: Schedule, url: string): Html {
  const { id, cronExpression, timezone } = schedule;
  const path = schedulePath(id);
  const words = cronInWords(cronOf(schedule));
  return html`<tr id="schedule-${id}">
${cell('Schedule', html`<a class="mono strong" href="${path}">${cronExpression}</a><br><small>${words !== null && html`${words}, `}${timezone}</small>`, 'text')}
${cell('State', scheduleState(schedule))}
${cell('Queue', html`<a href="${queuePath(schedule.queueName)}">${schedule.queueName}</a>`, 'text')}
${cell('Next run', nextRun(schedule))}
${cell('Last run', time(schedule.lastRunAt))}
${mayChange(visitor) && cell('', html`${actionButton(visitor, 'Run now', `${path}/run`, url, { about: cronExpression })}${enableButton(visitor, schedule, url)}`, 'actions')}
</tr>`;
}

/** When it runs next, or why it does not. */
export function nextRun({ enabled, stoppedAt, nextRunAt }: Schedule): Html {
  if (!enabled) return html`<span class="none">disabled</span>`;
  return stoppedAt === null ? time(nextRunAt) : html`<span class="none">stopped</span>`;
}

export function scheduleState({ enabled, stoppedAt, nextRunAt }: Schedule): Html {
  if (!enabled) return chip('off', 'disabled');
  if (stoppedAt !== null) return chip('failed', 'stopped');
  return nextRunAt === null ? chip('warning', 'never due again') : chip('ok', 'enabled');
}

export function enableButton(visitor: Visitor, schedule: Schedule, back: string): Html | null {
  const { id, cronExpression } = schedule;
  const path = schedulePath(id);
  return isActive(schedule)
    ? actionButton(visitor, 'Disable', `${path}/disable`, back, { about: cronExpression })
    : actionButton(visitor, 'Enable', `${path}/enable`, back, { about: cronExpression, kind: 'primary' });
}
