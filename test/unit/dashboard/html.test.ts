import fc from 'fast-check';
import { expect, test } from 'vitest';
import { html } from '../../../src/interfaces/dashboard/html.js';

test('a text is escaped wherever it stands', () => {
  const hostile = `<script>alert("x")</script> & 'y'`;
  expect(html`<p title="${hostile}">${hostile}</p>`.toString()).toBe(
    '<p title="&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39;">' +
      '&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39;</p>',
  );
});

test('what was made by a template stands in another as it is', () => {
  expect(html`<ul>${['a', '<b>'].map((text) => html`<li>${text}</li>`)}</ul>`.toString()).toBe(
    '<ul><li>a</li><li>&lt;b&gt;</li></ul>',
  );
});

test('what is not there leaves no trace; numbers and empty texts do', () => {
  expect(html`[${null}${undefined}${false}${[]}${0}${''}]`.toString()).toBe('[0]');
});

test('a list of texts is escaped too', () => {
  expect(html`${['<', ['&']]}`.toString()).toBe('&lt;&amp;');
});

test('characters that HTML cannot carry are shown by a symbol', () => {
  expect(html`${'a\0b\x1bc\x7fd\x9fe'}`.toString()).toBe('a\u2400b\u241bc\u2421d\u2421e');
  expect(html`${'tab\tline\nend'}`.toString()).toBe('tab\tline\nend');
  expect(html`${'\ud800'}`.toString()).toBe('\ufffd');
});

test('no text makes an element or ends an attribute', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const shown = html`${text}`.toString();
      expect(shown).not.toMatch(/[<>"']/);
      expect(shown.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, '')).not.toContain('&');
    }),
  );
});
