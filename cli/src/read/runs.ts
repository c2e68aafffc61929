// Where runs are kept: one store for all of a user's runs, or the folder that a run was given.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import type * as Host from "@reach-fabric/host";
import type { KeptRun, RunStore } from "@reach-fabric/host";
import type { Machine } from "../ui/machine.ts";
import { CliError, CODE, EXIT, problemOf } from "../ui/problem.ts";
import { shellWord } from "../ui/terminal.ts";
import { stateFolder } from "./keys.ts";

/** Names the run in its folder. */
const META = "run.json";

export interface StoreOption {
  store?: string;
}

/** Adds the option that says where runs are kept. */
export const withStore = (command: Command): Command =>
  command.option(
    "--store <where>",
    "where runs are kept: sqlite:FILE, folder:DIR, or memory, which ends with the command (default: " +
      "sqlite:$REACH_DATA_DIR/runs.db, or runs.db in $XDG_STATE_HOME/reach)",
  );

/** The words of a command line for the store that was asked for. */
export const storeWords = (store: string | undefined): readonly string[] =>
  store === undefined ? [] : ["--store", store];

/** What a command line calls a run, as a shell reads it: by its id or folder, and the store that was asked for. */
export const namedRun = (run: string, store: string | undefined): string =>
  [run, ...storeWords(store)].map(shellWord).join(" ");

/** The folder of all that is kept of a user's runs: $REACH_DATA_DIR, or the user's own state. */
function dataFolder(machine: Machine): string {
  const { REACH_DATA_DIR: data } = machine.env;
  return data === undefined || data === "" ? stateFolder(machine) : data;
}

/** The store that an option names, or the user's own. */
export async function openRuns(machine: Machine, { store }: StoreOption = {}): Promise<RunStore> {
  const host: typeof Host = await import("@reach-fabric/host");
  const [, kind, path = ""] = /^([a-z]+):(.+)$/s.exec(store ?? "") ?? [];
  if (store === undefined) return openSqlite(host, join(dataFolder(machine), "runs.db"));
  if (kind === "sqlite") return openSqlite(host, resolve(path));
  if (kind === "folder") return host.folderStore(resolve(path));
  if (store === "memory") return host.memoryStore();
  throw new CliError({
    code: CODE.usage,
    what: "--store names no store",
    where: store,
    hint: "Write sqlite:FILE, folder:DIR or memory.",
    exitCode: EXIT.usage,
  });
}

async function openSqlite({ sqliteStore }: typeof Host, file: string): Promise<RunStore> {
  try {
    return await sqliteStore(file);
  } catch (error) {
    throw new CliError(problemOf(error, file));
  }
}

/** A run, and the store that has it: none has one that is in a folder of its own. */
export interface FoundRun {
  readonly kept: KeptRun;
  readonly store: RunStore | undefined;
}

/**
 * A run: in the folder that is named, or one that is kept whose id is given, or the beginning of it.
 *
 * @throws CliError there is none, or several
 */
export async function findRun(
  machine: Machine,
  run: string,
  options: StoreOption = {},
): Promise<FoundRun> {
  const { runFolder } = await import("@reach-fabric/host");
  if (existsSync(join(run, META))) return { kept: runFolder(run), store: undefined };
  const store = await openRuns(machine, options);
  const { runs } = run.length < 4 ? { runs: [] } : await listed(store, run);
  const [first] = runs;
  if (first !== undefined && runs.length === 1) return { kept: store.run(first.id), store };
  await store.close();
  throw new CliError({
    code: CODE.usage,
    what: runs.length > 1 ? "Several runs begin so" : "There is no such run",
    where: run,
    hint: "reach runs list names those that are kept; or name the folder of one.",
    exitCode: EXIT.usage,
  });
}

async function listed(store: RunStore, id: string): ReturnType<RunStore["list"]> {
  try {
    return await store.list({ id }, { limit: 2 });
  } catch (error) {
    throw new CliError(problemOf(error, store.where));
  }
}

/** Does something with a run, and closes its store. */
export async function withRun<T>(
  machine: Machine,
  run: string,
  options: StoreOption,
  work: (kept: KeptRun, store: RunStore | undefined) => Promise<T>,
): Promise<T> {
  const { kept, store } = await findRun(machine, run, options);
  try {
    return await work(kept, store);
  } catch (error) {
    throw error instanceof CliError ? error : new CliError(problemOf(error, kept.where));
  } finally {
    await store?.close();
  }
}
