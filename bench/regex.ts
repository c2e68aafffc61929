// Regular expressions beside the host's, and patterns that make others slow at n and 2n characters.
import { createEngine } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { pathological } from "../fuzz/arbitraries/pathological.ts";
import type { Contest } from "./harness.ts";

const line =
  "2026-11-26T16:05:03Z host-17 payments[4211]: refund of 1,250.00 EUR refused: stolen card";
const ordinary: readonly (readonly [name: string, pattern: string, text: string])[] = [
  ["a date", "\\d{4}-\\d{2}-\\d{2}", "the order was placed on 2026-11-26 at noon"],
  ["an address", "^[^@ ]+@[^@ ]+\\.[a-z]+$", "ada.lovelace@example.org"],
  [
    "one of three words in 10,000 characters",
    "fraud|chargeback|stolen",
    `${"x ".repeat(5000)}stolen`,
  ],
  ["a log line in parts", "^(\\S+) (\\S+) (\\w+)\\[(\\d+)\\]: (.*)$", line],
  ["a word in any case", "refused", line.toUpperCase()],
];

export function regexContests(make: () => Engine = createEngine): Contest[] {
  const engine = make();
  return ordinary.map(([name, pattern, text]) => {
    const flags = name.endsWith("case") ? "i" : "";
    const host = new RegExp(pattern, `u${flags}`);
    const found = engine.matchRegex(pattern, text, { dialect: "ecma", flags });
    if (found?.text !== host.exec(text)?.[0]) throw new Error(`${name}: other matches`);
    return {
      name: `regular expression: ${name}`,
      unit: "matches",
      amount: 1,
      contenders: [
        { name: "reach", run: () => engine.matchRegex(pattern, text, { dialect: "ecma", flags }) },
        { name: "RegExp", run: () => host.exec(text) },
      ],
    };
  });
}

/** The second contender's ratio is what twice the length costs. */
export function regexLinearContests(): Contest[] {
  const engine = createEngine();
  const n = 4000;
  return pathological.map(({ pattern, text }) => {
    const [once, twice] = [text(n), text(2 * n)];
    return {
      name: pattern.replaceAll("|", "\\|"),
      unit: "matches",
      amount: 1,
      contenders: [
        { name: `${n} characters`, run: () => engine.matchRegex(pattern, once, { fuel: 1e12 }) },
        {
          name: `${2 * n} characters`,
          run: () => engine.matchRegex(pattern, twice, { fuel: 1e12 }),
        },
      ],
    };
  });
}
