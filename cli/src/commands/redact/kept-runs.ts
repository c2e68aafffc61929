// What besides the evidence still holds the values of a run: what a store keeps of it, and what a write that was
// cut off has left beside a file.
import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { KeptRun } from "@reach-fabric/host";
import type { Machine } from "../../ui/machine.ts";
import { openRuns } from "../../read/runs.ts";
import type { StoreOption } from "../../read/runs.ts";
import { CODE, CliError, EXIT } from "../../ui/problem.ts";

/** What is kept of a run in some place. */
export interface Remains {
  readonly where: string;
  remove(): Promise<void>;
}

/**
 * All that is kept of a run: in the folder that is named, and in the store.
 *
 * @throws CliError the folder that is named is that of another run, or none
 */
export async function remainsOf(
  machine: Machine,
  run: string,
  { record: named, ...place }: StoreOption & { readonly record?: string },
): Promise<{ readonly remains: readonly Remains[]; readonly close: () => Promise<void> }> {
  const inFolder = named !== undefined && existsSync(named) ? await remainsIn(named, run) : [];
  const store = await openRuns(machine, place);
  const kept = store.run(run);
  const isKept = (await idOf(kept)) !== undefined;
  const remains = [...inFolder, ...(isKept ? [kept] : [])];
  return { remains, close: () => store.close() };
}

async function remainsIn(folder: string, run: string): Promise<Remains[]> {
  const { runFolder } = await import("@reach-fabric/host");
  const kept = runFolder(folder);
  // One of which all is gone but itself was being removed, too.
  if (readdirSync(folder).length === 0) {
    return [{ where: folder, remove: async () => rmdirSync(folder) }];
  }
  if ((await idOf(kept)) === run) return [kept];
  throw new CliError({
    code: CODE.usage,
    what: "This is not the folder of that run",
    where: folder,
    hint: "Nothing was erased.",
    exitCode: EXIT.usage,
  });
}

const idOf = (kept: KeptRun): Promise<string | undefined> =>
  kept.head().then(
    ({ id }) => id,
    () => undefined,
  );

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
