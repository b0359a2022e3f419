import type { Case, Row, Skipped } from './case.js';
import { spread, type Spread } from './statistics.js';

/** What a case came to; also the shape of its part of the JSON file. */
export interface CaseReport {
  readonly name: string;
  readonly title: string;
  readonly yardstick: string;
  readonly seconds: number;
  readonly skipped: string | null;
  readonly rows: readonly RowReport[];
}

interface RowReport {
  readonly measure: string;
  readonly unit: string;
  readonly mininq: Spread;
  readonly yardstick: Spread;
  /** mininq to yardstick, round by round. */
  readonly ratio: Spread;
  readonly goal: string | null;
  readonly reached: boolean | null;
  readonly rounds: { readonly mininq: readonly number[]; readonly yardstick: readonly number[] };
}

export function report(
  name: string,
  { title, yardstick }: Case,
  seconds: number,
  outcome: readonly Row[] | Skipped,
): CaseReport {
  const skipped = 'skipped' in outcome ? outcome.skipped : null;
  const rows = 'skipped' in outcome ? [] : outcome.map(reportRow);
  return { name, title, yardstick, seconds: Math.round(seconds), skipped, rows };
}

function reportRow({ measure, unit, mininq, yardstick, goal }: Row): RowReport {
  const ratio = spread(mininq.map((figure, round) => figure / (yardstick[round] ?? Number.NaN)));
  return {
    measure,
    unit,
    mininq: spread(mininq),
    yardstick: spread(yardstick),
    ratio,
    goal: goal && describeGoal(goal, unit),
    reached: goal && isReached(goal, goal.of === 'ratio' ? ratio.median : spread(mininq).median),
    rounds: { mininq, yardstick },
  };
}

type Goal = NonNullable<Row['goal']>;

function describeGoal(goal: Goal, unit: string): string {
  const bound = 'atLeast' in goal ? `>= ${goal.atLeast}` : `<= ${goal.atMost}`;
  return goal.of === 'ratio' ? bound : `${bound} ${unit}`;
}

function isReached(goal: Goal, figure: number): boolean {
  return 'atLeast' in goal ? figure >= goal.atLeast : figure <= goal.atMost;
}

const HEADINGS = ['case', 'measure', 'mininq', 'yardstick', 'ratio (min - max)', 'goal', ''];

/** The table in Markdown, its columns aligned. */
export function table(reports: readonly CaseReport[]): string {
  const lines = [HEADINGS, ...reports.flatMap(tableLines)];
  const widths = HEADINGS.map((_, column) => Math.max(3, ...lines.map((line) => line[column]?.length ?? 0)));
  const [head = '', ...body] = lines.map((line) =>
    join(line.map((cell, column) => cell.padEnd(widths[column] ?? 0))),
  );
  return [head, join(widths.map((width) => '-'.repeat(width))), ...body].join('\n');
}

function join(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function tableLines({ name, skipped, rows }: CaseReport): string[][] {
  if (skipped !== null) return [[name, `SKIPPED: ${skipped}`, '', '', '', '', '']];
  return rows.map(({ measure, unit, mininq, yardstick, ratio, goal, reached }) => [
    name,
    measure,
    `${format(mininq.median)} ${unit}`,
    `${format(yardstick.median)} ${unit}`,
    `${format(ratio.median)} (${format(ratio.min)} - ${format(ratio.max)})`,
    goal ?? '',
    reached === null ? '' : reached ? 'reached' : 'MISSED',
  ]);
}

function format(figure: number): string {
  if (!Number.isFinite(figure)) return '-';
  if (Math.abs(figure) >= 1000) return Math.round(figure).toLocaleString('en');
  return Number(figure.toPrecision(3)).toString();
}
