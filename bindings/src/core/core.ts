/**
 * One instance of the engine behind its two windows (docs/spec/abi.md).
 *
 * Invariants: a view over the memory is used only after a check that the memory is still the same
 * (any call may replace it); what leaves here is a copy; after a trap nothing is called again.
 */

import { loneSurrogate, utf8, utf8Into } from "./bytes.ts";
import type { Text } from "./bytes.ts";
import { fromUtf8 } from "./bytes.ts";
import { ArgumentError } from "./arguments.ts";
import { EngineError, EngineTrap } from "./errors.ts";
import * as codes from "../generated/codes.ts";

type Call = (a?: number, b?: number, c?: number, d?: number) => number;

/** The exports that the core has, too: windows, errors, JSON, hashing and Merkle trees. */
export interface DataExports {
  /** A WebAssembly.Memory; spelled out, so that the declarations need no library of types. */
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly abi: Call;
  readonly semantics: Call;
  readonly input: Call;
  readonly output: Call;
  readonly outputLength: Call;
  readonly fuelUsed: Call;
  readonly errorCode: Call;
  readonly errorOffset: Call;
  readonly errorDepth: Call;
  readonly errorText: Call;
  readonly errorWhere: Call;
  readonly checkJson: Call;
  readonly canonicalize: Call;
  readonly canonicalHash: Call;
  readonly numbersToJson: Call;
  readonly numbersFromJson: Call;
  readonly sha256: Call;
  readonly hmacSha256: Call;
  readonly hashFrames: Call;
  readonly hashEach: Call;
  readonly hashReset: Call;
  readonly hashUpdate: Call;
  readonly hashFinal: Call;
  readonly hashSave: Call;
  readonly hashRestore: Call;
  readonly merkleRoot: Call;
  readonly merkleProof: Call;
  readonly merkleVerify: Call;
  readonly treeReset: Call;
  readonly treeAppend: Call;
  readonly treeRoot: Call;
  readonly treeSave: Call;
  readonly treeRestore: Call;
}

/** The engine's exports, as docs/spec/abi.md lists them. */
export interface Exports extends DataExports {
  readonly evaluate: Call;
  readonly explain: Call;
  readonly matchRegex: Call;
  readonly validate: Call;
  readonly load: Call;
  readonly listExpressions: Call;
  readonly admit: Call;
  readonly start: Call;
  readonly advance: Call;
  readonly dropped: Call;
  readonly outcome: Call;
  readonly decision: Call;
  readonly fingerprint: Call;
  readonly snapshot: Call;
  readonly restore: Call;
  readonly commit: Call;
  readonly commitments: Call;
  readonly commitValue: Call;
  readonly leaves: Call;
  readonly looked: Call;
}

/**
 * Up to this many bytes, the input window is kept and texts are encoded in place; above, their
 * exact size is worth a copy.
 */
const SMALL = 1 << 16;

/** Bytes of a buffer that records share. */
const SHARED = 1 << 14;

export class Core<E extends DataExports = Exports> {
  readonly exports: E;
  #view: Uint8Array<ArrayBuffer>;
  /** The input window as it was last given, and how much it holds: small calls need not ask again. */
  #at = 0;
  #room = -1;
  /** What is left of the buffer that records share. */
  #free = new Uint8Array(0);
  #trap: unknown;
  #trapped = false;

  constructor(exports: E) {
    this.exports = exports;
    this.#view = new Uint8Array(exports.memory.buffer);
  }

  /** True once a call has trapped. */
  get trapped(): boolean {
    return this.#trapped;
  }

  /** One call of the engine. Whatever it throws is a trap, and the end of this instance. */
  call(f: Call, a: number = 0, b: number = 0, c: number = 0, d: number = 0): number {
    if (this.#trapped) {
      throw new EngineTrap("This instance of the engine has stopped before: make another one", {
        cause: this.#trap,
      });
    }
    try {
      return f(a, b, c, d);
    } catch (error) {
      throw this.stopped(error);
    }
  }

  /** Remembers a trap, of a call that was made without call(), and makes it an error. */
  stopped(error: unknown): EngineTrap {
    this.#trapped = true;
    this.#trap = error;
    this.#room = -1; // the next call asks for a window, and learns of it
    const what = error instanceof Error ? error.message : String(error);
    return new EngineTrap(`The engine has stopped: ${what}`, { cause: error });
  }

  /** The same, where a status comes back: an error status is thrown as an EngineError. */
  checked(f: Call, a: number = 0, b: number = 0, c: number = 0, d: number = 0): number {
    const status = this.call(f, a, b, c, d);
    if (status === codes.STATUS_ERROR) throw this.error();
    return status;
  }

  /** The error of the last call. The output window is gone afterwards. */
  error(): EngineError {
    const { exports } = this;
    const code = this.call(exports.errorCode) >>> 0;
    const offset = this.call(exports.errorOffset) >>> 0;
    const depth = this.call(exports.errorDepth) >>> 0;
    this.call(exports.errorText);
    const reason = this.outputText();
    this.call(exports.errorWhere);
    const [file, pointer] = this.outputTexts();
    const place = file === undefined || pointer === undefined ? undefined : { file, pointer };
    return new EngineError(code, reason, offset, depth, place);
  }

  /**
   * Puts one part into the input window and returns its length in bytes.
   *
   * @param name of the argument that it is, for the error where it is neither a text nor bytes
   */
  placeOne(part: Text, name: string = "text"): number {
    if (part instanceof Uint8Array) {
      const at = this.#window(part.length); // before the view, which it may replace
      this.#view.set(part, at);
      return part.length;
    }
    return checkText(part, name) ? (this.place(part)[0] ?? 0) : 0;
  }

  /** Puts parts one behind the other into the input window and returns their lengths in bytes. */
  place(...parts: readonly Text[]): number[] {
    let atMost = 0;
    for (const part of parts) atMost += checkText(part) ? 3 * part.length : part.length;
    if (atMost <= SMALL) {
      let at = this.#window(atMost);
      return parts.map((part) => {
        const size =
          typeof part === "string"
            ? utf8Into(part, this.#view.subarray(at, at + 3 * part.length))
            : (this.#view.set(part, at), part.length);
        at += size;
        return size;
      });
    }
    const bytes = parts.map((part) => (typeof part === "string" ? utf8(part) : part));
    let at = this.#window(bytes.reduce((size, part) => size + part.length, 0));
    return bytes.map((part) => {
      this.#view.set(part, at);
      at += part.length;
      return part.length;
    });
  }

  /** Puts frames (ABI-4) into the input window and returns their length together. */
  placeFrames(frames: readonly Text[]): number {
    let size = 0;
    const bytes: Uint8Array[] = [];
    for (const frame of frames) {
      const part = checkText(frame) ? utf8(frame) : frame;
      bytes.push(part);
      size += 4 + part.length;
    }
    let at = this.#window(size);
    for (const frame of bytes) {
      const { length } = frame;
      this.#view[at] = length;
      this.#view[at + 1] = length >>> 8;
      this.#view[at + 2] = length >>> 16;
      this.#view[at + 3] = length >>> 24;
      this.#view.set(frame, at + 4);
      at += 4 + length;
    }
    return size;
  }

  /** A copy of a digest, which is all that the output window holds. */
  digest(): Uint8Array<ArrayBuffer> {
    return this.digestAt(this.call(this.exports.output) >>> 0);
  }

  /** The same where the window's address is at hand. */
  digestAt(at: number): Uint8Array<ArrayBuffer> {
    this.#refresh();
    return this.#view.slice(at, at + 32);
  }

  /** A copy of the output window. */
  output(): Uint8Array<ArrayBuffer> {
    const [from, to] = this.#outputRange();
    return this.#view.slice(from, to);
  }

  /** The output window as text. The engine writes well-formed UTF-8 only. */
  outputText(): string {
    const [from, to] = this.#outputRange();
    return fromUtf8(this.#view.subarray(from, to));
  }

  /** The output window as little-endian numbers of 32 bits. */
  outputWords(): number[] {
    const [from, to] = this.#outputRange();
    return Array.from({ length: (to - from) / 4 }, (_, i) => u32(this.#view, from + 4 * i));
  }

  /**
   * A copy of the output window in a buffer that it shares with other records: one of its own would
   * cost a small record more than the copy, and the more the longer a run is.
   */
  record(): Uint8Array<ArrayBuffer> {
    const [from, to] = this.#outputRange();
    const size = to - from;
    if (size > this.#free.length) this.#free = new Uint8Array(Math.max(size, SHARED));
    const copy = this.#free.subarray(0, size);
    this.#free = this.#free.subarray(size);
    copy.set(this.#view.subarray(from, to));
    return copy;
  }

  /** A copy of each frame of the output window, as record() makes one. */
  records(): Uint8Array<ArrayBuffer>[] {
    const window = this.record();
    return frames(window, 0, window.length, (from, to) => window.subarray(from, to));
  }

  /** Each frame of the output window as text. */
  outputTexts(): string[] {
    const [from, to] = this.#outputRange();
    return frames(this.#view, from, to, (start, end) => shortText(this.#view, start, end));
  }

  #outputRange(): [from: number, to: number] {
    const from = this.call(this.exports.output) >>> 0;
    const length = this.call(this.exports.outputLength) >>> 0;
    this.#refresh();
    return [from, from + length];
  }

  #window(size: number): number {
    if (size <= this.#room) {
      this.#refresh();
      return this.#at;
    }
    const wanted = Math.max(size, SMALL);
    // The engine refuses too, but sees only the low 32 bits.
    const at = size <= codes.MAX_INPUT ? this.call(this.exports.input, wanted) >>> 0 : 0;
    if (at === 0) {
      throw new EngineError(
        codes.E_LIMIT_SIZE,
        `text is too long: ${size} bytes, and a call takes ${codes.MAX_INPUT}`,
        codes.MAX_INPUT,
      );
    }
    // A large window is given back by the next call that asks: every call does, until it is small.
    this.#at = at;
    this.#room = wanted === SMALL ? SMALL : -1;
    this.#refresh();
    return at;
  }

  #refresh(): void {
    // A memory that grew has detached its buffer, and a view over that has no length.
    if (this.#view.length === 0) this.#view = new Uint8Array(this.exports.memory.buffer);
  }
}

/** What `take` makes of each frame between two places. */
function frames<T>(
  view: Uint8Array,
  from: number,
  to: number,
  take: (from: number, to: number) => T,
): T[] {
  const taken: T[] = [];
  for (let at = from; at + 4 <= to;) {
    const start = at + 4;
    at = start + u32(view, at);
    taken.push(take(start, at));
  }
  return taken;
}

/** The text of UTF-8 bytes: a few ASCII characters are put together faster than they are decoded. */
function shortText(view: Uint8Array, from: number, to: number): string {
  if (to - from > 32) return fromUtf8(view.subarray(from, to));
  let text = "";
  for (let at = from; at < to; at++) {
    const byte = view[at] ?? 0;
    if (byte >= 0x80) return fromUtf8(view.subarray(from, to));
    text += String.fromCharCode(byte);
  }
  return text;
}

const u32 = (view: Uint8Array, at: number): number =>
  ((view[at] ?? 0) |
    ((view[at + 1] ?? 0) << 8) |
    ((view[at + 2] ?? 0) << 16) |
    ((view[at + 3] ?? 0) << 24)) >>>
  0;

/** True for a text, false for bytes; throws for anything else, and for a text that has no UTF-8. */
function checkText(part: Text, name: string = "text"): part is string {
  if (typeof part === "string") {
    const at = loneSurrogate(part);
    if (at < 0) return true;
    const offset = utf8(part.slice(0, at)).length;
    throw new EngineError(codes.E_JSON_SURROGATE, "lone surrogate in a text", offset);
  }
  if (part instanceof Uint8Array) return false;
  throw new ArgumentError(name, "a string or a Uint8Array", part);
}

/** Throws a RangeError for what is no amount of fuel. */
export function checkFuel(fuel: number): void {
  if (!Number.isSafeInteger(fuel) || fuel < 0) throw new RangeError("fuel is a whole number");
}
