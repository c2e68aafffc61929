// reach keys trust, rotate, revoke, renew, list; reach verify --policy. docs/spec/keys.md, KEY-8 to KEY-18; docs/spec/policy.md.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { errorOf, put, reach, repository, temporaryFolder } from "../reach.ts";
import type { Ended } from "../reach.ts";

const folder = temporaryFolder();
/** Signed by alice for acme on 2026-11-23. */
const evidence = join(repository, "golden/runs/completed.reach");
const index = JSON.parse(readFileSync(join(repository, "golden/runs/index.json"), "utf8")) as {
  keys: { alice: { id: string; public: string } };
};
const { alice } = index.keys;
const alicePublic = put(folder, "alice.pub", JSON.stringify(alice));

const keys = (...args: string[]): Promise<Ended> => reach(folder, ["keys", ...args, "--json"]);
const change = (...args: string[]): Promise<Ended> =>
  keys(...args, "--keyring", "ring.json", "--root", "root.key");
const made = ({ stdout }: Ended): Record<string, unknown> =>
  JSON.parse(stdout) as Record<string, unknown>;
const listed = async (): Promise<Record<string, unknown>> =>
  made(await keys("list", "--keyring", "ring.json", "--root", "root.key.pub"));
const ids: Record<string, string> = {};

beforeAll(async () => {
  for (const name of ["root", "other", "next"]) {
    const ended = await keys("new", "--no-passphrase", "-o", `${name}.key`);
    ids[name] = made(ended)["id"] as string;
  }
  const root = JSON.parse(readFileSync(join(folder, "root.key.pub"), "utf8")) as object;
  const { alg, public: shared } = root as { alg: string; public: string };
  const policy = { format: "reach/policy/v1", root: { alg, public: shared }, tenant: "acme" };
  put(folder, "policy.json", JSON.stringify(policy));
  const scope = ["--tenant", "acme", "--from", "2026-01-01", "--to", "2027-01-01"];
  const as = ["--role", "evidence", "--actor", "ops-7", "--new"];
  const trusted = await change("trust", alicePublic, ...as, ...scope);
  expect(trusted.stderr).toBe("");
  expect(made(trusted)).toMatchObject({
    serial: 1,
    act: {
      type: "key.trusted",
      actor: "ops-7",
      outcome: "success",
      details: { key: alice.id, role: "evidence", serial: 1 },
    },
  });
});

/** The ring that is there, put back after a test. */
async function keeping<T>(work: () => Promise<T>): Promise<T> {
  const ring = readFileSync(join(folder, "ring.json"));
  try {
    return await work();
  } finally {
    writeFileSync(join(folder, "ring.json"), ring);
  }
}

/** Keyrings are put back here, which a verifier that keeps what it has seen would not take. */
const verify = (...args: string[]): Promise<Ended> =>
  reach(folder, ["verify", evidence, "--policy", "policy.json", "--no-state", "--json", ...args]);
const trustedBy = ({ stdout }: Ended): unknown =>
  (JSON.parse(stdout) as { verdicts: Record<string, unknown> }).verdicts["trusted"];

test("POL-5: verify takes who may sign from a policy and its keyring", async () => {
  const ended = await verify("--keyring", "ring.json");
  expect([ended.status, trustedBy(ended)]).toMatchObject([0, { result: "pass" }]);
});

test("KEY-12: attack: a stale keyring: could not be checked, exit 3", async () => {
  const ended = await verify("--keyring", "ring.json", "--now", "2036-01-01");
  expect([ended.status, trustedBy(ended)]).toMatchObject([
    3,
    { result: "not checked", code: "REACH-E5212" },
  ]);
  const old = ["--root", "root.key.pub", "--now", "2036-01-01"];
  const list = await keys("list", "--keyring", "ring.json", ...old);
  expect([list.status, errorOf(list)["code"]]).toEqual([3, "REACH-E5212"]);
});

test("KEY-11: a revoked key still counts for what it signed before, a compromised one does not", () =>
  keeping(async () => {
    const revoked = made(await change("revoke", alice.id));
    expect(revoked).toMatchObject({ serial: 2, act: { type: "key.revoked" } });
    const now = (revoked["act"] as { at: string }).at;
    expect((await listed())["keys"]).toMatchObject([{ id: alice.id, to: now }]);
    const since = ["--compromised-at", "2026-11-23T12:00:00.000Z"];
    const lost = made(await change("revoke", alice.id, ...since));
    expect(lost).toMatchObject({ serial: 3, act: { type: "key.compromised" } });
    const ended = await verify("--keyring", "ring.json");
    expect([ended.status, trustedBy(ended)]).toMatchObject([1, { code: "REACH-E5216" }]);
  }));

test("KEY-11: rotate lets one key end where another one begins, with its role and tenant", () =>
  keeping(async () => {
    const at = ["--at", "2026-06-01", "--to", "2028-01-01"];
    const ended = made(await change("rotate", alice.id, "next.key.pub", ...at));
    expect(ended).toMatchObject({ act: { type: "key.rotated", details: { next: ids["next"] } } });
    const instant = "2026-06-01T00:00:00.000Z";
    expect((await listed())["keys"]).toMatchObject([
      { id: alice.id, to: instant },
      { id: ids["next"], role: "evidence", tenant: "acme", from: instant },
    ]);
    const verified = await verify("--keyring", "ring.json");
    expect([verified.status, trustedBy(verified)]).toMatchObject([1, { code: "REACH-E5215" }]);
    // The same again changes nothing: an earlier try may have been cut off before it could say so.
    const again = await change("rotate", alice.id, "next.key.pub");
    expect(made(again)).toMatchObject({ act: null, keyring: ended["keyring"] });
    const other = await change("rotate", ids["next"] ?? "", "next.key.pub");
    expect([other.status, errorOf(other)["code"]]).toEqual([2, "REACH-E5219"]);
  }));

test("KEY-10: renew goes on from the keyring that is there", () =>
  keeping(async () => {
    const before = await listed();
    const ended = made(await change("renew", "--days", "7"));
    expect(ended).toMatchObject({ serial: 2, act: { type: "keyring.renewed" } });
    expect(await listed()).toMatchObject({ serial: 2, previous: before["digest"] });
  }));

test("KEY-18: attack: a keyring is not changed by another root, nor from one that was changed", () =>
  keeping(async () => {
    const before = readFileSync(join(folder, "ring.json"), "utf8");
    const add = ["trust", "next.key.pub", "--role", "log", "--keyring", "ring.json", "--root"];
    const other = await keys(...add, "other.key");
    expect([other.status, errorOf(other)["code"]]).toEqual([2, "REACH-E5210"]);
    const fresh = await keys(...add, "other.key", "--new");
    expect([fresh.status, errorOf(fresh)["code"]]).toEqual([2, "REACH-E4113"]);
    expect(readFileSync(join(folder, "ring.json"), "utf8")).toBe(before);
    put(folder, "ring.json", before.replace(/"payload":"./, '"payload":"f'));
    const changed = await keys(...add, "root.key");
    expect([changed.status, errorOf(changed)["code"]]).toEqual([2, "REACH-E5210"]);
    // And nothing is locked.
    put(folder, "ring.json", before);
    expect((await keys(...add, "root.key")).status).toBe(0);
  }));

test.each([
  [["trust", "next.key.pub", "--role", "root"], "REACH-E4001"],
  [["trust", "next.key.pub", "--role", "pack"], "REACH-E5206"],
  [["trust", "next.key.pub", "--role", "log", "--from", "tomorrow"], "REACH-E4001"],
  [["trust", "next.key.pub", "--role", "log", "--from", "2026-02-30"], "REACH-E4001"],
  [["trust", "next.key.pub", "--role", "log", "--to", "2020-01-01"], "REACH-E5209"],
  [["trust", "root.key.pub", "--role", "log"], "REACH-E5219"],
  [["trust", "next.key.pub", "--role", "log", "--days", "0"], "REACH-E4001"],
  [["revoke", "0000000000000000"], "REACH-E5222"],
])("is refused: keys %j", async (args, code) => {
  const before = readFileSync(join(folder, "ring.json"), "utf8");
  const ended = await change(...args);
  expect([ended.status, errorOf(ended)["code"]]).toEqual([2, code]);
  expect(readFileSync(join(folder, "ring.json"), "utf8")).toBe(before);
});

test.each([
  [["--keyring", "ring.json", "--trust", "next.key.pub"], "REACH-E4001"],
  [["--keyring", "ring.json", "--require", "authentic"], "REACH-E4001"],
  [[], "REACH-E5218"],
  [["--keyring", "policy.json"], "REACH-E5209"],
])("verify --policy is refused with %j", async (args, code) => {
  const ended = await verify(...args);
  expect([ended.status, errorOf(ended)["code"]]).toEqual([2, code]);
});

test("verify --keyring says that it needs a policy", async () => {
  const ended = await reach(folder, ["verify", evidence, "--keyring", "ring.json", "--json"]);
  expect([ended.status, errorOf(ended)["code"]]).toEqual([2, "REACH-E4001"]);
});

test("for people: what was done, and which keys count", async () => {
  const args = ["keys", "list", "--keyring", "ring.json", "--root", "root.key.pub"];
  const { status, stdout } = await reach(folder, args);
  expect(status).toBe(0);
  expect(stdout).toMatch(new RegExp(`${alice.id} +evidence +acme +2026-01-01T00:00 .* counts`));
});

test("EVID-53: verify --attest signs what passed under a policy, and nothing where something did not", async () => {
  const ring = ["--keyring", "ring.json"];
  await keys("new", "--no-passphrase", "-o", "auditor.key");
  const attest = ["--attest", "auditor.key", "--attest-output", "result.json"];
  const path = join(folder, "result.json");
  const refused = await verify("--keyring", "ring.json", "--now", "2036-01-01", ...attest);
  expect([refused.status, existsSync(path)]).toEqual([3, false]);
  expect((await verify(...ring, ...attest)).status).toBe(0);
  const { dsseEnvelope } = JSON.parse(readFileSync(path, "utf8")) as {
    dsseEnvelope: { payload: string };
  };
  const statement = JSON.parse(Buffer.from(dsseEnvelope.payload, "base64").toString()) as unknown;
  const sha256 = (name: string): string =>
    createHash("sha256")
      .update(readFileSync(resolve(folder, name)))
      .digest("hex");
  expect(statement).toMatchObject({
    subject: [{ digest: { sha256: sha256(evidence) } }],
    predicate: {
      properties: expect.arrayContaining(["REACH_TRUSTED", "REACH_REPLAYED"]) as unknown,
      verifier: {
        policy: { digest: { sha256: sha256("policy.json") } },
        keyring: { digest: { sha256: sha256("ring.json") } },
      },
    },
  });
  // It is kept, and a result needs a policy.
  const again = await verify(...ring, ...attest);
  expect([again.status, errorOf(again)["code"]]).toEqual([2, "REACH-E4113"]);
  const without = await reach(folder, ["verify", evidence, "--json", "--attest", "auditor.key"]);
  expect([without.status, errorOf(without)["code"]]).toEqual([2, "REACH-E4001"]);
  // A pack beside the file is not part of what is signed.
  const elsewhere = ["--attest", "auditor.key", "--attest-output", "other.json"];
  const packed = await verify(...ring, ...elsewhere, "--pack", "t.pack");
  expect([packed.status, errorOf(packed)["code"]]).toEqual([2, "REACH-E4001"]);
});

test("EVID-53: a policy that can be read once is enough, and keys that it does not name are named", async () => {
  const alicesKey = ["--trust", alicePublic];
  const attest = ["--attest", "auditor.key", "--attest-output", "open.result.json"];
  const args = ["verify", evidence, "--policy", "-", ...alicesKey, "--no-state", ...attest];
  const text = `{"format":"reach/policy/v1"}`;
  const { status, stderr } = await reach(folder, args, { stdin: text });
  expect([stderr, status]).toEqual([expect.anything(), 0]);
  const { dsseEnvelope } = JSON.parse(readFileSync(join(folder, "open.result.json"), "utf8")) as {
    dsseEnvelope: { payload: string };
  };
  const digest = createHash("sha256").update(text).digest("hex");
  expect(JSON.parse(Buffer.from(dsseEnvelope.payload, "base64").toString())).toMatchObject({
    predicate: {
      verifier: {
        policy: { digest: { sha256: digest } },
        trusted: [{ alg: "Ed25519", public: alice.public }],
      },
    },
  });
});
