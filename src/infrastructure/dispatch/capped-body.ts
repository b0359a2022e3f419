/** Collects the first bytes of an answer, in at most twice the cap's memory whatever the size of the pieces. */
export class CappedBody {
  readonly #cap: number;
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;

  /** @param cap bytes that are kept, >= 0 */
  constructor(cap: number) {
    this.#cap = cap;
  }

  /** Whether no further byte would be kept. */
  get full(): boolean {
    return this.#length === this.#cap;
  }

  /** @returns false when not all of the piece fitted under the cap */
  append(piece: Buffer): boolean {
    const wanted = Math.min(piece.length, this.#cap - this.#length);
    if (this.#length === 0) {
      // The usual answer comes in one piece, which needs no copy.
      this.#bytes = piece;
    } else {
      this.#reserve(this.#length + wanted);
      piece.copy(this.#bytes, this.#length, 0, wanted);
    }
    this.#length += wanted;
    return wanted === piece.length;
  }

  /**
   * As UTF-8; invalid bytes become U+FFFD.
   * @param complete whether the last byte kept is the answer's last; otherwise a character cut in two is left out
   */
  text(complete: boolean): string {
    return this.#bytes.toString('utf8', 0, complete ? this.#length : this.#wholeCharacters());
  }

  #reserve(needed: number): void {
    // The first piece is a view of the socket's memory; it is full, so it is always left for a buffer of our own.
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.min(this.#cap, Math.max(needed, 2 * this.#length)));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }

  /** The length without the beginning of a character whose rest is missing. */
  #wholeCharacters(): number {
    for (let back = 1; back <= Math.min(3, this.#length); back++) {
      const byte = this.#bytes[this.#length - back] ?? 0;
      const continues = (byte & 0xc0) === 0x80;
      if (!continues) return back < sequenceLength(byte) ? this.#length - back : this.#length;
    }
    return this.#length;
  }
}

/** Bytes of the UTF-8 sequence that begins with this byte. */
function sequenceLength(lead: number): number {
  if (lead < 0xc0) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}
