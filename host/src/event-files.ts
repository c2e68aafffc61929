// CloudEvents in files: one JSON text a line, in (a file or stdin) and out.
import { canonicalize, EngineError } from "@reach-fabric/engine";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { CloudEvent } from "./effects.ts";
import { ReachError } from "./error.ts";
import { cannotWrite, readRegularFile, writeAll } from "./files.ts";

/** Longest line, in characters. */
const LONGEST = 16 * 1024 * 1024;

/**
 * The events of a file, or of a stream that goes on.
 *
 * @param name for errors
 * @throws ReachError `REACH-E41xx` for the file, `REACH-E11xx` for a line that is no strict JSON,
 *   `REACH-E3005` for one that is no object, and for bytes that are no UTF-8
 *
 * @example
 * await run({ ...options, events: eventFile("approvals.ndjson") });
 */
export async function* eventFile(
  source: string | Readable,
  name: string = typeof source === "string" ? source : "events",
): AsyncGenerator<CloudEvent, void, void> {
  let number = 0;
  const chunks = typeof source === "string" ? [await readRegularFile(source)] : source;
  for await (const line of linesOf(chunks as Iterable<Uint8Array>, name)) {
    number += 1;
    if (line.trim() !== "") yield eventOf(line, `${name}:${number}`);
  }
}

async function* linesOf(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  where: string,
): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decoded = (chunk?: Uint8Array): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch (cause) {
      throw new ReachError("REACH-E3005", "Not events: this is no UTF-8.", { where, cause });
    }
  };
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoded(chunk)).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > LONGEST) {
      throw new ReachError("REACH-E3005", "A line of events is too long.", { where });
    }
    yield* lines;
  }
  yield rest + decoded();
}

function eventOf(line: string, where: string): CloudEvent {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(canonicalize(line)));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new ReachError(error.code, `Not an event: ${error.message}.`, { where, cause: error });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as CloudEvent;
  }
  throw new ReachError("REACH-E3005", "Not an event: it is no JSON object.", { where });
}

/**
 * A sink that puts each event on a line of its own at the end of a file; it is on the disk when the
 * promise resolves.
 *
 * @throws ReachError `REACH-E411x`
 */
export function eventSink(path: string): (event: CloudEvent) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  const append = async (event: CloudEvent): Promise<void> => {
    try {
      const file = await open(path, "a", 0o600);
      try {
        await writeAll(file, new TextEncoder().encode(`${JSON.stringify(event)}\n`));
        await file.datasync();
      } finally {
        await file.close();
      }
    } catch (error) {
      throw cannotWrite(path, error);
    }
  };
  // One after the other: no line is torn.
  return (event) => {
    const done = last.then(() => append(event));
    last = done.catch(() => undefined);
    return done;
  };
}
