// redact, disclose and erase as a user types them, and what verify, inspect and diff say of what they leave.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { put, reach, temporaryFolder } from "./reach.ts";

const folder = temporaryFolder();
const run = (line: string) => reach(folder, line.split(" "));
const json = async <T>(line: string): Promise<T> =>
  JSON.parse((await run(`${line} --json`)).stdout.split("\n")[0] ?? "") as T;

beforeAll(async () => {
  put(
    folder,
    "w.yaml",
    `document: {dsl: 1.0.3, namespace: t, name: w, version: 1.0.0}
do:
  - keep: {set: {who: '\${ .name }', income: '\${ .income }'}}
  - decide: {set: {accept: '\${ .income > 1000 }'}}
`,
  );
  for (const [name, income] of [
    ["Ada", 5000],
    ["Bob", 10],
  ] as const) {
    put(folder, `${name}.json`, JSON.stringify({ name, income }));
    expect((await run(`run w.yaml -o ${name}.reach --input ${name}.json`)).status).toBe(0);
  }
});

describe("redact", () => {
  it("hides what is only carried, and the rest is computed and verified", async () => {
    const { status, stdout } = await run("redact Ada.reach --drop input/name -o name.reach");
    expect(status).toBe(0);
    expect(stdout).toContain("/1/output/who");
    expect(stdout).toContain("All 4 records are still computed");
    expect((await run("verify name.reach --require authentic,redacted")).status).toBe(0);
    expect((await run("verify name.reach")).status).toBe(3);
    const { stdout: shown } = await run("inspect name.reach");
    expect(shown).toContain('{"income":5000,"name":"[hidden]"}');
    expect(shown).toContain("Values are hidden.");
    expect(shown).not.toContain("Ada}");
    expect((await run("inspect name.reach --step 1")).stdout).toContain('"who": "[hidden]"');
    expect((await run("inspect name.reach --lifecycle")).stderr).toContain("REACH-E5504");
    expect((await run("verify name.reach --require authentic --html name.html")).status).toBe(0);
    expect(readFileSync(join(folder, "name.html"), "utf8")).toContain("values are hidden");
  });

  it("says what looks, and what is lost; as a dry run it writes nothing", async () => {
    const line = "redact Ada.reach --drop input/income --dry-run";
    const { status, stdout } = await run(line);
    expect(status).toBe(0);
    expect(stdout).toContain("Nothing is written");
    expect(stdout).toContain("2 of 4 records are still computed, and then decide looks");
    expect(stdout).toContain(".income > 1000");
    expect(stdout).toContain("2 records are hidden, how the run ended among them");
    expect(await json(line)).toMatchObject({
      computed: 2,
      size: 4,
      outcome: false,
      stop: { task: "/do/1/decide", what: "expression", expression: ".income > 1000" },
    });
  });

  it("shows by name what depends on it, and says so", async () => {
    const line = "redact Ada.reach --drop input/income --show outcome/output -o income.reach";
    const { stdout } = await run(line);
    expect(stdout).toContain("depends on what is hidden");
    const report = await json<{ outcome: unknown }>(
      "verify income.reach --require authentic,redacted",
    );
    expect(report.outcome).toEqual({ status: "completed", output: { accept: true } });
    expect((await run("inspect income.reach")).stdout).toContain("and 2 of 4 records");
  });

  it("has who redacted it signed into the file", async () => {
    await run("keys new --no-passphrase -o redactor.key");
    const line = "redact Ada.reach --drop input/name -o signed.reach --by dpo --why case-17";
    expect((await run(line)).status).toBe(2);
    expect((await run(`${line} --key redactor.key`)).status).toBe(0);
    const { redaction } = await json<{ redaction: object }>(
      "verify signed.reach --require authentic",
    );
    expect(redaction).toMatchObject({ by: "dpo", why: "case-17" });
    expect((await run("inspect signed.reach")).stdout).toContain("case-17");
  });

  it.each([
    ["redact Ada.reach -o x.reach", "REACH-E4001"],
    ["redact Ada.reach --drop input/name", "REACH-E4001"],
    ["redact Ada.reach --drop input/nam -o x.reach", "REACH-E5507"],
    ["redact Ada.reach --drop keep/output -o x.reach", "REACH-E5507"],
    ["redact Ada.reach --drop input/name --show /run/decision -o x.reach", "REACH-E5508"],
    ["redact name.reach --drop input/income -o x.reach", "REACH-E5514"],
    ["redact Ada.reach --drop input/income -o name.reach", "REACH-E4113"],
  ])("refuses %s", async (line, code) => {
    const { status, stderr } = await run(line);
    expect([status, stderr]).toEqual([2, expect.stringContaining(code)]);
    expect(existsSync(join(folder, "x.reach"))).toBe(false);
  });
});

describe("what both show is compared by diff", () => {
  it("a difference that both show", async () => {
    await run("redact Bob.reach --drop input/name -o bob.reach");
    const { status, stdout } = await run("diff name.reach bob.reach");
    expect(status).toBe(1);
    expect(stdout).toContain("/input/income");
    expect(stdout).not.toContain("[hidden]");
  });
  it("none, and then it cannot tell", async () => {
    const { status, stdout } = await run("diff name.reach Ada.reach");
    expect([status, stdout]).toEqual([
      3,
      expect.stringContaining("differ in nothing that both show"),
    ]);
  });
});

it("disclose shows what is named and nothing else", async () => {
  const { status } = await run(
    "disclose Ada.reach --show /run/tenant --show input/income -o one.reach",
  );
  expect(status).toBe(0);
  const { stdout } = await run("inspect one.reach");
  expect(stdout).toContain('{"income":5000,"name":"[hidden]"}');
  expect(readFileSync(join(folder, "one.reach"), "latin1")).not.toContain('"Ada"');
});

it("attack: what a killed process has left of a run is erased with it", async () => {
  put(folder, "cut.json", JSON.stringify({ name: "Cut", income: 70 }));
  expect((await run("run w.yaml -o cut.reach --input cut.json --record cut.run")).status).toBe(0);
  const { id } = JSON.parse(readFileSync(join(folder, "cut.run/run.json"), "utf8")) as {
    id: string;
  };
  const record = join(folder, "state/reach/runs", id);
  rmSync(record, { recursive: true, force: true });
  mkdirSync(join(record, ".."), { recursive: true });
  renameSync(join(folder, "cut.run"), record);
  const part = put(folder, ".cut.reach.0123456789ab.part", "Cut");
  const mine = put(folder, ".cut.reach.mine.part", "Cut");
  const store = `folder:${join(folder, "state/reach/runs")}`;
  const erasing = `erase cut.reach --drop input/name --reason test --store ${store}`;
  expect((await run(erasing)).status).toBe(0);
  expect([record, part, mine].map((path) => existsSync(path))).toEqual([false, false, true]);
});

it("erase replaces the file", async () => {
  expect((await run("run w.yaml -o gone.reach --input Ada.json")).status).toBe(0);
  expect((await run("erase gone.reach --reason test")).status).toBe(2);
  const { status, stdout } = await run("erase gone.reach --drop input/name --reason test");
  expect([status, stdout]).toEqual([0, expect.stringContaining("values erased")]);
  expect(readFileSync(join(folder, "gone.reach"), "latin1")).not.toContain('"Ada"');
  expect((await run("verify gone.reach --require authentic,redacted")).status).toBe(0);
});

describe("attack: what the log has of one copy is not believed of another", () => {
  const logged = "--reason test --log audit --log-key log.key";
  beforeAll(async () => {
    expect((await run("keys new --no-passphrase -o log.key")).status).toBe(0);
    expect((await run("log init audit --key log.key --origin t/audit")).status).toBe(0);
    expect((await run("run w.yaml -o whole.reach --input Ada.json --record kept")).status).toBe(0);
    expect((await run("redact whole.reach --drop input/name -o other.reach")).status).toBe(0);
    expect((await run(`erase whole.reach --drop input/income ${logged}`)).status).toBe(0);
  });

  it("a copy that still has the value is not called erased", async () => {
    const { status, stderr } = await run(`erase other.reach --drop input/income ${logged}`);
    expect([status, stderr]).toEqual([2, expect.stringContaining("REACH-E5514")]);
    expect(readFileSync(join(folder, "other.reach"), "latin1")).toContain("5000");
  });

  it("the folder of the run that is named now is removed now", async () => {
    const again = `erase whole.reach --drop input/income --record kept ${logged}`;
    expect(existsSync(join(folder, "kept"))).toBe(true);
    expect((await run(again)).status).toBe(0);
    expect(existsSync(join(folder, "kept"))).toBe(false);
    expect((await run(again)).status).toBe(0);
  });
});
