// A thread that takes large steps for others: it keeps packs and an engine, and of runs nothing.
import { createEngine } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import { parentPort, workerData } from "node:worker_threads";
import { ownBuffers, tellError } from "./job.ts";
import type { Done, JobReply, SentJob, ThreadData } from "./job.ts";
import { Seat } from "./seat.ts";
import type { SharedRun } from "./seat.ts";

const { engine: options = {} } = (workerData ?? {}) as Partial<ThreadData>;
const packs = new Map<string, Pack>();
const seat = new Seat(() => createEngine(options));

parentPort?.on("message", (job: SentJob) => {
  const reply = replyTo(job);
  parentPort?.postMessage(reply, "done" in reply ? ownBuffers(reply.done) : []);
});

function replyTo(job: SentJob): JobReply {
  try {
    if (job.pack !== undefined) packs.set(job.digest, job.pack);
    const pack = packs.get(job.digest);
    if (pack === undefined) throw new TypeError("A pack that was not sent");
    return { done: doneOf(job, { pack, seed: job.seed, snapshot: job.snapshot }) };
  } catch (error) {
    return { error: tellError(error) };
  }
}

function doneOf({ work }: SentJob, run: SharedRun): Done {
  if ("options" in work) return { start: seat.admitStart(run.pack, work.options, work.input) };
  if ("event" in work) {
    const takes = seat.takes(run, work.key, work.event);
    seat.forget(run);
    return { takes };
  }
  const { computed, end } = seat.step(run, work.inputs);
  if (end !== undefined) return { computed, end };
  seat.leave(run);
  const { snapshot } = run;
  return { computed, ...(snapshot === undefined ? {} : { snapshot }) };
}
