// Runs and their evidence: each verb as a process, against real servers on loopback.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createEngine } from "@reach-fabric/engine";
import { stripPack } from "@reach-fabric/evidence";
import { sqliteStore } from "@reach-fabric/host";
import { readContainer, writeContainer } from "@reach-fabric/evidence/testing";
import { beforeAll, describe, expect, test } from "vitest";
import { grantFor, startServices } from "../../examples/loan-prescreen/services.ts";
import {
  applicant,
  decider,
  errorOf,
  put,
  reach,
  resultOf,
  temporaryFolder,
  workflow,
} from "./reach.ts";

const folder = temporaryFolder();
const decide = decider(folder);

describe("a run and what can be asked of it", () => {
  test("run, verify, replay, inspect", async () => {
    const run = await decide("01-strong", "one.reach");
    expect(run).toMatchObject({ status: 0 });
    expect(run.stdout).toContain("completed");
    expect(run.stdout).toContain('"decision":"accept"');
    expect(run.stderr).toContain("made your key");
    expect(run.stderr).toContain("bureau.ask: GET https://bureau.example\n");
    expect(run.stderr.trimEnd().split("\n").at(-1)).toBe("next: reach verify one.reach");
    // What was recorded on the way is in the evidence now.
    const store = await sqliteStore(join(folder, "state/reach/runs.db"));
    const { runs } = await store.list();
    await store.close();
    expect(runs).toMatchObject([{ state: "completed", evidence: join(folder, "one.reach") }]);

    const own = join(folder, "config/reach/key.json.pub");
    const verify = await reach(folder, ["verify", "one.reach", "--trust", own, "--json"]);
    expect(verify.status).toBe(0);
    expect(JSON.parse(verify.stdout)).toMatchObject({
      ok: true,
      verdicts: {
        authentic: { result: "pass" },
        trusted: { result: "pass" },
        complete: { result: "pass" },
        replayed: { result: "pass" },
        logged: { result: "not checked" },
        witnessed: { result: "not checked" },
        redacted: { result: "pass" },
      },
    });

    const replay = await reach(folder, ["replay", "one.reach", "--json"]);
    expect(replay.status).toBe(0);
    expect(JSON.parse(replay.stdout)).toMatchObject({ reproduced: true, end: "completed" });

    const inspect = await reach(folder, ["inspect", "one.reach"]);
    expect(inspect.status).toBe(0);
    expect(inspect.stdout).toContain("reach-examples/loan-prescreen:1.0.0");
    expect(inspect.stdout).toContain("GET https://bureau.example/v1/scores/a-1001");
    const step = await reach(folder, ["inspect", "one.reach", "--step", "0"]);
    expect(JSON.parse(step.stdout)).toMatchObject({ kind: "start", seq: 0 });
  });

  test("a pack that is left out is put in again from elsewhere, and no other one", async () => {
    const one = new Uint8Array(readFileSync(join(folder, "one.reach")));
    put(folder, "bare.reach", stripPack(createEngine(), one));
    const shown = await reach(folder, ["inspect", "bare.reach"]);
    expect(shown.status).toBe(0);
    expect(shown.stdout).toContain("Records that entered, and the outcome");
    expect(shown.stdout).toContain("the pack is not enclosed");
    expect(shown.stdout).toMatch(/\d+ +outcome/);
    const last = JSON.parse((await reach(folder, ["inspect", "bare.reach", "--json"])).stdout) as {
      computed: boolean;
      records: { kind: string }[];
    };
    expect([last.computed, last.records.some(({ kind }) => kind === "task")]).toEqual([
      false,
      false,
    ]);
    const step = await reach(folder, ["inspect", "bare.reach", "--step", "1", "--json"]);
    expect([step.status, errorOf(step)["code"]]).toEqual([3, "REACH-E5404"]);
    const alone = await reach(folder, ["verify", "bare.reach", "--json"]);
    expect(alone.status).toBe(3);
    expect(JSON.parse(alone.stdout)).toMatchObject({
      verdicts: { authentic: { result: "pass" }, replayed: { code: "REACH-E5404" } },
    });
    const bare = await reach(folder, ["replay", "bare.reach", "--json"]);
    expect([bare.status, errorOf(bare)]).toEqual([
      3,
      expect.objectContaining({ code: "REACH-E5404", hint: expect.stringContaining("--pack") }),
    ]);
    await reach(folder, ["pack", "build", workflow, "-o", "loan.pack"]);
    await reach(folder, ["build", workflow, "-o", "loan"]);
    for (const pack of ["loan.pack", "loan", workflow]) {
      for (const verb of ["verify", "replay"]) {
        const ended = await reach(folder, [verb, "bare.reach", "--pack", pack]);
        expect([verb, pack, ended.status]).toEqual([verb, pack, 0]);
      }
    }
    const other = put(
      folder,
      "other.yaml",
      "document: {dsl: 1.0.3, namespace: a, name: b, version: 1.0.0}\ndo: [{a: {set: {v: 1}}}]\n",
    );
    const wrong = await reach(folder, ["verify", "bare.reach", "--pack", other, "--json"]);
    expect([wrong.status, errorOf(wrong)]).toEqual([
      2,
      expect.objectContaining({ code: "REACH-E5407" }),
    ]);
    const none = await reach(folder, ["verify", "bare.reach", "--pack", "none.pack", "--json"]);
    expect([none.status, errorOf(none)]).toEqual([
      2,
      expect.objectContaining({ where: "none.pack" }),
    ]);
  });

  test("export writes what other programs read", async () => {
    const to = (...args: string[]) => reach(folder, ["export", "one.reach", ...args]);
    expect((await to("--records", "-o", "one.jsonl")).status).toBe(0);
    const lines = readFileSync(join(folder, "one.jsonl"), "utf8").trimEnd().split("\n");
    const { records } = JSON.parse(
      (await reach(folder, ["inspect", "one.reach", "--json"])).stdout,
    );
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(records);
    expect((await to("--bundle", "-o", "one.json", "--json")).status).toBe(0);
    expect(JSON.parse(readFileSync(join(folder, "one.json"), "utf8"))).toMatchObject({
      mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
    });
    for (const [args, code] of [
      [["--bundle", "-o", "one.json"], "REACH-E4113"],
      [["-o", "two.json"], "REACH-E4001"],
      [["--bundle", "--records", "-o", "two.json"], "REACH-E4001"],
    ] as const) {
      const refused = await to(...args, "--json");
      expect([refused.status, errorOf(refused)["code"]]).toEqual([2, code]);
    }
    const alone = await reach(folder, ["export", "bare.reach", "--records", "-o", "x", "--json"]);
    expect([alone.status, errorOf(alone)["code"]]).toEqual([3, "REACH-E5404"]);
    const pack = ["--pack", workflow, "-o", "again.jsonl"];
    expect((await reach(folder, ["export", "bare.reach", "--records", ...pack])).status).toBe(0);
    expect(readFileSync(join(folder, "again.jsonl"))).toEqual(
      readFileSync(join(folder, "one.jsonl")),
    );
  });

  test("ports, headers, key order and attempts change nothing in a decision", async () => {
    const first = resultOf(await decide("09-bureau-recovers", "x1.reach", ["--json"]));
    const others = await startServices();
    const grant2 = put(folder, "grant2.json", grantFor(others));
    try {
      const args = [
        "-i",
        applicant("09-bureau-recovers"),
        "-g",
        grant2,
        "-o",
        "x2.reach",
        "--json",
      ];
      const second = resultOf(await reach(folder, ["run", workflow, ...args]));
      expect([second.decision, second.fingerprint]).toEqual([first.decision, first.fingerprint]);
      const diff = await reach(folder, ["diff", "x1.reach", "x2.reach", "--json"]);
      expect([diff.status, JSON.parse(diff.stdout)]).toEqual([
        0,
        expect.objectContaining({ same: true }),
      ]);
    } finally {
      await others.stop();
    }
  });

  test("another answer of the bureau is another decision, and diff names the step", async () => {
    const first = resultOf(await decide("02-score-boundary", "y1.reach", ["--json"]));
    const others = await startServices({ scores: { "a-1002": 699 } });
    const grant2 = put(folder, "grant3.json", grantFor(others));
    try {
      const args = ["-i", applicant("02-score-boundary"), "-g", grant2, "-o", "y2.reach", "--json"];
      const second = resultOf(await reach(folder, ["run", workflow, ...args]));
      expect([first.output.decision, second.output.decision]).toEqual(["accept", "refer"]);
      expect(second.decision).not.toBe(first.decision);
    } finally {
      await others.stop();
    }
    const diff = await reach(folder, ["diff", "y1.reach", "y2.reach"]);
    expect(diff.status).toBe(1);
    expect(diff.stdout).toMatch(/First difference: record \d+, result/);
    expect(diff.stdout).toMatch(/a +700\n +b +699/);
    const json = await reach(folder, ["diff", "y1.reach", "y2.reach", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      same: false,
      kind: "result",
      pointer: "/result/body/score",
      values: { a: 700, b: 699 },
    });
  });

  test("a faulted run exits 1 and has evidence that verifies", async () => {
    const run = await decide("15-below-floor", "fault.reach");
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/^x The run faulted: Below the lowest .* \(422\) {3}REACH-E4003\n/m);
    expect(run.stderr).toContain("task belowFloor\n");
    expect((await reach(folder, ["verify", "fault.reach"])).status).toBe(0);
  });

  test("--record keeps the run's folder", async () => {
    await decide("01-strong", "kept.reach", ["--record", "kept"]);
    expect(existsSync(join(folder, "kept/entered.jsonl"))).toBe(true);
  });

  test("an existing output is kept unless --force is given", async () => {
    const path = put(folder, "there.reach", "mine");
    const refused = await decide("01-strong", path, ["--json"]);
    expect([refused.status, errorOf(refused)["code"]]).toEqual([2, "REACH-E4113"]);
    expect(readFileSync(path, "utf8")).toBe("mine");
    expect((await decide("01-strong", path, ["--force"])).status).toBe(0);
    expect((await reach(folder, ["verify", path])).status).toBe(0);
  });

  test("an input may come from stdin", async () => {
    const stdin = readFileSync(applicant("06-low-score"));
    const more = ["--input", "-", "--json", "-q"];
    const run = await decide("01-strong", "stdin.reach", more, { stdin });
    expect(resultOf(run).output.decision).toBe("reject");
  });

  test("no secret of the key is printed by any verb", async () => {
    await reach(folder, ["keys", "new", "--no-passphrase", "-o", "secret.key"]);
    const { private: secret } = JSON.parse(readFileSync(join(folder, "secret.key"), "utf8")) as {
      private: string;
    };
    const said = [
      await decide("01-strong", "secret.reach", ["--key", "secret.key"]),
      await reach(folder, ["inspect", "secret.reach", "--json"]),
      await reach(folder, ["verify", "secret.reach", "--trust", "secret.key", "--json"]),
      await reach(folder, ["canon", "secret.reach"]),
    ].map(({ stdout, stderr }) => stdout + stderr);
    expect(said.join("")).not.toContain(secret);
  });
});

describe("evidence that is not as it should be", () => {
  beforeAll(async () => {
    await decide("01-strong", "good.reach");
  });
  const good = (): Buffer => readFileSync(join(folder, "good.reach"));

  test("one changed byte: exit 1, the verdict and a code", async () => {
    const bytes = good();
    const at = bytes.indexOf('"score":782') + 8;
    bytes[at] = "9".charCodeAt(0);
    put(folder, "changed.reach", bytes);
    const verify = await reach(folder, ["verify", "changed.reach"]);
    expect(verify.status).toBe(1);
    expect(verify.stdout).toMatch(/^changed\.reach {2}FAILED\n/);
    expect(verify.stderr).toMatch(
      /^x .*authentic failed {3}REACH-E5\d{3}\n {2}where: changed\.reach/,
    );
    expect((await reach(folder, ["replay", "changed.reach"])).status).toBe(1);
    expect((await reach(folder, ["inspect", "changed.reach"])).status).toBe(1);
    const both = await reach(folder, ["verify", "good.reach", "changed.reach", "--json"]);
    expect(both.status).toBe(1);
    const lines = both.stdout.trimEnd().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { ok: boolean }).ok)).toEqual([true, false]);
  });

  test("a key that is not trusted: exit 1", async () => {
    await reach(folder, ["keys", "new", "--no-passphrase", "-o", "other.key"]);
    const args = ["verify", "good.reach", "--trust", "other.key.pub", "--json"];
    const verify = await reach(folder, args);
    expect(verify.status).toBe(1);
    expect(errorOf(verify)).toMatchObject({ code: "REACH-E5205", where: "good.reach" });
    const { verdicts } = JSON.parse(verify.stdout) as { verdicts: object };
    expect(verdicts).toMatchObject({ authentic: { result: "pass" }, trusted: { result: "fail" } });
  });

  test("a verdict that nobody can give yet, required: exit 3", async () => {
    const args = ["verify", "good.reach", "--require", "authentic,logged"];
    expect((await reach(folder, args)).status).toBe(3);
  });

  test("an unknown verdict is wrong usage", async () => {
    const verify = await reach(folder, ["verify", "good.reach", "--require", "nice", "--json"]);
    expect([verify.status, errorOf(verify)["code"]]).toEqual([2, "REACH-E4001"]);
  });

  test("a later version of the format could not be checked: exit 3", async () => {
    put(folder, "later.reach", laterVersion(good()));
    for (const verb of ["verify", "replay", "inspect"]) {
      const ended = await reach(folder, [verb, "later.reach", "--json"]);
      expect([verb, ended.status, errorOf(ended)["code"]]).toEqual([verb, 3, "REACH-E5104"]);
    }
  });

  test("not evidence at all, a folder, nothing", async () => {
    put(folder, "text.reach", "hello");
    const text = await reach(folder, ["verify", "text.reach", "--json"]);
    expect([text.status, errorOf(text)["code"]]).toEqual([1, "REACH-E5001"]);
    const missing = await reach(folder, ["verify", "none.reach", "--json"]);
    expect([missing.status, errorOf(missing)["code"]]).toEqual([2, "REACH-E4102"]);
    const directory = await reach(folder, ["verify", ".", "--json"]);
    expect([directory.status, errorOf(directory)["code"]]).toEqual([2, "REACH-E4104"]);
  });

  test("a trusted key file that is none", async () => {
    put(folder, "bad.key", '{"format":"reach/key/v1","secret":"hunter2"}');
    const verify = await reach(folder, ["verify", "good.reach", "--trust", "bad.key", "--json"]);
    expect([verify.status, errorOf(verify)]).toEqual([
      2,
      expect.objectContaining({ code: "REACH-E5201", where: "bad.key" }),
    ]);
    expect(verify.stderr).not.toContain("hunter2");
  });
});

/** The same container with run.json of a later version, which has a member of its own. */
function laterVersion(bytes: Buffer): Uint8Array {
  const [first, ...rest] = readContainer(new Uint8Array(bytes));
  const text = new TextDecoder().decode(first?.bytes).replace("evidence/v4", "evidence/v5");
  const later = new TextEncoder().encode(text.replace(/\}$/, ',"zone":1}'));
  return writeContainer([{ name: "run.json", bytes: later }, ...rest]);
}
