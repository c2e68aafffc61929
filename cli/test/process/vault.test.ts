// A vault that processes change: at the same time, and until they are killed. docs/spec/vault.md, VAULT-8.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { utf8 } from "@reach-fabric/engine";
import { openVault } from "@reach-fabric/host";
import { beforeAll, expect, test } from "vitest";
import { ended, put, reach, reachProcess, start, temporaryFolder } from "../reach.ts";

const isLong = process.env["REACH_LONG"] !== undefined;
const killer = new URL("kill-at.ts", import.meta.url).href;
const folder = temporaryFolder();
const before = join(folder, "before");
const passphrase = utf8("correct horse battery staple");
const [OLD, NEW] = ["tok-0123456789abcdef", "tok-fedcba9876543210"];
const args = (verb: string, name: string): string[] => [
  "secrets",
  verb,
  name,
  "--secrets",
  "v.vault",
  "--passphrase-file",
  "phrase",
];

/** What is in a vault that opens: with what was seen of it, or it would not. */
const valuesIn = async (at: string): Promise<unknown> => {
  const vault = await openVault(join(at, "v.vault"), {
    passphrase,
    record: join(at, "state/reach/vaults.json"),
  });
  const { secrets, former } = await vault.read();
  return { secrets, former: former.length };
};

beforeAll(async () => {
  mkdirSync(before);
  put(before, "phrase", "correct horse battery staple\n");
  const made = await reach(before, args("set", "one"), { cwd: before, stdin: OLD });
  expect(made.status).toBe(0);
});

const copyOf = (name: string): string => {
  const copy = join(folder, name);
  rmSync(copy, { recursive: true, force: true });
  cpSync(before, copy, { recursive: true });
  return copy;
};

test("VAULT-8: two that set at a time take turns, and neither is lost", async () => {
  const at = copyOf("both");
  const names = ["a", "b", "c"];
  const all = names.map((name) => reachProcess(at, args("set", name), { stdin: `${NEW}-${name}` }));
  expect(
    (await Promise.all(all)).map(({ status, stderr }) => [status, /E\d{4}/.exec(stderr)]),
  ).toEqual(names.map(() => [0, null]));
  expect(await valuesIn(at)).toMatchObject({
    secrets: { one: { token: OLD }, a: { token: `${NEW}-a` }, b: {}, c: {} },
  });
});

test("VAULT-8: one that is killed at any step leaves the old vault or the new one", async () => {
  const rotated = async (at: string, env: NodeJS.ProcessEnv): Promise<number> => {
    const child = start(at, args("rotate", "one"), {
      env: { NODE_OPTIONS: `--import=${killer}`, ...env },
    });
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(NEW);
    return (await ended(child)).status;
  };
  const counted = join(folder, "steps");
  expect(await rotated(copyOf("whole"), { REACH_KILL_COUNT: counted })).toBe(0);
  const steps = Number(readFileSync(counted, "utf8"));
  expect(steps).toBeGreaterThan(8);
  const old = { secrets: { one: { token: OLD } }, former: 0 };
  const fresh = { secrets: { one: { token: NEW } }, former: 1 };
  const seen = new Set<string>();
  const some = [Math.ceil(steps / 2), steps];
  for (const step of isLong ? Array.from({ length: steps }, (_, i) => i + 1) : some) {
    const at = copyOf("cut");
    await rotated(at, { REACH_KILL_AT: String(step) });
    const found = await valuesIn(at);
    expect([step, [old, fresh]]).toEqual([step, expect.arrayContaining([found])]);
    seen.add(JSON.stringify(found));
    // The next change takes it on from there, whatever was left lying about.
    const next = await reach(at, args("set", "two"), { cwd: at, stdin: `${NEW}-two` });
    expect([step, next.status]).toEqual([step, 0]);
    expect(readdirSync(at).filter((name) => name.endsWith(".vault"))).toEqual(["v.vault"]);
  }
  if (isLong) expect(seen.size).toBe(2);
}, 120_000);
