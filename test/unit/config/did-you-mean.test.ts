import { describe, expect, test } from 'vitest';
import { didYouMean } from '../../../src/application/did-you-mean.js';

const FIELDS = [
  'callback_url',
  'queue_name',
  'priority',
  'max_retries',
  'delay_ms',
  'base_delay_ms',
  'port',
  'id',
];

describe('didYouMean', () => {
  test.each([
    { given: 'prot', meant: 'port' },
    { given: 'Port', meant: 'port' },
    { given: 'callbackUrl', meant: 'callback_url' },
    { given: 'callback-url', meant: 'callback_url' },
    { given: 'calback_ulr', meant: 'callback_url' },
    { given: 'prioritty', meant: 'priority' },
    { given: 'ip', meant: 'id' },
    { given: 'queue', meant: 'queue_name' },
    { given: 'retries', meant: 'max_retries' },
    { given: 'URL', meant: 'callback_url' },
    { given: 'base_delay', meant: 'base_delay_ms' },
    // Of two names with the word, the nearer one.
    { given: 'delay', meant: 'delay_ms' },
  ])('$given: $meant', ({ given, meant }) => {
    expect(didYouMean(given, FIELDS)).toBe(meant);
  });

  test.each(['', 'x', 'token', 'bold', 'to', 'ms', 'x'.repeat(65)])('"%s": none', (given) => {
    expect(didYouMean(given, FIELDS)).toBeNull();
  });

  test('without known names: none', () => {
    expect(didYouMean('port', [])).toBeNull();
  });

  test('of equally near names, the first', () => {
    expect(didYouMean('sorts', ['ports', 'sorta'])).toBe('ports');
  });

  test('does not compare what is far too long, as an attacker may send it', () => {
    expect(didYouMean('x'.repeat(64), ['x'.repeat(65)])).toBe('x'.repeat(65));
    expect(didYouMean('x'.repeat(65), ['x'.repeat(64)])).toBeNull();
  });
});
