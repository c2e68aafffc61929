// Runs on a machine that stops: what main.ts says.
import { parseArgs } from "node:util";
import { createEngine, replay, sameBytes, utf8 } from "@reach-fabric/engine";
import {
  folderStore,
  memoryRecorder,
  resolveEffect,
  resume,
  run,
  RunWaits,
  signalRun,
  storeRecorder,
} from "@reach-fabric/host";
import type { Effects, KeptRun, RunOptions } from "@reach-fabric/host";
import {
  dropsAll,
  dropsBytes,
  dropsNames,
  byChance,
  SimulatedDisk,
} from "../../host/test/log/simulated-disk.ts";
import type { Fate } from "../../host/test/log/simulated-disk.ts";
import { answerOf } from "../run-kill/service.ts";
import { found, idOf } from "../run-kill/stores.ts";
import { approved, inputOf, packOfRuns, worldAt } from "../run-kill/workflow.ts";
import { Life, live, ROOT } from "./machine.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    chances: { type: "string", default: "4" },
    forget: { type: "boolean", default: false },
  },
});

const pack = packOfRuns();
const AT = "2026-11-30T12:00:00.000Z";
const NAME = "r1";

/** What is outside the machine, and has seen what it did. */
class World {
  /** How often each thing was done. */
  readonly done = new Map<string, number>();
  /** Records that were shown to who watches. */
  readonly shown = new Map<number, Uint8Array>();
  isSignalled = false;

  #do(place: string): void {
    this.done.set(place, (this.done.get(place) ?? 0) + 1);
  }

  /** Effects of one life: behind its end nothing is done. */
  effects(of: Life): Pick<RunOptions, "effects" | "onRecord"> {
    const fetch: Effects["fetch"] = async ({ method, uri }) => {
      of.look();
      const path = new URL(uri).pathname;
      this.#do(`${method} ${path}`);
      return { result: { status: 200, headers: {} }, body: bodyOf(method, path) };
    };
    const ask: Effects["ask"] = async () => {
      of.look();
      return { result: { finish: "stop", model: "judge", text: "yes" } };
    };
    return {
      effects: { fetch, ask },
      onRecord: ({ seq }, bytes) => void this.shown.set(seq, bytes),
    };
  }
}

/** What a GET is answered with lies beside the lines of the folder (RUN-3). */
const bodyOf = (method: string, path: string): Uint8Array =>
  utf8(method === "GET" ? JSON.stringify({ of: path, more: "x".repeat(300_000) }) : answerOf(path));

const given = worldAt("http://127.0.0.1:1");

/** Begins the run, or goes on with it, until it has ended or waits. */
async function execute(of: Life, world: World, attempt: number): Promise<KeptRun | undefined> {
  const store = folderStore(`${ROOT}/runs`);
  const more = { ...given, ...world.effects(of) };
  for (let id = attempt; id >= 1; id -= 1) {
    const kept = store.run(idOf(`${NAME}-${id}`));
    const before = await found(kept);
    if (before === undefined || before.inputs.length === 0) continue;
    for (const { request, hasBegun } of before.waiting) {
      if (!hasBegun || request.request["method"] !== "POST") continue;
      const path = (request.request["uri"] as string)
        .replace("https://bank.example", "")
        .replace("{id}", NAME);
      const isDone = (world.done.get(`POST ${path}`) ?? 0) > 0;
      const body = utf8(answerOf(path));
      const as = isDone ? { result: { status: 200, headers: {} }, body } : ("retry" as const);
      await resolveEffect({
        engine: createEngine(),
        run: kept,
        key: request.key,
        by: "clerk",
        as,
        at: AT,
      });
    }
    if (!world.isSignalled) {
      await signalRun(kept, approved(NAME), AT);
      world.isSignalled = true;
    }
    await resume({ engine: createEngine(), run: kept, ...more }).catch(waits);
    return kept;
  }
  if (attempt > 1 && world.done.size > 0)
    throw new Error("nothing is kept, and the world was asked");
  const id = idOf(`${NAME}-${attempt}`);
  const recorder = storeRecorder(store, {}, { id });
  await run({
    engine: createEngine(),
    pack,
    input: utf8(JSON.stringify(inputOf(NAME))),
    recorder,
    ...more,
  }).catch(waits);
  return store.run(id);
}

function waits(error: unknown): void {
  if (!(error instanceof RunWaits)) throw error;
}

/** Lives one after the other, each but the last stopped before its call of that number; false if the first was not stopped. */
async function history(
  stops: readonly number[],
  fate: Fate,
  fingerprint: string,
): Promise<boolean> {
  let disk = new SimulatedDisk();
  await disk.makeFolder(ROOT);
  await disk.syncFolder("/");
  const world = new World();
  let wasStopped = false;
  for (let attempt = 1; ; attempt += 1) {
    const of = new Life(disk, stops[attempt - 1], values.forget);
    live(of);
    let kept: KeptRun | undefined;
    try {
      kept = await execute(of, world, attempt);
    } catch (error) {
      if (!of.isOver) throw error;
    }
    if (attempt === 1) wasStopped = of.isOver;
    if (!of.isOver && kept !== undefined) {
      const end = await found(kept);
      if (end?.ended !== undefined) {
        judge(end.records, world, fingerprint, end.ended);
        return wasStopped;
      }
    }
    if (attempt > stops.length + 4) throw new Error("it does not end");
    disk = of.isOver ? of.afterwards(fate) : disk;
  }
}

function judge(
  records: readonly Uint8Array[],
  { done, shown }: World,
  fingerprint: string,
  ended: string,
): void {
  if (ended !== "completed") throw new Error(`it has ended as ${ended}`);
  for (const [seq, bytes] of shown) {
    const record = records[seq];
    if (record === undefined || !sameBytes(record, bytes)) {
      throw new Error(`record ${seq} was shown, and is lost`);
    }
  }
  for (const [place, count] of done) {
    if (place.startsWith("POST") && count !== 1)
      throw new Error(`${place} was done ${count} times`);
  }
  for (const name of ["POST /pay", "POST /book", "PUT /put", "GET /look"]) {
    if (!done.has(`${name}/${NAME}`)) throw new Error(`${name} was not done`);
  }
  const again = replay(createEngine(), pack, records);
  if (again.status !== "reproduced") throw new Error(`its replay: ${again.status}`);
  if (again.fingerprint !== fingerprint) throw new Error("it has another fingerprint");
}

async function main(seed: number, chances: number): Promise<void> {
  let state = seed >>> 0;
  const random = (): number =>
    (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  const of = new Life(new SimulatedDisk());
  const { fingerprint } = await run({
    engine: createEngine(),
    pack,
    input: utf8(JSON.stringify(inputOf(NAME))),
    recorder: memoryRecorder(),
    events: (async function* () {
      yield approved(NAME);
    })(),
    ...given,
    ...new World().effects(of),
  });
  const fates: readonly (readonly [string, Fate])[] = [
    ["all", dropsAll],
    ["bytes", dropsBytes],
    ["names", dropsNames],
    ...Array.from({ length: chances }, (_, i) => [`chance ${i}`, byChance(random)] as const),
  ];
  let histories = 0;
  const faults: string[] = [];
  for (const [name, fate] of fates) {
    for (let last = 0; ; last += 1) {
      // Half of the second lives are stopped as well.
      const second = random() < 0.5 ? [Math.floor(random() * 40)] : [];
      try {
        const wasStopped = await history([last, ...second], fate, fingerprint);
        histories += 1;
        if (!wasStopped) break;
      } catch (error) {
        histories += 1;
        faults.push(
          `${name} lost, stopped before call ${[last, ...second].join(" and ")}: ${String(error)}`,
        );
        if (faults.length >= 5 || last > 500) break;
      }
    }
    if (faults.length >= 5) break;
  }
  for (const fault of faults) process.stdout.write(`FAULT ${fault}\n`);
  process.stdout.write(
    `seed ${seed}: ${histories} histories of a machine that stops, ${faults.length} faults\n`,
  );
  if (faults.length > 0) process.exitCode = 1;
}

await main(Number(values.seed), Number(values.chances));
