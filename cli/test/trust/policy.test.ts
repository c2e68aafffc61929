// reach policy check: docs/spec/policy.md, POL-3 and POL-18; reach pack verify by a policy, POL-16.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { errorOf, put, reach, temporaryFolder } from "../reach.ts";
import type { Ended } from "../reach.ts";

const folder = temporaryFolder();
const check = (policy: unknown, ...args: string[]): Promise<Ended> => {
  const text = typeof policy === "string" ? policy : JSON.stringify(policy, null, 2);
  put(folder, "policy.json", text);
  return reach(folder, ["policy", "check", "policy.json", ...args]);
};

describe("POL-18: policy check", () => {
  test("says what a policy asks for, and what it leaves open", async () => {
    const { status, stdout } = await check({
      format: "reach/policy/v1",
      packs: { allowed: [{ digest: "1".repeat(64) }], yanked: [] },
      workflows: [{ name: "acme/loan", versions: "^1.0.0" }],
      grants: { models: ["small"] },
      limits: { fuel: 1000 },
      window: { from: "2026-01-01T00:00:00.000Z" },
    });
    expect(status).toBe(0);
    expect(stdout).toContain("requires authentic, approved, complete, replayed");
    for (const says of [
      "The pack may be the one with the digest 111111111111....",
      'The workflow is acme/loan in a version of "^1.0.0".',
      "The run was granted at most what is named of models.",
      "The run was allowed at most 1000 of fuel.",
      "The run began at 2026-01-01T00:00:00.000Z or later, as its host says.",
      "It does not say who may sign",
      "It names no log",
    ]) {
      expect(stdout).toContain(says);
    }
  });

  test("a key in a tlog-policy that is none is a fault of the policy", async () => {
    const text = "log example.org/log+00000000+AAAA\nquorum none\n";
    put(folder, "tlog.policy", text);
    const sha256 = createHash("sha256").update(text).digest("hex");
    const policy = { format: "reach/policy/v1", tlogPolicy: { file: "tlog.policy", sha256 } };
    const { status, stderr } = await check(policy);
    expect([status, stderr]).toEqual([2, expect.stringContaining("REACH-E5310")]);
  });

  test("as JSON, for each member a pointer", async () => {
    const { stdout } = await check({ format: "reach/policy/v1", fuel: 5 }, "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      required: ["authentic", "complete", "replayed"],
      asks: [{ pointer: "/fuel", says: expect.stringContaining("5 units of fuel") }],
    });
  });

  test.each<[string, object, string]>([
    ["an unknown member", { logz: [] }, "policy.json:3:3 /logz"],
    ["no logs", { logs: [] }, "policy.json:3:3 /logs"],
    ["a verdict twice", { required: ["replayed", "replayed"] }, "policy.json:5:5 /required/1"],
    [
      "a look-alike",
      { logs: [{ origin: "lоg", key: "x", witnesses: [], quorum: 0 }] },
      "policy.json:5:7 /logs/0/origin",
    ],
    [
      "no key of a log",
      { logs: [{ origin: "log", key: "x", witnesses: [], quorum: 0 }] },
      "policy.json:6:7 /logs/0/key",
    ],
    [
      "names nobody has signed",
      { packs: { allowed: [{ name: "a/b" }] } },
      "policy.json:6:9 /packs/allowed/0/name",
    ],
  ])("POL-3: %s is refused at its place", async (_, members, where) => {
    const ended = await check({ format: "reach/policy/v1", ...members }, "--json");
    expect(ended.status).toBe(2);
    const { code, problems } = errorOf(ended) as {
      code: string;
      problems: { line: number; column: number; pointer: string }[];
    };
    expect(code).toMatch(/^REACH-E5(218|310)$/);
    const places = problems.map(
      ({ line, column, pointer }) => `policy.json:${line}:${column} ${pointer}`,
    );
    expect(places).toContain(where);
  });

  test("a member twice is refused, too", async () => {
    const ended = await check('{"format":"reach/policy/v1",\n"fuel":1,"fuel":2}', "--json");
    expect([ended.status, errorOf(ended)["code"]]).toEqual([2, "REACH-E5218"]);
  });
});

describe("POL-16: attack: a pack that a policy does not allow", () => {
  const pack = (...args: string[]): Promise<Ended> => reach(folder, ["pack", ...args]);
  beforeAll(async () => {
    const document = { dsl: "1.0.3", namespace: "acme", name: "hello", version: "1.0.0" };
    put(folder, "hello.json", JSON.stringify({ document, do: [{ a: { set: { b: 1 } } }] }));
    for (const name of ["publisher", "other"]) {
      await reach(folder, [
        "keys",
        "new",
        "--alg",
        "P-256",
        "--no-passphrase",
        "-o",
        `${name}.key`,
      ]);
    }
    await pack("build", "hello.json", "-o", "hello.pack");
    await pack("build", "hello.json", "-o", "plain.pack");
    expect((await pack("sign", "hello.pack", "--key", "publisher.key")).status).toBe(0);
  });
  const by = async (packs: object, file = "hello.pack"): Promise<[number | null, string]> => {
    put(folder, "packs.json", JSON.stringify({ format: "reach/policy/v1", packs }));
    const ended = await pack("verify", file, "--policy", "packs.json", "--json");
    const { verdicts } = JSON.parse(ended.stdout) as {
      verdicts: { approved: { result: string; code?: string } };
    };
    const { result, code = "" } = verdicts.approved;
    return [ended.status, `${result} ${code}`.trim()];
  };
  const key = (name: string): object => {
    const { alg, public: shared } = JSON.parse(
      readFileSync(join(folder, `${name}.key.pub`), "utf8"),
    ) as Record<string, string>;
    return { alg, public: shared };
  };

  test("by its publisher, its digest, its name and its withdrawal", async () => {
    expect(await by({ signedBy: { keys: [key("publisher")] } })).toEqual([0, "pass"]);
    expect(await by({ signedBy: { keys: [key("other")] } })).toEqual([
      3,
      "not checked REACH-E5411",
    ]);
    expect(await by({ signedBy: { keys: [key("publisher")] } }, "plain.pack")).toEqual([
      3,
      "not checked REACH-E5411",
    ]);
    expect(await by({ allowed: [{ digest: "1".repeat(64) }] })).toEqual([1, "fail REACH-E5224"]);
    expect(
      await by({
        allowed: [{ name: "acme/hello", publisher: key("publisher"), versions: "^2.0.0" }],
      }),
    ).toEqual([1, "fail REACH-E5224"]);
    expect(await by({ allowed: [{ name: "acme/hello", publisher: key("publisher") }] })).toEqual([
      0,
      "pass",
    ]);
    const inspected = await pack("inspect", "hello.pack", "--json");
    const { digest } = JSON.parse(inspected.stdout) as { digest: string };
    expect(await by({ allowed: [{ digest }] })).toEqual([0, "pass"]);
    expect((await by({ yanked: [digest] }))[1]).toBe("fail REACH-E5221");
  });

  test("PACK-11: attack: nothing passes that was not checked, and no pack is green without a signer", async () => {
    const verdicts = async (...args: string[]): Promise<[number | null, object]> => {
      const ended = await pack("verify", "plain.pack", "--json", ...args);
      return [ended.status, (JSON.parse(ended.stdout) as { verdicts: object }).verdicts];
    };
    const open = {
      intact: { result: "pass" },
      trusted: { result: "not checked" },
      current: { result: "not checked" },
    };
    expect(await verdicts()).toMatchObject([3, open]);
    expect(await verdicts("--allow-untrusted")).toMatchObject([0, open]);
    expect(await verdicts("--allow-untrusted", "--min-version", "1.0.0")).toMatchObject([
      0,
      { current: { result: "pass" } },
    ]);
    put(folder, "yank.json", "{}");
    expect(await verdicts("--allow-untrusted", "--yanked", "yank.json")).not.toMatchObject([0, {}]);
  });
});
