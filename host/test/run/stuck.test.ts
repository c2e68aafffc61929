// Runs with which one process after the other ends, and large records: docs/spec/runs.md; docs/spec/run-folder.md, RUN-3.
import { createEngine, makePack, utf8 } from "@reach-fabric/engine";
import { folderRecorder, readKept, resume, run, runFolder } from "@reach-fabric/host";
import type { Lease } from "@reach-fabric/host";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { errorOf, newFolder } from "../helpers.ts";

const pack = makePack(createEngine(), {
  id: "t/t",
  version: "1.0.0",
  workflows: {
    "w.json": JSON.stringify({
      document: { dsl: "1.0.3", namespace: "t", name: "t", version: "1.0.0" },
      do: [{ ask: { listen: { to: { one: { with: { type: "x" } } } } } }],
    }),
  },
});
const event = { specversion: "1.0", id: "1", source: "/desk", type: "x", data: {} };
const events = async function* () {
  yield event;
};

/** A run that waits, in a folder. */
async function waiting(input: object = {}): Promise<string> {
  const folder = join(await newFolder(), "run");
  const text = utf8(JSON.stringify(input));
  const ended = run({
    engine: createEngine(),
    pack,
    input: text,
    recorder: folderRecorder(folder),
  });
  expect((await errorOf(ended)).code).toBe("REACH-E3004");
  return folder;
}

/** What a process leaves that was killed: no word of how the run is. */
async function forgetState(folder: string, before: string): Promise<void> {
  await writeFile(join(folder, "state.json"), before);
}

test("a run with which three processes in a row have ended is stuck, until it is to be tried again", async () => {
  const folder = await waiting();
  const kept = runFolder(folder);
  for (const crashes of [0, 1, 2, 3]) {
    const lease: Lease = await kept.claim();
    expect(lease.crashes).toBe(crashes);
    const running = await readFile(join(folder, "state.json"), "utf8");
    await lease.release({ state: "interrupted" });
    await forgetState(folder, running);
  }
  const error = await errorOf(resume({ engine: createEngine(), run: kept, events: events() }));
  expect([error.code, error.why]).toEqual([
    "REACH-E3009",
    "4 processes in a row have ended with it, and none came further",
  ]);
  expect(await kept.head()).toMatchObject({ state: "stuck" });
  const again = await resume({ engine: createEngine(), run: kept, events: events(), retry: true });
  expect(again.status).toBe("completed");
});

test("a run that waits is not stuck, however often it is looked at", async () => {
  const folder = await waiting();
  for (let times = 0; times < 5; times += 1) {
    const ended = resume({ engine: createEngine(), run: runFolder(folder) });
    expect((await errorOf(ended)).code).toBe("REACH-E3004");
  }
});

test("RUN-3 a record of more than 256 kB lies beside the lines, and is the one that was written", async () => {
  const folder = await waiting({ text: "x".repeat(300_000) });
  const [name = ""] = await readdir(join(folder, "bodies"));
  expect(name).toMatch(/^[0-9a-f]{64}$/);
  expect((await readFile(join(folder, "entered.jsonl"))).length).toBeLessThan(1000);
  const { records } = await readKept(createEngine(), runFolder(folder));
  const body = join(folder, "bodies", name);
  expect(new Uint8Array(await readFile(body))).toEqual(records[0]);
  await writeFile(body, Buffer.from(records[0] ?? []).subarray(1));
  expect((await errorOf(readKept(createEngine(), runFolder(folder)))).code).toBe("REACH-E4131");
});

test("RUN-1 a folder in which a process was killed before its run was one is begun again", async () => {
  const folder = await waiting();
  for (const name of ["run.json", "state.json", "entered.jsonl"]) await rm(join(folder, name));
  const input = utf8("{}");
  const again = run({ engine: createEngine(), pack, input, recorder: folderRecorder(folder) });
  expect((await errorOf(again)).code).toBe("REACH-E3004");
  // What is another's is not: the same without a secret, or with something beside it.
  for (const spoil of ["mine.txt", "secret"]) {
    await rm(join(folder, "run.json"));
    for (const name of ["state.json", "entered.jsonl"]) await rm(join(folder, name));
    await writeFile(join(folder, spoil), "mine");
    const refused = run({ engine: createEngine(), pack, input, recorder: folderRecorder(folder) });
    expect((await errorOf(refused)).code).toBe("REACH-E4112");
    expect(await readFile(join(folder, spoil), "utf8")).toBe("mine");
    await rm(folder, { recursive: true });
    const anew = run({ engine: createEngine(), pack, input, recorder: folderRecorder(folder) });
    expect((await errorOf(anew)).code).toBe("REACH-E3004");
  }
});
