import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createEngine } from "@reach-fabric/engine";
import {
  formatNoteKey,
  noteKey,
  publicKey,
  publicKeyOf,
  readKeyFile,
} from "@reach-fabric/evidence";
import { beforeAll, describe, expect, test } from "vitest";
import { errorOf, put, reach, temporaryFolder } from "./reach.ts";
import type { Ended } from "./reach.ts";

const folder = temporaryFolder();
put(
  folder,
  "w.yaml",
  `document: {dsl: '1.0.3', namespace: t, name: plain, version: 1.0.0}
do: [{answer: {set: {n: '\${ .n + 1 }'}}}]
`,
);
put(folder, "in.json", '{"n": 1}');
const keys = ["log", "witness", "team"];
let vkey = "";

const json = async (args: readonly string[]): Promise<Record<string, unknown>> => {
  const { status, stdout, stderr } = await reach(folder, [...args, "--json"]);
  expect([status, stderr]).toEqual([0, expect.not.stringContaining("REACH-E")]);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;
};

beforeAll(async () => {
  for (const name of keys) await json(["keys", "new", "--no-passphrase", "-o", `${name}.key`]);
  vkey = (await json(["log", "init", "audit", "--key", "log.key"]))["key"] as string;
});

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

describe("LOG-32 a run that is logged", () => {
  test("is noted before it begins, and its evidence holds the proof", async () => {
    const out = ["--input", "in.json", "-o", "one.reach", "--key", "team.key"];
    await json(["run", "w.yaml", ...out, "--log", "audit", "--log-key", "log.key"]);
    const { entries, unfinished } = (await periodOf()) as {
      entries: { type: string; body: { run?: string } }[];
      unfinished: unknown[];
    };
    expect(entries.map(({ type }) => type)).toEqual(["opened", "started", "evidence"]);
    expect(entries[1]?.body.run).toBe(entries[2]?.body.run);
    expect(unfinished).toEqual([]);
    const text = readFileSync(join(folder, "one.reach"), "latin1");
    expect(text).toContain("run.tlog-proof");
    expect(text).toContain("start.tlog-proof");
    const logs = [
      { origin: vkey.split("+")[0], key: vkey, quorum: 0, witnesses: [], started: true },
    ];
    put(folder, "began.json", JSON.stringify({ format: "reach/policy/v1", logs }));
    const logged = async (): Promise<unknown> => {
      const report = await json([
        "verify",
        "one.reach",
        "--policy",
        "began.json",
        "--trust",
        "team.key",
      ]);
      return (report["verdicts"] as { logged: unknown }).logged;
    };
    const why = expect.stringMatching(
      /^entry 2 of 3 .*; its run began at entry 1, at 20/,
    ) as string;
    expect(await logged()).toEqual({ result: "pass", why });
    // A proof by a later checkpoint takes the beginning along.
    await json(["log", "append", "audit", "--key", "log.key", "--act", "test.done"]);
    const proven = await json(["log", "prove", "audit", "--evidence", "one.reach", "--attach"]);
    expect(proven).toMatchObject({ index: 2, started: 1, size: 4 });
    expect(await logged()).toMatchObject({
      result: "pass",
      why: expect.stringContaining("of 4") as string,
    });
  });

  test("that does not end leaves its beginning", async () => {
    put(
      folder,
      "wait.yaml",
      "document: {dsl: '1.0.3', namespace: t, name: w, version: 1.0.0}\ndo: [{w: {listen: {to: {one: {with: {type: never}}}}}}]\n",
    );
    const out = ["--input", "in.json", "-o", "never.reach", "--key", "team.key", "--json"];
    const ended = await reach(folder, [
      "run",
      "wait.yaml",
      ...out,
      "--log",
      "audit",
      "--log-key",
      "log.key",
    ]);
    expect(errorOf(ended)["code"]).toBe("REACH-E3004");
    expect(existsSync(join(folder, "never.reach"))).toBe(false);
    const { unfinished } = (await periodOf()) as { unfinished: { run: string }[] };
    expect(unfinished).toMatchObject([{ attempt: 1, starts: 1, evidence: 0 }]);
    const { stdout } = await reach(folder, ["log", "verify", "period.json", "--log", vkey]);
    expect(stdout).toContain("without end    1 began, and no evidence followed\n");
    expect(stdout).toContain(`${unfinished[0]?.run}: 1 started, 0 evidence\n`);
  });

  test("what was granted to it stands before its beginning", async () => {
    put(
      folder,
      "emit.yaml",
      "document: {dsl: '1.0.3', namespace: t, name: e, version: 1.0.0}\ndo: [{e: {emit: {event: {with: {source: 'urn:t', type: t.done}}}}}]\n",
    );
    put(folder, "grant.json", '{"format": "reach/grant/v1", "emit": ["t.done"]}');
    const files = ["--input", "in.json", "--grant", "grant.json", "--emit", "out.jsonl"];
    const logged = ["--log", "audit", "--log-key", "log.key", "--key", "team.key"];
    const ran = ["run", "emit.yaml", ...files, ...logged, "-o", "emit.reach"];
    const { run } = await json(ran);
    const after = ["--act", "test.done", "--actor", "test"];
    const { index } = await json(["log", "append", "audit", "--key", "log.key", ...after]);
    const at = String(Number(index) - 3);
    await json(["log", "prove", "audit", "--index", at, "-o", "grant.proof"]);
    expect(await json(["log", "verify", "grant.proof", "--log", vkey])).toMatchObject({
      entry: {
        type: "act",
        body: {
          type: "grant.given",
          actor: expect.stringMatching(/^key [0-9a-f]{16}$/) as string,
          outcome: "success",
          details: { run, sha256: sha256('{"emit":["t.done"]}') },
        },
      },
    });
  });

  test("needs the log's key, and the right one", async () => {
    const out = [
      "run",
      "w.yaml",
      "--input",
      "in.json",
      "-o",
      "x.reach",
      "--log",
      "audit",
      "--json",
    ];
    expect(errorOf(await reach(folder, out))).toMatchObject({ code: "REACH-E4001" });
    const wrong = await reach(folder, [...out, "--log-key", "team.key"]);
    expect([wrong.status, errorOf(wrong)["code"]]).toEqual([2, "REACH-E4163"]);
  });

  async function periodOf(): Promise<unknown> {
    const range = ["--from", "2020-01-01", "--to", "2099-01-01"];
    await json(["log", "prove", "audit", ...range, "-o", "period.json", "--force"]);
    const { stdout, status } = await reach(folder, [
      "log",
      "verify",
      "period.json",
      "--log",
      vkey,
      "--json",
    ]);
    // Nobody says that 2099 has passed.
    expect(status).toBe(3);
    return JSON.parse(stdout) as unknown;
  }
});

describe("log", () => {
  test("append, prove, verify, fsck", async () => {
    await reach(folder, [
      "run",
      "w.yaml",
      "--input",
      "in.json",
      "-o",
      "two.reach",
      "--key",
      "team.key",
    ]);
    const missing = await reach(folder, [
      "log",
      "prove",
      "audit",
      "--evidence",
      "two.reach",
      "-o",
      "two.proof",
      "--json",
    ]);
    expect([missing.status, errorOf(missing)["code"]]).toEqual([1, "REACH-E4167"]);
    await json(["log", "append", "audit", "--key", "log.key", "--evidence", "two.reach"]);
    await json(["log", "prove", "audit", "--evidence", "two.reach", "-o", "two.proof"]);
    const shown = await json([
      "log",
      "verify",
      "two.proof",
      "--log",
      vkey,
      "--evidence",
      "two.reach",
    ]);
    expect(shown).toMatchObject({ entry: { type: "evidence" } });
    const other = await reach(folder, [
      "log",
      "verify",
      "two.proof",
      "--log",
      vkey,
      "--evidence",
      "one.reach",
      "--json",
    ]);
    expect([other.status, errorOf(other)["code"]]).toEqual([1, "REACH-E4167"]);
    await json(["log", "prove", "audit", "--evidence", "two.reach", "--attach"]);
    expect(readFileSync(join(folder, "two.reach"), "latin1")).toContain("run.tlog-proof");
    expect(await json(["log", "fsck", "audit"])).toMatchObject({ ok: true, faults: [] });
  });

  test("LOG-35 LOG-37 the log is the one that was seen before, or that is not known", async () => {
    const log = (...args: string[]): Promise<Record<string, unknown>> => json(["log", ...args]);
    const { key } = await log("init", "seen", "--key", "log.key");
    const { note: first, origin } = (await log("checkpoint", "seen")) as Record<string, string>;
    put(folder, "first.note", first ?? "");
    const out = ["--input", "in.json", "-o", "seen.reach", "--key", "team.key"];
    await json(["run", "w.yaml", ...out, "--log", "seen", "--log-key", "log.key"]);
    const { note: then, size } = await log("checkpoint", "seen");
    put(folder, "then.note", String(then));
    // It goes on: the evidence's checkpoint is an older one by now.
    await log("append", "seen", "--key", "log.key", "--evidence", "seen.reach");
    put(folder, "now.note", String((await log("checkpoint", "seen"))["note"]));
    const logs = [{ origin, key, quorum: 0, witnesses: [] }];
    put(folder, "seen.json", JSON.stringify({ format: "reach/policy/v1", logs }));
    await log("prove", "seen", "--since", "1", "--until", String(size), "-o", "grown.json");
    await log("prove", "seen", "--since", String(size), "-o", "on.json");

    const verdict = async (...args: string[]): Promise<[number | null, unknown, unknown]> => {
      const options = ["--policy", "seen.json", "--trust", "team.key", ...args, "--json"];
      const ended = await reach(folder, ["verify", "seen.reach", ...options]);
      const { verdicts } = JSON.parse(ended.stdout) as {
        verdicts: { logged: { result: string; code?: string } };
      };
      return [ended.status, verdicts.logged.result, verdicts.logged.code];
    };
    expect(await verdict()).toEqual([0, "pass", undefined]);
    expect(await verdict("--seen", "then.note")).toEqual([0, "pass", undefined]);
    const unknown = [3, "not checked", "REACH-E5343"];
    expect(await verdict("--seen", "first.note")).toEqual(unknown);
    expect(await verdict("--seen", "first.note", "--growth", "on.json")).toEqual(unknown);
    const grown = ["--consistency", "grown.json", "--growth", "on.json"];
    expect(await verdict("--seen", "first.note", ...grown)).toEqual([0, "pass", undefined]);
    expect(await verdict("--seen", "now.note", ...grown)).toEqual([0, "pass", undefined]);
    // Somebody else's tree of that name: seen was one that did not grow into this.
    await log("init", "twin", "--key", "log.key", "--origin", String(origin));
    put(folder, "twin.note", String((await log("checkpoint", "twin"))["note"]));
    const refused = [1, "fail", "REACH-E5333"];
    expect(await verdict("--seen", "twin.note", ...grown)).toEqual(refused);

    for (const [args, code] of [
      [["--seen", "first.note"], "REACH-E4001"],
      [["--policy", "seen.json", "--seen", "first.note", "--seen", "then.note"], "REACH-E5218"],
      [["--policy", "seen.json", "--seen", "in.json"], "REACH-E5307"],
      [["--policy", "seen.json", "--growth", "in.json"], "REACH-E5102"],
    ] as const) {
      const ended = await reach(folder, ["verify", "seen.reach", ...args, "--json"]);
      expect([args, errorOf(ended)["code"]]).toEqual([args, code]);
    }
    for (const args of [
      ["--since", "2", "--until", "1"],
      ["--until", "1"],
    ]) {
      const ended = await reach(folder, [
        "log",
        "prove",
        "seen",
        ...args,
        "-o",
        "x.json",
        "--json",
      ]);
      expect([args, ended.status]).not.toEqual([args, 0]);
      expect(existsSync(join(folder, "x.json"))).toBe(false);
    }
  });

  test("an act: what, by whom, with what outcome", async () => {
    const act = [
      "--act",
      "key.revoked",
      "--actor",
      "ops-7",
      "--outcome",
      "failure",
      "--detail",
      "key=9f",
    ];
    const { index } = await json(["log", "append", "audit", "--key", "log.key", ...act]);
    await json(["log", "prove", "audit", "--index", String(index), "-o", "act.proof"]);
    expect(await json(["log", "verify", "act.proof", "--log", vkey])).toMatchObject({
      entry: {
        type: "act",
        body: { type: "key.revoked", actor: "ops-7", outcome: "failure", details: { key: "9f" } },
      },
    });
    for (const wrong of [
      ["--act", "Key"],
      ["--act", "a.b", "--outcome", "maybe"],
      ["--act", "a.b", "--detail", "x"],
      [],
    ]) {
      const ended = await reach(folder, [
        "log",
        "append",
        "audit",
        "--key",
        "log.key",
        ...wrong,
        "--json",
      ]);
      expect([ended.status, errorOf(ended)["code"]], wrong.join(" ")).toEqual([
        expect.toBeOneOf([1, 2]),
        expect.toBeOneOf(["REACH-E4001", "REACH-E5335"]),
      ]);
    }
  });

  test("fsck names the file and the byte, and exits 1", async () => {
    const path = join(folder, "audit/tile/0/000.p/1");
    const bytes = readFileSync(path);
    bytes[5] = (bytes[5] ?? 0) ^ 8;
    writeFileSync(path, bytes);
    const ended = await reach(folder, ["log", "fsck", "audit"]);
    expect(ended.status).toBe(1);
    expect(ended.stdout).toContain("tile/0/000.p/1, byte 5");
    bytes[5] = (bytes[5] ?? 0) ^ 8;
    writeFileSync(path, bytes);
  });

  test("checkpoint prints the note; a witness that is not there is named, exit 3", async () => {
    expect(await json(["log", "checkpoint", "audit"])).toMatchObject({ witnesses: [] });
    const alone = await reach(folder, [
      "log",
      "checkpoint",
      "audit",
      "--cosign",
      "http://127.0.0.1:9/",
      "--json",
    ]);
    expect([alone.status, errorOf(alone)["code"]]).toEqual([3, "REACH-E4168"]);
  });

  test("a log that goes on: the old one takes nothing more", async () => {
    await json(["keys", "new", "--no-passphrase", "-o", "next.key"]);
    await json([
      "log",
      "init",
      "audit-2",
      "--key",
      "next.key",
      "--after",
      "audit",
      "--after-key",
      "log.key",
    ]);
    const late = await reach(folder, [
      "log",
      "append",
      "audit",
      "--key",
      "log.key",
      "--act",
      "a.b",
      "--json",
    ]);
    expect([late.status, errorOf(late)["code"]]).toEqual([2, "REACH-E4164"]);
  });

  test("LOG-38 a policy takes its logs from a tlog-policy beside it", async () => {
    const text = `log ${vkey}\nquorum none\n`;
    put(folder, "logs.policy", text);
    const tlogPolicy = { file: "logs.policy", sha256: sha256(text) };
    put(folder, "by-file.json", JSON.stringify({ format: "reach/policy/v1", tlogPolicy }));
    const verified = (): Promise<Ended> =>
      reach(folder, [
        "verify",
        "one.reach",
        "--policy",
        "by-file.json",
        "--allow-untrusted",
        "--json",
      ]);
    expect(await verified()).toMatchObject({ status: 0 });
    put(folder, "logs.policy", `${text}# another one\n`);
    expect(errorOf(await verified())).toMatchObject({ code: "REACH-E5218" });
  });

  test("LOG-29 a log is not made with one witness under two names, nor watched twice", async () => {
    const { bytes } = publicKeyOf(
      readKeyFile(createEngine(), readFileSync(join(folder, "witness.key.pub"))),
    );
    const named = (name: string, kind: "cosignature" | "note"): string =>
      formatNoteKey(noteKey(name, kind, publicKey(bytes)));
    const twice = (option: string, kind: "cosignature" | "note"): string[] =>
      ["a.example", "b.example"].flatMap((name) => [option, named(name, kind)]);
    const init = [
      "log",
      "init",
      "doubled",
      "--key",
      "log.key",
      ...twice("--witness", "cosignature"),
    ];
    const watch = ["log", "witness", "watching", "--key", "team.key", "--name", "w.example"];
    for (const args of [init, [...watch, ...twice("--log", "note")]]) {
      const ended = await reach(folder, [...args, "--json"]);
      expect(errorOf(ended)).toMatchObject({ code: "REACH-E4001", where: "a.example, b.example" });
    }
  });

  test.each([
    [["log", "verify", "two.proof", "--log", "nonsense"], "REACH-E5310"],
    [["log", "prove", "audit", "-o", "x"], "REACH-E4001"],
    [["log", "prove", "audit", "--index", "x", "-o", "x"], "REACH-E4001"],
    [["log", "prove", "audit", "--from", "today", "--to", "tomorrow", "-o", "x"], "REACH-E4001"],
    [["log", "fsck", "nowhere"], "REACH-E4160"],
    [["log", "serve", "nowhere"], "REACH-E4160"],
    [["log", "init", "audit", "--key", "log.key"], "REACH-E4112"],
  ])("wrong usage: %j", async (args, code) => {
    const ended = await reach(folder, [...args, "--json"]);
    expect(errorOf(ended)["code"]).toBe(code);
    expect(ended.status).not.toBe(0);
  });
});
