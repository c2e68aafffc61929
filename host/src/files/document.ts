// A JSON or YAML file as its canonical bytes, with every error at its place in the file.
import { canonicalize, EngineError, fromUtf8, pointerOf } from "@reach-fabric/engine";
import { problemsOf } from "@reach-fabric/schema";
import type { Path, Problem } from "@reach-fabric/schema";
import { isUtf8 } from "node:buffer";
import { extname } from "node:path";
import { ReachError } from "./error.ts";
import type { PlacedProblem } from "./error.ts";
import { placeInJson, readYaml } from "./yaml.ts";

/** What problemsOf() takes: a schema of @reach-fabric/schema. */
type Schema = Parameters<typeof problemsOf>[0];

/** A file's content, strictly read. */
export interface ReadDocument {
  /** RFC 8785. */
  readonly canonical: Uint8Array;
  /** `name:line:column` of a part, or the name alone. */
  place(path: Path): string;
}

/** The formats of documents, by the end of their names. */
const YAML = new Set([".yaml", ".yml"]);

/**
 * The canonical bytes of a file's content.
 *
 * @param name the file's name: its end decides how it is read, and errors begin with it
 * @throws ReachError `REACH-E42xx` for YAML and encoding, the engine's `REACH-E11xx` for JSON
 */
export function readDocument(bytes: Uint8Array, name: string): ReadDocument {
  const end = extname(name).toLowerCase();
  if (!YAML.has(end) && end !== ".json") {
    throw new ReachError("REACH-E4200", "Neither a JSON nor a YAML file.", {
      where: name,
      hint: "Its name must end in .yaml, .yml or .json.",
    });
  }
  if (end === ".json") return readJson(bytes, name);
  const yaml = readYaml(decode(bytes, name), name);
  const at = (place: string | undefined): string => (place ? `${name}:${place}` : name);
  return { canonical: strictJson(yaml.json, name), place: (path) => at(yaml.place(path)) };
}

/** Strict JSON, whatever the file is called. */
export function readJson(bytes: Uint8Array, name: string): ReadDocument {
  const canonical = strictJson(bytes, name);
  const text = fromUtf8(bytes);
  return {
    canonical,
    place: (path) => {
      const place = placeInJson(text, path);
      return place ? `${name}:${place}` : name;
    },
  };
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
      where: `${name}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`,
      why: error.message,
      hint: error.hint,
      cause: error,
    });
  }
}

/** Strict UTF-8 without a byte order mark. */
function decode(bytes: Uint8Array, name: string): string {
  if (!isUtf8(bytes)) {
    throw new ReachError("REACH-E4203", "This is not UTF-8.", {
      where: `${name}, byte ${firstBadByte(bytes)}`,
      hint: "Save the file with the encoding UTF-8.",
    });
  }
  const text = fromUtf8(bytes);
  if (text.startsWith("\uFEFF")) {
    throw new ReachError("REACH-E4203", "The file begins with a byte order mark.", {
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
 * @throws ReachError with the first problem's code and all problems, each with its place
 */
export function checked<S extends Schema>(
  schema: S,
  document: ReadDocument,
  what: string,
): S["_zod"]["output"] {
  const value: unknown = JSON.parse(fromUtf8(document.canonical));
  const problems = problemsOf(schema, value);
  if (problems.length > 0) throw invalid(what, problems, (path) => document.place(path));
  return value;
}

/** An error that holds all problems of a document, by line, and says the first. */
function invalid(
  what: string,
  found: readonly Problem[],
  place: (path: Path) => string,
): ReachError {
  const problems = found
    .map((problem) => ({
      ...problem,
      pointer: pointerOf(problem.path),
      place: place(problem.path),
    }))
    .sort((a, b) => lineOf(a.place) - lineOf(b.place));
  const [first] = problems as [PlacedProblem, ...unknown[]];
  const more = problems.length - 1;
  const others = more > 0 ? ` (and ${more} more ${more === 1 ? "problem" : "problems"})` : "";
  return new ReachError(first.code, `${first.what.replace(/\.$/, "")}${others}`, {
    where: `${first.place} (${what} ${first.pointer || "itself"})`,
    why: first.why,
    hint: first.hint,
    problems,
  });
}

const lineOf = (place: string): number => Number(/:([0-9]+):[0-9]+$/.exec(place)?.[1] ?? 0);
