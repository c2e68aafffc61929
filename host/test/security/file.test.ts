// The file of a security log. docs/spec/security-log.md, SEC-5.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createSecurityLog, securityFile } from "@reach-fabric/host";
import { errorOf, newFolder } from "../helpers.ts";

const redeemed = {
  type: "secret.redeemed",
  outcome: "success",
  secret: "bureau",
  origin: "https://bureau.example",
} as const;

/** Notes one event in a file. */
async function noted(path: string): Promise<void> {
  const log = createSecurityLog({ actor: "ops-7", sinks: [securityFile(path)] });
  log.note(redeemed);
  await log.close();
}

const linesOf = (path: string): unknown[] =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);

describe("the file", () => {
  test("SEC-5: is made for its owner alone, and appended to", async () => {
    const path = join(await newFolder(), "security.jsonl");
    await noted(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await noted(path);
    expect(linesOf(path)).toEqual([
      expect.objectContaining(redeemed),
      expect.objectContaining(redeemed),
    ]);
  });

  test("SEC-5: is not a folder, nor in one that is not there", async () => {
    const folder = await newFolder();
    mkdirSync(join(folder, "taken"));
    for (const name of ["taken", "none/security.jsonl"]) {
      expect((await errorOf(() => securityFile(join(folder, name)))).code).toBe("REACH-E4111");
    }
  });

  test("SEC-5: that ends within a line goes on behind it", async () => {
    const path = join(await newFolder(), "security.jsonl");
    writeFileSync(path, '{"v":1,"at":"2026', { mode: 0o600 });
    await noted(path);
    const [torn, whole] = readFileSync(path, "utf8").split("\n");
    expect(torn).toBe('{"v":1,"at":"2026');
    expect(JSON.parse(whole ?? "")).toMatchObject(redeemed);
  });

  test("SEC-5: that is moved away while it is written keeps its lines", async () => {
    const folder = await newFolder();
    const path = join(folder, "security.jsonl");
    const log = createSecurityLog({ actor: "ops-7", sinks: [securityFile(path)] });
    log.note(redeemed);
    renameSync(path, join(folder, "old.jsonl"));
    writeFileSync(path, "");
    log.note(redeemed);
    await log.close();
    expect(linesOf(join(folder, "old.jsonl")).length).toBe(2);
    expect(readFileSync(path, "utf8")).toBe("");
  });
});

describe("a place that is no file of the user alone", () => {
  const places: readonly (readonly [
    what: string,
    make: (folder: string, path: string) => void,
    why: string,
  ])[] = [
    [
      "a link",
      (folder, path) => {
        writeFileSync(join(folder, "other"), "", { mode: 0o600 });
        symlinkSync("other", path);
      },
      "it is a symbolic link",
    ],
    ["a link to nothing", (_, path) => symlinkSync("other", path), "it is a symbolic link"],
    [
      "a file with another name",
      (folder, path) => {
        writeFileSync(join(folder, "other"), "", { mode: 0o600 });
        linkSync(join(folder, "other"), path);
      },
      "it has another name",
    ],
    [
      "a pipe",
      (_, path) => {
        spawnSync("mkfifo", ["-m", "600", path]);
      },
      "it is not a regular file",
    ],
    [
      "a file that others may read",
      (_, path) => {
        writeFileSync(path, "");
        chmodSync(path, 0o640);
      },
      "others may read or write it",
    ],
    [
      "a file that others may write",
      (_, path) => {
        writeFileSync(path, "");
        chmodSync(path, 0o602);
      },
      "others may read or write it",
    ],
  ];
  test.each(places)("SEC-5: is not %s", async (_, make, why) => {
    const folder = await newFolder();
    const path = join(folder, "security.jsonl");
    make(folder, path);
    expect(await errorOf(() => securityFile(path))).toMatchObject({
      code: "REACH-E4180",
      where: path,
      why,
    });
    expect(readdirOf(folder, "other")).toBe("");
  });
});

const readdirOf = (folder: string, name: string): string => {
  try {
    return readFileSync(join(folder, name), "utf8");
  } catch {
    return "";
  }
};
