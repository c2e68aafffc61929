import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createEngine } from "@reach-fabric/engine";
import { readKeyFile, signerOf } from "@reach-fabric/evidence";
import { expect, test } from "vitest";
import { errorOf, put, reach, temporaryFolder } from "../reach.ts";

const folder = temporaryFolder();
const engine = createEngine();

test("keys new writes a private key for its owner alone and a public one", async () => {
  const { status, stdout, stderr } = await reach(folder, [
    "keys",
    "new",
    "--no-passphrase",
    "-o",
    "a.key",
  ]);
  const secret = readKeyFile(engine, readFileSync(join(folder, "a.key")));
  const shared = readKeyFile(engine, readFileSync(join(folder, "a.key.pub")));
  expect(status).toBe(0);
  expect(statSync(join(folder, "a.key")).mode & 0o777).toBe(0o600);
  expect(signerOf(secret).key.id).toBe(shared.id);
  expect(shared.private).toBeUndefined();
  expect(stdout).toContain(shared.id);
  expect(stdout + stderr).not.toContain(secret.private);
  expect(stderr).toMatch(/^next: reach run /m);
});

test("keys new --json names the key and its files", async () => {
  const { stdout } = await reach(folder, [
    "keys",
    "new",
    "--no-passphrase",
    "-o",
    "b.key",
    "--json",
  ]);
  expect(JSON.parse(stdout)).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
    private: "b.key",
    public: "b.key.pub",
  });
});

test.each(["c.key", "c.key.pub"])("keys new leaves an existing %s as it is", async (name) => {
  const sub = join(folder, name);
  mkdirSync(sub);
  const path = put(sub, name, "mine");
  const ended = await reach(folder, [
    "keys",
    "new",
    "--no-passphrase",
    "-o",
    join(sub, "c.key"),
    "--json",
  ]);
  expect([ended.status, errorOf(ended)]).toEqual([
    2,
    expect.objectContaining({ code: "REACH-E4113", where: path }),
  ]);
  expect(readFileSync(path, "utf8")).toBe("mine");
  expect(existsSync(join(sub, name === "c.key" ? "c.key.pub" : "c.key"))).toBe(false);
});

test("keys new where nothing can be written", async () => {
  const ended = await reach(folder, [
    "keys",
    "new",
    "--no-passphrase",
    "-o",
    "no/such/folder.key",
    "--json",
  ]);
  expect([ended.status, errorOf(ended)["code"]]).toEqual([2, "REACH-E4102"]);
});

const golden = (expected: string): string =>
  JSON.stringify({
    format: "reach/golden/v1",
    area: "json",
    spec: "docs/spec/json.md",
    notes: "for a test",
    cases: [
      { id: "one", rule: "JSON-1", why: "x", op: "canonicalize", input: " 1 ", expect: expected },
    ],
  });

test("golden verify says what passed on each build", async () => {
  put(folder, "good.json", golden("1"));
  const { status, stdout } = await reach(folder, ["golden", "verify", "good.json"]);
  expect(stdout).toBe(
    "scalar  1 passed, 0 failed in 1 files\nsimd    1 passed, 0 failed in 1 files\n",
  );
  expect(status).toBe(0);
});

test("golden verify fails for another answer, and names the case", async () => {
  put(folder, "bad.json", golden("2"));
  const ended = await reach(folder, ["golden", "verify", "bad.json", "--json"]);
  expect(ended.status).toBe(1);
  expect(JSON.parse(ended.stdout)).toMatchObject({
    files: 1,
    builds: [{ passed: 0 }, { passed: 0 }],
  });
  expect(errorOf(ended)).toMatchObject({
    code: "REACH-E4007",
    why: expect.stringContaining("bad.json one") as string,
  });
});

test("golden verify without a golden file is an error: nothing was checked", async () => {
  const empty = join(folder, "empty");
  mkdirSync(empty);
  for (const dir of [empty, join(folder, "absent")]) {
    const ended = await reach(folder, ["golden", "verify", dir, "--json"]);
    expect([ended.status, errorOf(ended)["code"]]).toEqual([2, "REACH-E4102"]);
  }
});
