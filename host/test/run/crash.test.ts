// Runs in a process that is killed, and what their folders have then.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createEngine, replay } from "@reach-fabric/engine";
import { effectiveGrant, readKept, runFolder } from "@reach-fabric/host";
import type { RunSoFar } from "@reach-fabric/host";
import { newFolder, serve } from "../helpers.ts";

const A = "https://bureau.example";
const granted = effectiveGrant({ http: [{ origin: A, methods: ["GET"], paths: ["/v1/*"] }] });
const workflow = `
document: {dsl: "1.0.3", namespace: test, name: sample, version: 1.0.0}
do:
  - all:
      for: {in: "\${ [range(1000)] }"}
      do:
        - ask: {call: http, with: {method: get, endpoint: "${A}/v1/{id}"}}
        - next: {set: {id: c-1}}
`;

/** Runs the workflow; `kill` is code that a recorder runs around each append. */
const program = `
  import { createEngine } from "@reach-fabric/engine";
  import { folderRecorder, loadPack, run } from "@reach-fabric/host";
  const [workflow, folder, grant, addresses, record, when] = process.argv.slice(1);
  const recorder = folderRecorder(folder);
  let appended = 0;
  const stop = (now) => {
    if (appended === Number(record) && now === when) process.kill(process.pid, "SIGKILL");
  };
  const append = async (lines) => {
    stop("before");
    await recorder.append(lines);
    stop("after");
    appended += 1;
  };
  await run({ engine: createEngine(), pack: await loadPack(workflow), recorder: { ...recorder, append },
    input: new TextEncoder().encode('{"id":"c-1"}'), grant: JSON.parse(grant), addresses: JSON.parse(addresses) });`;

interface Killed {
  readonly folder: string;
  /** Requests that were performed. */
  readonly asked: number;
}

/** Runs until the process is killed: by itself around an append, or by what is called at each request. */
async function killed({
  record = -1,
  when = "never",
  at = () => undefined,
}: {
  readonly record?: number;
  readonly when?: "before" | "after" | "never";
  readonly at?: (request: number, kill: () => void) => unknown;
}): Promise<Killed> {
  const folder = await newFolder();
  const path = join(folder, "workflow.yaml");
  await writeFile(path, workflow);
  let asked = 0;
  const { origin } = await serve((_, response) => {
    asked += 1;
    at(asked, () => child.kill("SIGKILL"));
    if (!child.killed) response.writeHead(200).end(String(asked));
  });
  const given = [granted, { [A]: origin }, record].map((value) => JSON.stringify(value));
  const options = ["--conditions=reach-source", "--input-type=module", "-e", program];
  const child = spawn(process.execPath, [...options, path, join(folder, "run"), ...given, when], {
    cwd: new URL("..", import.meta.url).pathname,
    stdio: "ignore",
  });
  const [, signal] = (await once(child, "exit")) as [number, string];
  expect(signal).toBe("SIGKILL");
  return { folder: join(folder, "run"), asked };
}

/** What the folder has is a run as far as it came, and waits for the answer that comes next. */
async function requireRun({ folder }: Killed, answers?: number): Promise<RunSoFar> {
  const found = await readKept(createEngine(), runFolder(folder));
  expect(found).toMatchObject({ torn: 0, ended: undefined });
  answers ??= found.inputs.length - 1;
  expect(found.inputs).toHaveLength(1 + answers);
  expect(found.waiting).toMatchObject([{ request: { key: String(answers), type: "http" } }]);
  const again = replay(createEngine(), found.pack, found.records);
  expect(again).toMatchObject({ status: "incomplete" });
  return found;
}

test("ABI-8 killed while a request is performed: the folder tells it", async () => {
  const run = await killed({ at: (request, kill) => request === 3 && kill() });
  const { summary } = await requireRun(run, 2);
  expect(summary).toMatch(
    /it had \d+ records and was waiting on effect 2 \(http\) of task .*ask\.$/,
  );
});

test("ABI-8 killed between an append and what follows from it: the request is computed again", async () => {
  const run = await killed({ record: 2, when: "after" });
  await requireRun(run, 2);
  expect(run.asked).toBe(2);
});

test("ABI-8 killed before an append: the answer is not known, and its request waits again", async () => {
  const run = await killed({ record: 2, when: "before" });
  await requireRun(run, 1);
  expect(run.asked).toBe(2);
});

test("ABI-8 killed before the start is kept: nothing was asked", async () => {
  const run = await killed({ record: 0, when: "before" });
  const found = await readKept(createEngine(), runFolder(run.folder));
  expect([run.asked, found.inputs, found.waiting]).toEqual([0, [], []]);
});

test("ABI-8 killed at any time: what was asked follows from what is kept", async () => {
  for (const wait of [1, 7, 30, 110]) {
    const run = await killed({
      at: (request, kill) => request === 1 && setTimeout(kill, wait),
    });
    const { inputs } = await requireRun(run);
    expect(inputs.length).toBeGreaterThanOrEqual(run.asked);
    expect(inputs.length).toBeLessThanOrEqual(run.asked + 1);
  }
});

test("RUN-5 a line that the machine cut off is no answer", async () => {
  const run = await killed({ at: (request, kill) => request === 2 && kill() });
  const journal = join(run.folder, "entered.jsonl");
  // Its writer was killed, and has left its room behind the lines.
  const text = await readFile(journal, "utf8");
  expect(text).toMatch(/\n\0+$/);
  const lines = text.replace(/\0+$/, "");
  await writeFile(journal, lines + (lines.split("\n")[1] ?? "").slice(0, 100) + "\0".repeat(50));
  const found = await readKept(createEngine(), runFolder(run.folder));
  expect([found.inputs.length, found.torn]).toEqual([2, 100]);
  expect(found.waiting).toMatchObject([{ request: { key: "1" } }]);
});
