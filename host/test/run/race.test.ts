// Processes that want to record in one folder at the same time: one has it, and the others leave it alone.
// REACH_LONG=1: 200 rounds.
import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { expect, test } from "vitest";
import { createEngine } from "@reach-fabric/engine";
import { readKept, runFolder } from "@reach-fabric/host";
import { newFolder } from "../helpers.ts";

const LONG = process.env["REACH_LONG"] === "1";
const ROUNDS = LONG ? 200 : 20;
const PROCESSES = 3;
/** Milliseconds between two rounds, in which one run ends. */
const PERIOD = 150;

/** Runs in a folder each round, all processes at the same millisecond, and tells who had it. */
const program = `
  import { createEngine } from "@reach-fabric/engine";
  import { folderRecorder, loadPack, run } from "@reach-fabric/host";
  const [workflow, folder, rounds, period] = process.argv.slice(1);
  const engine = createEngine();
  const pack = await loadPack(workflow);
  const input = new TextEncoder().encode("{}");
  await run({ engine, pack, input, recorder: folderRecorder(folder + "/" + process.pid) });
  process.stdout.write("ready\\n");
  const [begin] = await new Promise((told) => process.stdin.on("data", (text) => told([Number(text)])));
  const won = [];
  for (let round = 0; round < Number(rounds); round++) {
    const at = begin + round * Number(period);
    await new Promise((go) => setTimeout(go, Math.max(1, at - Date.now() - 5)));
    while (Date.now() < at);
    const recorder = folderRecorder(folder + "/" + round);
    const { id } = recorder.run;
    won.push(await run({ engine, pack, input, recorder }).then(() => id, ({ code }) => code));
  }
  process.stdout.write(JSON.stringify(won));
  process.exit(0);`;

test(
  "one of several recorders has the folder, and the others take nothing from it",
  { timeout: 60_000 + ROUNDS * 10 * PERIOD },
  async () => {
    const folder = await newFolder();
    const workflow = join(folder, "w.json");
    const document = { dsl: "1.0.3", namespace: "test", name: "race", version: "1.0.0" };
    await writeFile(workflow, JSON.stringify({ document, do: [{ a: { set: { done: true } } }] }));
    // Every other folder is there before, and empty.
    for (let round = 0; round < ROUNDS; round += 2) await mkdir(join(folder, String(round)));
    const args = [workflow, folder, String(ROUNDS), String(PERIOD)];
    const options = ["--conditions=reach-source", "--input-type=module", "-e", program, ...args];
    const children = Array.from({ length: PROCESSES }, () => {
      const child = spawn(process.execPath, options, { stdio: ["pipe", "pipe", "inherit"] });
      const isReady = new Promise((ready) => child.stdout.once("data", ready));
      return { child, isReady };
    });
    await Promise.all(children.map(({ isReady }) => isReady));
    const begin = Date.now() + 200;
    const told = children.map(async ({ child }) => {
      child.stdin.end(String(begin));
      return JSON.parse(await textOf(child.stdout)) as string[];
    });
    const won = await Promise.all(told);
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
