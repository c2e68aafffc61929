// Values of jq: order, equality, printing, arithmetic, paths; each in the plainest way.
import type { Value } from "../json.ts";

/** An error that a program can catch: its value is usually a message. */
export class JqError extends Error {
  readonly value: Value;
  /** The model knows that jq fails here, but not with which words. */
  readonly unsure: boolean;
  constructor(value: Value, unsure: boolean = false) {
    super(typeof value === "string" ? value : print(value));
    this.value = value;
    this.unsure = unsure;
  }
}

/** The model gives up on a program: too long, too big, or outside of what it knows. */
export class GiveUp extends Error {}

export const raise = (message: string): never => {
  throw new JqError(message);
};

export const unsure = (what: string): never => {
  throw new JqError(what, true);
};

/** The characters of a text: what jq counts. */
export const characters = (text: string): string[] => Array.from(text);

export function typeName(value: Value): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (value instanceof Map) return "object";
  return typeof value;
}

/** JSON as jq -c prints it within a program: numbers as RFC 8785 writes them, but -0 as it is. */
export function print(value: Value): string {
  if (typeof value === "number") {
    if (Number.isNaN(value)) return "null";
    if (Object.is(value, -0)) return "-0";
    return String(Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value)));
  }
  if (Array.isArray(value)) return `[${value.map((item) => print(item)).join(",")}]`;
  if (value instanceof Map) {
    const members = [...value].map(([key, item]) => `${JSON.stringify(key)}:${print(item)}`);
    return `{${members.join(",")}}`;
  }
  return JSON.stringify(value);
}

/** An output: a value that crosses a boundary has no -0. */
export function output(value: Value): string {
  const positive = (item: Value): Value => {
    if (item === 0) return 0;
    if (Array.isArray(item)) return item.map((each) => positive(each));
    if (!(item instanceof Map)) return item;
    return new Map([...item].map(([key, each]) => [key, positive(each)]));
  };
  return print(positive(value));
}

/** As messages show a value: at most 29 bytes, and whole characters. */
export function shown(value: Value): string {
  const text = output(value);
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= 29) return text;
  const close = { '"': '"', "[": "]", "{": "}" }[text[0] ?? ""] ?? "";
  let room = 29 - 3 - close.length;
  let kept = "";
  for (const character of text) {
    room -= new TextEncoder().encode(character).length;
    if (room < 0) break;
    kept += character;
  }
  return `${kept}...${close}`;
}

export const described = (value: Value): string => `${typeName(value)} (${shown(value)})`;

const rank = (value: Value): number => {
  if (value === false) return 1;
  if (value === true) return 2;
  return { null: 0, number: 3, string: 4, array: 5, object: 6 }[typeName(value)] ?? 0;
};

export const sortedKeys = (map: Map<string, Value>): string[] => [...map.keys()].sort(byCodePoint);

function byCodePoint(a: string, b: string): number {
  const [left, right] = [characters(a), characters(b)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** jq's order of all values. */
export function compare(a: Value, b: Value): number {
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (typeof a === "number" && typeof b === "number") {
    if (Number.isNaN(a)) return -1;
    if (Number.isNaN(b)) return 1;
    return a < b ? -1 : a > b ? 1 : 0;
  }
  if (typeof a === "string" && typeof b === "string") return byCodePoint(a, b);
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const order = compare(a[i] ?? null, b[i] ?? null);
      if (order !== 0) return order;
    }
    return a.length - b.length;
  }
  if (a instanceof Map && b instanceof Map) {
    const [left, right] = [sortedKeys(a), sortedKeys(b)];
    const order = compare(left, right);
    if (order !== 0) return order;
    for (const key of left) {
      const inner = compare(a.get(key) ?? null, b.get(key) ?? null);
      if (inner !== 0) return inner;
    }
  }
  return 0;
}

export const truthy = (value: Value): boolean => value !== null && value !== false;

/** A stable sort, by one key a value. */
export function sortBy(values: Value[], keys: Value[]): [value: Value, key: Value][] {
  const pairs = values.map((value, i): [Value, Value] => [value, keys[i] ?? null]);
  return pairs.sort((a, b) => compare(a[1], b[1]));
}

const toInteger = (x: number): bigint => {
  const limit = 2n ** 63n;
  if (x >= 2 ** 63) return limit - 1n;
  if (x <= -(2 ** 63)) return -limit;
  return BigInt(Math.trunc(x));
};

export function arithmetic(op: string, a: Value, b: Value): Value {
  const cannot = (what: string): never =>
    raise(`${described(a)} and ${described(b)} cannot be ${what}`);
  const numbers = typeof a === "number" && typeof b === "number";
  switch (op) {
    case "+":
      if (a === null) return b;
      if (b === null) return a;
      if (numbers) return a + b;
      if (typeof a === "string" && typeof b === "string") return a + b;
      if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
      if (a instanceof Map && b instanceof Map) return new Map([...a, ...b]);
      return cannot("added");
    case "-":
      if (numbers) return a - b;
      if (Array.isArray(a) && Array.isArray(b)) {
        return a.filter((item) => b.every((other) => compare(item, other) !== 0));
      }
      return cannot("subtracted");
    case "*":
      if (numbers) return a * b;
      if (typeof a === "string" && typeof b === "number") return repeat(a, b);
      if (typeof a === "number" && typeof b === "string") return repeat(b, a);
      if (a instanceof Map && b instanceof Map) return merge(a, b);
      return cannot("multiplied");
    case "/":
      if (numbers) return b === 0 ? cannot("divided because the divisor is zero") : a / b;
      if (typeof a === "string" && typeof b === "string") return split(a, b);
      return cannot("divided");
    case "%": {
      if (!numbers) return cannot("divided (remainder)");
      if (Number.isNaN(a) || Number.isNaN(b)) return Number.NaN;
      const divisor = toInteger(b);
      if (divisor === 0n) return cannot("divided (remainder) because the divisor is zero");
      return Number(toInteger(a) % divisor);
    }
    case "==":
      return compare(a, b) === 0;
    case "!=":
      return compare(a, b) !== 0;
    case "<":
      return compare(a, b) < 0;
    case "<=":
      return compare(a, b) <= 0;
    case ">":
      return compare(a, b) > 0;
    case ">=":
      return compare(a, b) >= 0;
    default:
      throw new Error(op);
  }
}

function repeat(text: string, times: number): Value {
  if (Number.isNaN(times) || times < 0) return null;
  const whole = Math.trunc(times);
  if (text.length * whole > 1e6) throw new GiveUp();
  return text.repeat(whole);
}

function merge(a: Map<string, Value>, b: Map<string, Value>): Value {
  const merged = new Map(a);
  for (const [key, value] of b) {
    const before = merged.get(key);
    const both = before instanceof Map && value instanceof Map;
    merged.set(key, both ? merge(before, value) : value);
  }
  return merged;
}

export function split(text: string, separator: string): Value {
  if (text === "") return [];
  return separator === "" ? characters(text) : text.split(separator);
}

export type Path = Value[];

const isSlice = (key: Value): key is Map<string, Value> => key instanceof Map;

/** Start and end of a slice of `length` elements. */
function bounds(key: Map<string, Value>, length: number): [number, number] {
  const [from, to] = ["start", "end"].map((name) => key.get(name) ?? null);
  const ok = (bound: Value | undefined): boolean => bound === null || typeof bound === "number";
  if (!key.has("start") || !key.has("end") || !ok(from) || !ok(to))
    unsure("Start and end indices of an array slice must be numbers");
  // NaN is no bound.
  let start = typeof from === "number" && !Number.isNaN(from) ? from : 0;
  let end = typeof to === "number" && !Number.isNaN(to) ? to : length;
  if (start < 0) start += length;
  if (end < 0) end += length;
  const first = Math.floor(Math.max(0, Math.min(length, start)));
  const last = Math.ceil(Math.max(0, Math.min(length, end)));
  return [first, Math.max(first, last)];
}

/** `value[key]` for reading. */
export function get(value: Value, key: Value): Value {
  if (value instanceof Map && typeof key === "string") return value.get(key) ?? null;
  if (Array.isArray(value) && typeof key === "number") {
    if (Number.isNaN(key)) return null;
    const at = Math.trunc(key);
    return value[at < 0 ? at + value.length : at] ?? null;
  }
  if (isSlice(key) && (Array.isArray(value) || typeof value === "string")) {
    if (typeof value === "string") {
      const letters = characters(value);
      return letters.slice(...bounds(key, letters.length)).join("");
    }
    return value.slice(...bounds(key, value.length));
  }
  if (Array.isArray(value) && Array.isArray(key)) return indices(value, key);
  if (value === null && (typeof key === "string" || typeof key === "number" || isSlice(key))) {
    return null;
  }
  return cannotIndex(value, key);
}

function cannotIndex(value: Value, key: Value): never {
  if (typeof key === "string" || typeof key === "number") {
    return raise(`Cannot index ${typeName(value)} with ${typeName(key)} (${shown(key)})`);
  }
  return unsure(`Cannot index ${typeName(value)} with ${typeName(key)}`);
}

function indices(value: Value[], part: Value[]): Value {
  const found: Value[] = [];
  if (part.length === 0) return [];
  for (let i = 0; i + part.length <= value.length; i++) {
    if (part.every((item, j) => compare(item, value[i + j] ?? null) === 0)) found.push(i);
  }
  return found;
}

/** A copy of `value` with `item` at `key`. */
export function set(value: Value, key: Value, item: Value): Value {
  if (typeof key === "string" && (value instanceof Map || value === null)) {
    return new Map([...(value ?? new Map<string, Value>()), [key, item]]);
  }
  if (typeof key === "number" && (Array.isArray(value) || value === null)) {
    const copy = [...(value ?? [])];
    const at = Math.trunc(key) + (key < 0 ? copy.length : 0);
    if (Number.isNaN(key)) return raise("Cannot set array element at NaN index");
    if (at < 0) return raise("Out of bounds negative array index");
    if (at > 1e5) throw new GiveUp();
    while (copy.length < at) copy.push(null);
    copy[at] = item;
    return copy;
  }
  if (isSlice(key) && (Array.isArray(value) || value === null)) {
    const items = value ?? [];
    const [from, to] = bounds(key, items.length);
    if (!Array.isArray(item))
      return raise("A slice of an array can only be assigned another array");
    return [...items.slice(0, from), ...item, ...items.slice(to)];
  }
  if (isSlice(key) && typeof value === "string") return raise("Cannot update string slices");
  if (Array.isArray(value) && Array.isArray(key)) {
    return raise("Cannot update field at array index of array");
  }
  return cannotIndex(value, key);
}

export function getPath(value: Value, path: Path): Value {
  let at = value;
  for (const key of path) {
    if (at === null) return null;
    at = get(at, key);
  }
  return at;
}

export function setPath(value: Value, path: Path, item: Value): Value {
  const [key, ...rest] = path;
  if (key === undefined) return item;
  return set(value, key, setPath(get(value, key), rest, item));
}

/** Without the places that the paths name; all of them are places of the value as it was. */
export function deletePaths(value: Value, paths: Path[]): Value {
  const sorted = [...paths].sort(compare);
  return sorted[0]?.length === 0 ? null : deleteSorted(value, sorted);
}

function deleteSorted(value: Value, paths: Path[]): Value {
  let result = value;
  const whole: Value[] = [];
  const heads = paths.map(([key = null]) => key);
  for (const [i, key] of heads.entries()) {
    if (i > 0 && compare(key, heads[i - 1] ?? null) === 0) continue;
    const group = paths.filter((_, j) => compare(heads[j] ?? null, key) === 0);
    if (group.some((path) => path.length === 1)) whole.push(key);
    else {
      const inner = get(result, key);
      if (inner === null) continue;
      result = set(
        result,
        key,
        deleteSorted(
          inner,
          group.map((path) => path.slice(1)),
        ),
      );
    }
  }
  return deleteKeys(result, whole);
}

function deleteKeys(value: Value, keys: Value[]): Value {
  if (value === null || keys.length === 0) return value;
  if (value instanceof Map) {
    if (keys.some((key) => typeof key !== "string")) return unsure("Cannot delete field");
    return new Map([...value].filter(([name]) => !keys.includes(name)));
  }
  if (!Array.isArray(value)) return unsure(`Cannot delete fields from ${typeName(value)}`);
  const ranges = keys.map((key): [number, number] => {
    if (isSlice(key)) return bounds(key, value.length);
    if (typeof key !== "number") return unsure("Cannot delete field");
    const at = Math.trunc(key) + (key < 0 ? value.length : 0);
    return [at, at + 1];
  });
  return value.filter((_, i) => ranges.every(([from, to]) => i < from || i >= to));
}

export function contains(a: Value, b: Value): boolean {
  if (a instanceof Map && b instanceof Map) {
    return [...b].every(([key, item]) => a.has(key) && contains(a.get(key) ?? null, item));
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return b.every((item) => a.some((other) => contains(other, item)));
  }
  if (typeof a === "string" && typeof b === "string") return a.includes(b);
  return compare(a, b) === 0;
}
