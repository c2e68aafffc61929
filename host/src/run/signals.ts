// Events for a run that another process executes, or none: files in its folder, which stay as long as the run does.
// docs/spec/run-folder.md, RUN-9.
import { canonicalize, fromUtf8, utf8 } from "@reach-fabric/engine";
import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { CloudEvent } from "../effects/emit.ts";
import { readJson } from "../files/document.ts";
import { makeFolder, readRegularFile, writeFileAtomic } from "../files/files.ts";
import { requireEvent } from "./event-files.ts";

const FOLDER = "signals";
/** Bytes of an event. */
const MOST_BYTES = 1024 * 1024;
/** Milliseconds between two looks. */
const PAUSE = 250;

/**
 * Gives an event to a run, whether or not a process executes it: it is durable when this resolves, and the run takes it
 * when a task listens for it. The same event, by its source and id, counts once.
 *
 * @param at when it came, in UTC with milliseconds: events are taken in that order
 * @throws ReachError `REACH-E3005` it is no event, `REACH-E411x` it cannot be written
 *
 * @example
 * await run({ engine, pack, input, recorder: folderRecorder("runs/5") });
 * const event = { specversion: "1.0", id: "1", source: "/desk", type: "approved" };
 * await signalRun("runs/5", event, new Date().toISOString());
 */
export async function signalRun(folder: string, event: CloudEvent, at: string): Promise<void> {
  const below = join(folder, FOLDER);
  requireEvent(event, "the event");
  await makeFolder(below);
  const name = `${at.replaceAll(":", "")}-${randomBytes(6).toString("hex")}.json`;
  await writeFileAtomic(join(below, name), canonicalize(utf8(JSON.stringify(event))), 0o600);
}

/** The events that were given to a run, but for those whose names are known; each name is known from then on. */
export async function signalsOf(folder: string, known: Set<string>): Promise<CloudEvent[]> {
  const below = join(folder, FOLDER);
  const names = await readdir(below).catch(() => []);
  const found: CloudEvent[] = [];
  for (const name of names.sort((a, b) => (a < b ? -1 : 1))) {
    if (known.has(name) || !name.endsWith(".json") || name.startsWith(".")) continue;
    known.add(name);
    const path = join(below, name);
    const { canonical } = readJson(await readRegularFile(path, { limit: MOST_BYTES }), path);
    const value: unknown = JSON.parse(fromUtf8(canonical));
    requireEvent(value, path);
    found.push(value);
  }
  return found;
}

/** The events that are given to a run from now on, until the signal is aborted. */
export async function* followSignals(
  folder: string,
  known: Set<string>,
  signal: AbortSignal,
): AsyncGenerator<CloudEvent, void, void> {
  while (!signal.aborted) {
    yield* await signalsOf(folder, known);
    await sleep(PAUSE, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
