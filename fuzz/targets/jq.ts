// The expression engine against jq itself, version 1.8, started for each program: the executable
// that REACH_JQ names.
//
// What the two are known to differ in is in the list below, with its reason; docs/spec/expr.md says
// the same to users. Every other difference is a fault.
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { createEngine } from "@reach-fabric/engine";
import type { Engine, Evaluation } from "@reach-fabric/engine";
import { inputs, programs } from "../arbitraries/expr.ts";
import { texts } from "../arbitraries/jq.ts";
import { print } from "../models/jq/ast.ts";
import type { Ast } from "../models/jq/ast.ts";
import type { Target } from "./registry.ts";

interface Input {
  readonly program: string;
  readonly input: string;
}

/** What jq says. */
interface Said {
  readonly outputs: readonly string[];
  /** The message of the error that ended it. */
  readonly error: string | null;
  /** It did not compile. */
  readonly refused: boolean;
}

/** Said of a jq that was stopped after ten seconds. */
const NO_END = "no end";

/** More than this jq would take long for. */
const FUEL = 200_000;

function askJq(jq: string, { program, input }: Input): Said {
  const {
    stdout,
    stderr,
    status: exitCode,
  } = spawnSync(jq, ["-c", program], { input, encoding: "utf8", timeout: 10_000 });
  if (exitCode === null) return { outputs: [], error: NO_END, refused: false };
  if (exitCode === 3) return { outputs: [], error: stderr, refused: true };
  const outputs = stdout === "" ? [] : stdout.replace(/\n$/, "").split("\n");
  const error = /^jq: error \(at [^)]*\):? ?([^]*)$/m.exec(stderr)?.[1] ?? null;
  if (exitCode !== 0 && error === null) throw new Error(`jq: ${exitCode} ${stderr}`);
  return { outputs, error, refused: false };
}

/**
 * Values as they compare: numbers as doubles, infinities as the largest ones, no -0, also in texts:
 * jq negates a literal 0 to 0, IEEE 754 to -0.
 */
function plain(text: string): string {
  return JSON.stringify(JSON.parse(text), (_, value: unknown) => {
    if (typeof value === "string") return value.replaceAll(/-0(?![.\d])/g, "0");
    if (typeof value !== "number") return value;
    if (Math.abs(value) === Infinity) return Math.sign(value) * Number.MAX_VALUE;
    return value + 0;
  });
}

/** Where a difference is known, and why it is one. */
interface Known {
  readonly why: string;
  is(asked: Input, ours: Evaluation, theirs: Said): boolean;
}

const said = ({ outputs, error }: Said, text: string): boolean =>
  [...outputs, error ?? ""].some((part) => part.includes(text));

const known: readonly Known[] = [
  {
    why: "jq does not end: nothing to compare with",
    is: (_, __, theirs) => theirs.error === NO_END,
  },
  {
    why: "refused or not built here",
    is: (_, { error }) => /^REACH-E130[45]$/.test(error?.code ?? ""),
  },
  {
    why: "jq refuses a constant that is no object key when it compiles, the engine when it runs",
    is: (_, __, theirs) =>
      theirs.refused && / as object key at <top-level>/.test(theirs.error ?? ""),
  },
  {
    why: "jq's break is an error that catch sees",
    is: ({ program }) => program.includes("break") && program.includes("catch"),
  },
  {
    why: "jq's break is an error that ?// takes for one: it tries the next alternative",
    is: ({ program }) =>
      program.includes("?//") &&
      /first|limit|isempty|any|all|label|until|nth|IN|=|path|del|pick|map_values|walk/.test(
        program,
      ),
  },
  {
    why: "a path through an assignment: jq finds fault with the code that assigns",
    is: (_, __, theirs) =>
      said(theirs, "Invalid path expression near attempt to access element 0 of"),
  },
  {
    why: "a number that a builtin gives and that its input is, too, is a place here",
    is: (_, __, theirs) => said(theirs, "Invalid path expression with result"),
  },
  {
    why: "jq writes U+007F as \\u007f, RFC 8785 as itself",
    is: ({ program, input }) => /\x7f|u007f/.test(program + input),
  },
  {
    why: "jq writes 1E+300, and keeps the spelling of literals, in texts and messages",
    is: ({ program, input }) => /\de[+-]?\d/i.test(program + input),
  },
  {
    why: "mathematical functions of the C library differ in the last bit",
    is: ({ program }) => /exp10|exp2|log2|log10|cbrt|pow/.test(program),
  },
];

function difference(asked: Input, ours: Evaluation, theirs: Said): string | undefined {
  if (known.some((each) => each.is(asked, ours, theirs))) return undefined;
  const compiles = !ours.error?.code.startsWith("REACH-E13");
  if (theirs.refused !== !compiles) return theirs.refused ? "jq refuses it" : "only we refuse it";
  if (theirs.refused) return undefined;
  const mine = ours.outputs.map(plain);
  const other = theirs.outputs.map(plain);
  if (JSON.stringify(mine) !== JSON.stringify(other)) return "other outputs";
  if ((ours.error === null) !== (theirs.error === null)) return "an error on one side";
  return undefined;
}

/** jq's version, or undefined where REACH_JQ names none that is new enough. */
export function jqVersion(jq: string = process.env["REACH_JQ"] ?? ""): string | undefined {
  if (jq === "") return undefined;
  const { stdout } = spawnSync(jq, ["--version"], { encoding: "utf8" });
  return /^jq-1\.([89]|\d\d)/.test(stdout ?? "") ? stdout.trim() : undefined;
}

/**
 * Is there a reduce with several initial values? After the first one, jq evaluates the source on
 * null: programs with such a reduce are left out.
 */
function severalStates(ast: Ast): boolean {
  const one = new Set([".", "number", "word", "array", "object"]);
  if (ast.t === "reduce" && !one.has(ast.init.t)) return true;
  return Object.values(ast).some((part: unknown) =>
    [part].flat().some((each) => {
      if (typeof each !== "object" || each === null) return false;
      if ("t" in each) return severalStates(each as Ast);
      return Object.values(each).some(
        (inner: unknown) =>
          typeof inner === "object" &&
          inner !== null &&
          "t" in inner &&
          severalStates(inner as Ast),
      );
    }),
  );
}

export function jqTarget(): Target<Input> {
  const jq = process.env["REACH_JQ"] ?? "";
  const version = jqVersion(jq);
  if (version === undefined) throw new Error("REACH_JQ names no jq of version 1.8 or newer");
  let engine: Engine = createEngine();
  let asked = 0;
  let compared = 0;
  return {
    name: "jq",
    arbitrary: fc.record({
      program: fc.oneof(
        { weight: 2, arbitrary: texts },
        {
          weight: 1,
          arbitrary: programs.filter((ast) => !severalStates(ast)).map((ast) => print(ast)),
        },
      ),
      input: inputs,
    }),
    check: (input) => {
      asked++;
      if (engine.trapped) engine = createEngine();
      const ours = engine.evaluate(input.program, input.input, { fuel: FUEL });
      if (ours.error?.code.startsWith("REACH-E12")) return;
      const theirs = askJq(jq, input);
      const found = difference(input, ours, theirs);
      compared++;
      if (found === undefined) return;
      throw new Error(
        `${found}\n  program: ${input.program}\n  input:   ${input.input}\n` +
          `  engine:  ${ours.outputs.join(" ")} ${ours.error?.code ?? ""} ${ours.error?.message ?? ""}\n` +
          `  jq:      ${theirs.outputs.join(" ")} ${theirs.error ?? ""}`,
      );
    },
    known: () => `${compared} of ${asked} compared with ${version}`,
  };
}
