// What every construct and builtin of the model works with: results with paths, and scopes.
import type { Value } from "../json.ts";
import type { Ast } from "./ast.ts";
import {
  deletePaths,
  described,
  get,
  getPath,
  GiveUp,
  print,
  raise,
  setPath,
  shown,
} from "./values.ts";
import type { Path } from "./values.ts";

/** A value, and where it lies in the input: `null` where nobody asked, `lost` where it lies nowhere. */
export type Result = readonly [value: Value, path: Path | null | "lost"];
export type Results = Generator<Result, void, undefined>;

export interface Closure {
  readonly params: readonly string[];
  readonly body: Ast;
  /** Where it was defined; a function sees itself. */
  env: Env;
}

/** Names in sight. Scopes are copied, never changed. */
export interface Env {
  readonly variables: ReadonlyMap<string, Value>;
  readonly functions: ReadonlyMap<string, Closure>;
  readonly labels: ReadonlyMap<string, Break>;
  readonly budget: { left: number };
}

export class Break extends Error {}

/** A filter as an argument: an expression with its scope. */
export type Filter = (input: Value, path: Path | null | "lost") => Results;

export function spend(env: Env): void {
  if (--env.budget.left < 0) throw new GiveUp("too many steps");
}

/** One step down, with the path. */
export function step(value: Value, path: Result[1], key: Value): Result {
  if (path === "lost") {
    return raise(
      `Invalid path expression near attempt to access element ${print(key)} of ${shown(value)}`,
    );
  }
  return [get(value, key), path && [...path, key]];
}

export function* each(value: Value, path: Result[1]): Results {
  if (path === "lost") {
    raise(`Invalid path expression near attempt to iterate through ${shown(value)}`);
  }
  if (Array.isArray(value)) {
    for (const i of value.keys()) yield step(value, path, i);
  } else if (value instanceof Map) {
    for (const key of value.keys()) yield step(value, path, key);
  } else raise(`Cannot iterate over ${described(value)}`);
}

/** Paths that a filter yields; a value that lies nowhere is an error. */
export function* paths(filter: Filter, input: Value): Generator<Path, void, undefined> {
  for (const [value, path] of filter(input, [])) {
    if (path === "lost" || path === null) {
      raise(`Invalid path expression with result ${shown(value)}`);
    } else yield path;
  }
}

/** Each place gets the first output of the update; where there is none it is removed at the end. */
export function updated(
  input: Value,
  places: Iterable<Path>,
  update: (old: Value) => Iterable<Value>,
): Value {
  let result = input;
  const gone: Path[] = [];
  for (const at of places) {
    let none = true;
    for (const value of update(getPath(result, at))) {
      result = setPath(result, at, value);
      none = false;
      break;
    }
    if (none) gone.push(at);
  }
  return deletePaths(result, gone);
}
