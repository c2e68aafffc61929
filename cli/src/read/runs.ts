// Where runs are kept that have not ended, or whose evidence is not written.
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Machine } from "../ui/machine.ts";
import { CliError, CODE, EXIT } from "../ui/problem.ts";
import { readInput } from "./files.ts";
import { stateFolder } from "./keys.ts";

/** What names the run in its folder. */
export const META = "run.json";

/** Below which runs are kept: $REACH_DATA_DIR, or the user's own state. */
export function runsFolder(machine: Machine): string {
  const { REACH_DATA_DIR: data } = machine.env;
  return join(data === undefined || data === "" ? stateFolder(machine) : data, "runs");
}

/** Whether a run's folder is one that no one has named: it goes when the evidence is written. */
export const isOwn = (machine: Machine, folder: string): boolean =>
  dirname(resolve(folder)) === resolve(runsFolder(machine));

/** The id of the run in a folder; undefined where there is none. */
export function runIn(machine: Machine, folder: string): string | undefined {
  const meta = join(folder, META);
  if (!existsSync(meta)) return undefined;
  try {
    const text = new TextDecoder().decode(readInput(machine, meta));
    const { id } = JSON.parse(text) as { id?: unknown };
    return typeof id === "string" ? id : undefined;
  } catch {
    return undefined;
  }
}

/** The folders of all runs that are kept, by the ids of the runs. */
export function keptRuns(machine: Machine): Map<string, string> {
  const below = runsFolder(machine);
  const names = existsSync(below) ? readdirSync(below).sort() : [];
  return new Map(
    names.flatMap((name) => {
      const folder = join(below, name);
      const id = runIn(machine, folder);
      return id === undefined ? [] : [[id, folder] as const];
    }),
  );
}

/**
 * The folder of a run: one that is named, or that of a kept run whose id is given, or the beginning of it.
 *
 * @throws CliError there is none, or several
 */
export function folderOfRun(machine: Machine, run: string): string {
  if (existsSync(join(run, META))) return run;
  const found = [...keptRuns(machine)].filter(([id]) => id.startsWith(run) && run.length >= 4);
  const [first] = found;
  if (first !== undefined && found.length === 1) return first[1];
  throw new CliError({
    code: CODE.usage,
    what: found.length > 1 ? "Several runs begin so" : "There is no such run",
    where: run,
    hint: "reach runs list names those that are kept; or name the folder of one.",
    exitCode: EXIT.usage,
  });
}
