// Doubles to text and back: many in one call here, one call each there.
import { createEngine, fromUtf8, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import type { Contest } from "./harness.ts";
import { prng } from "./prng.ts";

const COUNT = 20_000;

/** Doubles of all bits, those of measurements and amounts, and whole ones. */
const kinds: Readonly<Record<string, (roll: () => number) => number>> = {
  "random bits": (roll) => {
    const words = Uint32Array.of(roll() * 2 ** 32, roll() * 2 ** 32);
    const [x = 0] = new Float64Array(words.buffer);
    return Number.isFinite(x) ? x : 0.1;
  },
  "between -5,000 and 5,000": (roll) => roll() * 10_000 - 5000,
  "amounts in cents": (roll) => Math.floor(roll() * 9_000_000) / 100,
  "whole numbers": (roll) => Math.floor(roll() * 2 ** (1 + roll() * 45)),
};

export function numbersContests(make: () => Engine = createEngine): Contest[] {
  const engine = make();
  return Object.entries(kinds).flatMap(([kind, make]) => {
    const roll = prng(1);
    const numbers = Float64Array.from({ length: COUNT }, () => make(roll));
    const texts = Array.from(numbers, (x) => String(x));
    const list = utf8(`[${texts.join()}]`);
    if (fromUtf8(engine.numbersToJson(numbers)) !== `[${texts.join()}]`) {
      throw new Error(`numbers are written differently: ${kind}`);
    }
    const back = engine.numbersFromJson(list);
    if (texts.some((text, i) => Number(text) !== back[i])) throw new Error(`or read: ${kind}`);
    const each = (work: (i: number) => unknown) => (): unknown => {
      let last: unknown;
      for (let i = 0; i < COUNT; i++) last = work(i);
      return last;
    };
    return [
      {
        name: `writing ${COUNT.toLocaleString("en-US")} doubles, ${kind}`,
        unit: "numbers",
        amount: COUNT,
        contenders: [
          { name: "reach", run: () => engine.numbersToJson(numbers) },
          { name: "String(v)", run: each((i) => String(numbers[i])) },
        ],
      },
      {
        name: `reading ${COUNT.toLocaleString("en-US")} doubles, ${kind}`,
        unit: "numbers",
        amount: COUNT,
        contenders: [
          { name: "reach", run: () => engine.numbersFromJson(list) },
          { name: "Number(s)", run: each((i) => Number(texts[i])) },
        ],
      },
    ];
  });
}
