// What besides the evidence still holds the values of a run: the folder in which it was recorded, and what a write that was
// cut off has left beside a file.
import { existsSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Machine } from "../../ui/machine.ts";
import { META, runIn, runsFolder } from "../../read/runs.ts";
import { CODE, CliError, EXIT } from "../../ui/problem.ts";

/**
 * The folders of a run: the one that is named, and those that interrupted runs have left below the state folder.
 *
 * @throws CliError the folder that is named is that of another run, or none
 */
export function foldersOf(machine: Machine, run: string, named?: string): string[] {
  if (named !== undefined && existsSync(named) && !isFolderOf(machine, named, run)) {
    throw new CliError({
      code: CODE.usage,
      what: "This is not the folder of that run",
      where: named,
      hint: "Nothing was erased.",
      exitCode: EXIT.usage,
    });
  }
  const below = runsFolder(machine);
  const others = existsSync(below) ? readdirSync(below).map((name) => join(below, name)) : [];
  const found = others.filter((folder) => runIn(machine, folder) === run);
  return named === undefined || !existsSync(named) ? found : [...new Set([named, ...found])];
}

/** One of which all is gone but itself was being removed, too. */
const isFolderOf = (machine: Machine, folder: string, run: string): boolean =>
  runIn(machine, folder) === run || readdirSync(folder).length === 0;

/** Removes a run's folder, what says whose it is last: cut off in between, it is found again. */
export async function removeRun(folder: string): Promise<void> {
  const names = readdirSync(folder).filter((name) => name !== META);
  for (const name of [...names, META]) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
  await rm(folder, { recursive: true, force: true });
}

/** The files that writes of this one have left which were cut off. Each may hold all of it. */
export function leftovers(file: string): string[] {
  const folder = dirname(file);
  const name = basename(file);
  const isPart = (each: string): boolean =>
    each.startsWith(`.${name}.`) && /^[0-9a-f]{12}\.part$/.test(each.slice(name.length + 2));
  return readdirSync(folder)
    .filter(isPart)
    .map((each) => join(folder, each));
}
