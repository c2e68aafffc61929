import type { Problem } from "@reach-fabric/schema";

/** A problem of a document and where it stands: `path:line:column`. */
export type PlacedProblem = Problem & {
  /** JSON pointer (RFC 6901) of its `path`. */
  readonly pointer: string;
  readonly place: string;
};

/** What a ReachError can say beside its message. */
export interface ErrorDetails {
  /** The place: a path, `path:line:column`, a JSON pointer, an effect. */
  where?: string | undefined;
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
    this.code = code;
    this.where = details.where;
    this.why = details.why;
    this.hint = details.hint;
    this.exitCode = details.exitCode ?? 2;
    this.problems = details.problems ?? [];
  }
}
