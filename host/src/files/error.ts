import type { Problem } from "@reach-fabric/schema";
import { placeText } from "./place.ts";
import type { DocumentPlace } from "./place.ts";

/** A problem of a document and where it stands, as data and as the text that people are shown. */
export interface PlacedProblem
  extends DocumentPlace, Pick<Problem, "code" | "what" | "why" | "hint"> {
  readonly where: string;
}

/** What a ReachError can say beside its message. */
export interface ErrorDetails {
  /** The place: a path, `path:line:column`, a JSON pointer, an effect. */
  where?: string | undefined;
  /** The place in a document; where `where` says nothing else, it is made of this. */
  place?: DocumentPlace | undefined;
  /** The cause, in words that need no source code. */
  why?: string | undefined;
  /** What to do about it. */
  hint?: string | undefined;
  /** The status that a command line ends with (default 2). */
  exitCode?: number | undefined;
  /** Everything that is wrong, where one reading found several things; the first is the error. */
  problems?: readonly PlacedProblem[] | undefined;
  cause?: unknown;
}

/**
 * What went wrong outside the engine, in words for the user.
 *
 * `code` is stable (`REACH-E3xxx` effects and the host, `REACH-E4xxx` files and documents, or the
 * engine's own `REACH-E1xxx` where it refused a text). No message, `where` or `why` ever holds a
 * body, a header's value, a secret or a value of the run.
 *
 * `problems` is all that is wrong in a document that was refused, the first of which the error says;
 * empty where no document was.
 *
 * @example
 * try {
 *   await loadPack("broken.yaml");
 * } catch (error) {
 *   if (!(error instanceof ReachError)) throw error;
 *   for (const { file, line, what } of error.problems) console.log(`${file}:${line}: ${what}`);
 * }
 */
export class ReachError extends Error {
  override readonly name: string = "ReachError";
  readonly code: string;
  readonly where: string | undefined;
  readonly why: string | undefined;
  readonly hint: string | undefined;
  readonly exitCode: number;
  readonly problems: readonly PlacedProblem[];

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    const { place, where, why, hint } = details;
    this.code = code;
    this.where = where ?? (place && placeText(place));
    this.why = why;
    this.hint = hint;
    this.exitCode = details.exitCode ?? 2;
    this.problems = details.problems ?? (place ? [this.#asProblem(place)] : []);
  }

  /** An error that is one problem of a document. */
  #asProblem(place: DocumentPlace): PlacedProblem {
    return {
      ...place,
      code: this.code,
      where: this.where ?? place.file,
      what: this.message,
      ...(this.why === undefined ? {} : { why: this.why }),
      ...(this.hint === undefined ? {} : { hint: this.hint }),
    };
  }
}
