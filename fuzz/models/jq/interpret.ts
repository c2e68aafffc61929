// A deliberately naive interpreter: one generator a construct, values copied at will.
//
// Every step yields a value and, where a path is asked for, the path that leads to it.
import type { Value } from "../json.ts";
import type { Ast } from "./ast.ts";
import { builtin } from "./builtins.ts";
import { Break, each, paths, spend, step, updated } from "./steps.ts";
import type { Closure, Env, Filter, Result, Results } from "./steps.ts";
import {
  arithmetic,
  described,
  getPath,
  GiveUp,
  JqError,
  output,
  print,
  raise,
  setPath,
  truthy,
} from "./values.ts";
import type { Path } from "./values.ts";

const bind = (env: Env, name: string, value: Value): Env => ({
  ...env,
  variables: new Map([...env.variables, [name, value]]),
});

/** All outputs of a filter, without paths. */
export function* values(ast: Ast, env: Env, input: Value): Generator<Value, void, undefined> {
  for (const [value] of run(ast, env, input, null)) yield value;
}

export function* run(ast: Ast, env: Env, input: Value, path: Result[1]): Results {
  spend(env);
  /** A result that was computed and lies nowhere in the input. */
  const made = (value: Value): Result => [value, path === null ? null : "lost"];
  switch (ast.t) {
    case ".":
      yield [input, path];
      return;
    case "..":
      yield* builtin("recurse", [], env, input, path);
      return;
    case "number":
      yield made(ast.value);
      return;
    case "word":
      yield made({ null: null, true: true, false: false }[ast.word]);
      return;
    case "string":
      for (const text of strings(ast.parts.length)) yield made(text);
      return;
    case "field":
    case "index":
    case "slice":
    case "each":
      yield* suffix(ast, false);
      return;
    case "?":
      // Behind a suffix it is about that one step only, of each value that comes there.
      if (["field", "index", "slice", "each"].includes(ast.of.t)) yield* suffix(ast.of, true);
      else yield* caught(ast.of, null);
      return;
    case "try":
      yield* caught(ast.body, ast.handler);
      return;
    case "array":
      yield made(ast.of === null ? [] : [...values(ast.of, env, input)]);
      return;
    case "object":
      for (const object of objects(0, new Map())) yield made(object);
      return;
    case "negate":
      for (const value of values(ast.of, env, input)) {
        if (typeof value !== "number") raise(`${described(value)} cannot be negated`);
        else yield made(-value);
      }
      return;
    case "pipe":
      for (const [value, at] of run(ast.a, env, input, path)) yield* run(ast.b, env, value, at);
      return;
    case "comma":
      yield* run(ast.a, env, input, path);
      yield* run(ast.b, env, input, path);
      return;
    case "binary":
      for (const b of values(ast.b, env, input)) {
        for (const a of values(ast.a, env, input)) yield made(arithmetic(ast.op, a, b));
      }
      return;
    case "and":
    case "or":
      for (const a of values(ast.a, env, input)) {
        if (truthy(a) === (ast.t === "or")) yield made(ast.t === "or");
        else for (const b of values(ast.b, env, input)) yield made(truthy(b));
      }
      return;
    case "//": {
      let found = false;
      for (const result of run(ast.a, env, input, path)) {
        if (!truthy(result[0])) continue;
        found = true;
        yield result;
      }
      if (!found) yield* run(ast.b, env, input, path);
      return;
    }
    case "if":
      for (const condition of values(ast.condition, env, input)) {
        if (truthy(condition)) yield* run(ast.yes, env, input, path);
        else if (ast.no === null) yield [input, path];
        else yield* run(ast.no, env, input, path);
      }
      return;
    case "as":
      for (const value of values(ast.source, env, input)) {
        yield* run(ast.body, bind(env, ast.name, value), input, path);
      }
      return;
    case "variable":
      yield made(env.variables.get(ast.name) ?? null);
      return;
    case "reduce":
      for (const init of run(ast.init, env, input, path)) {
        let state = init;
        for (const item of values(ast.source, env, input)) {
          let last: Result = made(null);
          const scope = bind(env, ast.name, item);
          for (const next of run(ast.update, scope, state[0], state[1])) last = next;
          state = last;
        }
        yield state;
      }
      return;
    case "foreach":
      for (const init of run(ast.init, env, input, path)) {
        let state = init;
        for (const item of values(ast.source, env, input)) {
          const scope = bind(env, ast.name, item);
          const before = state;
          state = made(null);
          for (const next of run(ast.update, scope, before[0], before[1])) {
            state = next;
            if (ast.extract === null) yield next;
            else yield* run(ast.extract, scope, next[0], next[1]);
          }
        }
      }
      return;
    case "def": {
      const closure: Closure = { params: ast.params, body: ast.body, env };
      const inner = {
        ...env,
        functions: new Map([...env.functions, [`${ast.name}/${ast.params.length}`, closure]]),
      };
      closure.env = inner;
      yield* run(ast.rest, inner, input, path);
      return;
    }
    case "call": {
      const closure = env.functions.get(`${ast.name}/${ast.args.length}`);
      if (closure === undefined) {
        const args = ast.args.map(
          (arg): Filter =>
            (value, at) =>
              run(arg, env, value, at),
        );
        yield* builtin(ast.name, args, env, input, path);
        return;
      }
      const functions = new Map(closure.env.functions);
      for (const [i, param] of closure.params.entries()) {
        functions.set(`${param}/0`, { params: [], body: ast.args[i] ?? ast, env });
      }
      yield* run(closure.body, { ...closure.env, functions }, input, path);
      return;
    }
    case "label": {
      const target = new Break();
      const labels = new Map([...env.labels, [ast.name, target]]);
      try {
        yield* run(ast.body, { ...env, labels }, input, path);
      } catch (error) {
        if (error !== target) throw error;
      }
      return;
    }
    case "break":
      throw env.labels.get(ast.name) ?? new Error("no such label");
    case "assign":
      yield* assigned(ast);
      return;
    default:
      throw new Error(`cannot run ${JSON.stringify(ast satisfies never)}`);
  }

  /** `.name`, `[key]`, `[from:to]` and `[]`: keys vary slower than what is before them. */
  function* suffix(node: Ast, optional: boolean): Results {
    if (node.t !== "field" && node.t !== "index" && node.t !== "slice" && node.t !== "each") return;
    for (const key of keys(node)) {
      for (const [value, at] of run(node.of, env, input, path)) {
        try {
          // All of a step, before anything is done with it: its errors are its own.
          yield* node.t === "each" ? [...each(value, at)] : [step(value, at, key)];
        } catch (error) {
          if (!optional || !(error instanceof JqError)) throw error;
        }
      }
    }
  }

  function* keys(node: Ast): Generator<Value, void, undefined> {
    if (node.t === "index") yield* values(node.key, env, input);
    else if (node.t === "slice") {
      for (const start of node.from ? values(node.from, env, input) : [null]) {
        for (const end of node.to ? values(node.to, env, input) : [null]) {
          yield new Map([
            ["start", start],
            ["end", end],
          ]);
        }
      }
    } else yield node.t === "field" ? node.name : null;
  }

  function* caught(body: Ast, handler: Ast | null): Results {
    let error: unknown;
    try {
      yield* run(body, env, input, path);
      return;
    } catch (thrown) {
      error = thrown;
    }
    if (!(error instanceof JqError)) throw error;
    if (handler === null) return;
    if (error.unsure) throw new GiveUp("the words of an error are looked at");
    for (const [value] of run(handler, env, error.value, null)) yield made(value);
  }

  function* strings(count: number): Generator<string, void, undefined> {
    if (ast.t !== "string") return;
    if (count === 0) {
      yield "";
      return;
    }
    // The last part varies slowest.
    const part = ast.parts[count - 1] ?? "";
    for (const end of typeof part === "string" ? [part] : values(part, env, input)) {
      const text = typeof end === "string" ? end : print(end);
      for (const start of strings(count - 1)) yield start + text;
    }
  }

  function* objects(from: number, object: Map<string, Value>): Generator<Value, void, undefined> {
    if (ast.t !== "object") return;
    const member = ast.members[from];
    if (member === undefined) {
      yield object;
      return;
    }
    const { key: name, value } = member;
    for (const key of typeof name === "string" ? [name] : values(name, env, input)) {
      for (const item of values(value, env, input)) {
        if (typeof key !== "string") {
          raise(`Cannot use ${described(key)} as object key`);
        } else yield* objects(from + 1, new Map([...object, [key, item]]));
      }
    }
  }

  function* assigned({ op, path: where, value: what }: Ast & { t: "assign" }): Results {
    // Lazily: an update comes before the path behind it is even looked for.
    const places = (value: Value): Iterable<Path> =>
      paths((from, at) => run(where, env, from, at), value);
    if (op === "|=") {
      yield made(updated(input, places(input), (old) => values(what, env, old)));
      return;
    }
    for (const right of values(what, env, input)) {
      let result = input;
      if (op === "=") for (const at of places(input)) result = setPath(result, at, right);
      else if (op === "//=") {
        for (const at of places(input)) {
          const old = getPath(result, at);
          result = setPath(result, at, truthy(old) ? old : right);
        }
      } else {
        const operator = op.slice(0, -1);
        result = updated(input, places(input), (old) => [arithmetic(operator, old, right)]);
      }
      yield made(result);
    }
  }
}

/** What a program does with an input. */
export interface Outcome {
  readonly outputs: string[];
  /** The error's message where it is known, true where only the failure is known. */
  readonly error: string | true | null;
}

export function interpret(program: Ast, input: Value, steps: number = 20_000): Outcome {
  const env: Env = {
    variables: new Map(),
    functions: new Map(),
    labels: new Map(),
    budget: { left: steps },
  };
  const outputs: string[] = [];
  try {
    for (const value of values(program, env, input)) {
      outputs.push(output(value));
      if (outputs.length > 1000) throw new GiveUp("too many outputs");
    }
  } catch (error) {
    if (!(error instanceof JqError)) throw error;
    const known = !error.unsure && typeof error.value === "string";
    return { outputs, error: known ? error.message : true };
  }
  return { outputs, error: null };
}
