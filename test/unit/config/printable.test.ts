import { describe, expect, test } from 'vitest';
import { plain, printable, quote } from '../../../src/application/printable.js';

describe('printable', () => {
  test.each([
    { text: 'as "it" is: \\ é 漢 🚀', shown: 'as "it" is: \\ é 漢 🚀' },
    { text: 'a\r\nb\tc\bd\fe', shown: 'a\\r\\nb\\tc\\bd\\fe' },
    { text: '\u0000\u001b[31m\u007f\u009b', shown: '\\u0000\\u001b[31m\\u007f\\u009b' },
    { text: 'a\u2028b\u2029c\u0085d', shown: 'a\\u2028b\\u2029c\\u0085d' },
  ])('$shown', ({ text, shown }) => {
    expect(printable(text)).toBe(shown);
  });
});

test('quote gives a string of JSON', () => {
  const text = 'a "b" \\ \n\u009b\u2028é';
  expect(quote(text)).toBe('"a \\"b\\" \\\\ \\n\\u009b\\u2028é"');
  expect(JSON.parse(quote(text))).toBe(text);
});

test.each([
  { text: '/etc/mininq/config.toml', shown: '/etc/mininq/config.toml' },
  { text: 'my config.toml', shown: 'my config.toml' },
  { text: '', shown: '""' },
  { text: 'a\nb', shown: '"a\\nb"' },
  { text: 'a"b', shown: '"a\\"b"' },
])('plain shows $shown', ({ text, shown }) => {
  expect(plain(text)).toBe(shown);
});
