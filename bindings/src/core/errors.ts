/** What goes wrong in the engine, in the two ways that a caller must tell apart. */

import * as codes from "../generated/codes.ts";

/** The printed form of an error code of assembly/errors/codes.ts: 1109 is `REACH-E1109`. */
export const codeName = (code: number): string => `REACH-E${code}`;

/**
 * What to do about an error, where the message alone does not say it. The engine's messages come
 * from its own catalogue; these are for people only and may change.
 */
const hints: Readonly<Record<number, string>> = {
  [codes.E_CALL]: "load() comes before start(), start() before advance() and decision()",
  [codes.E_SNAPSHOT]: "replay the recorded inputs instead: a snapshot is only a cache",
  [codes.E_JSON_UTF8]: "encode the text as UTF-8",
  [codes.E_JSON_SURROGATE]:
    "the text was cut inside a character: see String.prototype.toWellFormed",
  [codes.E_JSON_DUPLICATE]: "keep one of the members: which one counts would be a guess",
  [codes.E_JSON_INTEGER]: 'write it as a string, or ask for { integers: "text" }',
  [codes.E_JSON_RANGE]: "write it as a string",
  [codes.E_REGEX]: "docs/spec/regex.md lists what patterns may contain",
  [codes.E_LIMIT_FUEL]: "the computation is too long: give it less data, or more fuel",
};

/** Where an error is in the documents of a call. */
interface EnginePlace {
  /** The path of a file of a pack, or the URI of a schema that validate() was given. */
  readonly file: string;
  /** RFC 6901 pointer into it; empty for all of it. */
  readonly pointer: string;
}

/** URIs of the schemas of a pack: `pack:///PATH`, and `?POINTER` for one inside another document. */
const OF_PACK = "pack:///";

/** The place in the terms of the pack's files, where the engine knows a schema by its URI. */
function placeInPack({ file, pointer }: EnginePlace): EnginePlace {
  if (!file.startsWith(OF_PACK)) return { file, pointer };
  const uri = file.slice(OF_PACK.length).replaceAll("%20", " ");
  const inside = uri.indexOf("?");
  if (inside < 0) return { file: uri, pointer };
  return { file: uri.slice(0, inside), pointer: uri.slice(inside + 1) + pointer };
}

/** A place as the end of a message, where a pointer may be of any length. */
function placeText({ file, pointer }: EnginePlace): string {
  const shown = pointer.length > 500 ? `${pointer.slice(0, 500)}...` : pointer;
  // A path of a pack has no colon; the schema that validate() is given first has an empty URI.
  const isUri = file === "" || file.includes(":");
  return isUri ? ` at ${file}#${shown}` : ` at ${shown || "/"} of ${file}`;
}

/**
 * The engine refused what it was given. The same call gives the same error on every machine, and
 * the engine is as it was before.
 *
 * @example
 * try {
 *   canonicalize('{"a":1,"a":2}');
 * } catch (error) {
 *   if (!(error instanceof EngineError)) throw error;
 *   error.code; // → "REACH-E1109"
 *   error.offset; // → 7
 * }
 */
export class EngineError extends Error {
  override readonly name: string = "EngineError";
  /** Stable, to switch on: `REACH-E` and the number of docs/spec/errors.md. */
  readonly code: string;
  /** Bytes into the input, or into the text that the error is about. */
  readonly offset: number;
  /** Levels of nesting at that place, where the error is about JSON. */
  readonly depth: number;
  /** The message without the place. */
  readonly reason: string;
  /** The file of the pack, or the URI of the schema, that the error is in, where there is one. */
  readonly file: string | undefined;
  /** The place in it as an RFC 6901 pointer; undefined where there is no file. */
  readonly pointer: string | undefined;
  /** What to do about it, where there is something to say. */
  readonly hint: string | undefined;

  constructor(
    code: number,
    reason: string,
    offset: number = 0,
    depth: number = 0,
    where?: EnginePlace,
  ) {
    super(where === undefined ? reason : reason + placeText(where));
    const place = where && placeInPack(where);
    this.reason = reason;
    this.file = place?.file;
    this.pointer = place?.pointer;
    this.code = codeName(code);
    this.offset = offset;
    this.depth = depth;
    this.hint = hints[code];
  }
}

/**
 * The engine stopped: a bug of the engine, or a host without memory; never an outcome of a run
 * (ABI-3). The instance is unusable from then on and says so with this error; make another one.
 */
export class EngineTrap extends Error {
  override readonly name: string = "EngineTrap";
}
