// Whose signature verify takes: docs/spec/policy.md, POL-16 to POL-18; the short forms of a policy.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { errorOf, put, reach, repository, temporaryFolder } from "../reach.ts";
import type { Ended } from "../reach.ts";

const folder = temporaryFolder();
/** Signed by alice, who is a stranger here. */
const foreign = join(repository, "golden/runs/completed.reach");
const tampered = join(repository, "golden/runs/completed.answer-changed.reach");
const index = JSON.parse(readFileSync(join(repository, "golden/runs/index.json"), "utf8")) as {
  keys: { alice: { id: string } };
};
const { alice } = index.keys;
const alicePublic = put(folder, "alice.pub", JSON.stringify(alice));
put(
  folder,
  "hello.json",
  JSON.stringify({
    document: { dsl: "1.0.3", namespace: "acme", name: "hello", version: "1.0.0" },
    do: [{ greet: { set: { greeting: "hello" } } }],
  }),
);
put(folder, "input.json", "{}");

const run = (...args: string[]): Promise<Ended> => reach(folder, args);
const json = async (...args: string[]): Promise<Record<string, unknown>> =>
  JSON.parse((await run("verify", "--json", ...args)).stdout) as Record<string, unknown>;

beforeAll(async () => {
  const made = await run("run", "hello.json", "--input", "input.json", "-o", "own.reach");
  expect(made.status).toBe(0);
});

describe("POL-17: attack: no green without a signer", () => {
  test("one's own file is signed by you", async () => {
    const { status, stdout } = await run("verify", "own.reach");
    expect([status, stdout]).toEqual([0, expect.stringContaining("verified, signed by you")]);
    expect(await json("own.reach")).toMatchObject({ ok: true, exitCode: 0, signer: "you" });
  });

  test("anybody else's is intact and reproduced, and its signer not checked", async () => {
    const { status, stdout, stderr } = await run("verify", foreign);
    expect(status).toBe(3);
    expect(stdout).toContain("intact and reproduced; signer not checked");
    expect(stdout).not.toContain("verified");
    expect(stderr).toContain(alice.id);
    expect(stderr).toContain("--trust KEY");
    expect(stderr).toMatch(/^next: reach verify .*completed\.reach --trust KEY$/m);
    const report = await json(foreign);
    expect(report).toMatchObject({ ok: false, exitCode: 3, signer: "not checked" });
    expect(errorOf(await run("verify", "--json", foreign))["code"]).toBe("REACH-E4010");
  });

  test("also for a step, and where other verdicts are required", async () => {
    const step = join(repository, "golden/runs/completed.step");
    const stepped = await run("verify", step);
    expect([stepped.status, stepped.stdout]).toEqual([
      3,
      expect.stringContaining("intact and reproduced; signer not checked"),
    ]);
    expect((await run("verify", step, "--trust", alicePublic)).status).toBe(0);
    const asked = await run("verify", foreign, "--require", "authentic,redacted");
    expect([asked.status, asked.stdout]).toEqual([
      3,
      expect.stringContaining("signer not checked"),
    ]);
  });

  test("--trust names whose it may be", async () => {
    expect(await json(foreign, "--trust", alicePublic)).toMatchObject({
      ok: true,
      signer: "trusted",
    });
    const own = join(folder, "config/reach/key.json");
    expect(await json(foreign, "--trust", own)).toMatchObject({ exitCode: 1, signer: "refused" });
  });

  test("--allow-untrusted exits 0 with the same words, and hides no fault", async () => {
    const { status, stdout, stderr } = await run("verify", foreign, "--allow-untrusted");
    expect([status, stdout]).toEqual([
      0,
      expect.stringContaining("intact and reproduced; signer not checked"),
    ]);
    expect(stderr).not.toContain("REACH-E");
    const report = await json(foreign, "--allow-untrusted");
    expect(report).toMatchObject({ ok: true, exitCode: 0, signer: "not checked" });
    expect(report["required"]).not.toContain("trusted");
    expect((await run("verify", tampered, "--allow-untrusted")).status).toBe(1);
    const both = await run("verify", foreign, "--allow-untrusted", "--trust", alicePublic);
    expect([
      both.status,
      errorOf(await run("verify", foreign, "--json", "--allow-untrusted", "--trust", alicePublic))[
        "code"
      ],
    ]).toEqual([2, "REACH-E4001"]);
  });

  test("a policy that does not say who may sign is no way around it", async () => {
    put(folder, "fuel.json", JSON.stringify({ format: "reach/policy/v1", fuel: 1_000_000_000 }));
    expect((await run("verify", foreign, "--policy", "fuel.json")).status).toBe(3);
    expect((await run("verify", "own.reach", "--policy", "fuel.json")).status).toBe(0);
    const trusting = await run("verify", foreign, "--policy", "fuel.json", "--trust", alicePublic);
    expect(trusting.status).toBe(0);
  });

  test("a page has the same words", async () => {
    await run("verify", foreign, "--html", "foreign.html");
    const page = readFileSync(join(folder, "foreign.html"), "utf8");
    expect(page).toContain(
      '<h1 class="signer">Intact and reproduced; who signed it was not checked</h1>',
    );
    expect(page).toContain(`<code>${alice.id}</code>`);
    expect(page).not.toContain("Verified<");
    await run("verify", foreign, "--trust", alicePublic, "--html", "trusted.html");
    expect(readFileSync(join(folder, "trusted.html"), "utf8")).toContain(">Verified</h1>");
  });

  test("a broken key of one's own is said, and not passed over", async () => {
    const config = join(folder, "broken");
    const path = put(folder, "broken.json", "{}");
    const { mkdirSync, copyFileSync } = await import("node:fs");
    mkdirSync(join(config, "reach"), { recursive: true });
    copyFileSync(path, join(config, "reach/key.json"));
    const ended = await reach(folder, ["verify", foreign, "--json"], {
      env: { XDG_CONFIG_HOME: config },
    });
    expect([ended.status, errorOf(ended)["code"]]).toEqual([2, "REACH-E5201"]);
  });
});

describe("the short forms", () => {
  beforeAll(async () => {
    const steps = [
      ["keys", "new", "--alg", "P-256", "--no-passphrase", "-o", "publisher.key"],
      ["keys", "new", "--alg", "P-256", "--no-passphrase", "-o", "other.key"],
      ["pack", "build", "hello.json", "-o", "unsigned.pack"],
      ["pack", "build", "hello.json", "-o", "hello.pack"],
      ["pack", "sign", "hello.pack", "--key", "publisher.key"],
      ["run", "hello.pack", "--input", "input.json", "-o", "signed.reach"],
      ["keys", "new", "--no-passphrase", "-o", "log.key"],
      ["log", "init", "audit", "--key", "log.key"],
      [
        "run",
        "hello.json",
        "--input",
        "input.json",
        "-o",
        "logged.reach",
        "--log",
        "audit",
        "--log-key",
        "log.key",
      ],
    ];
    for (const args of steps) expect([args, (await run(...args)).status]).toEqual([args, 0]);
  }, 60_000);

  test("--pack and --pack-key: who must have published the pack", async () => {
    const by = (key: string, ...more: string[]): Promise<Record<string, unknown>> =>
      json("own.reach", "--pack-key", `${key}.key.pub`, ...more);
    expect(await by("publisher", "--pack", "hello.pack")).toMatchObject({
      exitCode: 0,
      verdicts: { approved: { result: "pass" } },
      pack: { id: "acme/hello", version: "1.0.0", publisher: expect.any(String) },
    });
    const missing = { exitCode: 3, verdicts: { approved: { code: "REACH-E5411" } } };
    expect(await by("publisher")).toMatchObject(missing);
    expect(await by("publisher", "--pack", "unsigned.pack")).toMatchObject(missing);
    expect(await by("other", "--pack", "hello.pack")).toMatchObject(missing);
    const { stdout } = await run("verify", "own.reach");
    expect(stdout).toMatch(/pack +acme\/hello 1\.0\.0, its publisher was not checked/);
  });

  test("what a publisher has signed travels in the evidence of a run of a signed pack", async () => {
    expect(await json("signed.reach", "--pack-key", "publisher.key.pub")).toMatchObject({
      exitCode: 0,
    });
  });

  test("--yanked: a pack that its publisher has withdrawn", async () => {
    const inspected = await run("pack", "inspect", "hello.pack", "--json");
    const { digest } = JSON.parse(inspected.stdout) as { digest: string };
    const yank = [
      "pack",
      "yank",
      digest,
      "--key",
      "publisher.key",
      "--reason",
      "wrong",
      "-o",
      "y.json",
    ];
    expect((await run(...yank)).status).toBe(0);
    const report = await json(
      "signed.reach",
      "--pack-key",
      "publisher.key.pub",
      "--yanked",
      "y.json",
    );
    expect(report).toMatchObject({ exitCode: 1, verdicts: { approved: { code: "REACH-E5412" } } });
  });

  test("--log: a key, or the file that has it", async () => {
    const log = JSON.parse(readFileSync(join(folder, "audit/log.json"), "utf8")) as { key: string };
    for (const key of [log.key, "audit/log.json", put(folder, "log.vkey", `${log.key}\n`)]) {
      const report = await json("logged.reach", "--log", key);
      expect(report).toMatchObject({ exitCode: 0, verdicts: { logged: { result: "pass" } } });
    }
    expect(await json("own.reach", "--log", "audit/log.json")).toMatchObject({ exitCode: 3 });
    for (const wrong of [
      ["--witness", log.key],
      ["--log", "log.key.pub"],
      ["--log", log.key, "--quorum", "1"],
    ]) {
      expect((await run("verify", "logged.reach", ...wrong)).status, String(wrong)).toBe(2);
    }
    const period = [
      "log",
      "prove",
      "audit",
      "--from",
      "2020-01-01",
      "--to",
      "2021-01-01",
      "-o",
      "p.json",
    ];
    expect((await run(...period)).status).toBe(0);
    expect((await run("log", "verify", "p.json", "--log", "audit/log.json")).status).toBe(0);
    const logs = [{ origin: log.key.split("+")[0], key: log.key, witnesses: [], quorum: 0 }];
    put(folder, "p.policy", JSON.stringify({ format: "reach/policy/v1", logs }));
    expect((await run("log", "verify", "p.json", "--policy", "p.policy")).status).toBe(0);
    const both = ["--policy", "p.policy", "--log", log.key];
    expect((await run("log", "verify", "p.json", ...both)).status).toBe(2);
    expect((await run("log", "verify", "p.json")).status).toBe(2);
  });
});
