// A deliberately naive model of docs/spec/json.md: one recursive reader over bytes, the host's own
// number parsing and printing, no speed. It shares nothing with the engine but the error codes.
import { codes } from "@reach-fabric/engine";

/** Objects are maps: any key is possible, and their order is visible in jq mode. */
export type Value = null | boolean | number | string | Value[] | Map<string, Value>;

export type Mode = "boundary" | "integers" | "jq";

/** What a model says went wrong: a code of assembly/errors/codes.ts. */
export class ModelError extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`REACH-E${code}`);
    this.code = code;
  }
}

const fail = (code: number): never => {
  throw new ModelError(code);
};

/** The value of a JSON text. */
export function read(bytes: Uint8Array, mode: Mode): Value {
  const deepest = mode === "jq" ? codes.MAX_DEPTH_JQ : codes.MAX_DEPTH;
  let at = 0;

  const byte = (): number => bytes[at] ?? -1;
  const char = (): string => String.fromCharCode(byte());
  const space = (): void => {
    while (at < bytes.length && " \t\r\n".includes(char())) at++;
  };
  const characterAt = (index: number): string | undefined => {
    for (const size of [1, 2, 3, 4]) {
      const piece = bytes.subarray(index, index + size);
      if (piece.length < size) return undefined;
      try {
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(piece);
      } catch {
        // longer, or not UTF-8 at all
      }
    }
    return undefined;
  };
  /** This byte cannot stand here: is the text too short, no UTF-8, or wrong? */
  const unexpected = (code: number): never => {
    if (at >= bytes.length) return fail(codes.E_JSON_TRUNCATED);
    return fail(characterAt(at) === undefined ? codes.E_JSON_UTF8 : code);
  };

  const word = (text: string, value: Value): Value => {
    for (const letter of text) {
      if (char() !== letter) return unexpected(codes.E_JSON_SYNTAX);
      at++;
    }
    // "nullx" is one wrong word.
    if (at < bytes.length && /[A-Za-z0-9]/.test(char())) return unexpected(codes.E_JSON_SYNTAX);
    return value;
  };

  const numeral = (): Value => {
    const from = at;
    const end = (): never =>
      fail(at >= bytes.length ? codes.E_JSON_TRUNCATED : codes.E_JSON_NUMBER);
    const digits = (): number => {
      const start = at;
      while (at < bytes.length && /\d/.test(char())) at++;
      return at > start ? at - start : end();
    };
    if (char() === "-") at++;
    const first = char();
    if (digits() > 1 && first === "0") return fail(codes.E_JSON_NUMBER);
    let integer = true;
    if (char() === ".") {
      integer = false;
      at++;
      digits();
    }
    if (/[eE]/.test(char())) {
      integer = false;
      at++;
      if (/[+-]/.test(char())) at++;
      digits();
    }
    const literal = String.fromCharCode(...bytes.subarray(from, at));
    const x = Number(literal);
    if (mode === "jq") return Number.isFinite(x) ? x : Math.sign(x) * Number.MAX_VALUE;
    if (integer && literal !== "-0" && String(x) !== literal) {
      if (mode === "integers") return literal;
      return fail(Number.isFinite(x) ? codes.E_JSON_INTEGER : codes.E_JSON_RANGE);
    }
    if (!Number.isFinite(x)) return fail(codes.E_JSON_RANGE);
    return x === 0 ? 0 : x;
  };

  const hex = (index: number): number => {
    let text = "";
    for (let i = index; i < index + 4; i++) {
      const digit = bytes[i];
      if (digit === undefined) return fail(codes.E_JSON_TRUNCATED);
      if (!/[0-9a-fA-F]/.test(String.fromCharCode(digit))) return fail(codes.E_JSON_ESCAPE);
      text += String.fromCharCode(digit);
    }
    return Number.parseInt(text, 16);
  };
  const short: Record<string, string> = {
    '"': '"',
    "\\": "\\",
    "/": "/",
    b: "\b",
    f: "\f",
    n: "\n",
    r: "\r",
    t: "\t",
  };
  const escape = (): string => {
    const letter = bytes[at + 1];
    if (letter === undefined) return fail(codes.E_JSON_TRUNCATED);
    const name = String.fromCharCode(letter);
    if (name !== "u") {
      at += 2;
      return short[name] ?? fail(codes.E_JSON_ESCAPE);
    }
    const unit = hex(at + 2);
    at += 6;
    if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit);
    if (unit < 0xdc00 && char() === "\\" && bytes[at + 1] === 0x75) {
      let low = 0;
      try {
        low = hex(at + 2);
      } catch (error) {
        if (error instanceof ModelError && error.code === codes.E_JSON_TRUNCATED) throw error;
      }
      if (low >= 0xdc00 && low <= 0xdfff) {
        at += 6;
        return String.fromCharCode(unit, low);
      }
    }
    return mode === "jq" ? "\ufffd" : fail(codes.E_JSON_SURROGATE);
  };
  const string = (): string => {
    at++;
    let text = "";
    while (true) {
      if (at >= bytes.length) return fail(codes.E_JSON_TRUNCATED);
      if (char() === '"') break;
      if (char() === "\\") text += escape();
      else if (byte() < 0x20) return fail(codes.E_JSON_CONTROL);
      else {
        const next = characterAt(at) ?? fail(codes.E_JSON_UTF8);
        text += next;
        at += Buffer.byteLength(next);
      }
    }
    at++;
    return text;
  };

  const value = (depth: number): Value => {
    if (at >= bytes.length) return fail(codes.E_JSON_TRUNCATED);
    if (mode === "jq") {
      const rest = String.fromCharCode(...bytes.subarray(at, at + 10));
      const special = /^(-?)(nan|infinity|inf)(?![A-Za-z0-9])/i.exec(rest);
      if (special) {
        at += special[0].length;
        const x = /nan/i.test(special[0]) ? Number.NaN : Number.MAX_VALUE;
        return special[1] === "-" ? -x : x;
      }
      if (/^-[A-Za-z]/.test(rest)) return fail(codes.E_JSON_SYNTAX);
    }
    if (char() === '"') return string();
    if (/[-\d]/.test(char())) return numeral();
    if (char() === "n") return word("null", null);
    if (char() === "t") return word("true", true);
    if (char() === "f") return word("false", false);
    if (char() !== "[" && char() !== "{") return unexpected(codes.E_JSON_SYNTAX);
    if (depth === deepest) return fail(codes.E_LIMIT_DEPTH);
    const isObject = char() === "{";
    const close = isObject ? "}" : "]";
    const items: Value[] = [];
    const members: [string, Value][] = [];
    at++;
    space();
    if (char() !== close) {
      while (true) {
        space();
        if (isObject) {
          if (char() !== '"') return unexpected(codes.E_JSON_SYNTAX);
          const key = string();
          space();
          if (char() !== ":") return unexpected(codes.E_JSON_SYNTAX);
          at++;
          space();
          members.push([key, value(depth + 1)]);
        } else items.push(value(depth + 1));
        space();
        if (char() === close) break;
        if (char() !== ",") return unexpected(codes.E_JSON_SYNTAX);
        at++;
      }
    }
    at++;
    if (!isObject) return items;
    const map = new Map(members);
    if (mode !== "jq" && map.size < members.length) return fail(codes.E_JSON_DUPLICATE);
    return map;
  };

  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return fail(codes.E_JSON_BOM);
  space();
  if (at >= bytes.length) return fail(codes.E_JSON_EMPTY);
  const result = value(0);
  space();
  if (at < bytes.length) return unexpected(codes.E_JSON_TRAILING);
  return result;
}

/**
 * The RFC 8785 text of a value. JSON.stringify prints strings and numbers as RFC 8785 does.
 * jq mode reads deeper than a canonical value may be: that is an error here.
 */
export function canonical(value: Value, depth: number = 0): string {
  if (depth === codes.MAX_DEPTH && (Array.isArray(value) || value instanceof Map)) {
    return fail(codes.E_LIMIT_DEPTH);
  }
  if (typeof value === "number") return Number.isNaN(value) ? "null" : String(finite(value));
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth + 1)).join(",")}]`;
  if (value instanceof Map) {
    // JavaScript compares strings by UTF-16 unit, as RFC 8785 section 3.2.3 wants.
    const keys = [...value.keys()].sort((a, b) => (a < b ? -1 : 1));
    return `{${keys
      .map((key) => `${JSON.stringify(key)}:${canonical(value.get(key) ?? null, depth + 1)}`)
      .join(",")}}`;
  }
  return JSON.stringify(value);
}

/** A double as a canonical value has it: no -0, no infinities. */
function finite(x: number): number {
  return x === 0 ? 0 : Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, x));
}
