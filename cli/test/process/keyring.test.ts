// Processes that change one keyring at the same time. docs/spec/keys.md, KEY-18.
import { beforeAll, expect, test } from "vitest";
import { errorOf, reach, reachProcess, temporaryFolder } from "../reach.ts";
import type { Ended } from "../reach.ts";

const folder = temporaryFolder();
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

test("KEY-18: of two that change a keyring at a time, none is lost unnoticed", async () => {
  const names = ["a", "b", "c", "d"];
  await Promise.all(names.map((name) => keys("new", "--no-passphrase", "-o", `${name}.key`)));
  const ended = await Promise.all(names.map((name) => trust(reachProcess, `${name}.key.pub`)));
  const good = ended.filter(({ status }) => status === 0).length;
  expect(good).toBeGreaterThan(0);
  for (const one of ended.filter(({ status }) => status !== 0)) {
    expect(errorOf(one)["code"]).toBe("REACH-E4113");
  }
  expect(await listed()).toMatchObject({ serial: 1 + good });
  expect((await listed())["keys"]).toHaveLength(1 + good);
});
