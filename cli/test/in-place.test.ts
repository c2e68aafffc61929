// Files that commands replace: two commands at one file at the same time, and files that are reached by a link.
// docs/spec/keys.md, KEY-18; docs/spec/log.md, LOG-51.
import { createEngine } from "@reach-fabric/engine";
import { openEvidence } from "@reach-fabric/evidence";
import { changingFile } from "@reach-fabric/host";
import {
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";
import { errorOf, reach, temporaryFolder } from "./reach.ts";
import type { Ended } from "./reach.ts";

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const run = (line: string): Promise<Ended> => reach(folder, line.split(" "));
const ring = "--keyring ring.json --root root.key";
const isLinkless = process.platform === "win32";

beforeAll(async () => {
  const text = `document: {dsl: 1.0.3, namespace: t, name: t, version: 1.0.0}
do: [{keep: {set: {holder: "\${ .holder }"}}}]
`;
  writeFileSync(at("t.yaml"), text);
  writeFileSync(at("input.json"), '{"holder":"Ada Lovelace","income":4100}');
  const made = [
    "keys new --no-passphrase -o root.key",
    "keys new --no-passphrase -o team.key",
    "keys new --no-passphrase --alg P-256 -o one.key",
    "keys new --no-passphrase --alg P-256 -o two.key",
    "run t.yaml -i input.json --key team.key -o whole.reach",
    "pack build t.yaml -o t.pack",
  ];
  for (const line of made) expect([line, (await run(line)).status]).toEqual([line, 0]);
});

const missing = (name: string): readonly string[] =>
  openEvidence(createEngine(), readFileSync(at(name))).missing;

/** A command that has begun while another one, which is `other`, is changing its file. */
async function during(file: string, line: string, other: () => Promise<unknown>): Promise<Ended> {
  const { begun } = await changingFile(at(file), async () => {
    const started = run(line);
    // Long enough for one that does not wait to end.
    await Promise.race([started, sleep(2000)]);
    await other();
    return { begun: started };
  });
  return begun;
}

test("KEY-18: of two erasures of one file at a time, none brings back what the other has taken out", async () => {
  copyFileSync(at("whole.reach"), at("both.reach"));
  copyFileSync(at("whole.reach"), at("first.reach"));
  const second = await during(
    "both.reach",
    "erase both.reach --drop input/income --reason 17 --json",
    async () => {
      expect((await run("erase first.reach --drop input/holder --reason 17")).status).toBe(0);
      copyFileSync(at("first.reach"), at("both.reach"));
    },
  );
  expect([second.status, errorOf(second)["code"]]).toEqual([2, "REACH-E5514"]);
  expect(missing("both.reach")).toContain("/0/input/holder");
});

test("KEY-18: of two that sign a pack at a time, both signatures are in it", async () => {
  copyFileSync(at("t.pack"), at("first.pack"));
  const second = await during("t.pack", "pack sign t.pack --key two.key", async () => {
    expect((await run("pack sign first.pack --key one.key")).status).toBe(0);
    copyFileSync(at("first.pack"), at("t.pack"));
  });
  expect(second.status).toBe(0);
  for (const key of ["one.key.pub", "two.key.pub"]) {
    expect([key, (await run(`pack verify t.pack --trust ${key}`)).status]).toEqual([key, 0]);
  }
});

test.skipIf(isLinkless)(
  "attack: an erasure by a link takes the values out of the file",
  async () => {
    mkdirSync(at("real"));
    copyFileSync(at("whole.reach"), at("real/linked.reach"));
    symlinkSync("real/linked.reach", at("linked.reach"));
    const { status } = await run("erase linked.reach --drop input/holder --reason 17");
    expect([status, lstatSync(at("linked.reach")).isSymbolicLink()]).toEqual([0, true]);
    expect(missing("real/linked.reach")).toContain("/0/input/holder");
  },
);

test.skipIf(isLinkless)("other names of a file that was erased are told", async () => {
  copyFileSync(at("whole.reach"), at("named.reach"));
  linkSync(at("named.reach"), at("other-name.reach"));
  const { status, stderr } = await run("erase named.reach --drop input/holder --reason 17");
  expect([status, stderr]).toEqual([0, expect.stringContaining("1 other name (hard link)")]);
});

test.skipIf(isLinkless)(
  "KEY-18: a keyring that is changed by a link is the one that the link leads to",
  async () => {
    symlinkSync("real/ring.json", at("ring.json"));
    expect((await run(`keys trust team.key.pub --role evidence ${ring} --new`)).status).toBe(0);
    const { id } = JSON.parse(readFileSync(at("team.key.pub"), "utf8")) as { id: string };
    expect((await run(`keys revoke ${id} ${ring}`)).status).toBe(0);
    const listed = await run("keys list --keyring real/ring.json --root root.key.pub --json");
    expect(JSON.parse(listed.stdout)).toMatchObject({ serial: 2 });
  },
);

test("KEY-18: where there can be no lock, that is told as what it is", async () => {
  const { status, stderr } = await run(
    "keys trust team.key.pub --role evidence --keyring nowhere/ring.json --root root.key --new",
  );
  expect([status, stderr]).toEqual([2, expect.stringContaining("REACH-E4111")]);
});
