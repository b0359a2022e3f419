/** `npm run test:fault`: the long form of every fault scenario, and a table of what each came to. */
import { Command, InvalidArgumentError } from 'commander';
import { startVitest } from 'vitest/node';
import { z } from 'zod';
import { FaultTable } from './harness/table.js';

const OPTIONS = z.object({
  minutes: z.number(),
  seed: z.number(),
  seeds: z.number().optional(),
  short: z.boolean().optional(),
});

function positive(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number) || number <= 0)
    throw new InvalidArgumentError('It must be a number above 0.');
  return number;
}

function whole(text: string): number {
  const number = positive(text);
  if (!Number.isSafeInteger(number)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return number;
}

const command = new Command('test:fault')
  .description(
    'Runs the fault scenarios and prints what each came to; exits with 1 when a promise is broken.',
  )
  .argument('[scenarios...]', 'only these, such as F1 F24; all when none is named')
  .option('--minutes <number>', 'how long the soak (F74) takes', positive, 2)
  .option('--seed <number>', 'the first seed', whole, 1)
  .option('--seeds <number>', 'seeds of each scenario, instead of its own number of them', whole)
  .option('--short', 'as `npm test` runs them')
  .parse();
const { minutes, seed, seeds, short } = OPTIONS.parse(command.opts());

process.env['FAULT_FORM'] = short === true ? 'short' : 'long';
process.env['FAULT_MINUTES'] = String(minutes);
process.env['FAULT_SEED'] = String(seed);
if (seeds !== undefined) process.env['FAULT_SEEDS'] = String(seeds);

// Sets process.exitCode when a test fails.
const vitest = await startVitest('test', ['test/fault/'], {
  watch: false,
  reporters: ['default', new FaultTable()],
  ...(command.args.length === 0 ? {} : { testNamePattern: `^(${command.args.join('|')}) ` }),
});
await vitest.close();
