// Bytes that come in pieces, in one buffer that grows: a piece of one byte would cost a hundred if it was kept.
const SMALLEST = 1024;

export class GrowingBytes {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  /**
   * @param expected how many are likely to come
   */
  constructor(expected: number = SMALLEST) {
    this.#bytes = new Uint8Array(expected);
  }

  get length(): number {
    return this.#length;
  }

  /** All that came, until more comes or it is emptied. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  add(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      grown.set(this.bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
  }

  /** Forgets what came, and keeps the room. */
  empty(): void {
    this.#length = 0;
  }
}
