// Lines of a file, or of a stream that goes on: one JSON text each.
import { canonicalize, EngineError, fromUtf8 } from "@reach-fabric/engine";
import type { Readable } from "node:stream";
import { ReachError } from "./error.ts";
import { readRegularFile } from "./files.ts";

/** Longest line, in characters. */
const LONGEST = 16 * 1024 * 1024;

/** What the lines are, for errors: a word, and the code for a line that is not one. */
export interface LineKind {
  readonly name: "event" | "command";
  readonly code: string;
}

/**
 * The values of the lines that are not empty, and their places.
 *
 * @throws ReachError `REACH-E41xx` for the file, `REACH-E11xx` for a line that is not strict JSON, the
 *   kind's code for one that is not an object, for bytes that are not UTF-8 and for a line that is too long
 */
export async function* objectsOf(
  source: string | Readable,
  name: string,
  kind: LineKind,
): AsyncGenerator<{ readonly value: Readonly<Record<string, unknown>>; readonly where: string }> {
  let number = 0;
  const chunks = typeof source === "string" ? [await readRegularFile(source)] : source;
  for await (const line of linesOf(chunks as Iterable<Uint8Array>, name, kind)) {
    number += 1;
    const where = `${name}:${number}`;
    if (line.trim() !== "") yield { value: objectOf(line, where, kind), where };
  }
}

async function* linesOf(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  where: string,
  { name, code }: LineKind,
): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decoded = (chunk?: Uint8Array): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch (cause) {
      throw new ReachError(code, `Not ${name}s: this is not UTF-8.`, { where, cause });
    }
  };
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoded(chunk)).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > LONGEST) {
      throw new ReachError(code, `A line of ${name}s is too long.`, { where });
    }
    yield* lines;
  }
  yield rest + decoded();
}

function objectOf(
  line: string,
  where: string,
  { name, code }: LineKind,
): Readonly<Record<string, unknown>> {
  const article = name === "event" ? "an" : "a";
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(canonicalize(line)));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const what = `Not ${article} ${name}: ${error.message}.`;
    throw new ReachError(error.code, what, { where, cause: error });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new ReachError(code, `Not ${article} ${name}: it is not a JSON object.`, { where });
}
