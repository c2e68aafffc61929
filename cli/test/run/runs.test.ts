// What is said to runs that a store keeps: docs/spec/runs.md; docs/guides/waiting.md.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { errorOf, put, reach, temporaryFolder } from "../reach.ts";

const folder = temporaryFolder();
const workflow = (name: string, ...tasks: readonly string[]): string =>
  put(
    folder,
    `${name}.yaml`,
    `document: {dsl: '1.0.3', namespace: t, name: ${name}, version: 1.0.0}\ndo:\n${tasks
      .map((task) => `  - ${task}\n`)
      .join("")}`,
  );
workflow(
  "approval",
  "ask: {listen: {to: {one: {with: {type: approved}}}}}",
  "done: {set: {ok: true}}",
);
workflow("later", "pause: {wait: {hours: 3}}");
put(folder, "in.json", "{}");

interface Row {
  readonly run: string;
  readonly state: string;
  readonly workflow: string;
  readonly evidence?: string;
}
let made = 0;
async function begin(name: string, ...more: readonly string[]): Promise<Row & { output: string }> {
  const output = `${name}-${(made += 1)}.reach`;
  await reach(folder, ["run", `${name}.yaml`, "-i", "in.json", "-o", output, ...more, "--json"]);
  const [row] = await list();
  if (row === undefined) throw new TypeError("No run is kept");
  return { ...row, output: join(folder, output) };
}
async function list(...more: readonly string[]): Promise<Row[]> {
  const { status, stdout } = await reach(folder, ["runs", "list", ...more, "--json"]);
  expect(status).toBe(0);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Row);
}
const on = (...args: readonly string[]) => reach(folder, ["runs", ...args, "--json"]);

describe("a list of runs", () => {
  test("has those whose evidence is not written, by state, workflow and time", async () => {
    const first = await begin("approval");
    const second = await begin("later");
    const ids = (rows: readonly Row[]): string[] => rows.map(({ run }) => run);
    expect(ids(await list())).toEqual([second.run, first.run]);
    expect(first).toMatchObject({ state: "waiting", workflow: "t/approval:1.0.0" });
    expect(ids(await list("--workflow", "t/later:1.0.0"))).toEqual([second.run]);
    expect(ids(await list("--state", "stuck"))).toEqual([]);
    expect(ids(await list("--from", "2999-01-01"))).toEqual([]);
    expect(ids(await list("--limit", "1"))).toEqual([second.run]);
    const { stdout } = await reach(folder, ["runs", "list"]);
    expect(stdout).toContain("pause until 20");
    for (const { run } of [first, second]) expect((await on("cancel", run)).status).toBe(1);
    expect(await list()).toEqual([]);
    const all = await list("--all");
    expect(ids(all)).toEqual([second.run, first.run]);
    expect(all[0]).toMatchObject({ state: "cancelled", evidence: second.output });
    expect((await on("rm", first.run)).status).toBe(0);
    expect(ids(await list("--all"))).toEqual([second.run]);
  });

  test("with wrong words", async () => {
    for (const args of [
      ["list", "--state", "asleep"],
      ["list", "--label", "team"],
      ["list", "--from", "yesterday"],
      ["list", "--limit", "0"],
      ["list", "--after", "zzz"],
      ["list", "--store", "cloud"],
      ["show", "0000"],
    ]) {
      const ended = await on(...args);
      expect([args, ended.status, errorOf(ended)["code"]]).toEqual([args, 2, "REACH-E4001"]);
    }
  });
});

describe("a run that no process executes", () => {
  test("is cancelled, with the reason and by whom", async () => {
    const { run, output } = await begin("approval");
    const said = ["--reason", "withdrawn", "--as", "clerk-7"];
    const ended = await on("cancel", run, ...said);
    expect([ended.status, JSON.parse(ended.stdout)]).toMatchObject([1, { status: "cancelled" }]);
    expect((await reach(folder, ["verify", output])).status).toBe(0);
    const { stdout } = await reach(folder, ["inspect", output, "--json"]);
    expect(stdout).toContain("clerk-7");
    expect(stdout).toContain("withdrawn");
    const again = await on("cancel", run);
    expect([again.status, errorOf(again)["what"]]).toEqual([2, "The run has ended"]);
  });

  test("is suspended when it goes on, and resumed, and each command counts once", async () => {
    const { run } = await begin("approval");
    expect((await on("suspend", run)).status).toBe(0);
    const suspended = await reach(folder, ["resume", run, "--json"]);
    expect([suspended.status, errorOf(suspended)["code"]]).toEqual([5, "REACH-E3007"]);
    expect(errorOf(suspended)["hint"]).toContain(`reach runs resume ${run}`);
    expect(await list()).toMatchObject([{ run, state: "suspended" }]);
    expect((await reach(folder, ["signal", run, "--type", "approved", "--json"])).status).toBe(0);
    const still = await reach(folder, ["resume", run, "--json"]);
    expect(errorOf(still)["code"]).toBe("REACH-E3007");
    const resumed = await on("resume", run);
    expect([resumed.status, JSON.parse(resumed.stdout)]).toMatchObject([
      0,
      { output: { ok: true } },
    ]);
  });

  test("is exported, and the folder goes on by itself", async () => {
    const { run } = await begin("approval");
    expect((await on("export", run, "-o", "copy.run")).status).toBe(0);
    const shown = await on("show", "copy.run");
    expect(JSON.parse(shown.stdout)).toMatchObject({ run, state: "waiting" });
    expect((await on("rm", run, "--force")).status).toBe(0);
    await reach(folder, ["signal", "copy.run", "--type", "approved", "--json"]);
    const resumed = await reach(folder, ["resume", "copy.run", "--json"]);
    expect(resumed.status).toBe(0);
  });

  test("is among those that are due once it was given an event", async () => {
    const waits = await begin("later");
    const { run, output } = await begin("approval");
    expect((await reach(folder, ["resume", "--due", "--json"])).status).toBe(0);
    await reach(folder, ["signal", run, "--type", "approved", "--json"]);
    expect((await reach(folder, ["resume", "--due", "--json"])).status).toBe(0);
    expect(existsSync(output)).toBe(true);
    expect(await list()).toMatchObject([{ run: waits.run, state: "waiting" }]);
    const all = await reach(folder, ["resume", "--all", "--json"]);
    expect([all.status, errorOf(all)["code"]]).toEqual([5, "REACH-E3004"]);
    expect((await on("rm", waits.run, "--force")).status).toBe(0);
    for (const args of [[], ["--due", "--all"], [run, "--due"]]) {
      expect((await reach(folder, ["resume", ...args, "--json"])).status).toBe(2);
    }
  });
});

test("a run that a process executes is told what to do, and followed", async () => {
  const record = join(folder, "told.run");
  const more = ["--wait", "--record", record, "--json"];
  const running = reach(folder, [
    "run",
    "approval.yaml",
    "-i",
    "in.json",
    "-o",
    "told.reach",
    ...more,
  ]);
  const isRunning = (): boolean =>
    existsSync(join(record, "entered.jsonl")) &&
    readFileSync(join(record, "entered.jsonl")).length > 0;
  for (let tries = 0; tries < 200 && !isRunning(); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const watching = on("watch", record);
  expect((await on("suspend", record)).status).toBe(0);
  expect((await on("cancel", record)).status).toBe(0);
  expect((await running).status).toBe(1);
  const { status, stdout } = await watching;
  const states = stdout.split("\n").filter((line) => line !== "");
  expect(status).toBe(0);
  expect(states.map((line) => (JSON.parse(line) as Row).state)).toEqual(["running", "cancelled"]);
});
