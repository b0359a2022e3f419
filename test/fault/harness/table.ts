import type { Reporter, TestModule } from 'vitest/node';
import type { ReportedScenario } from './scenario.js';

const HEADINGS = ['scenario', 'seeds', 'acknowledged', 'lost', 'duplicates', 'allowed', ''];

/** Prints what each scenario came to when all have ended. */
export class FaultTable implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = modules
      .flatMap(({ children }) => [...children.allTests()])
      .flatMap((test) => {
        const result = test.result();
        // Not asked for: a scenario that cannot run here says why.
        if (result.state === 'skipped' && result.note === undefined) return [];
        const remark = result.state === 'passed' ? '' : result.state.toUpperCase();
        return [row(test.meta().fault ?? nothingOf(test.name), remark)];
      })
      .sort(byNumber);
    if (rows.length === 0) {
      process.stdout.write('\nNo scenario has this number.\n');
      process.exitCode = 1;
      return;
    }
    const widths = HEADINGS.map((heading, column) =>
      Math.max(heading.length, ...rows.map((cells) => cells[column]?.length ?? 0)),
    );
    const lines = [HEADINGS, widths.map((width) => '-'.repeat(width)), ...rows].map((cells) =>
      cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '),
    );
    process.stdout.write(`\n${lines.map((line) => line.trimEnd()).join('\n')}\n`);
  }
}

function row(reported: ReportedScenario, remark: string): string[] {
  const { scenario, seeds, acknowledged, lost, duplicates, allowed } = reported;
  const figures = [acknowledged, lost, duplicates, allowed].map((figure) => figure?.toString() ?? '-');
  return [scenario, describeSeeds(seeds), ...figures, remark];
}

function nothingOf(name: string): ReportedScenario {
  return { scenario: name, seeds: [], acknowledged: null, lost: null, duplicates: null, allowed: null };
}

function describeSeeds(seeds: readonly number[]): string {
  const [first, last] = [seeds[0], seeds.at(-1)];
  if (first === undefined || last === undefined) return '-';
  return first === last ? String(first) : `${first} to ${last}`;
}

function byNumber([left = '']: readonly string[], [right = '']: readonly string[]): number {
  return left.localeCompare(right, 'en', { numeric: true });
}
