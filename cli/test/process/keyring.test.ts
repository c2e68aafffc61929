// Processes that change one keyring at the same time. docs/spec/keys.md, KEY-18.
import { lockFile } from "@reach-fabric/host";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { errorOf, reach, reachProcess, temporaryFolder } from "../reach.ts";
import type { Ended } from "../reach.ts";

const folder = temporaryFolder();
const inUse = { code: "REACH-E4114", what: "in use", why: "it is", hint: "wait" };
const keys = (...args: string[]): Promise<Ended> => reach(folder, ["keys", ...args, "--json"]);
const trust = (by: typeof reach, key: string, ...more: string[]): Promise<Ended> => {
  const ring = ["--keyring", "ring.json", "--root", "root.key"];
  return by(folder, ["keys", "trust", key, "--role", "witness", ...ring, ...more, "--json"]);
};
const listed = async (): Promise<Record<string, unknown>> => {
  const { stdout } = await keys("list", "--keyring", "ring.json", "--root", "root.key.pub");
  return JSON.parse(stdout) as Record<string, unknown>;
};

beforeAll(async () => {
  for (const name of ["root", "first"]) await keys("new", "--no-passphrase", "-o", `${name}.key`);
  expect((await trust(reach, "first.key.pub", "--new")).status).toBe(0);
});

test("KEY-18: those that change a keyring at a time take turns, and none is lost", async () => {
  const names = ["a", "b", "c", "d"];
  await Promise.all(names.map((name) => keys("new", "--no-passphrase", "-o", `${name}.key`)));
  const ended = await Promise.all(names.map((name) => trust(reachProcess, `${name}.key.pub`)));
  expect(ended.map(({ status, stderr }) => `${status} ${stderr}`)).toEqual([
    "0 ",
    "0 ",
    "0 ",
    "0 ",
  ]);
  expect(await listed()).toMatchObject({ serial: 5 });
  expect((await listed())["keys"]).toHaveLength(5);
});

test("KEY-18: a lock that another process holds is waited for, and then told", async () => {
  const lock = await lockFile(join(folder, "ring.json.lock"), 0, inUse);
  try {
    const refused = await trust(reach, "first.key.pub", "--days", "9");
    expect([refused.status, errorOf(refused)["code"]]).toEqual([2, "REACH-E4114"]);
  } finally {
    lock.release();
  }
});
