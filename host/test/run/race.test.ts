// Processes that want to record in one folder, or to go on with one run, at the same time: one has it, and the others leave it alone.
// REACH_LONG=1: 200 rounds.
import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { expect, test } from "vitest";
import { createEngine, replay, utf8 } from "@reach-fabric/engine";
import {
  effectiveGrant,
  loadPack,
  readKept,
  run,
  runFolder,
  storeRecorder,
} from "@reach-fabric/host";
import { idOf, openStore, STORES } from "../../../tools/run-kill/stores.ts";
import { errorOf, newFolder } from "../helpers.ts";

const STORES_FILE = new URL("../../../tools/run-kill/stores.ts", import.meta.url).pathname;
const LONG = process.env["REACH_LONG"] === "1";
const ROUNDS = LONG ? 200 : 20;
const PROCESSES = 3;
/** Milliseconds between two rounds, in which one run ends. */
const PERIOD = 150;

/** Waits for the same millisecond in all processes, and does something each round. */
const rounds = (setUp: string, act: string): string => `
  import { appendFileSync } from "node:fs";
  import { createEngine } from "@reach-fabric/engine";
  import { folderRecorder, loadPack, resume, run, RunWaits, storeRecorder } from "@reach-fabric/host";
  import { idOf, openStore } from ${JSON.stringify(STORES_FILE)};
  const [workflow, folder, rounds, period, kind] = process.argv.slice(1);
  const engine = createEngine();
  const pack = await loadPack(workflow);
  const input = new TextEncoder().encode("{}");
  ${setUp}
  process.stdout.write("ready\\n");
  const [begin] = await new Promise((told) => process.stdin.on("data", (text) => told([Number(text)])));
  const won = [];
  for (let round = 0; round < Number(rounds); round++) {
    const at = begin + round * Number(period);
    await new Promise((go) => setTimeout(go, Math.max(1, at - Date.now() - 5)));
    while (Date.now() < at);
    ${act}
  }
  process.stdout.write(JSON.stringify(won));
  process.exit(0);`;

/** What each process says of each round. */
async function raced(
  program: string,
  folder: string,
  workflow: string,
  kind = "",
): Promise<string[][]> {
  const args = [workflow, folder, String(ROUNDS), String(PERIOD), kind];
  const options = ["--conditions=reach-source", "--input-type=module", "-e", program, ...args];
  const children = Array.from({ length: PROCESSES }, () => {
    const child = spawn(process.execPath, options, { stdio: ["pipe", "pipe", "inherit"] });
    const isReady = new Promise((ready) => child.stdout.once("data", ready));
    return { child, isReady };
  });
  await Promise.all(children.map(({ isReady }) => isReady));
  const begin = Date.now() + 200;
  return Promise.all(
    children.map(async ({ child }) => {
      child.stdin.end(String(begin));
      return JSON.parse(await textOf(child.stdout)) as string[];
    }),
  );
}

async function workflowIn(folder: string, ...tasks: readonly object[]): Promise<string> {
  const workflow = join(folder, "w.json");
  const document = { dsl: "1.0.3", namespace: "test", name: "race", version: "1.0.0" };
  await writeFile(workflow, JSON.stringify({ document, do: tasks }));
  return workflow;
}

const RECORD = rounds(
  `await run({ engine, pack, input, recorder: folderRecorder(folder + "/" + process.pid) });`,
  `const recorder = folderRecorder(folder + "/" + round);
    const { id } = recorder.run;
    won.push(await run({ engine, pack, input, recorder }).then(() => id, ({ code }) => code));`,
);

const GO_ON = rounds(
  `const store = await openStore(kind, folder);
  const grant = { http: [{ origin: "https://bank.example", methods: ["POST"], paths: ["/*"] }] };
  const fetch = async ({ uri }) => {
    appendFileSync(folder + "/paid", uri + "\\n");
    await new Promise((go) => setTimeout(go, 10));
    return { result: { status: 200, headers: {} }, body: input };
  };
  const events = async function* (id) {
    yield { specversion: "1.0", id, source: "/desk", type: "go", data: { id } };
  };`,
  `const kept = store.run(idOf("round-" + round));
    const ended = resume({ engine, run: kept, effects: { fetch }, events: events("go-" + round) });
    won.push(await ended.then(({ fingerprint }) => fingerprint, ({ code }) => code));`,
);

test(
  "one of several recorders has the folder, and the others take nothing from it",
  { timeout: 60_000 + ROUNDS * 10 * PERIOD },
  async () => {
    const folder = await newFolder();
    const workflow = await workflowIn(folder, { a: { set: { done: true } } });
    // Every other folder is there before, and empty.
    for (let round = 0; round < ROUNDS; round += 2) await mkdir(join(folder, String(round)));
    const won = await raced(RECORD, folder, workflow);
    const engine = createEngine();
    for (let round = 0; round < ROUNDS; round++) {
      const results = won.map((each) => each[round]);
      const ids = results.filter((result) => result?.startsWith("REACH-") === false);
      expect({ round, results, winners: ids.length }).toMatchObject({ winners: 1 });
      const losers = results.filter((result) => result !== ids[0]);
      for (const code of losers) expect(["REACH-E4112", "REACH-E4114"]).toContain(code);
      const kept = await readKept(engine, runFolder(join(folder, String(round))));
      expect(kept.run.id).toBe(ids[0]);
      expect(kept.ended).toBe("completed");
    }
  },
);

test.each(STORES)(
  "one of several processes goes on with a run, and what it asks is asked once: %s",
  { timeout: 60_000 + ROUNDS * 10 * PERIOD },
  async (kind) => {
    const folder = await newFolder();
    const pay = { call: "http", with: { method: "post", endpoint: "https://bank.example/{id}" } };
    const workflow = await workflowIn(
      folder,
      {
        go: {
          listen: { to: { one: { with: { type: "go" } } } },
          output: { as: "${ {id: .[0].id} }" },
        },
      },
      { pay },
    );
    const engine = createEngine();
    const pack = await loadPack(workflow);
    const store = await openStore(kind, folder);
    const grant = effectiveGrant({
      http: [{ origin: "https://bank.example", methods: ["POST"], paths: ["/*"] }],
    });
    for (let round = 0; round < ROUNDS; round += 1) {
      const recorder = storeRecorder(store, {}, { id: idOf(`round-${round}`) });
      const given = { engine, pack, grant, input: utf8("{}"), recorder };
      expect((await errorOf(run(given))).code).toBe("REACH-E3004");
    }
    const won = await raced(GO_ON, folder, workflow, kind);
    const paid = (await readFile(join(folder, "paid"), "utf8")).trimEnd().split("\n");
    expect(new Set(paid).size).toBe(paid.length);
    expect(paid).toHaveLength(ROUNDS);
    for (let round = 0; round < ROUNDS; round += 1) {
      const {
        ended,
        records,
        pack: kept,
      } = await readKept(engine, store.run(idOf(`round-${round}`)));
      const again = replay(engine, kept, records);
      expect([round, ended, again.status]).toEqual([round, "completed", "reproduced"]);
      // Who comes when it has ended is told what it came to.
      const told = new Set(won.map((each) => each[round]));
      expect(told).toContain(again.fingerprint);
      for (const word of told) expect([again.fingerprint, "REACH-E4114"]).toContain(word);
    }
    await store.close();
  },
);
