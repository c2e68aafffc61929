// Programs of the subset of jq that the model knows, as trees, and their text.

export type Ast =
  | { t: "." }
  | { t: ".." }
  | { t: "number"; value: number }
  | { t: "word"; word: "null" | "true" | "false" }
  | { t: "string"; parts: (string | Ast)[] }
  | { t: "field"; of: Ast; name: string }
  | { t: "index"; of: Ast; key: Ast }
  | { t: "slice"; of: Ast; from: Ast | null; to: Ast | null }
  | { t: "each"; of: Ast }
  | { t: "?"; of: Ast }
  | { t: "array"; of: Ast | null }
  | { t: "object"; members: { key: string | Ast; value: Ast }[] }
  | { t: "negate"; of: Ast }
  | { t: "pipe"; a: Ast; b: Ast }
  | { t: "comma"; a: Ast; b: Ast }
  | { t: "binary"; op: Operator; a: Ast; b: Ast }
  | { t: "and" | "or" | "//"; a: Ast; b: Ast }
  | { t: "if"; condition: Ast; yes: Ast; no: Ast | null }
  | { t: "try"; body: Ast; handler: Ast | null }
  | { t: "as"; source: Ast; name: string; body: Ast }
  | { t: "variable"; name: string }
  | { t: "reduce"; source: Ast; name: string; init: Ast; update: Ast }
  | { t: "foreach"; source: Ast; name: string; init: Ast; update: Ast; extract: Ast | null }
  | { t: "call"; name: string; args: Ast[] }
  | { t: "def"; name: string; params: string[]; body: Ast; rest: Ast }
  | { t: "label"; name: string; body: Ast }
  | { t: "break"; name: string }
  | { t: "assign"; op: Assignment; path: Ast; value: Ast };

export type Operator = "+" | "-" | "*" | "/" | "%" | "==" | "!=" | "<" | "<=" | ">" | ">=";
export type Assignment = "=" | "|=" | "+=" | "-=" | "*=" | "/=" | "%=" | "//=";

/** Binding strength: a child weaker than its place needs parentheses. */
const strengths: Readonly<Record<string, number>> = {
  "|": 0,
  ",": 1,
  "//": 2,
  "=": 3,
  or: 4,
  and: 5,
  "==": 6,
  "+": 7,
  "*": 8,
  term: 9,
};

/** The text of a program: parentheses only where jq's grammar needs them. */
export function print(ast: Ast): string {
  return text(ast)[0];
}

const arithmetic: Readonly<Record<Operator, string>> = {
  "+": "+",
  "-": "+",
  "*": "*",
  "/": "*",
  "%": "*",
  "==": "==",
  "!=": "==",
  "<": "==",
  "<=": "==",
  ">": "==",
  ">=": "==",
};

/** The text and the name of its strength. */
function text(ast: Ast): [string, keyof typeof strengths] {
  const at = (child: Ast, place: string, strictly: boolean = false): string => {
    const [inner, strength] = text(child);
    const enough = (strengths[strength] ?? 0) - (strengths[place] ?? 0);
    return enough > 0 || (enough === 0 && !strictly) ? inner : `(${inner})`;
  };
  const term = (child: Ast): string => at(child, "term");
  switch (ast.t) {
    case ".":
    case "..":
      return [ast.t, "term"];
    case "number":
      return [String(ast.value), "term"];
    case "word":
      return [ast.word, "term"];
    case "string":
      return [
        `"${ast.parts
          .map((part) =>
            typeof part === "string" ? JSON.stringify(part).slice(1, -1) : `\\(${print(part)})`,
          )
          .join("")}"`,
        "term",
      ];
    case "field": {
      const of = ast.of.t === "." ? "" : suffixed(ast.of);
      const plain = /^[A-Za-z_]\w*$/.test(ast.name);
      return [`${of}.${plain ? ast.name : JSON.stringify(ast.name)}`, "term"];
    }
    case "index":
      return [`${suffixed(ast.of)}[${print(ast.key)}]`, "term"];
    case "slice": {
      const [from, to] = [ast.from, ast.to].map((bound) => (bound ? print(bound) : ""));
      return [`${suffixed(ast.of)}[${from}:${to}]`, "term"];
    }
    case "each":
      return [`${suffixed(ast.of)}[]`, "term"];
    case "?":
      return [`${suffixed(ast.of)}?`, "term"];
    case "array":
      return [ast.of === null ? "[]" : `[${print(ast.of)}]`, "term"];
    case "object":
      return [
        `{${ast.members
          .map(({ key, value }) => {
            const name = typeof key === "string" ? JSON.stringify(key) : `(${print(key)})`;
            return `${name}:(${print(value)})`;
          })
          .join(",")}}`,
        "term",
      ];
    case "negate":
      return [`(-${term(ast.of)})`, "term"];
    case "pipe":
      return [`${at(ast.a, "|", true)}|${at(ast.b, "|")}`, "|"];
    case "comma":
      return [`${at(ast.a, ",")},${at(ast.b, ",", true)}`, ","];
    case "binary": {
      const strength = arithmetic[ast.op];
      const single = strength === "=="; // not associative
      return [`${at(ast.a, strength, single)} ${ast.op} ${at(ast.b, strength, true)}`, strength];
    }
    case "//":
      return [`${at(ast.a, "//", true)} // ${at(ast.b, "//")}`, "//"];
    case "and":
    case "or":
      return [`${at(ast.a, ast.t)} ${ast.t} ${at(ast.b, ast.t, true)}`, ast.t];
    case "if": {
      const otherwise = ast.no === null ? "" : ` else ${print(ast.no)}`;
      return [`if ${print(ast.condition)} then ${print(ast.yes)}${otherwise} end`, "term"];
    }
    case "try": {
      const handler = ast.handler === null ? "" : ` catch ${term(ast.handler)}`;
      return [`(try ${term(ast.body)}${handler})`, "term"];
    }
    case "as":
      return [`(${term(ast.source)} as $${ast.name} | ${print(ast.body)})`, "term"];
    case "variable":
      return [`$${ast.name}`, "term"];
    case "reduce":
      return [
        `(reduce ${term(ast.source)} as $${ast.name} (${print(ast.init)}; ${print(ast.update)}))`,
        "term",
      ];
    case "foreach": {
      const parts = [ast.init, ast.update, ...(ast.extract ? [ast.extract] : [])];
      return [
        `(foreach ${term(ast.source)} as $${ast.name} (${parts.map((part) => print(part)).join("; ")}))`,
        "term",
      ];
    }
    case "call": {
      const args = ast.args.map((arg) => print(arg)).join("; ");
      return [ast.args.length === 0 ? ast.name : `${ast.name}(${args})`, "term"];
    }
    case "def": {
      const params = ast.params.length === 0 ? "" : `(${ast.params.join("; ")})`;
      return [`(def ${ast.name}${params}: ${print(ast.body)}; ${print(ast.rest)})`, "term"];
    }
    case "label":
      return [`(label $${ast.name} | ${print(ast.body)})`, "term"];
    case "break":
      return [`(break $${ast.name})`, "term"];
    case "assign":
      return [`${at(ast.path, "=", true)} ${ast.op} ${at(ast.value, "=", true)}`, "="];
    default:
      throw new Error(`no text for ${JSON.stringify(ast satisfies never)}`);
  }
}

/** A term that may take `.name`, `[...]` or `?` behind it: numbers and formats may not. */
function suffixed(ast: Ast): string {
  const [inner, strength] = text(ast);
  const loose = strength !== "term" || ast.t === "number" || ast.t === ".." || ast.t === "?";
  return loose ? `(${inner})` : inner;
}
