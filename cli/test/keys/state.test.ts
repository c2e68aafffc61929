// reach verify --state, and reach keys root. docs/spec/keys.md, KEY-13 to KEY-17.
import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { errorOf, put, reach, repository, temporaryFolder } from "../reach.ts";
import type { Ended } from "../reach.ts";

const folder = temporaryFolder();
/** Signed by alice for acme on 2026-11-23. */
const evidence = join(repository, "golden/runs/completed.reach");
const index = JSON.parse(readFileSync(join(repository, "golden/runs/index.json"), "utf8")) as {
  keys: { alice: { id: string } };
};
const { alice } = index.keys;
const alicePublic = put(folder, "alice.pub", JSON.stringify(alice));

const keys = (...args: string[]): Promise<Ended> => reach(folder, ["keys", ...args, "--json"]);
const done = async (...args: string[]): Promise<Record<string, unknown>> => {
  const { status, stdout, stderr } = await keys(...args);
  expect([status, stderr]).toEqual([0, expect.not.stringContaining("REACH-E")]);
  return JSON.parse(stdout) as Record<string, unknown>;
};
const rootKeyOf = (name: string): object => {
  const { alg, public: shared } = JSON.parse(
    readFileSync(join(folder, `${name}.key.pub`), "utf8"),
  ) as { alg: string; public: string };
  return { alg, public: shared };
};
const policyOf = (name: string, root: object): string =>
  put(folder, name, JSON.stringify({ format: "reach/policy/v1", root, tenant: "acme" }));

interface Verified {
  readonly status: number;
  readonly trusted: string;
  readonly stderr: string;
}
async function verify(ring: string, ...more: string[]): Promise<Verified> {
  const options = ["--policy", "policy.json", "--keyring", ring, ...more, "--json"];
  const { status, stdout, stderr } = await reach(folder, ["verify", evidence, ...options]);
  const { result, code = "" } = (
    JSON.parse(stdout) as { verdicts: { trusted: { result: string; code?: string } } }
  ).verdicts.trusted;
  return { status, trusted: `${result} ${code}`.trim(), stderr };
}

const copy = (from: string, to: string): string =>
  put(folder, to, readFileSync(join(folder, from), "utf8"));

beforeAll(async () => {
  for (const name of ["root", "a", "b", "c"])
    await done("new", "--no-passphrase", "-o", `${name}.key`);
  policyOf("policy.json", rootKeyOf("root"));
  const scope = ["--tenant", "acme", "--from", "2026-01-01", "--to", "2027-01-01"];
  const ring = ["--keyring", "ring.json", "--root", "root.key"];
  await done("trust", alicePublic, "--role", "evidence", "--new", ...scope, ...ring);
  copy("ring.json", "ring-1.json");
  await done("revoke", alice.id, "--compromised-at", "2026-11-01", ...ring);
  copy("ring.json", "ring-2.json");
});

describe("KEY-16: what verify keeps", () => {
  test("attack: an older keyring, once a newer one was seen", async () => {
    const own = join(folder, "state/reach/verify.json");
    expect(await verify("ring-1.json")).toMatchObject({ status: 0, trusted: "pass" });
    expect(existsSync(own)).toBe(true);
    expect(await verify("ring-2.json")).toMatchObject({ status: 1, trusted: "fail REACH-E5216" });
    expect(await verify("ring-1.json")).toMatchObject({
      status: 3,
      trusted: "not checked REACH-E5235",
    });
    expect(await verify("ring-1.json", "--no-state")).toMatchObject({ status: 0, trusted: "pass" });
    expect(await verify("ring-1.json", "--state", "other.json")).toMatchObject({ status: 0 });
    expect(JSON.parse(readFileSync(own, "utf8"))).toMatchObject({ keyrings: [{ serial: 2 }] });
  });

  test("a home that cannot be written, and several at a time, change no verdict", async () => {
    const file = put(folder, "file", "");
    const unwritable = await verify("ring-1.json", "--state", join(file, "state.json"));
    expect(unwritable).toMatchObject({ status: 0, trusted: "pass" });
    expect(unwritable.stderr).toContain("cannot be written");
    const rings = Array.from({ length: 12 }, (_, i) => `ring-${1 + (i % 2)}.json`);
    const all = await Promise.all(rings.map((ring) => verify(ring, "--state", "busy.json")));
    for (const { trusted, stderr } of all) {
      expect(trusted).toMatch(/^(pass|fail REACH-E5216|not checked REACH-E5235)$/);
      expect(stderr).not.toContain("E5901");
    }
    expect(JSON.parse(readFileSync(join(folder, "busy.json"), "utf8"))).toMatchObject({
      keyrings: [{ serial: 2 }],
    });
  });

  test("attack: a state that never ends, or a place where no folder can be", async () => {
    expect(spawnSync("mkfifo", [join(folder, "pipe")]).status).toBe(0);
    symlinkSync("/dev/zero", join(folder, "zero"));
    for (const state of ["pipe", "zero", "/proc/none/state.json"]) {
      const ended = await verify("ring-1.json", "--state", state);
      expect([state, ended.status, ended.trusted]).toEqual([state, 0, "pass"]);
      expect(ended.stderr).toMatch(/cannot be (read|written)/);
    }
    // None was replaced by a file.
    expect(lstatSync(join(folder, "pipe")).isFIFO()).toBe(true);
    expect(lstatSync("/dev/zero").isCharacterDevice()).toBe(true);
    expect(existsSync("/dev/zero.lock")).toBe(false);
  });

  test("what is no state is refused, and named", async () => {
    put(folder, "junk.json", "{}");
    const options = ["--policy", "policy.json", "--keyring", "ring-1.json", "--json"];
    const junk = await reach(folder, ["verify", evidence, ...options, "--state", "junk.json"]);
    expect(junk.status).toBe(2);
    expect(errorOf(junk)).toMatchObject({ code: "REACH-E5237", where: "junk.json" });
    const alone = await reach(folder, ["verify", evidence, "--state", "x.json", "--json"]);
    expect(errorOf(alone)["code"]).toBe("REACH-E4001");
  });
});

describe("KEY-14: reach keys root", () => {
  test("gives a keyring another root, and verifiers with the old one get forward", async () => {
    copy("ring-1.json", "moved.json");
    const to = ["a.key", "b.key", "c.key.pub", "--new-threshold", "2"];
    const moved = await done("root", ...to, "--keyring", "moved.json", "--root", "root.key");
    expect(moved).toMatchObject({
      serial: 2,
      act: { type: "root.changed", outcome: "success", details: { keys: 3, threshold: 2 } },
    });
    // The same command after a crash finds that it is done.
    const again = await done("root", ...to, "--keyring", "moved.json", "--root", "root.key");
    expect(again).toMatchObject({ serial: 2, act: null });
    const unseen = ["--state", "moved-state.json"];
    expect(await verify("moved.json", ...unseen)).toMatchObject({ status: 0, trusted: "pass" });
    // The old root signs on as if nothing had happened.
    copy("ring-1.json", "rogue.json");
    for (const _ of [2, 3, 4]) await done("renew", "--keyring", "rogue.json", "--root", "root.key");
    expect(await verify("rogue.json", ...unseen)).toMatchObject({
      status: 1,
      trusted: "fail REACH-E5236",
    });
    // The new root goes on: two of its three keys, whichever they are.
    const three = ["--root", "a.key.pub", "--root", "b.key", "--root", "c.key", "--threshold", "2"];
    await done("renew", "--keyring", "moved.json", ...three);
    expect(await verify("moved.json", ...unseen)).toMatchObject({ status: 0, trusted: "pass" });
    const list = ["a", "b", "c"].flatMap((name) => ["--root", `${name}.key.pub`]);
    expect(
      await done("list", "--keyring", "moved.json", ...list, "--threshold", "2"),
    ).toMatchObject({ serial: 3 });
    policyOf("new-policy.json", { threshold: 2, keys: ["a", "b", "c"].map(rootKeyOf) });
    const options = ["--policy", "new-policy.json", "--keyring", "moved.json", ...unseen];
    expect((await reach(folder, ["verify", evidence, ...options])).status).toBe(0);
  });

  test("attack: with too few keys, or a threshold that is none", async () => {
    const ring = ["--keyring", "moved.json"];
    const few = [
      "--root",
      "a.key",
      "--root",
      "b.key.pub",
      "--root",
      "c.key.pub",
      "--threshold",
      "2",
    ];
    const ended = await keys("renew", ...ring, ...few);
    expect([ended.status, errorOf(ended)["code"]]).toEqual([2, "REACH-E5210"]);
    const wrong = await keys("renew", ...ring, "--root", "a.key", "--threshold", "2");
    expect(errorOf(wrong)["code"]).toBe("REACH-E4001");
    const back = await keys("root", "root.key", ...ring, "--root", "root.key");
    expect(errorOf(back)["code"]).toBe("REACH-E5234");
  });
});
