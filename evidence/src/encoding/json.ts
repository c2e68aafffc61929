// Strict JSON: bytes count only if they are the RFC 8785 text of what they say. One value then has
// one spelling: no duplicate members, no 1.0 beside 1, no byte order mark, nothing behind it.
import { concat, EngineError, fromUtf8, pointerOf } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { inOrder, problemsOf } from "@reach-fabric/schema";
import { firstDifferentByte } from "./bytes.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";

const NEWLINE = 0x0a;
/** So many bytes of lines are checked in one call of the engine. */
const BATCH = 2 ** 20;

const [COMMA, OPEN, CLOSE] = [",", "[", "]"].map((text) => Uint8Array.of(text.charCodeAt(0))) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

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
  | "REACH-E5305"
  | "REACH-E5335"
  | "REACH-E5336"
  | "REACH-E5402"
  | "REACH-E5601"
  | "REACH-E5802";

/** The canonical bytes of a value that JSON can hold. */
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
  let canonical: Uint8Array;
  try {
    canonical = engine.canonicalize(bytes);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EvidenceError("REACH-E5101", `${what}: ${error.message} (${error.code})`, {
      offset: error.offset,
      cause: error,
    });
  }
  const offset = firstDifferentByte(bytes, canonical);
  if (offset >= 0) {
    throw new EvidenceError("REACH-E5102", `${what} is not canonical from byte ${offset} on`, {
      offset,
    });
  }
  return JSON.parse(fromUtf8(bytes));
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
  const pointer = pointerOf((issue?.path ?? []).map(String));
  const where = pointer === "" ? what : `${what} at ${quoted(pointer)}`;
  throw new EvidenceError(code, `${where}: ${quoted(issue?.message ?? "another shape")}`);
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

/** One line of a .jsonl entry. */
export interface Line {
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly value: unknown;
}

/**
 * The lines of a .jsonl entry, each one canonical JSON value followed by one newline.
 *
 * @throws EvidenceError `REACH-E5105` for the lines, `REACH-E5101` and `REACH-E5102` for what is
 *   in one
 */
export function parseLines(engine: Engine, bytes: Uint8Array, what: string): Line[] {
  if (bytes.length === 0 || bytes.at(-1) !== NEWLINE) {
    throw new EvidenceError("REACH-E5105", `${what} does not end with a newline`, {
      offset: bytes.length,
    });
  }
  const lines: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(NEWLINE, at);
    lines.push(bytes.subarray(at, end));
    at = end + 1;
  }
  const name = (i: number): string => `${what}, line ${i + 1}`;
  return batches(lines).flatMap(({ from, to }) => {
    const batch = lines.slice(from, to);
    // One call for many lines: as an array they are canonical if and only if each of them is,
    // provided that each is one value, which JSON.parse below finds.
    if (!isCanonicalArray(engine, batch)) {
      return batch.map((line, i) => {
        const value = parseCanonical(engine, line, name(from + i));
        return { bytes: line, text: fromUtf8(line), value };
      });
    }
    const texts = fromUtf8(joined(batch)).split("\n");
    return batch.map((line, i) => {
      const text = texts[i] as string;
      return { bytes: line, text, value: parseOne(text, name(from + i)) };
    });
  });
}

/** Lines that stand one behind the other, with the newlines between them. */
function joined(lines: readonly Uint8Array[]): Uint8Array {
  const [first, last] = [lines[0] as Uint8Array, lines.at(-1) as Uint8Array];
  const size = last.byteOffset + last.length - first.byteOffset;
  return new Uint8Array(first.buffer, first.byteOffset, size);
}

function parseOne(line: string, what: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new EvidenceError("REACH-E5101", `${what} is not one JSON value`, { cause });
  }
}

function isCanonicalArray(engine: Engine, lines: readonly Uint8Array[]): boolean {
  const parts = lines.flatMap((line) => [COMMA, line]);
  const array = concat([OPEN, ...parts.slice(1), CLOSE]);
  try {
    return firstDifferentByte(array, engine.canonicalize(array)) < 0;
  } catch (error) {
    if (error instanceof EngineError) return false;
    throw error;
  }
}

function batches(lines: readonly Uint8Array[]): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  let from = 0;
  let size = 0;
  lines.forEach((line, i) => {
    if (size > 0 && size + line.length > BATCH) {
      found.push({ from, to: i });
      from = i;
      size = 0;
    }
    size += line.length + 1;
  });
  found.push({ from, to: lines.length });
  return found;
}
