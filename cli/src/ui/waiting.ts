// What a run waits for, in words.
import type { Awaited } from "@reach-fabric/host";
import { taskName } from "./names.ts";
import type { Terminal } from "./terminal.ts";

/** Says what a run waits for while it does. */
export function tellWaiting(terminal: Terminal, awaits: readonly Awaited[]): void {
  for (const one of awaits) {
    const { key, task } = one.request;
    terminal.progress("waiting", `  ${awaitedText(one)}`, {
      key,
      task: taskName(task),
      for: one.for,
      ...(one.for === "time" ? { until: one.until } : {}),
      ...(one.for === "machine" ? { why: one.why } : {}),
    });
  }
}

/** What a task waits for, without a value of the run. */
export function awaitedText(one: Awaited): string {
  const task = taskName(one.request.task);
  switch (one.for) {
    case "event": {
      const types = typesOf(one.request.request["to"]);
      return `${task} waits for an event${types.length === 0 ? "" : ` (${types.join(", ")})`}`;
    }
    case "time":
      return `${task} waits until ${one.until}`;
    case "machine":
      return `${task} waits: ${one.why}`;
    default:
      return `${task} asked for something (effect ${one.request.key}) that may have been done, or not`;
  }
}

/** The types of events that a task listens to, where its text says them. */
function typesOf(to: unknown): string[] {
  const { one, all, any } = (to ?? {}) as Readonly<Record<string, unknown>>;
  const filters = [one ?? all ?? any ?? []].flat() as readonly { readonly with?: unknown }[];
  const types = filters.map((filter) => (filter.with as { type?: unknown } | undefined)?.type);
  const said = types.filter((type) => typeof type === "string" && !type.includes("${"));
  return [...new Set(said as string[])];
}
