// Regular expressions of the jq dialect against jq itself, version 1.8: many questions in one process
// of the executable that REACH_JQ names.
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { createEngine } from "@reach-fabric/engine";
import { onig, patterns, questions } from "../arbitraries/regex.ts";
import type { Question } from "../arbitraries/regex.ts";
import type { Target } from "./registry.ts";
import { jqVersion } from "./jq.ts";

const PROGRAM = ". as $q | .text | try [match($q.pattern; $q.flags)] catch .";

/** jq's answers: a list of matches, or the message of an error; null where jq itself has crashed. */
function askJq(jq: string, asked: readonly Question[]): unknown[] {
  const input = JSON.stringify(asked);
  const { stdout, stderr, status } = spawnSync(jq, ["-c", `.[] | ${PROGRAM}`], {
    input,
    encoding: "utf8",
    timeout: 60_000,
    maxBuffer: 1 << 28,
  });
  if (status === null && asked.length > 1) {
    const half = asked.length >>> 1;
    return [...askJq(jq, asked.slice(0, half)), ...askJq(jq, asked.slice(half))];
  }
  if (status === null && stderr.includes("Assertion")) return [null];
  if (status !== 0) throw new Error(`jq: ${status} ${stderr}`);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
}

/** Where a difference is known, and why it is one: docs/spec/regex.md lists the same. */
interface Known {
  readonly why: string;
  readonly is: (asked: Question, ours: unknown, theirs: unknown) => boolean;
}

const known: readonly Known[] = [
  {
    why: "jq crashed: behind an empty match it went on within a character",
    is: (_, __, theirs) => theirs === null,
  },
  {
    why: "Oniguruma gave up",
    is: (_, __, theirs) => theirs === "Regex failure: retry-limit-in-match over",
  },
  {
    why: "refused here, as it would need backtracking",
    is: (_, ours) => typeof ours === "string" && / (is|are) not supported$/.test(ours),
  },
  {
    why: "some releases of Oniguruma take (?- for the call of a group",
    is: ({ pattern }, _, theirs) =>
      pattern.includes("(?-") && theirs === "Regex failure: invalid group name <>",
  },
  {
    why: "behind an empty match, jq goes on a byte later: also within a character",
    is: ({ text, flags }, ours) =>
      flags.includes("g") &&
      /[^\0-\x7f]/.test(text) &&
      JSON.stringify(ours).includes('"length":0,"string"'),
  },
  {
    why: "case folding is simple here: ß is not ss",
    is: ({ pattern, text, flags }) =>
      (flags.includes("i") || pattern.includes("(?i")) && /[ßẞ]|[sſ]{2}/i.test(pattern + text),
  },
  {
    why: "Oniguruma leaves a counted repetition of a group with the first turn that matches nothing",
    is: ({ pattern }, ours, theirs) =>
      /\)\{/.test(pattern) && Array.isArray(ours) && Array.isArray(theirs),
  },
];

export function jqRegexTarget(): Target<Question[]> {
  const jq = process.env["REACH_JQ"] ?? "";
  const version = jqVersion(jq);
  if (version === undefined) throw new Error("REACH_JQ names no jq of version 1.8 or newer");
  const engine = createEngine();
  const question = questions(patterns(onig), ["", "", "g", "g", "i", "gi", "x", "s", "gn"]);
  let asked = 0;
  let compared = 0;
  return {
    name: "jq-regex",
    arbitrary: fc.array(question, { minLength: 1, maxLength: 400, size: "max" }),
    check: (batch) => {
      const theirs = askJq(jq, batch);
      for (const [i, each] of batch.entries()) {
        asked++;
        const { outputs, error } = engine.evaluate(PROGRAM, JSON.stringify(each));
        if (error !== null)
          throw new Error(`${error.code} ${error.message}: ${JSON.stringify(each)}`);
        const mine: unknown = JSON.parse(outputs[0] ?? "");
        if (known.some(({ is }) => is(each, mine, theirs[i]))) continue;
        compared++;
        if (JSON.stringify(mine) === JSON.stringify(theirs[i])) continue;
        throw new Error(
          `${JSON.stringify(each)}\n  engine: ${JSON.stringify(mine)}\n  jq:     ${JSON.stringify(theirs[i])}`,
        );
      }
    },
    known: () => `${compared} of ${asked} compared with ${version}`,
  };
}
