// How a run is left, for who finds it: its head says what an error said (docs/spec/runs.md).
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import type { AwaitedHead, Rest } from "../store/store.ts";
import { RunWaits } from "./waiting.ts";
import type { Awaited } from "./waiting.ts";

/** What is said of a run that an error has stopped. */
export function restOf(error: unknown): Rest {
  if (error instanceof RunWaits) return waitingRest(error.awaits);
  if (!(error instanceof ReachError)) return { state: "interrupted" };
  const { code, why } = error;
  const said = why === undefined ? {} : { why };
  if (code === hostCode.suspended) return { state: "suspended" };
  if (code === hostCode.stuck) return { state: "stuck", ...said };
  return { state: "interrupted", ...said };
}

function waitingRest(all: readonly Awaited[]): Rest {
  const awaits = all.map(headOf);
  const [wakeAt] = awaits.flatMap(({ until }) => until ?? []).sort();
  return { state: "waiting", awaits, ...(wakeAt === undefined ? {} : { wakeAt }) };
}

function headOf(awaited: Awaited): AwaitedHead {
  const { key, type, task } = awaited.request;
  const until = awaited.for === "time" ? { until: awaited.until } : {};
  return { for: awaited.for, key, type, task, ...until };
}
