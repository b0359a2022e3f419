import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Case } from './case.js';
import { report, table, type CaseReport } from './report.js';

/** The files in cases/, in the order of the documentation. */
const NAMES = [
  'enqueue',
  'enqueue-batch',
  'deliver',
  'process',
  'process-redis',
  'latency',
  'backlog',
  'many-queues',
  'hanging-queues',
  'reads',
  'dashboard',
  'loop-lag',
  'memory',
];
const RESULTS = fileURLToPath(new URL('results', import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false } },
});
const unknown = positionals.filter((name) => !NAMES.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`unknown: ${unknown.join(', ')}; the cases are ${NAMES.join(', ')}\n`);
  process.exit(2);
}

const reports: CaseReport[] = [];
for (const name of positionals.length > 0 ? positionals : NAMES) reports.push(await run(name));
process.stdout.write(`\n${table(reports)}\n\nwritten to ${write(reports)}\n`);
for (const { name, skipped } of reports) {
  if (skipped !== null) process.stderr.write(`\nNOT MEASURED: ${name}: ${skipped}\n`);
}

async function run(name: string): Promise<CaseReport> {
  const { benchCase } = (await import(`./cases/${name}.js`)) as { benchCase: Case };
  const directory = mkdtempSync(join(tmpdir(), `mininq-bench-${name}-`));
  const say = (text: string): void => {
    process.stderr.write(`${name}: ${text}\n`);
  };
  say(benchCase.title);
  const startedAt = performance.now();
  try {
    const outcome = await benchCase.run({ quick: values.quick, directory, say });
    return report(name, benchCase, (performance.now() - startedAt) / 1000, outcome);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function write(cases: readonly CaseReport[]): string {
  mkdirSync(RESULTS, { recursive: true });
  const measuredAt = new Date().toISOString();
  const path = join(RESULTS, `${measuredAt.replaceAll(':', '-')}.json`);
  const machine = {
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
  writeFileSync(path, `${JSON.stringify({ measuredAt, quick: values.quick, machine, cases }, null, 2)}\n`);
  return path;
}
