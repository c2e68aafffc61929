// Each verb once as a process of its own: it ends by itself, with the status and the words that it has when the
// other tests run it in theirs. And what only a process has: pipes, signals, an exit.
import { spawn } from "node:child_process";
import { chmodSync, closeSync, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import {
  decider,
  ended,
  errorOf,
  put,
  reach,
  reachProcess,
  repository,
  start,
  temporaryFolder,
  workflow,
} from "../reach.ts";

const folder = temporaryFolder();
const decide = decider(folder);
const run = (...args: string[]): Promise<{ status: number }> => reach(folder, args);

/** A file that takes nothing, where the system has one. */
const openFull = (): number | undefined =>
  existsSync("/dev/full") ? openSync("/dev/full", "w") : undefined;

beforeAll(async () => {
  const plain = "document: {dsl: 1.0.3, namespace: t, name: t, version: 1.0.0}";
  put(folder, "plain.yaml", `${plain}\ndo: [{a: {set: {x: 1}}}]\n`);
  put(folder, "policy.json", '{"format": "reach/policy/v1", "fuel": 5}');
  chmodSync(put(folder, "values.json", '{"format":"reach/secrets/v1","secrets":{}}'), 0o600);
  put(folder, "one.json", '{"b": 1.0, "a": [1, 2]}');
  for (const name of ["one", "two"])
    expect((await decide("01-strong", `${name}.reach`)).status).toBe(0);
  for (const [name, ...more] of [["root"], ["log"], ["pub", "--alg", "P-256"]]) {
    await run("keys", "new", "--no-passphrase", "-o", `${name}.key`, ...more);
  }
  const ring = ["--keyring", "ring.json", "--root", "root.key", "--new"];
  await run("keys", "trust", "log.key.pub", "--role", "log", ...ring);
  await run("pack", "build", workflow, "-o", "loan.pack");
  await run("log", "init", "audit", "--key", "log.key");
});

/** Verbs that only read say the same again, letter for letter. */
const reading: readonly (readonly [line: string, status: number])[] = [
  ["verify one.reach", 0],
  ["replay one.reach", 0],
  ["inspect one.reach", 0],
  ["diff one.reach two.reach", 0],
  ["what-if {workflow} one.reach", 0],
  ["build {workflow}", 0],
  ["lint {workflow}", 0],
  ["schema table", 0],
  ["canon one.json", 0],
  ["eval .a[] one.json", 0],
  ["golden verify {repository}/golden/v1/json", 0],
  ["grant suggest one.reach two.reach", 0],
  ["keys list --keyring ring.json --root root.key.pub", 0],
  ["pack inspect loan.pack", 0],
  ["log fsck audit", 0],
  ["policy check policy.json", 0],
  ["runs list", 0],
  ["resume none", 2],
  ["resolve none 0 --retry", 2],
  ["signal none --type approved", 2],
  ["secrets list --secrets values.json", 0],
  ["verify missing.reach", 2],
  ["nonsense", 2],
];

/** Verbs that write, each into a file of its own. */
const writing: readonly string[] = [
  "run plain.yaml -i one.json -o plain.reach",
  "prove one.reach 3 -o three.step",
  "export one.reach --bundle -o one.sigstore.json",
  "export one.reach --records -o one.jsonl",
  "redact one.reach --drop /run/actor -o redacted.reach",
  "disclose one.reach --show /run/tenant -o shown.reach",
  "erase plain.reach --drop /run/actor --reason test",
  "keys new --no-passphrase -o new.key",
  "pack sign loan.pack --key pub.key",
  "log append audit --key log.key --act a.b",
];

const argsOf = (line: string): string[] =>
  line.replace("{workflow}", workflow).replace("{repository}/", repository).split(" ");

describe("a verb as a process", () => {
  test.each(reading)("%s", async (line, status) => {
    const args = argsOf(line);
    const own = await reach(folder, args);
    expect(await reachProcess(folder, args)).toEqual(own);
    expect(own.status).toBe(status);
  });

  test.each(writing)("%s", async (line) => {
    const { status, stderr } = await reachProcess(folder, line.split(" "));
    expect([status, stderr]).toEqual([0, expect.not.stringContaining("REACH-E")]);
  });

  test("every verb is among them", async () => {
    const { stdout } = await reach(folder, ["--help"]);
    const verbs = [...stdout.matchAll(/^ {2}([a-z][a-z-]*) /gm)].map(([, name = ""]) => name);
    const tried = [...reading.map(([line]) => line), ...writing].map((line) => line.split(" ")[0]);
    expect(verbs.length).toBeGreaterThan(15);
    expect(verbs.filter((name) => name !== "help" && !tried.includes(name))).toEqual([]);
  });
});

describe("a process", () => {
  test("reads what a pipe gives it in pieces", async () => {
    const child = start(folder, ["canon"]);
    child.stdin?.write('{"b":1,');
    setTimeout(() => child.stdin?.end('"a":2}'), 300);
    expect(await ended(child)).toEqual({ status: 0, stdout: '{"a":2,"b":1}', stderr: "" });
  });

  test("writes all of a large result into a pipe before it ends", async () => {
    const text = JSON.stringify("x".repeat(3 << 20));
    const { status, stdout } = await reachProcess(folder, ["canon"], { stdin: text });
    expect([status, stdout === text]).toEqual([0, true]);
  });

  test("whose reader has gone away ends quietly", async () => {
    const child = start(folder, ["canon"]);
    child.stdout?.destroy();
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(JSON.stringify("x".repeat(3 << 20)));
    expect(await ended(child)).toMatchObject({ status: 0, stderr: "" });
  });

  test.each([
    { line: ["--help"], status: 0 },
    { line: ["verify", "--help"], status: 0 },
    // Who counts on the exit code is not told that all is well.
    { line: ["verify", "plain.yaml"], status: 1 },
  ])("whose reader has gone away keeps its exit code: $line", async ({ line, status }) => {
    const child = start(folder, line);
    child.stdout?.destroy();
    expect(await ended(child)).toMatchObject({
      status,
      stderr: expect.not.stringMatching(/EPIPE|^ +at /m) as string,
    });
  });

  test.each([["verify", "one.reach"], ["--help"]])(
    "that cannot print says so of stdout and of no file: %s",
    async (...line) => {
      const full = openFull();
      if (full === undefined) return;
      const child = start(folder, [...line, "--json"], { stdout: full });
      const run = await ended(child);
      closeSync(full);
      expect(run.status).toBe(2);
      expect(errorOf(run)).toMatchObject({ code: "REACH-E4110", where: "stdout" });
      expect(errorOf(run)).not.toHaveProperty("hint");
    },
  );

  test("asks for a passphrase at a terminal", async (context) => {
    if (process.platform !== "linux") context.skip("needs script of util-linux");
    const main = join(repository, "cli/src/main.ts");
    const line = `${process.execPath} --conditions=reach-source ${main} keys new -o typed.key`;
    const child = spawn("script", ["-qec", line, "/dev/null"], { cwd: folder, stdio: "pipe" });
    child.on("error", () => undefined);
    let asked = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      if (!/passphrase for the private key: |the same again: /.test(chunk.toString())) return;
      asked += 1;
      child.stdin.write("typed by hand\r");
    });
    const result = await ended(child).catch(() => undefined);
    if (result === undefined) {
      context.skip("there is no script here");
      return;
    }
    expect([result.status, asked]).toEqual([0, 2]);
    expect(result.stdout).not.toContain("typed by hand");
    const key = JSON.parse((await reach(folder, ["canon", "typed.key"])).stdout) as object;
    expect(key).toHaveProperty("sealed");
  });

  test.each(["SIGINT", "SIGTERM"] as const)(
    "that serves ends in order after %s",
    async (signal) => {
      const child = start(folder, ["log", "serve", "audit", "--listen", "127.0.0.1:0"]);
      child.stdout?.once("data", () => child.kill(signal));
      expect(await ended(child)).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(/^serving http:/) as string,
      });
    },
  );

  test.each(["SIGINT", "SIGTERM"] as const)(
    "LOG-65 that follows a log says what it finds, and ends in order after %s",
    async (signal) => {
      const state = ["--state", `${signal}.state`, "--every", "1s"];
      const child = start(folder, ["log", "monitor", "audit", "--stall", "1s", ...state]);
      child.stdout?.once("data", () => child.kill(signal));
      const { status, stdout } = await ended(child);
      expect([status, JSON.parse(stdout)]).toMatchObject([0, { finding: "stall" }]);
    },
  );
});
