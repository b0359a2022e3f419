import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseCron } from '../../../src/domain/schedule/cron.js';
import { CRON_DIALECTS, type CronDialect } from '../../../src/domain/schedule/cron-fields.js';
import { cronNote } from '../../../src/domain/schedule/cron-note.js';
import { nextRunAfterFiring } from '../../../src/domain/schedule/missed-ticks.js';
import { ticksBetween, validCron } from '../../support/cron-ticks.js';

const doc = readFileSync(new URL('../../../docs/schedules.md', import.meta.url), 'utf8');
const NEW_YEAR = Date.UTC(2024, 0, 1);

/** The rows of the table whose head has these cells, without the marks of code. */
function table(...head: readonly string[]): string[][] {
  const rows = doc.split('\n').map((line) => line.split('|').slice(1, -1).map(plain));
  const start = rows.findIndex((cells) => cells.length > 0 && String(cells) === String(head)) + 2;
  const end = rows.findIndex((cells, index) => index >= start && cells.length === 0);
  return start === 1 ? [] : rows.slice(start, end === -1 ? undefined : end);
}

function plain(cell: string): string {
  return cell.trim().replaceAll('`', '');
}

/** As the document writes instants in UTC. */
function written(instant: number | null): string {
  return instant === null ? 'never' : new Date(instant).toISOString().slice(0, 19).replace('T', ' ');
}

const instantOf = (text: string): number => Date.parse(`${text.replace(' ', 'T')}Z`);

function firstRuns(expression: string, dialect: CronDialect): string {
  if (parseCron({ expression, timezone: 'UTC', dialect }).kind === 'invalid') return 'refused';
  return ticksBetween(validCron(expression, 'UTC', dialect), NEW_YEAR + 1, Infinity, 2)
    .map(written)
    .join(', ');
}

test('its examples run when it says, in both dialects', () => {
  const alike = table('Expression', 'Meaning', 'First runs');
  expect(alike).toHaveLength(10);
  for (const [expression = '', , runs] of alike) {
    for (const dialect of CRON_DIALECTS) expect(firstRuns(expression, dialect), expression).toBe(runs);
  }
  const apart = table('Expression', 'First runs as crontab', 'First runs as original');
  expect(apart).toHaveLength(5);
  for (const [expression = '', crontab, original] of apart) {
    expect([firstRuns(expression, 'crontab'), firstRuns(expression, 'original')]).toEqual([
      crontab,
      original,
    ]);
  }
});

test('its note is the one that the answer has', () => {
  const [, json = ''] = /```json\n(.*?)```/s.exec(doc) ?? [];
  const note = cronNote({ expression: '0 0 9 13 * 5', timezone: 'UTC', dialect: 'crontab' });
  expect(JSON.parse(json)).toEqual({
    cron_expression: '0 0 9 13 * 5',
    cron_dialect: 'crontab',
    cron_note: note,
  });
});

test('missed ticks are made up for as it says', () => {
  const rows = table('Expression', 'Due since', 'Started again at', 'Next run after that one job');
  expect(rows).toHaveLength(3);
  for (const [expression = '', due = '', now = '', next] of rows) {
    const nextRunAt = nextRunAfterFiring(validCron(expression), instantOf(due), instantOf(now));
    expect(written(nextRunAt), expression).toBe(next);
  }
});

test('around a change of the clock it runs when it says', () => {
  const rows = table('Expression', 'Time zone', 'Runs');
  expect(rows).toHaveLength(5);
  for (const [expression = '', timezone = '', runs = ''] of rows) {
    const expected = runs.split(', ').map((run) => Date.parse(run));
    const cron = validCron(expression, timezone);
    expect(ticksBetween(cron, expected[0] ?? NaN, Infinity, expected.length), expression).toEqual(expected);
  }
});
