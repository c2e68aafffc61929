// The parts of a JSON text as they stand there. No value is read: what of it enters a run is judged by the engine, from the
// bytes that came, so that no number is rounded and no member lost on the way (json.md).
import { isUtf8 } from "node:buffer";

/** What a text is, with the text of each member's value, or of each element. */
export type JsonParts =
  | { readonly kind: "object"; readonly members: readonly (readonly [string, Uint8Array])[] }
  | { readonly kind: "array"; readonly elements: readonly Uint8Array[] }
  | { readonly kind: "other" };

/** Deepest nesting that is looked through; the engine takes less. */
const DEEPEST = 10_000;

const [TAB, LF, CR, SPACE] = [0x09, 0x0a, 0x0d, 0x20];
const [QUOTE, COMMA, COLON, BACKSLASH] = [0x22, 0x2c, 0x3a, 0x5c];
const [OPEN, CLOSE, BEGIN, END] = [0x5b, 0x5d, 0x7b, 0x7d];
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * The parts of a JSON text (RFC 8259), in their order; undefined for what is no JSON, is not UTF-8, or is nested deeper
 * than 10,000 levels. It takes what JSON.parse takes, and looks at each byte once.
 *
 * @example
 * const parts = jsonParts(new TextEncoder().encode('{"id":1,"n":12345678901234567890}'));
 * const last = parts?.kind === "object" ? parts.members[1] : undefined;
 * last?.[0]; // → "n"
 * new TextDecoder().decode(last?.[1]); // → "12345678901234567890"
 */
export function jsonParts(text: Uint8Array): JsonParts | undefined {
  return isUtf8(text) ? new Scanner(text).parts() : undefined;
}

class Scanner {
  readonly #text: Uint8Array;
  #at = 0;

  constructor(text: Uint8Array) {
    this.#text = text;
  }

  parts(): JsonParts | undefined {
    this.#space();
    const first = this.#text[this.#at];
    const parts = first === BEGIN ? this.#object() : first === OPEN ? this.#array() : this.#plain();
    this.#space();
    return this.#at === this.#text.length ? parts : undefined;
  }

  #plain(): JsonParts | undefined {
    return this.#value() ? { kind: "other" } : undefined;
  }

  #object(): JsonParts | undefined {
    const members: (readonly [string, Uint8Array])[] = [];
    if (this.#isEmpty(END)) return { kind: "object", members };
    do {
      this.#space();
      const from = this.#at;
      if (!this.#string()) return undefined;
      const name = JSON.parse(decoder.decode(this.#text.subarray(from, this.#at))) as string;
      this.#space();
      if (!this.#takes(COLON)) return undefined;
      const value = this.#part();
      if (value === undefined) return undefined;
      members.push([name, value]);
    } while (this.#takes(COMMA));
    return this.#takes(END) ? { kind: "object", members } : undefined;
  }

  #array(): JsonParts | undefined {
    const elements: Uint8Array[] = [];
    if (this.#isEmpty(CLOSE)) return { kind: "array", elements };
    do {
      const value = this.#part();
      if (value === undefined) return undefined;
      elements.push(value);
    } while (this.#takes(COMMA));
    return this.#takes(CLOSE) ? { kind: "array", elements } : undefined;
  }

  /** A value with the space around it left out; what comes next stands behind it. */
  #part(): Uint8Array | undefined {
    this.#space();
    const from = this.#at;
    if (!this.#value()) return undefined;
    const part = this.#text.subarray(from, this.#at);
    this.#space();
    return part;
  }

  /** Enters what has begun here; true where nothing is in it, and it has ended. */
  #isEmpty(end: number): boolean {
    this.#at += 1;
    this.#space();
    return this.#takes(end);
  }

  /** One value, whatever is in it: the containers that are open are counted, not called. */
  #value(): boolean {
    const open: number[] = [];
    for (;;) {
      this.#space();
      const first = this.#text[this.#at];
      if (first === BEGIN || first === OPEN) {
        const end = first === BEGIN ? END : CLOSE;
        if (!this.#isEmpty(end)) {
          if (open.length === DEEPEST) return false;
          open.push(end);
          if (end === END && !this.#name()) return false;
          continue;
        }
      } else if (first === QUOTE ? !this.#string() : !this.#word()) return false;
      // A value has ended: so may what it is in.
      for (;;) {
        const end = open.at(-1);
        if (end === undefined) return true;
        this.#space();
        if (this.#takes(COMMA)) {
          if (end === END && !this.#name()) return false;
          break;
        }
        if (!this.#takes(end)) return false;
        open.pop();
      }
    }
  }

  /** A member's name and the colon behind it. */
  #name(): boolean {
    this.#space();
    if (!this.#string()) return false;
    this.#space();
    return this.#takes(COLON);
  }

  #string(): boolean {
    if (!this.#takes(QUOTE)) return false;
    for (;;) {
      const byte = this.#text[this.#at];
      this.#at += 1;
      if (byte === QUOTE) return true;
      if (byte === undefined || byte < SPACE) return false;
      if (byte === BACKSLASH && !this.#escape()) return false;
    }
  }

  #escape(): boolean {
    const kind = String.fromCharCode(this.#text[this.#at] ?? 0);
    this.#at += 1;
    if (kind !== "u") return '"\\/bfnrt'.includes(kind);
    const digits = decoderOfBytes(this.#text.subarray(this.#at, this.#at + 4));
    this.#at += 4;
    return /^[0-9a-fA-F]{4}$/.test(digits);
  }

  /** A number, `true`, `false` or `null`. */
  #word(): boolean {
    const from = this.#at;
    while (isOfWord(this.#text[this.#at])) this.#at += 1;
    const word = decoderOfBytes(this.#text.subarray(from, this.#at));
    return /^(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)$/.test(word);
  }

  #takes(byte: number): boolean {
    if (this.#text[this.#at] !== byte) return false;
    this.#at += 1;
    return true;
  }

  #space(): void {
    for (;;) {
      const byte = this.#text[this.#at];
      if (byte !== SPACE && byte !== LF && byte !== CR && byte !== TAB) return;
      this.#at += 1;
    }
  }
}

const decoderOfBytes = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

/** Letters, digits, `+`, `-` and `.`. */
const isOfWord = (byte: number | undefined): boolean =>
  byte !== undefined &&
  ((byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x45 ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e);
