import { expect, test } from 'vitest';
import { newJobBatchShape, newJobShape } from '../../../src/interfaces/http/job-shapes.js';
import { callbackRules } from '../../support/egress.js';
import { problemsOf } from '../../../src/application/validation.js';

const job = newJobShape(callbackRules());

test('nothing is wrong with what is right', () => {
  expect(problemsOf(job.schema, { callback_url: 'http://example.com/' })).toBeNull();
});

test('each field has its first problem, without its name', () => {
  const problems = problemsOf(job.schema, { priority: 'high', timeout_ms: 0 });
  expect([...(problems ?? [])]).toEqual([
    ['callback_url', 'is required; it must be an http or https URL'],
    ['priority', 'must be an integer between -2147483648 and 2147483647, got a string'],
    ['timeout_ms', 'must be an integer between 1 and 2147483647, got 0'],
  ]);
});

test('all problems are there, however many', () => {
  const { schema } = newJobBatchShape(job);
  const problems = problemsOf(schema, { jobs: Array.from({ length: 8 }, () => ({})) });
  expect([...(problems ?? new Map<string, string>()).keys()]).toEqual(
    [0, 1, 2, 3, 4, 5, 6, 7].map((n) => `jobs[${n}].callback_url`),
  );
});

test('what is wrong with the whole has no place', () => {
  expect([...(problemsOf(job.schema, { callback_url: 'http://a', priorit: 1 }) ?? [])]).toEqual([
    ['', 'unknown field "priorit"; did you mean "priority"?'],
  ]);
  expect([...(problemsOf(job.schema, 'text') ?? [])]).toEqual([['', 'must be an object, got a string']]);
});
