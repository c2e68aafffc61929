// Regular expressions: the ECMA dialect against the host's RegExp with the u flag.
import { createEngine, EngineError } from "@reach-fabric/engine";
import type { Engine, RegexMatch } from "@reach-fabric/engine";
import { ecma, questions } from "../arbitraries/regex.ts";
import type { Question } from "../arbitraries/regex.ts";
import type { Target } from "../registry.ts";

/** What both say: the match and its groups, null for none, or undefined for no pattern. */
type Answer = readonly (string | null)[] | null | undefined;

function host({ pattern, text, flags }: Question): Answer {
  let regex: RegExp;
  try {
    regex = new RegExp(pattern, `u${flags}`);
  } catch {
    return undefined;
  }
  const found = regex.exec(text);
  return found === null ? null : [String(found.index), ...[...found].map((group) => group ?? null)];
}

/**
 * V8 tries also between the two halves of a character, where \B and the like hold; ECMAScript goes
 * from character to character (22.2.7.2, AdvanceStringIndex).
 */
function insidePair(answer: Answer, text: string): boolean {
  const at = answer === undefined || answer === null ? 0 : Number(answer[0]);
  return at > 0 && (text.codePointAt(at - 1) ?? 0) > 0xffff;
}

/** UTF-16 units before a byte. */
const units = (text: string, bytes: number): number =>
  Buffer.from(text, "utf8").subarray(0, bytes).toString("utf8").length;

function ours(engine: Engine, { pattern, text, flags }: Question): Answer {
  let found: RegexMatch | null;
  try {
    found = engine.matchRegex(pattern, text, { dialect: "ecma", flags, fuel: 10_000_000 });
  } catch (error) {
    if (error instanceof EngineError && error.code === "REACH-E1801") return undefined;
    throw error;
  }
  return found === null ? null : [String(units(text, found.start)), found.text, ...found.groups];
}

export function regexTarget(): Target<Question> {
  let engine = createEngine();
  return {
    name: "regex",
    arbitrary: questions(ecma, ["", "", "i", "s", "m", "im"]),
    check: (question) => {
      if (engine.trapped) engine = createEngine();
      const mine = ours(engine, question);
      const theirs = host(question);
      if (JSON.stringify(mine) === JSON.stringify(theirs) || insidePair(theirs, question.text))
        return;
      const shown = (answer: Answer): string => JSON.stringify(answer) ?? "no pattern";
      throw new Error(
        `/${question.pattern}/u${question.flags} on ${JSON.stringify(question.text)}\n` +
          `  engine: ${shown(mine)}\n  host:   ${shown(theirs)}`,
      );
    },
  };
}
