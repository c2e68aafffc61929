// CloudEvents in files: one JSON text a line, in (a file or stdin) and out.
import { utf8 } from "@reach-fabric/engine";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { CloudEvent } from "../effects/emit.ts";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { cannotWrite, writeAll } from "../files/files.ts";
import { objectsOf } from "../files/lines.ts";

/**
 * The events of a file, or of a stream that goes on.
 *
 * @param name for errors
 * @throws ReachError `REACH-E41xx` for the file, `REACH-E11xx` for a line that is not strict JSON,
 *   `REACH-E3005` for one that lacks what makes an event, and for bytes that are no UTF-8
 *
 * @example
 * await run({ ...options, events: eventFile("approvals.ndjson") });
 */
export async function* eventFile(
  source: string | Readable,
  name: string = typeof source === "string" ? source : "events",
): AsyncGenerator<CloudEvent, void, void> {
  for await (const { value, where } of objectsOf(source, name, KIND)) {
    requireEvent(value, where);
    yield value;
  }
}

/**
 * Requires that a value is an event.
 *
 * @throws ReachError `REACH-E3005`
 */
export function requireEvent(value: unknown, where: string): asserts value is CloudEvent {
  const event = Object(value) as Readonly<Record<string, unknown>>;
  const odd = REQUIRED.find((attribute) => typeof event[attribute] !== "string");
  if (odd === undefined) return;
  throw new ReachError(KIND.code, `Not an event: it has no \`${odd}\`.`, {
    where,
    hint: 'A CloudEvent has {"specversion": "1.0", "id", "source", "type"}, all of them texts.',
  });
}

/** The attributes without which nothing is a CloudEvent (WF-38). */
const REQUIRED = ["specversion", "id", "source", "type"];
const KIND = { name: "event", code: hostCode.badEvent } as const;

/**
 * A sink that puts each event on a line of its own at the end of a file; it is on the disk when the
 * promise resolves.
 *
 * @throws ReachError `REACH-E411x`
 */
export function eventSink(path: string): (event: CloudEvent) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  // An event that was not written whole ends with its line, so that the next one is on a line of its own.
  let torn = false;
  const append = async (event: CloudEvent): Promise<void> => {
    try {
      const file = await open(path, "a", 0o600);
      try {
        const line = `${torn ? "\n" : ""}${JSON.stringify(event)}\n`;
        torn = true;
        await writeAll(file, utf8(line));
        torn = false;
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
