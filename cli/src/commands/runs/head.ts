// What a run waits for, in the words of a list.
import type { AwaitedHead, RunHead } from "@reach-fabric/host";
import { taskName } from "../../ui/names.ts";

/** What is to be said of a run beside its state. */
export function headText({ awaits, why, evidence }: RunHead): string {
  if (evidence !== undefined) return evidence;
  if (awaits.length > 0) return awaits.map(text).join(", ");
  return why ?? "";
}

function text({ for: what, key, task, until }: AwaitedHead): string {
  const name = taskName(task);
  if (what === "person") return `${name} (effect ${key}: reach resolve)`;
  return until === undefined ? name : `${name} until ${until}`;
}
