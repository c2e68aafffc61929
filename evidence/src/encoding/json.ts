// Strict JSON: bytes count only if they are the RFC 8785 text of what they say. One value then has
// one spelling: no duplicate members, no 1.0 beside 1, no byte order mark, nothing behind it.
import { concat, EngineError, fromUtf8, pointerOf } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { inOrder, problemsOf } from "@reach-fabric/schema";
import { firstDifferentByte } from "./bytes.ts";
import { misfit } from "./shape.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";

const NEWLINE = 0x0a;

/** What zod's schemas have in common, and all that is needed of them here. */
export interface Schema<T> {
  safeParse(value: unknown):
    | { readonly success: true; readonly data: T }
    | {
        readonly success: false;
        readonly error: {
          readonly issues: readonly {
            readonly path: readonly PropertyKey[];
            readonly message: string;
          }[];
        };
      };
}

/** The codes that a value of another shape can have. */
type ShapeCode =
  | "REACH-E5103"
  | "REACH-E5201"
  | "REACH-E5209"
  | "REACH-E5218"
  | "REACH-E5234"
  | "REACH-E5237"
  | "REACH-E5305"
  | "REACH-E5335"
  | "REACH-E5336"
  | "REACH-E5402"
  | "REACH-E5802"
  | "REACH-E5347";

/**
 * The canonical bytes of a value that JSON can hold.
 *
 * @example
 * fromUtf8(canonicalBytes(engine, { b: 1, a: [] })); // → '{"a":[],"b":1}'
 */
export function canonicalBytes(engine: Engine, value: unknown): Uint8Array<ArrayBuffer> {
  return engine.canonicalize(JSON.stringify(value));
}

/**
 * The value that these canonical bytes say.
 *
 * @param what names the bytes in messages
 * @throws EvidenceError `REACH-E5101` not strict JSON, `REACH-E5102` not canonical
 */
export function parseCanonical(engine: Engine, bytes: Uint8Array, what: string): unknown {
  const canonical = canonicalized(engine, bytes, what);
  const offset = firstDifferentByte(bytes, canonical);
  if (offset >= 0) {
    throw new EvidenceError("REACH-E5102", `${what} is not canonical from byte ${offset} on`, {
      offset,
    });
  }
  return JSON.parse(fromUtf8(bytes));
}

/**
 * The value of strict JSON in any spelling, for what other programs have written. One text still has one meaning:
 * members that come twice and numbers that no double holds are refused.
 *
 * @throws EvidenceError `REACH-E5101`
 */
export const parseAnySpelling = (engine: Engine, bytes: Uint8Array, what: string): unknown =>
  JSON.parse(fromUtf8(canonicalized(engine, bytes, what)));

function canonicalized(engine: Engine, bytes: Uint8Array, what: string): Uint8Array {
  try {
    return engine.canonicalize(bytes);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EvidenceError("REACH-E5101", `${what}: ${error.message} (${error.code})`, {
      offset: error.offset,
      cause: error,
    });
  }
}

/**
 * Requires that a value has the form that a schema asks for. What comes back is the value itself: a copy that a
 * schema makes can lack what it has no place for, as a member named `__proto__`, and is not what was signed.
 *
 * @throws EvidenceError `REACH-E5103`, or the code given, with the first member that does not fit
 */
export function inShape<T>(
  schema: Schema<T>,
  value: unknown,
  what: string,
  code: ShapeCode = "REACH-E5103",
): T {
  const result = schema.safeParse(value);
  if (result.success) return value as T;
  const issue = result.error.issues[0];
  const path = (issue?.path ?? []).map(String);
  throw misfit(what, path, quoted(issue?.message ?? "another shape"), code);
}

/**
 * Requires the same of a file that people write, and says everything that is wrong in it.
 *
 * @throws EvidenceError of the code, with all `problems`, those of unknown fields before those of missing ones
 */
export function fileInShape<S extends Parameters<typeof problemsOf>[0]>(
  schema: S,
  value: unknown,
  what: string,
  code: ShapeCode,
): S["_zod"]["output"] {
  const problems = inOrder(problemsOf(schema, value));
  const [first] = problems;
  if (first === undefined) return value;
  const pointer = pointerOf(first.path);
  const where = pointer === "" ? what : `${what} at ${quoted(pointer)}`;
  throw new EvidenceError(code, `${where}: ${quoted(first.what)}`, { problems });
}

/**
 * The value of canonical bytes, in the form that a schema asks for.
 *
 * @throws EvidenceError `REACH-E5101`, `REACH-E5102`, `REACH-E5103`
 */
export const parseCanonicalJson = <T>(
  engine: Engine,
  bytes: Uint8Array,
  schema: Schema<T>,
  what: string,
): T => inShape(schema, parseCanonical(engine, bytes, what), what);

const LF = Uint8Array.of(NEWLINE);

/** The bytes of a .jsonl entry with these lines. */
export const jsonLines = (lines: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  concat(lines.flatMap((line) => [line, LF]));

/**
 * The lines of a .jsonl entry, each followed by one newline. What is in them is not looked at: one after the other,
 * as millions can be in a hostile file, of which the first is refused.
 *
 * @throws EvidenceError `REACH-E5105`
 */
export function* linesOf(bytes: Uint8Array, what: string): Generator<Uint8Array, void, undefined> {
  if (bytes.length === 0 || bytes.at(-1) !== NEWLINE) {
    throw new EvidenceError("REACH-E5105", `${what} does not end with a newline`, {
      offset: bytes.length,
    });
  }
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(NEWLINE, at);
    yield bytes.subarray(at, end);
    at = end + 1;
  }
}

/**
 * The values in the lines of a .jsonl entry, each one canonical JSON.
 *
 * @throws EvidenceError `REACH-E5105` for the lines, `REACH-E5101` and `REACH-E5102` for what is in one
 */
export function* parseLines(
  engine: Engine,
  bytes: Uint8Array,
  what: string,
): Generator<unknown, void, undefined> {
  let number = 1;
  for (const line of linesOf(bytes, what)) {
    yield parseCanonical(engine, line, `${what}, line ${number++}`);
  }
}
