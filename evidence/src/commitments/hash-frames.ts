// Many inputs of H (docs/spec/trace.md) at once, written side by side: a value can have a hundred thousand
// fields, and an array for each part of each of them costs more than the hashing.
import { utf8 } from "@reach-fabric/engine";
import { hexInto } from "../encoding/bytes.ts";
import { EvidenceError } from "../errors/errors.ts";

/** Bytes of the first chunk and of later ones. */
const FIRST = 1 << 10;
const CHUNK = 1 << 18;
/** What one call of the engine takes, less the length in front of it. */
const LARGEST = (1 << 26) - 4;
const encoder = new TextEncoder();

/** Writes frames: the tag, then each part behind its length in 8 bytes, big-endian. */
export class Frames {
  readonly #tag: Uint8Array;
  readonly #frames: Uint8Array[] = [];
  #chunk = new Uint8Array(FIRST);
  #start = 0;
  #part = 0;
  #size = 0;
  #at = 0;

  constructor(tag: string) {
    this.#tag = utf8(`reach/v1/${tag}\0`);
  }

  /** All frames that were ended, in their order. */
  get all(): readonly Uint8Array[] {
    return this.#frames;
  }

  begin(): this {
    this.#start = this.#at;
    this.#room(this.#tag.length);
    this.#chunk.set(this.#tag, this.#at);
    this.#at += this.#tag.length;
    return this;
  }

  bytes(part: Uint8Array): this {
    this.#room(8 + part.length);
    this.#length(this.#at, part.length);
    this.#chunk.set(part, this.#at + 8);
    this.#at += 8 + part.length;
    return this;
  }

  text(part: string): this {
    return this.open().put(part).close();
  }

  /** Begins a part that is put together. */
  open(): this {
    this.#room(8);
    this.#part = this.#at;
    this.#at += 8;
    return this;
  }

  /** More of the part, in UTF-8. */
  put(text: string): this {
    const { length } = text;
    this.#room(3 * length);
    const chunk = this.#chunk;
    let at = this.#at;
    let i = 0;
    for (; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) break;
      chunk[at++] = unit;
    }
    if (i < length) at += encoder.encodeInto(text.slice(i), chunk.subarray(at)).written;
    this.#at = at;
    return this;
  }

  /** More of the part: bytes as lower-case hex. */
  hex(bytes: Uint8Array): this {
    this.#room(2 * bytes.length);
    this.#at = hexInto(bytes, this.#chunk, this.#at);
    return this;
  }

  /** Ends the part, whose length is known now. */
  close(): this {
    this.#length(this.#part, this.#at - this.#part - 8);
    return this;
  }

  /**
   * Ends the frame.
   *
   * @throws EvidenceError `REACH-E5007` for more than the engine hashes in one call
   */
  end(): void {
    const size = this.#at - this.#start;
    if (size > LARGEST) {
      throw new EvidenceError(
        "REACH-E5007",
        `a value is hashed as ${size} bytes, ${LARGEST} are allowed`,
      );
    }
    this.#size += size;
    this.#frames.push(this.#chunk.subarray(this.#start, this.#at));
  }

  /** Bytes of all frames that were ended. */
  get size(): number {
    return this.#size;
  }

  /** What stands before it is 0 already: no chunk is written twice. */
  #length(at: number, length: number): void {
    const chunk = this.#chunk;
    chunk[at + 4] = length >>> 24;
    chunk[at + 5] = length >>> 16;
    chunk[at + 6] = length >>> 8;
    chunk[at + 7] = length;
  }

  /** Makes room; what was begun moves along. */
  #room(size: number): void {
    if (this.#at + size <= this.#chunk.length) return;
    const begun = this.#chunk.subarray(this.#start, this.#at);
    this.#chunk = new Uint8Array(
      // A part can be put together of a million pieces: what was begun is not copied for each of them.
      Math.max(Math.min(CHUNK, 4 * this.#chunk.length), 2 * begun.length + size),
    );
    this.#chunk.set(begun);
    this.#part -= this.#start;
    this.#start = 0;
    this.#at = begun.length;
  }
}
