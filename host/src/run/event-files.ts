// CloudEvents in files: one JSON text a line, in (a file or stdin) and out.
import { utf8 } from "@reach-fabric/engine";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import type { Readable } from "node:stream";
import { requireEvent } from "../effects/event.ts";
import type { CloudEvent } from "../effects/emit.ts";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { cannotWrite, systemCode, writeAll } from "../files/files.ts";
import { HostTrouble } from "../effects/egress/trouble.ts";
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

const KIND = { name: "event", code: hostCode.badEvent } as const;

/** What takes events, one by one; it rejects with HostTrouble where it cannot. */
type EventSink = (event: CloudEvent) => Promise<void>;

/**
 * The sink of eventSink(), for a file that can be written: it is made if it is not there.
 *
 * @throws ReachError `REACH-E411x`
 */
export async function openEventSink(path: string): Promise<EventSink> {
  try {
    await (await open(path, "a", 0o600)).close();
  } catch (error) {
    throw cannotWrite(path, error);
  }
  return eventSink(path);
}

/**
 * A sink that puts each event on a line of its own at the end of a file; it is on the disk when the
 * promise resolves. That the file cannot be written is trouble of this machine, and no failure of the world.
 */
export function eventSink(path: string): EventSink {
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
        await synced(file);
      } finally {
        await file.close();
      }
    } catch (error) {
      const { why = "" } = cannotWrite(path, error) as Partial<ReachError>;
      throw new HostTrouble(`events cannot be written to ${path}: ${why}`, error);
    }
  };
  // One after the other: no line is torn.
  return (event) => {
    const done = last.then(() => append(event));
    last = done.catch(() => undefined);
    return done;
  };
}

/** Of a pipe or a device there is nothing to make durable. */
async function synced(file: FileHandle): Promise<void> {
  try {
    await file.datasync();
  } catch (error) {
    if (!["EINVAL", "ENOTSUP"].includes(systemCode(error))) throw error;
  }
}
