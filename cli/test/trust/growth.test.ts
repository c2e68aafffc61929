// Proofs of growth that verify asks of a served log: docs/spec/log.md, LOG-66.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { serveLog } from "@reach-fabric/host";
import { beforeAll, describe, expect, test } from "vitest";
import { put, reach, temporaryFolder } from "../reach.ts";

const folder = temporaryFolder();
put(
  folder,
  "w.yaml",
  `document: {dsl: '1.0.3', namespace: t, name: plain, version: 1.0.0}
do: [{answer: {set: {n: '\${ .n + 1 }'}}}]
`,
);
put(folder, "in.json", '{"n":1}');

const json = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
  const { status, stdout, stderr } = await reach(folder, [...args, "--json"]);
  expect([args, status, stderr]).toEqual([args, 0, expect.not.stringContaining("REACH-E")]);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;
};

async function logged(name: string, log: string): Promise<void> {
  const out = ["--input", "in.json", "-o", name, "--key", "team.key"];
  await json("run", "w.yaml", ...out, "--log", log, "--log-key", "log.key");
}

const served = async <T>(log: string, work: (url: string) => Promise<T>): Promise<T> => {
  const server = await serveLog(join(folder, log));
  return work(server.url).finally(() => server.close());
};

let log: { origin: string; key: string };

interface Judged {
  readonly status: number | null;
  readonly code: string | undefined;
  readonly stderr: string;
  /** What the state has of the log afterwards. */
  readonly size: number | undefined;
}

/** Verifies by a policy whose log is served there, and keeps what was seen in a file. */
async function judged(file: string, url: string, state: string): Promise<Judged> {
  const logs = [{ ...log, quorum: 0, witnesses: [], url }];
  put(folder, "policy.json", JSON.stringify({ format: "reach/policy/v1", logs }));
  const options = ["--policy", "policy.json", "--trust", "team.key", "--state", state];
  const { status, stdout, stderr } = await reach(folder, ["verify", file, ...options, "--json"]);
  const { verdicts } = JSON.parse(stdout) as { verdicts: { logged: { code?: string } } };
  const kept = JSON.parse(readFileSync(join(folder, state), "utf8")) as {
    logs: { size: number }[];
  };
  return { status, code: verdicts.logged.code, stderr, size: kept.logs[0]?.size };
}

describe("LOG-66 a log that is served is asked how it has grown", () => {
  beforeAll(async () => {
    await json("keys", "new", "-o", "team.key", "--no-passphrase");
    await json("keys", "new", "-o", "log.key", "--no-passphrase");
    const made = await json(
      "log",
      "init",
      "audit",
      "--key",
      "log.key",
      "--origin",
      "example.com/a",
    );
    log = { origin: String(made["origin"]), key: String(made["key"]) };
    await logged("one.reach", "audit");
    await logged("two.reach", "audit");
    // Another log of that name and key: one who has the key shows it to others.
    await json("log", "init", "twin", "--key", "log.key", "--origin", "example.com/a");
    await logged("other.reach", "twin");
    await logged("twin.reach", "twin");
    await logged("later.reach", "twin");
  });

  test("the state goes forward, and an older checkpoint is known as one of the same log", async () => {
    await served("audit", async (url) => {
      const first = await judged("one.reach", url, "grows.state");
      const second = await judged("two.reach", url, "grows.state");
      expect([first.status, second.status]).toEqual([0, 0]);
      expect(second.size).toBeGreaterThan(first.size ?? Infinity);
      expect(second.stderr).not.toContain('"event":"growth"');
      const again = await judged("one.reach", url, "grows.state");
      expect([again.status, again.size]).toEqual([0, second.size]);
    });
  });

  test("attack: a log that shows others another tree is found out by its own server", async () => {
    await served("twin", async (url) => {
      const { size } = await judged("one.reach", url, "forked.state");
      const forked = await judged("later.reach", url, "forked.state");
      expect(forked).toMatchObject({ status: 1, code: "REACH-E5333", size });
    });
  });

  test("attack: a server that gives another tree's proof is believed nothing", async () => {
    await served("twin", async (url) => {
      const { size } = await judged("one.reach", url, "liar.state");
      const told = await judged("two.reach", url, "liar.state");
      expect(told).toMatchObject({ status: 0, code: undefined, size });
      expect(told.stderr).toContain('"event":"growth"');
    });
  });

  test("without an answer it is judged as without a server, and that is said", async () => {
    const url = await served("audit", (gone) => Promise.resolve(gone));
    const { size } = await judged("one.reach", url, "gone.state");
    const left = await judged("two.reach", url, "gone.state");
    expect(left).toMatchObject({ status: 0, size });
    expect(left.stderr).toContain('"event":"growth"');
  });

  test("an address with a user, a ? or a # is refused", async () => {
    for (const url of [
      "ftp://a.example/",
      "https://me:pw@a.example/",
      "https://a.example/?x",
      "x",
    ]) {
      const logs = [{ ...log, quorum: 0, witnesses: [], url }];
      put(folder, "bad.json", JSON.stringify({ format: "reach/policy/v1", logs }));
      const { status, stderr } = await reach(folder, ["policy", "check", "bad.json"]);
      expect([url, status]).toEqual([url, 2]);
      expect(stderr).toContain("https://HOST/PATH");
    }
  });
});
