import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CappedBody } from '../../../src/infrastructure/dispatch/capped-body.js';

/** Splits bytes into pieces of the given sizes, in turn. */
function* pieces(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    // Copies, so that a write into a foreign piece would show.
    yield Buffer.from(bytes.subarray(at, at + size));
    at += size;
  }
}

/** Characters of one, two, three and four bytes. */
const character = fc.constantFrom('a', '\0', 'é', '€', '\ufffd', '🐎');
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });

test('a text under the cap comes out as it went in, however it is cut up', () => {
  fc.assert(
    fc.property(fc.string({ unit: character, maxLength: 200 }), sizes, (text, cutting) => {
      const bytes = Buffer.from(text);
      const body = new CappedBody(bytes.length);
      let fitted = true;
      for (const piece of pieces(bytes, cutting)) fitted &&= body.append(piece);
      expect(fitted).toBe(true);
      expect(body.full).toBe(true);
      expect(body.text(true)).toBe(bytes.toString());
    }),
  );
});

test('a text over the cap is cut to whole characters, as many as fit', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: character, minLength: 1, maxLength: 200 }),
      sizes,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (text, cutting, share) => {
        const bytes = Buffer.from(text);
        const cap = Math.floor(share * (bytes.length - 1));
        const body = new CappedBody(cap);
        let fitted = true;
        for (const piece of pieces(bytes, cutting)) fitted &&= body.append(piece);
        expect(fitted).toBe(false);
        const kept = body.text(false);
        expect(text.startsWith(kept)).toBe(true);
        expect(Buffer.byteLength(kept)).toBeGreaterThan(cap - 4);
        expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(cap);
      },
    ),
  );
});

test('any bytes are cut without an exception, to no more than the cap', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), sizes, fc.nat(300), (raw, cutting, cap) => {
      const body = new CappedBody(cap);
      for (const piece of pieces(Buffer.from(raw), cutting)) {
        if (!body.append(piece)) break;
      }
      const expected = Buffer.from(raw.subarray(0, cap));
      expect(body.text(true)).toBe(expected.toString());
      expect(expected.toString().startsWith(body.text(false))).toBe(true);
    }),
  );
});

test('the pieces are left as they are', () => {
  const first = Buffer.from('first');
  const body = new CappedBody(100);
  body.append(first.subarray(0, 3));
  body.append(Buffer.from('XY'));
  expect(body.text(true)).toBe('firXY');
  expect(first.toString()).toBe('first');
});
