// The process that is killed: it executes runs in a store, those that are there already from where
// they are. The parent gives it the store, the service's address and the runs as JSON.
import { createEngine, utf8 } from "@reach-fabric/engine";
import { resume, run, RunWaits, storeRecorder } from "@reach-fabric/host";
import type { CloudEvent } from "@reach-fabric/host";
import { found, idOf, openStore } from "./stores.ts";
import type { StoreKind } from "./stores.ts";
import { approved, inputOf, packOfRuns, worldAt } from "./workflow.ts";

/** What the parent says. */
interface Load {
  readonly kind: StoreKind;
  readonly folder: string;
  readonly address: string;
  readonly runs: readonly string[];
}

const { kind, folder, address, runs } = JSON.parse(process.argv[2] ?? "") as Load;
const pack = packOfRuns();
const store = await openStore(kind, folder);

async function* person(id: string): AsyncGenerator<CloudEvent> {
  yield approved(id);
}

async function execute(id: string): Promise<void> {
  const world = { ...worldAt(address), events: person(id) };
  const engine = createEngine();
  const kept = store.run(idOf(id));
  const before = await found(kept);
  if (before !== undefined && before.inputs.length > 0) {
    await resume({ engine, run: kept, ...world });
    return;
  }
  // It was killed before anything entered: nothing was asked.
  if (before !== undefined) await kept.remove();
  const recorder = storeRecorder(store, {}, { id: idOf(id) });
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
await store.close();
