// A JSON or YAML file as its canonical bytes, with every error at its place in the file.
import { canonicalize, EngineError, fromUtf8, pointerOf } from "@reach-fabric/engine";
import { inOrder, problemsOf } from "@reach-fabric/schema";
import type { Path, Problem } from "@reach-fabric/schema";
import { isUtf8 } from "node:buffer";
import { extname } from "node:path";
import { hostCode } from "./codes.ts";
import { ReachError } from "./error.ts";
import type { PlacedProblem } from "./error.ts";
import { placeText } from "./place.ts";
import type { LineColumn, DocumentPlace } from "./place.ts";
import { placesInJson, readYaml } from "./yaml.ts";

/** What problemsOf() takes: a schema of @reach-fabric/schema. */
type Schema = Parameters<typeof problemsOf>[0];

/** A file's content, strictly read. */
export interface ReadDocument {
  /** RFC 8785. */
  readonly canonical: Uint8Array;
  /** `name:line:column` of a part, or the name alone. */
  place(path: Path): string;
  /** The same as data. */
  locate(path: Path): DocumentPlace;
}

function documentOf(
  canonical: Uint8Array,
  file: string,
  find: (path: Path) => LineColumn | undefined,
): ReadDocument {
  const locate = (path: Path): DocumentPlace => ({ file, ...find(path), pointer: pointerOf(path) });
  return { canonical, locate, place: (path) => placeText(locate(path)) };
}

/** The formats of documents, by the end of their names. */
const YAML = new Set([".yaml", ".yml"]);

/**
 * The canonical bytes of a file's content.
 *
 * @param name the file's name: its end decides how it is read, and errors begin with it
 * @throws ReachError `REACH-E42xx` for YAML and encoding, the engine's `REACH-E11xx` for JSON
 *
 * @example
 * fromUtf8(readDocument(utf8("days: 20"), "input.yaml").canonical); // → '{"days":20}'
 * readDocument(utf8("days: 20"), "input.toml"); // → throws REACH-E4200
 */
export function readDocument(bytes: Uint8Array, name: string): ReadDocument {
  const end = extname(name).toLowerCase();
  if (!YAML.has(end) && end !== ".json") {
    throw new ReachError(hostCode.unknownFormat, "Neither a JSON nor a YAML file.", {
      place: { file: name },
      hint: "Its name must end in .yaml, .yml or .json.",
    });
  }
  if (end === ".json") return readJson(bytes, name);
  const yaml = readYaml(decode(bytes, name), name);
  return documentOf(strictJson(yaml.json, name), name, (path) => yaml.place(path));
}

/**
 * Strict JSON, whatever the file is called.
 *
 * @example
 * fromUtf8(readJson(utf8('{"days": 20}'), "input").canonical); // → '{"days":20}'
 * readJson(utf8('{"days": 20, "days": 21}'), "input"); // → throws REACH-E1109
 */
export function readJson(bytes: Uint8Array, name: string): ReadDocument {
  let places: ReturnType<typeof placesInJson> | undefined;
  return documentOf(strictJson(bytes, name), name, (path) => {
    places ??= placesInJson(fromUtf8(bytes));
    return places(path);
  });
}

/**
 * The canonical bytes of a JSON text, by the engine's reader.
 *
 * @throws ReachError with the engine's code (`REACH-E11xx`, `REACH-E12xx`), at line and column
 */
function strictJson(text: string | Uint8Array, name: string): Uint8Array {
  try {
    return canonicalize(text);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const before = Buffer.from(text).subarray(0, error.offset).toString().split("\n");
    throw new ReachError(error.code, "This is not JSON that Reach accepts.", {
      place: { file: name, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 },
      why: error.message,
      hint: error.hint,
      cause: error,
    });
  }
}

/** Strict UTF-8 without a byte order mark. */
function decode(bytes: Uint8Array, name: string): string {
  if (!isUtf8(bytes)) {
    throw new ReachError(hostCode.badEncoding, "This is not UTF-8.", {
      where: `${name}, byte ${firstBadByte(bytes)}`,
      place: { file: name },
      hint: "Save the file with the encoding UTF-8.",
    });
  }
  const text = fromUtf8(bytes);
  if (text.startsWith("\uFEFF")) {
    throw new ReachError(hostCode.badEncoding, "The file begins with a byte order mark.", {
      place: { file: name, line: 1, column: 1 },
      where: name,
      hint: "Save it as UTF-8 without one.",
    });
  }
  return text;
}

/** The length of the longest beginning that could still become UTF-8, by bisection. */
function firstBadByte(bytes: Uint8Array): number {
  const couldBe = (length: number): boolean => {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  let [good, bad] = [0, bytes.length + 1];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (couldBe(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

/**
 * The value of a document that a schema accepts.
 *
 * @throws ReachError with all problems, each with its place; its code and message are those of the first
 */
export function checked<S extends Schema>(
  schema: S,
  document: ReadDocument,
  what: string,
): S["_zod"]["output"] {
  const value: unknown = JSON.parse(fromUtf8(document.canonical));
  const problems = problemsOf(schema, value);
  if (problems.length > 0) throw refusal(problems, document, what);
  return value;
}

/** The error of a document with these problems, of which there is one at least. */
function refusal(
  problems: readonly Problem[],
  document: Pick<ReadDocument, "locate">,
  what: string,
): ReachError {
  const placed = problems.map((problem) => {
    const place = document.locate(problem.path);
    return { ...problem, ...place, where: whereOf(place, what) };
  });
  return refusalOf(inOrder(placed, ({ line = 0 }) => line));
}

/** How people are shown the place of a problem: also what is at the pointer. */
export const whereOf = (place: DocumentPlace, what: string): string =>
  `${placeText(place)} (${what} ${place.pointer || "itself"})`;

/** The error with these problems, in the order in which they are told. */
export function refusalOf(problems: readonly PlacedProblem[], cause?: unknown): ReachError {
  const [first] = problems as [PlacedProblem, ...PlacedProblem[]];
  const { code, what, where, why, hint } = first;
  return new ReachError(code, what, { where, why, hint, problems, cause });
}
