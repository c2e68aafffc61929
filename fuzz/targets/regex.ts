// Regular expressions: the ECMA dialect against the host's RegExp with the u flag; both dialects in
// all builds.
import fc from "fast-check";
import { EngineError } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { agreed, survivors } from "../../tools/engine/builds.ts";
import { ecma, patterns, questions, rubble } from "../arbitraries/regex.ts";
import type { Question } from "../arbitraries/regex.ts";
import type { Target } from "./registry.ts";

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

/**
 * V8 loses matches behind a lazy [^] and an assertion: after a while /[^]+?a^|/u does not match "a"
 * any more, although its last alternative matches nothing.
 */
const LOST = /\[\^\][^|]*\?.*(?:\^|\$|\\[bB])/u;

/** UTF-16 units before a byte. */
const units = (text: string, bytes: number): number =>
  Buffer.from(text, "utf8").subarray(0, bytes).toString("utf8").length;

interface Said {
  readonly answer: Answer;
  /** Why it is no pattern. */
  readonly why: string;
  readonly fuel: number;
}

const FUEL = 1_000_000;

function ask(engine: Engine, { pattern, text, flags }: Question, dialect: "ecma" | "jq"): Said {
  let answer: Answer;
  let why = "";
  try {
    const found = engine.matchRegex(pattern, text, { dialect, flags, fuel: FUEL });
    answer =
      found === null ? null : [String(units(text, found.start)), found.text, ...found.groups];
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    why = `${error.code} ${error.message}`;
  }
  return { answer, why, fuel: engine.fuelUsed() };
}

/** What RegExp takes and the engine refuses, or gave up. */
const REFUSED = / not supported$| too large$|^REACH-E1201 /;

export function regexTarget(): Target<Question> {
  const engines = survivors();
  const flags = ["", "", "i", "s", "m", "im"];
  return {
    name: "regex",
    arbitrary: fc.oneof(
      { weight: 9, arbitrary: questions(patterns(ecma), flags) },
      { weight: 1, arbitrary: questions(rubble, flags) },
    ),
    check: (question) => {
      const about = `/${question.pattern}/u${question.flags} on ${JSON.stringify(question.text)}`;
      let said: Said;
      try {
        agreed(engines(), (engine) => ask(engine, question, "jq"));
        said = agreed(engines(), (engine) => ask(engine, question, "ecma"));
      } catch (error) {
        throw new Error(`${String(error)}\n  ${about}`, { cause: error });
      }
      if (said.fuel < 0 || said.fuel > FUEL + 1e6) throw new Error(`fuel ${said.fuel}`);
      if (REFUSED.test(said.why)) return;
      const theirs = host(question);
      if (JSON.stringify(said.answer) === JSON.stringify(theirs)) return;
      if (insidePair(theirs, question.text)) return;
      if (theirs === null && LOST.test(question.pattern)) return;
      const shown = (answer: Answer): string => JSON.stringify(answer) ?? "no pattern";
      throw new Error(
        `${about}\n  engine: ${shown(said.answer)} ${said.why}\n  host:   ${shown(theirs)}`,
      );
    },
  };
}
