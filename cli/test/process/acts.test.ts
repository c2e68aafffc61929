// Acts that are cut off at each of their steps: the same command ends the work, the log has what was intended and
// what came of it, and nothing is locked. docs/spec/log.md, LOG-50 and LOG-51; REACH_LONG=1 tries every step.
import { createEngine } from "@reach-fabric/engine";
import { openEvidence } from "@reach-fabric/evidence";
import { fsck, readLog } from "@reach-fabric/host";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { ended, errorOf, reach, start, temporaryFolder } from "../reach.ts";
import type { Ended } from "../reach.ts";

const isLong = process.env["REACH_LONG"] !== undefined;
const folder = temporaryFolder();
const before = join(folder, "before");
const killer = new URL("kill-at.ts", import.meta.url).href;
const audit = ["--log", "audit", "--log-key", "log.key"];
const ring = ["--keyring", "ring.json", "--root", "root.key"];

const inBefore = async (...args: string[]): Promise<void> => {
  const { status, stderr } = await reach(before, args, { cwd: before });
  expect([stderr, status]).toEqual([expect.anything(), 0]);
};

beforeAll(async () => {
  mkdirSync(before);
  const name = `document: {dsl: 1.0.3, namespace: t, name: t, version: 1.0.0}
do: [{keep: {set: {holder: "\${ .holder }"}}}]
`;
  writeFileSync(join(before, "t.yaml"), name);
  writeFileSync(join(before, "input.json"), '{"holder":"Ada Lovelace"}');
  const keys = ["root", "log", "first", "second", "third"];
  for (const key of keys) await inBefore("keys", "new", "--no-passphrase", "-o", `${key}.key`);
  await inBefore("keys", "new", "--no-passphrase", "--alg", "P-256", "-o", "packer.key");
  await inBefore("log", "init", "audit", "--key", "log.key", "--origin", "example.org/audit");
  await inBefore("keys", "trust", "first.key.pub", "--role", "evidence", ...ring, "--new");
  const run = ["run", "t.yaml", "-i", "input.json", "--key", "first.key"];
  await inBefore(...run, "--record", "kept", "-o", "one.reach");
  await inBefore("pack", "init", "t.yaml", "-o", "pack.yaml").catch(() => undefined);
  await inBefore("pack", "build", "t.yaml", "-o", "t.pack");
});

const idOf = (key: string, from = before): string =>
  (JSON.parse(readFileSync(join(from, `${key}.key.pub`), "utf8")) as { id: string }).id;

interface Act {
  readonly type: string;
  args(): string[];
  /** What is true once it is done. */
  check(done: string): Promise<void> | void;
}

const listed = async (done: string): Promise<{ id: string; from: string; to: string }[]> => {
  const args = ["keys", "list", "--keyring", "ring.json", "--root", "root.key.pub", "--json"];
  const { stdout } = await reach(done, args, { cwd: done });
  return (JSON.parse(stdout) as { keys: { id: string; from: string; to: string }[] }).keys;
};

const acts: Record<string, Act> = {
  erase: {
    type: "value.erased",
    args: () => [
      "erase",
      "one.reach",
      "--drop",
      "input/holder",
      "--record",
      "kept",
      "--reason",
      "17",
      ...audit,
    ],
    check: (done) => {
      const file = readFileSync(join(done, "one.reach"));
      expect(openEvidence(createEngine(), file).missing).toContain("/0/input/holder");
      expect(file.includes("Ada")).toBe(false);
      expect(existsSync(join(done, "kept"))).toBe(false);
    },
  },
  redact: {
    type: "value.redacted",
    args: () => {
      const by = ["--by", "acme", "--why", "request 17", "--key", "first.key"];
      return [
        "redact",
        "one.reach",
        "--drop",
        "input/holder",
        "-o",
        "public.reach",
        ...by,
        ...audit,
      ];
    },
    check: (done) => {
      const file = readFileSync(join(done, "public.reach"));
      expect(openEvidence(createEngine(), file).redaction?.by).toBe("acme");
    },
  },
  "keys trust": {
    type: "key.trusted",
    args: () => ["keys", "trust", "second.key.pub", "--role", "evidence", ...ring, ...audit],
    check: async (done) => {
      expect((await listed(done)).map(({ id }) => id)).toEqual([idOf("first"), idOf("second")]);
    },
  },
  "keys rotate": {
    type: "key.rotated",
    args: () => ["keys", "rotate", idOf("first"), "third.key.pub", ...ring, ...audit],
    check: async (done) => {
      const [old, next] = await listed(done);
      expect([old?.to, next?.id]).toEqual([next?.from, idOf("third")]);
    },
  },
  "keys revoke": {
    type: "key.compromised",
    args: () => {
      const since = ["--compromised-at", "2026-11-20"];
      return ["keys", "revoke", idOf("first"), ...since, ...ring, ...audit];
    },
    check: async (done) => {
      expect((await listed(done))[0]).toMatchObject({ compromisedAt: "2026-11-20T00:00:00.000Z" });
    },
  },
  // Not an act of Reach's own: an entry that is asked for, and that is there twice where the first was not acknowledged.
  "log append": {
    type: "door.locked",
    args: () => ["log", "append", "audit", "--key", "log.key", "--act", "door.locked"],
    check: () => undefined,
  },
  "pack sign": {
    type: "pack.signed",
    args: () => ["pack", "sign", "t.pack", "--key", "packer.key", ...audit],
    check: async (done) => {
      const args = ["pack", "verify", "t.pack", "--trust", "packer.key.pub", "--json"];
      const { stdout } = await reach(done, args, { cwd: done });
      expect(JSON.parse(stdout)).toMatchObject({ verdicts: { trusted: { result: "pass" } } });
    },
  },
};

/** The command, which is ended before its step of this number. */
const killed = async (at: string, args: string[], env: NodeJS.ProcessEnv): Promise<Ended> =>
  ended(start(at, args, { env: { NODE_OPTIONS: `--import=${killer}`, ...env } }));

async function notedActs(
  done: string,
  type: string,
): Promise<{ intents: number[]; ends: string[] }> {
  const reader = await readLog(join(done, "audit"));
  const intents: number[] = [];
  const ends: string[] = [];
  for await (const { index, entry } of reader.entries()) {
    if (entry.type !== "act" || entry.body.type !== type) continue;
    const { outcome, intent } = entry.body;
    if (outcome === "intended") intents.push(index);
    else ends.push(`${outcome} of ${intent}`);
  }
  return { intents, ends };
}

function copyOf(name: string): string {
  const copy = join(folder, name);
  rmSync(copy, { recursive: true, force: true });
  cpSync(before, copy, { recursive: true });
  return copy;
}

test.each(Object.entries(acts))(
  "LOG-51: %s, ended without warning at each of its steps",
  async (name, act) => {
    const args = act.args();
    const whole = copyOf("whole");
    const counted = join(folder, "steps");
    expect((await killed(whole, args, { REACH_KILL_COUNT: counted })).status).toBe(0);
    const steps = Number(readFileSync(counted, "utf8"));
    expect(steps).toBeGreaterThan(10);
    // Where not all are tried: one in the middle of the act itself, and the last.
    const some = [Math.ceil(steps / 2), steps];
    const tried = isLong ? Array.from({ length: steps }, (_, i) => i + 1) : some;
    for (const at of tried) {
      const copy = copyOf("cut");
      const cut = await killed(copy, args, { REACH_KILL_AT: String(at) });
      const again = await reach(copy, args, { cwd: copy });
      const told = `${name}, step ${at} of ${steps}: ${again.stderr}`;
      expect([told, again.status]).toEqual([told, 0]);
      const { intents, ends } = await notedActs(copy, act.type);
      // Where only the telling of the end was cut off, the second try may be an act of its own.
      if (name === "log append") {
        const least = cut.stdout === "" ? 1 : 2;
        expect([told, ends.length >= least && ends.length <= 2]).toEqual([told, true]);
      } else {
        expect([told, ends]).toEqual([told, intents.map((index) => `success of ${index}`)]);
      }
      await act.check(copy);
      expect([told, (await fsck(join(copy, "audit"))).faults]).toEqual([told, []]);
      const left = readdirSync(copy).filter((each) => each.endsWith(".part"));
      if (name === "erase") expect([told, left]).toEqual([told, []]);
      // Nothing is locked: the next command is let in.
      const renewed = await reach(copy, ["keys", "renew", ...ring, ...audit], { cwd: copy });
      expect([told, renewed.status, renewed.status === 0 ? "" : errorOf(renewed)]).toEqual([
        told,
        0,
        "",
      ]);
    }
  },
  isLong ? 7_200_000 : 600_000,
);
