import type { Job } from '../../domain/job/job.js';
import { JOB_COLUMNS, type JobColumn } from './job-columns.js';

/*
 * The functions between jobs and a driver, made of the table of columns when the program starts: each is the code that
 * one would write by hand, property by property. A loop over the columns takes nine times as long for a row, and all
 * jobs pass here. The code consists of names of fields and of what the stores' own constants add; no input enters it.
 */

/** Turns the code of a value into the code of what it is on the other side, such as `x` into `x === 1`. */
export type ValueCode = (value: string, kind: JobColumn['kind']) => string;

/**
 * @param first where in the row the values of the fields begin; they follow in order
 * @returns makes an object with the fields of a row that the driver gives as an array
 */
export function compileReader<Field extends keyof Job>(
  fields: readonly Field[],
  read: ValueCode,
  first = 0,
): (row: readonly unknown[]) => Pick<Job, Field> {
  const properties = fields.map(
    (field, i) => `${field}: ${read(`row[${first + i}]`, JOB_COLUMNS[field].kind)}`,
  );
  return compile(['row'], `return { ${properties.join(', ')} };`) as (
    row: readonly unknown[],
  ) => Pick<Job, Field>;
}

/** A prepared statement of a driver that takes parameters one by one. */
export interface Statement {
  run(...parameters: unknown[]): { readonly changes: number };
}

/**
 * To make an array of the parameters first would cost a third of an insert, and a rest parameter makes one too.
 * @param further how many parameters follow the fields
 * @returns runs the statement with the fields of the object in order, then with the further parameters
 */
export function compileRun<Field extends keyof Job, Further extends readonly unknown[]>(
  fields: readonly Field[],
  bind: ValueCode,
  further: Further['length'],
): (statement: Statement, source: Pick<Job, Field>, ...further: Further) => { readonly changes: number } {
  const values = fields.map((field) => bind(`source.${field}`, JOB_COLUMNS[field].kind));
  const rest = Array.from({ length: further }, (_, i) => `further${i}`);
  const code = `return statement.run(${[...values, ...rest].join(', ')});`;
  return compile(['statement', 'source', ...rest], code) as ReturnType<typeof compileRun<Field, Further>>;
}

function compile(parameters: readonly string[], code: string): unknown {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the head of this file says why, and of what
  return new Function(...parameters, code);
}
