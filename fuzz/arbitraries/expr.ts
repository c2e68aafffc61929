// jq programs of the model's subset, and inputs on which they find something.
import fc from "fast-check";
import type { Assignment, Ast, Operator } from "../models/jq/ast.ts";

const identity: Ast = { t: "." };

const call = (name: string, ...args: Ast[]): Ast => ({ t: "call", name, args });

const names = fc.constantFrom("a", "b", "c", "$odd key", "\u20ac");
const variables = fc.constantFrom("x", "y", "z");

const numbers = fc.oneof(
  { weight: 8, arbitrary: fc.nat(4) },
  { weight: 1, arbitrary: fc.constantFrom(0.5, 1.5, 10, 100, 1e17, 1e-7, 1e300, 0.1, 3.7) },
);
const words = fc.constantFrom(
  "",
  "a",
  "b",
  "ab",
  "abc",
  "a,b",
  "1",
  "1.5",
  "x y",
  "A",
  "\u00e9",
  "\u20ac",
  "\ud83d\ude00",
  "\u0000",
  '"',
  "\\",
  "\u007f",
  "\ue000",
  "\uffff",
);

/** Builtins without arguments, and with one to three. */
const nullary = [
  "not",
  "type",
  "length",
  "utf8bytelength",
  "keys",
  "keys_unsorted",
  "to_entries",
  "add",
  "any",
  "all",
  "floor",
  "sqrt",
  "sort",
  "unique",
  "min",
  "max",
  "reverse",
  "flatten",
  "first",
  "last",
  "tostring",
  "tojson",
  "tonumber",
  "ascii_downcase",
  "ascii_upcase",
  "explode",
  "nulls",
  "booleans",
  "numbers",
  "strings",
  "arrays",
  "objects",
  "empty",
  "values",
  "scalars",
  "iterables",
  "recurse",
  "paths",
];
const unary = [
  "map",
  "map_values",
  "select",
  "sort_by",
  "group_by",
  "unique_by",
  "min_by",
  "max_by",
  "any",
  "all",
  "add",
  "isempty",
  "first",
  "last",
  "walk",
  "paths",
  "flatten",
  "has",
  "contains",
  "join",
  "split",
  "startswith",
  "endswith",
  "ltrimstr",
  "rtrimstr",
  "indices",
  "index",
  "rindex",
  "error",
];

/** One of several shapes: all of them are trees. */
const choose = (...shapes: Parameters<typeof fc.oneof>): fc.Arbitrary<Ast> =>
  fc.oneof(...shapes) as fc.Arbitrary<Ast>;

interface Parts {
  any: Ast;
  path: Ast;
  leaf: Ast;
}

const parts = fc.letrec<Parts>((tie) => {
  const any = tie("any") as fc.Arbitrary<Ast>;
  const path = tie("path") as fc.Arbitrary<Ast>;
  const maybe = (arbitrary: fc.Arbitrary<Ast>): fc.Arbitrary<Ast | null> =>
    fc.option(arbitrary, { nil: null, freq: 2 });
  const leaf = fc.oneof(
    { weight: 6, arbitrary: fc.constant(identity) },
    { weight: 5, arbitrary: names.map((name): Ast => ({ t: "field", of: identity, name })) },
    { weight: 4, arbitrary: numbers.map((value): Ast => ({ t: "number", value })) },
    { weight: 3, arbitrary: words.map((word): Ast => ({ t: "string", parts: [word] })) },
    {
      weight: 2,
      arbitrary: fc.constantFrom("null", "true", "false").map((word): Ast => ({ t: "word", word })),
    },
    { weight: 3, arbitrary: variables.map((name): Ast => ({ t: "variable", name })) },
    { weight: 2, arbitrary: fc.constant<Ast>({ t: "each", of: identity }) },
    { weight: 1, arbitrary: fc.constant<Ast>({ t: ".." }) },
    { weight: 1, arbitrary: fc.constant<Ast>({ t: "array", of: null }) },
    { weight: 1, arbitrary: fc.constant<Ast>({ t: "break", name: "out" }) },
    { weight: 6, arbitrary: fc.constantFrom(...nullary).map((name) => call(name)) },
    { weight: 2, arbitrary: fc.constant(call("g")) },
    { weight: 2, arbitrary: fc.constant(call("p")) },
  );
  return {
    leaf,
    any: choose(
      { maxDepth: 4, depthIdentifier: "jq" },
      leaf,
      fc.record({ t: fc.constant("pipe" as const), a: any, b: any }),
      fc.record({ t: fc.constant("pipe" as const), a: any, b: any }),
      fc.record({ t: fc.constant("comma" as const), a: any, b: any }),
      fc.record({ t: fc.constant("array" as const), of: any }),
      fc.record({
        t: fc.constant("object" as const),
        members: fc.array(fc.record({ key: fc.oneof(names, any), value: any }), { maxLength: 3 }),
      }),
      fc.record({
        t: fc.constant("binary" as const),
        op: fc.constantFrom<Operator>("+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">="),
        a: any,
        b: any,
      }),
      fc.record({
        t: fc.constantFrom("and" as const, "or" as const, "//" as const),
        a: any,
        b: any,
      }),
      fc.record({ t: fc.constant("if" as const), condition: any, yes: any, no: maybe(any) }),
      fc.record({ t: fc.constant("try" as const), body: any, handler: maybe(any) }),
      fc.record({ t: fc.constant("?" as const), of: any }),
      fc.record({ t: fc.constant("negate" as const), of: any }),
      fc.record({ t: fc.constant("as" as const), source: any, name: variables, body: any }),
      fc.record({
        t: fc.constant("reduce" as const),
        source: any,
        name: variables,
        init: any,
        update: any,
      }),
      fc.record({
        t: fc.constant("foreach" as const),
        source: any,
        name: variables,
        init: any,
        update: any,
        extract: maybe(any),
      }),
      fc.record({ t: fc.constant("field" as const), of: any, name: names }),
      fc.record({ t: fc.constant("index" as const), of: any, key: any }),
      fc.record({ t: fc.constant("slice" as const), of: any, from: maybe(any), to: maybe(any) }),
      fc.record({ t: fc.constant("each" as const), of: any }),
      fc.record({
        t: fc.constant("string" as const),
        parts: fc.array(fc.oneof(words, any), { maxLength: 3 }),
      }),
      fc.tuple(fc.constantFrom(...unary), any).map(([name, arg]) => call(name, arg)),
      fc.tuple(fc.constantFrom(...unary), any).map(([name, arg]) => call(name, arg)),
      fc.tuple(any, any).map(([count, source]) => call("limit", count, source)),
      fc.array(any, { minLength: 1, maxLength: 3 }).map((args) => call("range", ...args)),
      fc.tuple(fc.constantFrom("path", "del"), path).map(([name, arg]) => call(name, arg)),
      fc.record({
        t: fc.constant("assign" as const),
        op: fc.constantFrom<Assignment>("=", "|=", "+=", "-=", "*=", "/=", "%=", "//="),
        path,
        value: any,
      }),
      fc.record({
        t: fc.constant("def" as const),
        name: fc.constant("g"),
        params: fc.constantFrom([], ["p"]),
        body: any,
        rest: any,
      }),
      fc.record({ t: fc.constant("label" as const), name: fc.constant("out"), body: any }),
    ),
    path: choose(
      { maxDepth: 3, depthIdentifier: "jq" },
      fc.constantFrom<Ast>(identity, { t: "each", of: identity }, { t: ".." }, call("empty")),
      names.map((name): Ast => ({ t: "field", of: identity, name })),
      fc.record({ t: fc.constant("field" as const), of: path, name: names }),
      fc.record({ t: fc.constant("index" as const), of: path, key: any }),
      fc.record({ t: fc.constant("slice" as const), of: path, from: maybe(any), to: maybe(any) }),
      fc.record({ t: fc.constant("each" as const), of: path }),
      fc.record({ t: fc.constant("?" as const), of: path }),
      fc.record({ t: fc.constant("pipe" as const), a: path, b: path }),
      fc.record({ t: fc.constant("comma" as const), a: path, b: path }),
      fc.record({ t: fc.constant("if" as const), condition: any, yes: path, no: maybe(path) }),
      fc.record({ t: fc.constant("//" as const), a: path, b: path }),
      any.map((condition) => call("select", condition)),
      path.map((inner) => call("first", inner)),
      path.map((inner) => call("recurse", { t: "?", of: { t: "each", of: inner } })),
      fc
        .array(
          fc.oneof(
            names.map((name): Ast => ({ t: "string", parts: [name] })),
            numbers.map((value): Ast => ({ t: "number", value })),
          ),
          { maxLength: 3 },
        )
        .map((keys) =>
          call(
            "getpath",
            keys.length === 0
              ? { t: "array", of: null }
              : { t: "array", of: keys.reduce((a, b): Ast => ({ t: "comma", a, b })) },
          ),
        ),
    ),
  };
});

/** What a program may name at a place. */
interface Scope {
  readonly variables: ReadonlySet<string>;
  readonly functions: ReadonlySet<string>;
  readonly label: boolean;
}

/** The same program, where every name that means nothing at its place is replaced. */
function closed(ast: Ast, scope: Scope): Ast {
  const inside = (child: Ast, more: Partial<Scope> = {}): Ast =>
    closed(child, { ...scope, ...more });
  const maybe = (child: Ast | null, more: Partial<Scope> = {}): Ast | null =>
    child && inside(child, more);
  const withVariable = (name: string): Partial<Scope> => ({
    variables: new Set([...scope.variables, name]),
  });
  switch (ast.t) {
    case "variable":
      return scope.variables.has(ast.name) ? ast : identity;
    case "break":
      return scope.label ? ast : call("empty");
    case "call": {
      const args = ast.args.map((arg) => inside(arg));
      if (ast.name !== "g" && ast.name !== "p") return call(ast.name, ...args);
      if (scope.functions.has(`${ast.name}/0`)) return call(ast.name);
      return scope.functions.has("g/1") ? call("g", identity) : identity;
    }
    case "as":
      return { ...ast, source: inside(ast.source), body: inside(ast.body, withVariable(ast.name)) };
    case "reduce":
      return {
        ...ast,
        source: inside(ast.source),
        init: inside(ast.init),
        update: inside(ast.update, withVariable(ast.name)),
      };
    case "foreach":
      return {
        ...ast,
        source: inside(ast.source),
        init: inside(ast.init),
        update: inside(ast.update, withVariable(ast.name)),
        extract: maybe(ast.extract, withVariable(ast.name)),
      };
    case "def": {
      // Not in sight of itself: programs end.
      const params = ast.params.map((param) => `${param}/0`);
      const own = `${ast.name}/${params.length}`;
      const outer = [...scope.functions].filter((name) => !name.startsWith("g/") && name !== "p/0");
      const functions = new Set([...outer, ...params]);
      const rest = new Set([...[...scope.functions].filter((name) => !name.startsWith("g/")), own]);
      return {
        ...ast,
        body: inside(ast.body, { functions }),
        rest: inside(ast.rest, { functions: rest }),
      };
    }
    case "slice": {
      // One of the two is needed.
      const to = maybe(ast.to);
      const from = ast.from || to ? maybe(ast.from) : ({ t: "number", value: 1 } as const);
      return { ...ast, of: inside(ast.of), from, to };
    }
    case "label":
      return { ...ast, body: inside(ast.body, { label: true }) };
    case "string":
      return {
        ...ast,
        parts: ast.parts.map((part) => (typeof part === "string" ? part : inside(part))),
      };
    case "object":
      return {
        ...ast,
        members: ast.members.map(({ key, value }) => ({
          key: typeof key === "string" ? key : inside(key),
          value: inside(value),
        })),
      };
    default: {
      const entries = Object.entries(ast).map(([name, child]: [string, unknown]) => [
        name,
        typeof child === "object" && child !== null && "t" in child ? inside(child as Ast) : child,
      ]);
      return Object.fromEntries(entries) as Ast;
    }
  }
}

/** Programs in which every name means something. */
export const programs: fc.Arbitrary<Ast> = parts.any.map((ast) =>
  closed(ast, { variables: new Set(), functions: new Set(), label: false }),
);

/** JSON texts in which the programs find something. */
export const inputs: fc.Arbitrary<string> = fc
  .letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, depthIdentifier: "input" },
      fc.oneof(
        numbers,
        numbers.map((x) => -x),
        words,
        fc.constantFrom(null, true, false),
      ),
      fc.array(tie("value"), { maxLength: 4, depthIdentifier: "input" }),
      fc
        .array(fc.tuple(names, tie("value")), { maxLength: 4, depthIdentifier: "input" })
        .map((entries) => Object.fromEntries(entries)),
    ),
  }))
  .value.map((value) => JSON.stringify(value));

/** Program texts that are mostly wrong: pieces of the language in any order. */
export const rubble: fc.Arbitrary<string> = fc
  .array(
    fc.constantFrom(
      ".",
      "..",
      ".a",
      "[",
      "]",
      "{",
      "}",
      "(",
      ")",
      "|",
      ",",
      ":",
      ";",
      "?",
      "//",
      "//=",
      "|=",
      "=",
      "==",
      "+",
      "-",
      "*",
      "/",
      "%",
      "and",
      "or",
      "not",
      "if",
      "then",
      "elif",
      "else",
      "end",
      "try",
      "catch",
      "reduce",
      "foreach",
      "as",
      "$x",
      "$__loc__",
      "def",
      "f",
      "f:",
      "label",
      "break",
      "import",
      "include",
      "1",
      "1e1000",
      "0.",
      '"',
      '"a"',
      '"\\(',
      '"\\u12',
      "@base64",
      "@x",
      "#",
      "\n",
      "\ud83d\ude00",
      "$",
      "?//",
      "map(",
      "range(",
      "limit(3;",
      "input",
      "env",
      "$ENV",
      "now",
      "[range(1e9)]",
      "def f: f; f",
      "def f: 1 + f; f",
      '"x" * 1e9',
      "repeat(.)",
      "[limit(1e6; repeat(1))]",
      ".[1:2]",
      ".[]",
      "..|..",
      "ascii",
      "getpath([range(1e5)])",
      "setpath([1e9];1)",
      "[.[]?]",
      "tojson",
      "fromjson",
      "implode",
      "@json",
      "error",
      "empty",
      "null",
      "nan",
      "infinite",
    ),
    { maxLength: 12 },
  )
  .map((pieces) => pieces.join(" "));

/** The bytes of a text with some of them changed, left out or doubled. */
export const damaged = (text: fc.Arbitrary<string>): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(
      text,
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(2), fc.nat(255)), {
        minLength: 1,
        maxLength: 4,
      }),
    )
    .map(([whole, changes]) => {
      const bytes = [...new TextEncoder().encode(whole)];
      for (const [where, what, byte] of changes) {
        const at = Math.floor(where * bytes.length);
        if (what === 0) bytes[at] = byte;
        else if (what === 1) bytes.splice(at, 1);
        else bytes.splice(at, 0, byte);
      }
      return Uint8Array.from(bytes);
    });
