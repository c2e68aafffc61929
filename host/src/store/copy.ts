// A run from one store into a folder, as it is.
import { createIn } from "./run-folder.ts";
import { labelsOf } from "./store.ts";
import type { KeptRun, RunState } from "./store.ts";

/**
 * Writes all that is kept of a run into a folder, which must be empty or not there yet. Both can go on afterwards: only one should.
 *
 * @returns the run's id, and how many lines were kept
 * @throws ReachError as KeptRun.read() does; `REACH-E4112` the folder holds something, `REACH-E411x` it cannot be written
 *
 * @example
 * await run({ engine, pack, input, recorder: folderRecorder("runs/8") });
 * await copyRun(runFolder("runs/8"), "copy");
 */
export async function copyRun(
  kept: KeptRun,
  folder: string,
): Promise<{ readonly id: string; readonly lines: number }> {
  const head = await kept.head();
  const { state, awaits, wakeAt, why } = head;
  const { run, engine, pack, request, lines } = await kept.read();
  const { startedAt, ...identity } = run;
  const lease = await createIn(folder, {
    run: identity,
    startedAt,
    engine,
    pack,
    ...labelsOf(head),
    ...(request === undefined ? {} : { request }),
  });
  try {
    if (lines.length > 0) await lease.append(0, lines);
  } finally {
    const rest: Exclude<RunState, "running"> = state === "running" ? "interrupted" : state;
    await lease.release({
      state: rest,
      awaits,
      ...(wakeAt === undefined ? {} : { wakeAt }),
      ...(why === undefined ? {} : { why }),
    });
  }
  return { id: run.id, lines: lines.length };
}
