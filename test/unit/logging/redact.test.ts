import { describe, expect, test } from 'vitest';
import { redact } from '../../../src/infrastructure/logging/redact.js';

describe('redact', () => {
  test.each([
    { text: 'http://user:pass@host/', shown: 'http://***@host/' },
    { text: 'https://user@host', shown: 'https://***@host' },
    { text: 'HTTPS://U:P@HOST/x?y=1', shown: 'HTTPS://***@HOST/x?y=1' },
    { text: 'http://:pass@host/', shown: 'http://***@host/' },
    { text: 'http://user:p@ss:w0rd@host/', shown: 'http://***@host/' },
    { text: 'http://user:p%20"<>\'|^`{}@[::1]:80/', shown: 'http://***@[::1]:80/' },
    { text: 'postgres://u:p@db:5432/jobs', shown: 'postgres://***@db:5432/jobs' },
    { text: 'my+scheme-1.0://u:p@h', shown: 'my+scheme-1.0://***@h' },
    // URL parsers take these for http://u:p@h/.
    { text: 'http:\\\\u:p@h/', shown: 'http:\\\\***@h/' },
    { text: 'http:/u:p@h/', shown: 'http:/***@h/' },
    { text: 'http:u:p@h/', shown: 'http:***@h/' },
    { text: 'http:////u:p@h/', shown: 'http:////***@h/' },
    { text: '{"url":"http:\\/\\/u:p@h\\/"}', shown: '{"url":"http:\\/\\/***@h\\/"}' },
    {
      text: 'from http://a:b@c/ to (https://d:e@f/), then http://g/',
      shown: 'from http://***@c/ to (https://***@f/), then http://g/',
    },
    { text: 'a\nhttp://u:p@h/\nb', shown: 'a\nhttp://***@h/\nb' },
  ])('$shown', ({ text, shown }) => {
    expect(redact(text)).toBe(shown);
  });

  test.each([
    '',
    'http://host/path',
    'http://host/@user',
    'http://host/?to=a@b.example',
    'http://host/#a@b',
    'mail to a@b.example',
    'http://host said: write to a@b.example',
    'mailto:a@b.example',
    '@',
  ])('leaves "%s" alone', (text) => {
    expect(redact(text)).toBe(text);
  });

  test.each([
    { name: 'starts of schemes', text: `${'a.'.repeat(50_000)}@` },
    { name: 'starts of URLs', text: `${'http:'.repeat(20_000)} @` },
    { name: 'starts of URLs with slashes', text: `${'http://'.repeat(20_000)} @` },
    { name: 'one endless user', text: `http://${'x'.repeat(100_000)} @` },
  ])('stays fast on a hostile text: $name', ({ text }) => {
    const startedAt = performance.now();
    expect(redact(text)).toBe(text);
    // Milliseconds when linear; a quadratic search takes many seconds.
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });
});
