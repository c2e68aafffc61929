// Reading and writing of numbers, in lists and inside JSON, against exact arithmetic.
import fc from "fast-check";
import { EngineError, fromUtf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { agreed, survivors } from "../../tools/engine/builds.ts";
import { doubles, numerals } from "../arbitraries/json.ts";
import { nearest, shortest } from "../models/numbers.ts";
import type { Target } from "./registry.ts";

interface Input {
  readonly doubles: readonly number[];
  readonly numerals: readonly string[];
}

/** The texts of doubles, and of each numeral the double or the code of its error. */
function ask(engine: Engine, input: Input): { texts: string; read: (string | number)[] } {
  const texts = fromUtf8(engine.numbersToJson(input.doubles));
  if (texts !== fromUtf8(engine.canonicalize(`[${input.doubles.map(decimal).join()}]`))) {
    throw new Error("a list of numbers is written differently from an array");
  }
  const read = input.numerals.map((numeral) => {
    try {
      const [x = Number.NaN] = engine.numbersFromJson(`[${numeral}]`);
      return x;
    } catch (error) {
      if (error instanceof EngineError) return error.code;
      throw error;
    }
  });
  return { texts, read };
}

/** A double as JSON that is read as that double. */
const decimal = (x: number): string => (Number.isFinite(x) ? x.toExponential() : "null");

function model({ doubles: list, numerals: literals }: Input): { texts: string; read: unknown[] } {
  const texts = `[${list.map((x) => shortest(x)).join()}]`;
  const read = literals.map((numeral) => {
    const x = nearest(numeral);
    // What is no numeral at all has codes that depend on where it goes wrong: the json target's.
    if (x === undefined) return undefined;
    if (Math.abs(x) === Infinity) return "REACH-E1112";
    const integer = /^-?\d+$/.test(numeral);
    const exact = shortest(x) === numeral.replace(/^-0$/, "0");
    return integer && !exact ? "REACH-E1111" : x;
  });
  return { texts, read };
}

export function numbersTarget(): Target<Input> {
  const engines = survivors();
  return {
    name: "numbers",
    arbitrary: fc.record({
      doubles: fc.array(doubles, { maxLength: 12 }),
      numerals: fc.array(numerals, { maxLength: 12 }),
    }),
    check: (input) => {
      const found = agreed(engines(), (engine) => ask(engine, input));
      const wanted = model(input);
      if (found.texts !== wanted.texts) throw new Error(`${found.texts}, wanted ${wanted.texts}`);
      input.numerals.forEach((numeral, i) => {
        const [got, right] = [found.read[i], wanted.read[i]];
        const refused = right === undefined && typeof got === "string";
        if (!refused && !Object.is(got, right)) {
          throw new Error(`${numeral}: ${String(got)}, wanted ${String(right)}`);
        }
      });
    },
  };
}
