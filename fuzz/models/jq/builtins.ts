// The builtins that the model knows. Where the words of an error are not certain, `unsure` says so.
import type { Value } from "../json.ts";
import { read } from "../json.ts";
import { each, paths, spend, updated } from "./steps.ts";
import type { Env, Filter, Result, Results } from "./steps.ts";
import {
  arithmetic,
  characters,
  compare,
  contains,
  deletePaths,
  described,
  getPath,
  GiveUp,
  JqError,
  print,
  raise,
  setPath,
  sortBy,
  sortedKeys,
  split,
  truthy,
  typeName,
  unsure,
} from "./values.ts";
import type { Path } from "./values.ts";

type Simple = (input: Value, ...args: Value[]) => Value;

const array = (value: Value): Value[] => (Array.isArray(value) ? value : unsure("not an array"));
const text = (value: Value): string => (typeof value === "string" ? value : unsure("not a string"));
const number = (value: Value): number =>
  typeof value === "number" ? value : unsure("not a number");

/** All values inside, for what is not an array or an object the error of `.[]`. */
const inside = (value: Value): Value[] => [...each(value, null)].map(([item]) => item);

const replaced = (value: string, pattern: RegExp, change: (letter: string) => string): string =>
  value.replaceAll(pattern, change);

function best(values: Value[], keys: Value[], last: boolean): Value {
  const sorted = sortBy(values, keys);
  if (last) return sorted.at(-1)?.[0] ?? null;
  return sorted[0]?.[0] ?? null;
}

/** Groups of values with equal keys, in the order of the keys. */
function groups(values: Value[], keys: Value[]): Value[][] {
  const found: Value[][] = [];
  let before: Value | undefined;
  for (const [value, key] of sortBy(values, keys)) {
    if (before !== undefined && compare(before, key) === 0) found.at(-1)?.push(value);
    else found.push([value]);
    before = key;
  }
  return found;
}

function flatten(value: Value, depth: number): Value[] {
  return inside(value).flatMap((item) =>
    Array.isArray(item) && depth !== 0 ? flatten(item, depth - 1) : [item],
  );
}

function indices(value: Value, part: Value): Value {
  if (typeof value === "string" && typeof part === "string") {
    if (part === "") throw new GiveUp("indices of nothing");
    const found: number[] = [];
    for (let at = value.indexOf(part); at >= 0; at = value.indexOf(part, at + 1)) {
      found.push(characters(value.slice(0, at)).length);
    }
    return found;
  }
  if (value === null) throw new GiveUp("indices in null");
  if (!Array.isArray(value)) throw new GiveUp("indices in what has none");
  const wanted = Array.isArray(part) ? part : [part];
  if (wanted.length === 0) return [];
  return [...value.keys()].filter((at) =>
    wanted.every((item, i) => at + i < value.length && compare(value[at + i] ?? null, item) === 0),
  );
}

/** Builtins of values only. Of several arguments the last one varies slowest. */
const simple: Readonly<Record<string, Simple>> = {
  "not/0": (v) => !truthy(v),
  "type/0": (v) => typeName(v),
  "length/0": (v) => {
    if (v === null) return 0;
    if (typeof v === "number") return Math.abs(v);
    if (typeof v === "string") return characters(v).length;
    if (Array.isArray(v)) return v.length;
    return v instanceof Map ? v.size : raise(`${described(v)} has no length`);
  },
  "utf8bytelength/0": (v) => new TextEncoder().encode(text(v)).length,
  "keys/0": (v) => {
    if (Array.isArray(v)) return [...v.keys()];
    return v instanceof Map ? sortedKeys(v) : raise(`${described(v)} has no keys`);
  },
  "keys_unsorted/0": (v) => {
    if (Array.isArray(v)) return [...v.keys()];
    return v instanceof Map ? [...v.keys()] : raise(`${described(v)} has no keys`);
  },
  "to_entries/0": (v) => {
    const keys = simple["keys_unsorted/0"]?.(v) ?? [];
    return inside(keys).map(
      (key) =>
        new Map<string, Value>([
          ["key", key],
          ["value", getPath(v, [key])],
        ]),
    );
  },
  "from_entries/0": (v) => {
    const object = new Map<string, Value>();
    for (const entry of array(v)) {
      if (!(entry instanceof Map)) throw new GiveUp("an entry that is none");
      const [key, value] = [entry.get("key"), entry.get("value")];
      if (typeof key !== "string" || value === undefined) throw new GiveUp("an unusual entry");
      object.set(key, value);
    }
    return object;
  },
  "add/0": (v) => inside(v).reduce((sum, item) => arithmetic("+", sum, item), null),
  "any/0": (v) => inside(v).some((item) => truthy(item)),
  "all/0": (v) => inside(v).every((item) => truthy(item)),
  "floor/0": (v) => Math.floor(number(v)),
  "sqrt/0": (v) => Math.sqrt(number(v)),
  "sort/0": (v) =>
    Array.isArray(v)
      ? sortBy(v, v).map(([item]) => item)
      : raise(`${described(v)} cannot be sorted, as it is not an array`),
  "unique/0": (v) => groups(array(v), array(v)).map(([first = null]) => first),
  "min/0": (v) => best(array(v), array(v), false),
  "max/0": (v) => best(array(v), array(v), true),
  "reverse/0": (v) => {
    if (v === null || v === "") return [];
    if (typeof v === "string") return unsure("a text has no elements");
    if (!Array.isArray(v)) throw new GiveUp("reverse of what has no order");
    return v.toReversed();
  },
  "flatten/0": (v) => flatten(v, -1),
  "flatten/1": (v, depth = null) => {
    if (typeof depth !== "number") throw new GiveUp("a depth that is no number");
    return depth < 0 ? raise("flatten depth must not be negative") : flatten(v, depth);
  },
  "first/0": (v) => getPath(v, [0]),
  "last/0": (v) => getPath(v, [-1]),
  "tostring/0": (v) => (typeof v === "string" ? v : print(v)),
  "tojson/0": (v) => print(v),
  "fromjson/0": (v) => {
    try {
      return read(new TextEncoder().encode(text(v)), "jq");
    } catch (error) {
      if (error instanceof JqError) throw error;
      return unsure("not JSON");
    }
  },
  "tonumber/0": (v) => {
    if (typeof v === "number") return v;
    if (typeof v === "string" && /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(v))
      return Number(v);
    if (typeof v === "string" && /nan|inf/i.test(v)) throw new GiveUp("a number that is none");
    return raise(`${described(v)} cannot be parsed as a number`);
  },
  "ascii_downcase/0": (v) => replaced(text(v), /[A-Z]/g, (letter) => letter.toLowerCase()),
  "ascii_upcase/0": (v) => replaced(text(v), /[a-z]/g, (letter) => letter.toUpperCase()),
  "explode/0": (v) => Array.from(text(v), (character) => character.codePointAt(0) ?? 0),
  "implode/0": (v) => {
    const points = array(v);
    const ok = (x: Value): x is number =>
      typeof x === "number" && Number.isInteger(x) && x >= 0 && x < 0xd800;
    if (!points.every((x) => ok(x))) throw new GiveUp("unusual code points");
    return String.fromCodePoint(...points);
  },
  "has/1": (v, key = null) => {
    if (v === null) return false;
    if (v instanceof Map && typeof key === "string") return v.has(key);
    if (Array.isArray(v) && typeof key === "number") return key >= 0 && key < v.length;
    return raise(`Cannot check whether ${typeName(v)} has a ${typeName(key)} key`);
  },
  "contains/1": (v, part = null) =>
    // To jq, true and false are two kinds.
    typeName(v) === typeName(part) && (typeof v !== "boolean" || v === part)
      ? contains(v, part)
      : raise(`${described(v)} and ${described(part)} cannot have their containment checked`),
  "join/1": (v, separator = null) => {
    let joined: Value = null;
    for (const item of inside(v)) {
      const piece = item === null ? "" : /^[bn]/.test(typeName(item)) ? print(item) : item;
      const start: Value = joined === null ? "" : arithmetic("+", joined, separator);
      joined = arithmetic("+", start, piece);
    }
    return joined ?? "";
  },
  "split/1": (v, separator = null) => {
    if (typeof v === "string" && typeof separator === "string") return split(v, separator);
    return raise("split input and separator must be strings");
  },
  "startswith/1": (v, part = null) =>
    typeof v === "string" && typeof part === "string"
      ? v.startsWith(part)
      : raise("startswith() requires string inputs"),
  "endswith/1": (v, part = null) =>
    typeof v === "string" && typeof part === "string"
      ? v.endsWith(part)
      : raise("endswith() requires string inputs"),
  "ltrimstr/1": (v, part = null) => {
    if (typeof v !== "string" || typeof part !== "string") {
      return raise("startswith() requires string inputs");
    }
    return v.startsWith(part) ? v.slice(part.length) : v;
  },
  "rtrimstr/1": (v, part = null) => {
    if (typeof v !== "string" || typeof part !== "string") {
      return raise("endswith() requires string inputs");
    }
    return v.endsWith(part) ? v.slice(0, v.length - part.length) : v;
  },
  "indices/1": (v, part = null) => indices(v, part),
  "index/1": (v, part = null) => getPath(indices(v, part), [0]),
  "rindex/1": (v, part = null) => getPath(indices(v, part), [-1]),
  "setpath/2": (v, path = null, value = null) => setPath(v, array(path), value),
  "delpaths/1": (v, list = null) =>
    deletePaths(
      v,
      array(list).map((path) => array(path)),
    ),
};

const types: Readonly<Record<string, string>> = {
  nulls: "null",
  booleans: "boolean",
  numbers: "number",
  strings: "string",
  arrays: "array",
  objects: "object",
};

/** A call of a builtin. */
export function* builtin(
  name: string,
  args: readonly Filter[],
  env: Env,
  input: Value,
  path: Result[1],
): Results {
  const made = (value: Value): Result => [value, path === null ? null : "lost"];
  const [f, g, h] = args;
  const all = function* (filter: Filter | undefined, value: Value): Generator<Value> {
    for (const [item] of filter?.(value, null) ?? []) yield item;
  };
  /** The first output of each element, in a list; elements without one are errors of their own. */
  const keysBy = (filter: Filter | undefined): Value[] =>
    inside(input).map((item) => [...all(filter, item)]);

  /** What is to be ordered, and by what: the keys come first, of an object too, which is then refused. */
  const keyed = (filter: Filter | undefined): [items: Value[], keys: Value[]] => {
    const keys = keysBy(filter);
    return [array(input), keys];
  };

  const known = simple[`${name}/${args.length}`];
  if (known !== undefined) {
    for (const list of product(args.length)) yield made(known(input, ...list));
    return;
  }
  const wanted = types[name];
  if (wanted !== undefined && args.length === 0) {
    if (typeName(input) === wanted) yield [input, path];
    return;
  }
  switch (`${name}/${args.length}`) {
    case "empty/0":
      return;
    case "error/0":
      if (input === null) throw new GiveUp("error(null)");
      throw new JqError(input);
    case "error/1":
      for (const value of all(f, input)) {
        if (value === null) throw new GiveUp("error(null)");
        throw new JqError(value);
      }
      return;
    case "values/0":
      if (input !== null) yield [input, path];
      return;
    case "scalars/0":
      if (!Array.isArray(input) && !(input instanceof Map)) yield [input, path];
      return;
    case "iterables/0":
      if (Array.isArray(input) || input instanceof Map) yield [input, path];
      return;
    case "map/1":
      yield made(inside(input).flatMap((item) => [...all(f, item)]));
      return;
    case "map_values/1": {
      const places = [...each(input, [])].map(([, at]) => at as Path);
      yield made(updated(input, places, (old) => all(f, old)));
      return;
    }
    case "select/1":
      for (const value of all(f, input)) if (truthy(value)) yield [input, path];
      return;
    case "recurse/0":
      yield* recurse(
        (value, at) => {
          const leaf = !Array.isArray(value) && !(value instanceof Map);
          return leaf ? none() : each(value, at);
        },
        input,
        path,
      );
      return;
    case "recurse/1":
      yield* recurse(f ?? none, input, path);
      return;
    case "range/1":
    case "range/2":
    case "range/3":
      // Of several arguments the first one varies slowest.
      for (const from of args.length === 1 ? [0] : all(f, input)) {
        for (const to of all(args.length === 1 ? f : g, input)) {
          for (const by of args.length === 3 ? all(h, input) : [1]) {
            const numbers = [from, to, by].every((x) => typeof x === "number");
            if (args.length === 3 && !numbers) throw new GiveUp("bounds that are no numbers");
            yield* range(from, to, by);
          }
        }
      }
      return;
    case "sort_by/1":
      yield made(sortBy(...keyed(f)).map(([item]) => item));
      return;
    case "group_by/1":
      yield made(groups(...keyed(f)));
      return;
    case "unique_by/1":
      yield made(groups(...keyed(f)).map(([first = null]) => first));
      return;
    case "min_by/1":
    case "max_by/1":
      yield made(best(...keyed(f), name === "max_by"));
      return;
    case "any/1":
      for (const item of inside(input)) {
        for (const value of all(f, item)) {
          if (truthy(value)) {
            yield made(true);
            return;
          }
        }
      }
      yield made(false);
      return;
    case "all/1":
      for (const item of inside(input)) {
        for (const value of all(f, item)) {
          if (!truthy(value)) {
            yield made(false);
            return;
          }
        }
      }
      yield made(true);
      return;
    case "add/1": {
      let sum: Value = null;
      for (const value of all(f, input)) sum = arithmetic("+", sum, value);
      yield made(sum);
      return;
    }
    case "isempty/1": {
      for (const _ of all(f, input)) {
        yield made(false);
        return;
      }
      yield made(true);
      return;
    }
    case "first/1":
      for (const result of f?.(input, path) ?? []) {
        yield result;
        return;
      }
      return;
    case "last/1": {
      let last: Result | undefined;
      for (const result of f?.(input, path) ?? []) last = result;
      if (last !== undefined) yield last;
      return;
    }
    case "limit/2":
      for (const count of all(f, input)) {
        if (typeof count !== "number") throw new GiveUp("a count that is no number");
        let left = count;
        if (left === 0) continue;
        if (!(left > 0)) raise("limit doesn't support negative count");
        for (const result of g?.(input, path) ?? []) {
          yield result;
          if (--left <= 0) break;
        }
      }
      return;
    case "until/2":
      yield* until(input, path);
      return;
    case "with_entries/1": {
      const entries = simple["to_entries/0"]?.(input) ?? [];
      const changed = inside(entries).flatMap((entry) => [...all(f, entry)]);
      yield made(simple["from_entries/0"]?.(changed) ?? null);
      return;
    }
    case "walk/1":
      yield* walk(input);
      return;
    case "path/1":
      for (const at of paths(f ?? none, input)) yield made(at);
      return;
    case "paths/0":
      for (const at of leaves(input)) if (at.length > 0) yield made(at);
      return;
    case "paths/1":
      // The filter sees the root, too; the empty path is left out afterwards.
      for (const at of leaves(input)) {
        for (const value of all(f, getPath(input, at))) {
          if (truthy(value) && at.length > 0) yield made(at);
        }
      }
      return;
    case "del/1":
      yield made(deletePaths(input, [...paths(f ?? none, input)]));
      return;
    case "getpath/1":
      for (const at of all(f, input)) {
        if (path === "lost") raise("Invalid path expression");
        yield [getPath(input, array(at)), path && path !== "lost" ? [...path, ...array(at)] : path];
      }
      return;
    default:
      throw new GiveUp(`unknown to the model: ${name}/${args.length}`);
  }

  function* product(count: number): Generator<Value[], void, undefined> {
    if (count === 0) {
      yield [];
      return;
    }
    for (const last of all(args[count - 1], input)) {
      for (const list of product(count - 1)) yield [...list, last];
    }
  }

  function* recurse(down: Filter, value: Value, at: Result[1]): Results {
    spend(env);
    yield [value, at];
    for (const [item, place] of down(value, at)) yield* recurse(down, item, place);
  }

  function* leaves(value: Value): Generator<Path, void, undefined> {
    for (const [, at] of builtin("recurse", [], env, value, [])) yield at as Path;
  }

  function* range(from: Value, to: Value, by: Value): Results {
    const [start, end, width] = [number(from), number(to), number(by)];
    // Comparisons with NaN are jq's own there: a range that begins or ends with it is endless.
    if (width === 0 || Number.isNaN(start + end)) throw new GiveUp("an endless range");
    for (let x = start; width > 0 ? x < end : x > end; x += width) {
      spend(env);
      yield made(x);
    }
  }

  function* until(value: Value, at: Result[1]): Results {
    spend(env);
    for (const [done] of f?.(value, null) ?? []) {
      if (truthy(done)) yield [value, at];
      else for (const [next, place] of g?.(value, at) ?? []) yield* until(next, place);
    }
  }

  function* walk(value: Value): Results {
    spend(env);
    const inner = function* (item: Value): Generator<Value> {
      for (const [result] of walk(item)) yield result;
    };
    let changed = value;
    if (Array.isArray(value)) changed = value.flatMap((item) => [...inner(item)]);
    else if (value instanceof Map) {
      const places = [...value.keys()].map((key): Path => [key]);
      changed = updated(value, places, inner);
    }
    for (const item of all(f, changed)) yield made(item);
  }
}

function* none(): Results {}
