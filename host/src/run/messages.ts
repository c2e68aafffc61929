// What is given to a run while it goes on: events, and commands, from the store that keeps it.
import type { RunCommand } from "@reach-fabric/schema";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { CloudEvent } from "../effects/emit.ts";
import type { Annotation } from "../record/journal.ts";
import { LOOK } from "../store/store.ts";
import type { InboxReader, KeptRun, Message } from "../store/store.ts";

/** A command, and who has given it. */
export interface GivenCommand extends RunCommand {
  readonly id?: string;
  readonly by?: string;
}

/**
 * Gives an event to a run, whether or not a process executes it: it is durable when this resolves, and the run takes it
 * when a task listens for it. The same event, by its source and id, counts once.
 *
 * @param at when it came, in UTC with milliseconds
 * @returns false where the run was given it before
 * @throws ReachError `REACH-E3005` it is no event, `REACH-E3011` the run keeps as many as it can, `REACH-E411x` it cannot be written
 *
 * @example
 * await run({ engine, pack, input, recorder: folderRecorder("runs/5") });
 * const event = { specversion: "1.0", id: "1", source: "/desk", type: "approved" };
 * await signalRun(runFolder("runs/5"), event, new Date().toISOString());
 */
export const signalRun = (
  run: Pick<KeptRun, "put">,
  event: CloudEvent,
  at: string,
): Promise<boolean> => run.put({ kind: "event", event }, at);

/**
 * Suspends, resumes or cancels a run: who executes it does so within a second, or when it goes on.
 *
 * @param by who says so, as the evidence will have it
 * @param at when, in UTC with milliseconds
 * @throws ReachError `REACH-E3011` the run keeps as many messages as it can, `REACH-E411x` it cannot be written
 *
 * @example
 * await run({ engine, pack, input, recorder: folderRecorder("runs/7") });
 * await commandRun(runFolder("runs/7"), { command: "cancel" }, "clerk-7", new Date().toISOString());
 */
export async function commandRun(
  run: Pick<KeptRun, "put">,
  command: RunCommand,
  by: string,
  at: string,
): Promise<void> {
  await run.put({ kind: "command", id: randomUUID(), by, command }, at);
}

/** What is given to a run: what was there as it began, and what comes. */
export interface Given {
  readonly events: readonly CloudEvent[];
  readonly commands: readonly GivenCommand[];
  readonly coming: AsyncIterable<Message>;
}

/**
 * The messages of a run, but for commands that it has obeyed and those that came before them: what they said was said.
 *
 * @param annotations of its records: those of a command that was obeyed have its id
 */
export async function givenBy(
  inbox: InboxReader,
  annotations: readonly Annotation[],
  signal: AbortSignal,
): Promise<Given> {
  const obeyed = new Set(annotations.map(({ command }) => command));
  const messages = await inbox.next();
  const commands = messages.flatMap((one) =>
    one.kind === "command" ? [{ id: one.id, by: one.by, ...one.command }] : [],
  );
  const last = commands.findLastIndex(({ id }) => obeyed.has(id));
  return {
    events: messages.flatMap((one) => (one.kind === "event" ? [one.event] : [])),
    commands: commands.slice(last + 1),
    coming: follow(inbox, signal),
  };
}

async function* follow(
  inbox: InboxReader,
  signal: AbortSignal,
): AsyncGenerator<Message, void, void> {
  while (!signal.aborted) {
    yield* await inbox.next();
    await sleep(LOOK, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
