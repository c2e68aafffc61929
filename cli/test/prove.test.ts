// reach prove, and reach verify of what it writes: docs/spec/evidence.md, EVID-49 to EVID-51.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { errorOf, put, reach, temporaryFolder } from "./reach.ts";

const folder = temporaryFolder();
const json = async (args: readonly string[]): Promise<Record<string, unknown>> => {
  const { status, stdout, stderr } = await reach(folder, [...args, "--json"]);
  expect([status, stderr]).toEqual([0, expect.not.stringContaining("REACH-E")]);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;
};
const WORKFLOW = `document: {dsl: '1.0.3', namespace: t, name: p, version: 1.0.0}
do:
  - first: {set: {n: '\${ .n + 1 }'}}
  - loop:
      for: {each: row, in: '\${ [1, 2] }'}
      do: [{turn: {set: {v: '\${ $row }'}}}]
`;

beforeAll(async () => {
  put(folder, "w.yaml", WORKFLOW);
  put(folder, "w.json", '{"n": 1, "who": "Maria Schneider"}');
  await json(["keys", "new", "--no-passphrase", "-o", "team.key"]);
  await json(["run", "w.yaml", "-i", "w.json", "-o", "p.reach", "--key", "team.key"]);
});

describe("prove", () => {
  test("writes a step, which verifies alone", async () => {
    const made = await json(["prove", "p.reach", "4", "-o", "loop.step"]);
    const bytes = readFileSync(join(folder, "loop.step"));
    expect(made).toEqual({ file: "loop.step", step: 4, bytes: bytes.length });
    expect(bytes.toString("latin1")).not.toContain("Maria");
    const trust = ["--trust", "team.key.pub"];
    expect(await json(["verify", "loop.step", ...trust])).toMatchObject({
      ok: true,
      required: ["authentic", "trusted", "recomputed"],
      task: "/do/1/loop",
      seq: 4,
    });
    const human = await reach(folder, ["verify", "loop.step", ...trust]);
    expect(human.stdout).toMatch(/^loop\.step {2}verified {2}record 4, task \/do\/1\/loop\n/);
    expect(human.stderr).not.toContain("inspect");
    writeFileSync(
      join(folder, "bad.step"),
      bytes.toString("latin1").replace('"n":2', '"n":3'),
      "latin1",
    );
    const bad = await reach(folder, ["verify", "bad.step"]);
    expect([bad.status, bad.stdout]).toEqual([1, expect.stringContaining("FAILED")]);
    for (const more of [
      ["--pack", "w.yaml"],
      ["--html", "x.html"],
    ]) {
      expect((await reach(folder, ["verify", "loop.step", ...more])).status).toBe(2);
    }
  });

  test.each([
    ["0", 2, "REACH-E5510", /reach inspect/],
    ["99", 2, "REACH-E5510", /reach inspect/],
    ["x", 2, "REACH-E4001", /reach inspect/],
    ["2", 2, "REACH-E5512", /prove the task around/],
  ] as const)("refuses record %s and writes nothing", async (step, status, code, hint) => {
    const args = ["prove", "p.reach", step, "-o", "none.step", "--json"];
    const refused = await reach(folder, args);
    expect([refused.status, errorOf(refused)]).toEqual([
      status,
      expect.objectContaining({ code, hint: expect.stringMatching(hint) as string }),
    ]);
    expect(existsSync(join(folder, "none.step"))).toBe(false);
  });

  test("keeps a file that is there, unless it may replace it", async () => {
    put(folder, "there.step", "mine");
    const args = ["prove", "p.reach", "1", "-o", "there.step"];
    expect((await reach(folder, args)).status).toBe(2);
    expect(readFileSync(join(folder, "there.step"), "utf8")).toBe("mine");
    await json([...args, "--force"]);
    expect(await json(["verify", "there.step", "--trust", "team.key"])).toMatchObject({
      ok: true,
      task: "/do/0/first",
    });
  });
});
