// The jq compiler and machine against fuzz/models/jq, and rubbish programs against nothing but
// the builds themselves: every one must end in the same documented way with the same fuel.
import fc from "fast-check";
import { explain, outputsOf, toHex } from "@reach-fabric/engine";
import type { Engine, Evaluation, Text } from "@reach-fabric/engine";
import { agreed, survivors } from "../../tools/engine/builds.ts";
import { damaged, inputs, programs, rubble } from "../arbitraries/expr.ts";
import { texts } from "../arbitraries/jq.ts";
import { print } from "../models/jq/ast.ts";
import type { Ast } from "../models/jq/ast.ts";
import { interpret } from "../models/jq/interpret.ts";
import type { Outcome } from "../models/jq/interpret.ts";
import { GiveUp } from "../models/jq/values.ts";
import { read } from "../models/json.ts";
import { revived } from "./registry.ts";
import type { Target } from "./registry.ts";

interface Input {
  /** A tree that the model can run, or a text or bytes for the builds alone. */
  readonly program: Ast | string | Uint8Array;
  readonly input: string | Uint8Array;
}

const FUEL = 3_000_000;

const sources = fc.oneof(
  programs.map((ast) => print(ast)),
  texts,
);

/** Fuel is part of what must agree. */
const ask = (engine: Engine, program: Text, input: Text): Evaluation =>
  engine.evaluate(program, input, { fuel: FUEL });

/** What the model says, or undefined where it does not know. */
function model(program: Ast, input: string): Outcome | undefined {
  try {
    return interpret(program, read(new TextEncoder().encode(input), "jq"));
  } catch (error) {
    if (error instanceof GiveUp || error instanceof RangeError) return undefined;
    throw error;
  }
}

function fault(actual: Evaluation, expected: Outcome): string | undefined {
  // jq sees this error before it runs the program.
  if (actual.error?.message.startsWith("cannot use this constant as object key")) return undefined;
  if (JSON.stringify(actual.outputs) !== JSON.stringify(expected.outputs)) return "other outputs";
  if (expected.error === null) return actual.error === null ? undefined : "an error";
  if (actual.error === null) return "no error";
  if (actual.error.code !== "REACH-E1401") return "another kind of error";
  if (expected.error === true) return undefined;
  // Long texts are cut.
  const words = actual.error.message.replace(/^the expression raised an error(: )?/, "");
  const cut = words === expected.error || (words.length > 60 && expected.error.startsWith(words));
  return cut ? undefined : "another message";
}

const shown = (text: Text): string =>
  typeof text === "string" ? text : `${toHex(text)} ${Buffer.from(text).toString()}`;

/** What is said about a program without running it must be true of every run. */
function checkOutputs(program: Text, { outputs, error }: Evaluation, about: string): void {
  if (error !== null && !/^REACH-E1[24]/.test(error.code)) return; // it did not run
  const { none, many } = outputsOf(explain(program));
  if (!many && outputs.length > 1) throw new Error(`outputsOf: one at the most${about}`);
  if (!none && outputs.length === 0 && error === null) {
    throw new Error(`outputsOf: one at least${about}`);
  }
}

export function exprTarget(): Target<Input> {
  const engines = survivors();
  let asked = 0;
  let known = 0;
  return {
    name: "expr",
    decode: (kept) => revived(kept) as Input,
    arbitrary: fc.oneof(
      { weight: 9, arbitrary: fc.record({ program: programs, input: inputs }) },
      { weight: 1, arbitrary: fc.record({ program: rubble, input: inputs }) },
      { weight: 1, arbitrary: fc.record({ program: texts, input: inputs }) },
      { weight: 1, arbitrary: fc.record({ program: damaged(sources), input: damaged(inputs) }) },
    ),
    check: ({ program, input }) => {
      const text =
        typeof program === "string" || program instanceof Uint8Array ? program : print(program);
      const about = `\n  program: ${shown(text)}\n  input:   ${shown(input)}\n`;
      let actual: Evaluation;
      try {
        actual = agreed(engines(), (engine) => ask(engine, text, input));
      } catch (error) {
        throw new Error(`${String(error)}${about}`, { cause: error });
      }
      if (actual.fuel < 0 || actual.fuel > FUEL + 1e6) throw new Error(`fuel ${actual.fuel}`);
      checkOutputs(text, actual, about);
      if (typeof program === "string" || program instanceof Uint8Array) return;
      if (typeof input !== "string") return;
      asked += 1;
      const expected = model(program, input);
      if (expected === undefined || actual.error?.code.startsWith("REACH-E12")) return;
      known += 1;
      const what = fault(actual, expected);
      if (what !== undefined) {
        throw new Error(
          `${what}${about}` +
            `  engine:  ${JSON.stringify(actual)}\n  model:   ${JSON.stringify(expected)}`,
        );
      }
    },
    known: () => `the model knew the answer of ${known} of ${asked} programs`,
  };
}
