/** Requests are counted by task and type of effect (TRACE-5). */

import { arenaTake } from "../../bytes/arena";
import { COUNTS } from "./effects";
import { Workflow } from "./nodes";
import { RUN, runArena } from "./state";

/** How many counts there are: some for each task and for the workflow itself. */
export function countsOf(): u32 {
  return (changetype<Workflow>(RUN.workflow).taskCount + 1) * COUNTS;
}

/** An empty table of counts for the run's workflow. */
export function newCounts(): void {
  const size = countsOf() << 2;
  RUN.counts = arenaTake(runArena(), size) as u32;
  memory.fill(RUN.counts, 0, size);
}
