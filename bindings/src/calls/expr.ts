/** jq programs, evaluated in the engine (docs/spec/expr.md). */

import { requireOptions, requireText } from "../core/arguments.ts";
import { utf8 } from "../core/bytes.ts";
import type { Text } from "../core/bytes.ts";
import type { Bytecode } from "./bytecode.ts";
import { checkFuel } from "../core/core.ts";
import type { Core } from "../core/core.ts";
import { EngineError } from "../core/errors.ts";
import { STATUS_ERROR } from "../generated/codes.ts";

export interface EvaluateOptions {
  /** Fuel that the evaluation may use, in the units of docs/spec/limits.md. Default: 1e8. */
  readonly fuel?: number;
  /** True: exactly one output is needed; none or several are the errors E1402 and E1403. */
  readonly one?: boolean;
}

export interface Evaluation {
  /** The outputs as JSON texts, as jq prints them with `-c`; those before the error if there is one. */
  readonly outputs: string[];
  /** What ended the evaluation before its time. `offset` is into the program or the input. */
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly offset: number;
  } | null;
  /** The fuel that it used: the same on every machine and in every build. */
  readonly fuel: number;
}

export interface ExprCalls {
  /**
   * Runs a jq program on one JSON input, read in jq mode. What the program or the input does wrong
   * is in the result and not thrown; the result depends on program, input and options alone.
   *
   * @throws ArgumentError `REACH-E1005` for what is not a text, and for an unknown option
   *
   * @example
   * evaluate(".items | map(.price) | add", '{"items":[{"price":2},{"price":3}]}').outputs; // → ["5"]
   */
  evaluate(program: Text, input: Text, options?: EvaluateOptions): Evaluation;
  /**
   * What a program is compiled to, for listing() and outputsOf(). The form of bytecode is this
   * engine's own and changes with it.
   *
   * @throws EngineError `REACH-E13xx` for a program that does not compile, with its offset
   *
   * @example
   * outputsOf(explain(".items[]")); // → { none: true, many: true }
   */
  explain(program: Text): Bytecode;
}

export function exprCalls(core: Core): ExprCalls {
  const { exports } = core;
  // A program is mostly asked again; its bytes are then at hand.
  let known = "";
  let knownBytes = utf8(known);
  return {
    explain: (program) => {
      core.checked(exports.explain, core.placeOne(program));
      return JSON.parse(core.outputText()) as Bytecode;
    },
    evaluate: (program, input, options = {}) => {
      requireText("program", program);
      requireText("input", input);
      requireOptions("options", options, ["fuel", "one"]);
      const { fuel = 0, one = false } = options;
      checkFuel(fuel);
      let lengths: number[];
      try {
        if (typeof program === "string" && program !== known) {
          core.place(program); // refuses what is no text
          known = program;
          knownBytes = utf8(program);
        }
        lengths = core.place(typeof program === "string" ? knownBytes : program, input);
      } catch (error) {
        if (error instanceof EngineError) return { outputs: [], error: plain(error), fuel: 0 };
        throw error;
      }
      const [programLength, inputLength] = lengths;
      const flags = one ? 1 : 0;
      const status = core.call(exports.evaluate, programLength, inputLength, flags, fuel);
      // The outputs first: reading the error's text replaces them.
      const outputs = core.outputTexts();
      const used = core.call(exports.fuelUsed);
      return { outputs, error: status === STATUS_ERROR ? plain(core.error()) : null, fuel: used };
    },
  };
}

const plain = ({ code, message, offset }: EngineError): NonNullable<Evaluation["error"]> => ({
  code,
  message,
  offset,
});
