/** Regular expressions of the engine, in linear time (docs/spec/regex.md). */

import { ArgumentError, requireOptions, requireText } from "../core/arguments.ts";
import { fromUtf8, utf8 } from "../core/bytes.ts";
import type { Text } from "../core/bytes.ts";
import { checkFuel } from "../core/core.ts";
import type { Core } from "../core/core.ts";
import * as codes from "../generated/codes.ts";

export interface RegexOptions {
  /**
   * `"jq"` (the default) is the syntax of jq's `test` and `match`, `"ecma"` that of ECMAScript with
   * the u flag, which JSON Schema's `pattern` means.
   */
  readonly dialect?: "jq" | "ecma";
  /** i: case does not matter; s: the dot matches line feeds; m: ^ and $ match at lines; x: jq only. */
  readonly flags?: string;
  /** Fuel that the match may use, in the units of docs/spec/limits.md. Default: 1e8. */
  readonly fuel?: number;
}

export interface RegexMatch {
  /** Where the match begins and ends, in bytes of the text's UTF-8. */
  readonly start: number;
  readonly end: number;
  /** The match's text. */
  readonly text: string;
  /** The text of each group; null for one that took no part. */
  readonly groups: readonly (string | null)[];
}

export interface RegexCalls {
  /**
   * The first match of a pattern in a text, or null. Takes time and fuel in proportion to the length
   * of the text times that of the pattern at the most, whatever the two are: what would need
   * backtracking (backreferences, lookaround) is refused.
   *
   * @throws EngineError E1801: not a pattern, or one that is refused, with the place where it was
   *   noticed; E1201: out of fuel; E1105: bytes that are no UTF-8;
   *   ArgumentError `REACH-E1005` for what is not a text, and for an unknown option
   *
   * @example
   * matchRegex("(\\d+)-(x)?", "no 12-")?.groups; // → ["12", null]
   */
  matchRegex(pattern: Text, text: Text, options?: RegexOptions): RegexMatch | null;
}

const FLAGS: Readonly<Record<string, number>> = {
  i: codes.REGEX_IGNORE_CASE,
  x: codes.REGEX_EXTENDED,
  s: codes.REGEX_DOT_ALL,
  m: codes.REGEX_LINES,
};

export function regexCalls(core: Core): RegexCalls {
  return {
    matchRegex: (pattern, text, options = {}) => {
      requireText("pattern", pattern);
      requireText("text", text);
      requireOptions("options", options, ["dialect", "flags", "fuel"]);
      const { dialect = "jq", flags = "", fuel = 0 } = options;
      checkFuel(fuel);
      if (dialect !== "jq" && dialect !== "ecma") {
        throw new ArgumentError("options.dialect", '"jq" or "ecma"', dialect);
      }
      let bits = dialect === "ecma" ? codes.REGEX_ECMA : 0;
      for (const flag of flags) {
        const bit = Object.hasOwn(FLAGS, flag) ? FLAGS[flag] : undefined;
        if (bit === undefined || (flag === "x" && dialect === "ecma")) {
          throw new TypeError(`flags are i, s and m, in jq also x, not ${JSON.stringify(flag)}`);
        }
        bits |= bit;
      }
      const bytes = typeof text === "string" ? utf8(text) : text;
      const [patternLength, textLength] = core.place(pattern, bytes);
      core.checked(core.exports.matchRegex, patternLength, textLength, bits, fuel);
      const places = core.outputWords();
      const slice = (i: number): string | null => {
        const start = places[i] ?? NOWHERE;
        return start === NOWHERE ? null : fromUtf8(bytes.subarray(start, places[i + 1]));
      };
      const [start, end] = places;
      if (start === undefined || end === undefined) return null;
      const groups = Array.from({ length: places.length / 2 - 1 }, (_, i) => slice(2 * i + 2));
      return { start, end, text: slice(0) ?? "", groups };
    },
  };
}

const NOWHERE = 0xffffffff;
