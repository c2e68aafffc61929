// The process that is killed: it executes runs, each in a folder of its own, those that are there already from where
// they are. The parent gives it the folder, the service's address and the runs as JSON.
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createEngine, utf8 } from "@reach-fabric/engine";
import { folderRecorder, readFolder, resume, run, RunWaits } from "@reach-fabric/host";
import type { CloudEvent } from "@reach-fabric/host";
import { approved, inputOf, packOfRuns, worldAt } from "./workflow.ts";

/** What the parent says. */
interface Load {
  readonly folder: string;
  readonly address: string;
  readonly runs: readonly string[];
}

const { folder, address, runs } = JSON.parse(process.argv[2] ?? "") as Load;
const pack = packOfRuns();

async function* person(id: string): AsyncGenerator<CloudEvent> {
  yield approved(id);
}

async function execute(id: string): Promise<void> {
  const path = join(folder, id);
  const world = { ...worldAt(address), events: person(id) };
  const engine = createEngine();
  const hasBegun =
    existsSync(join(path, "entered.jsonl")) &&
    (await readFolder(createEngine(), path)).inputs.length > 0;
  if (hasBegun) {
    await resume({ engine, folder: path, ...world });
    return;
  }
  // It was killed before anything entered: nothing was asked.
  rmSync(path, { recursive: true, force: true });
  const recorder = folderRecorder(path);
  await run({ engine, pack, input: utf8(JSON.stringify(inputOf(id))), recorder, ...world });
}

await Promise.all(
  runs.map(async (id) => {
    try {
      await execute(id);
    } catch (error) {
      if (!(error instanceof RunWaits)) throw error;
    }
  }),
);
