// The set-up of a checkout, in a small one: its compiler writes the target's name into each build.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeEach, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "reach-setup-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const read = (name: string): string => readFileSync(join(folder, name), "utf8");
function put(name: string, text: string): void {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), text);
}

/** Notes each call, and writes what the sources are and for which target. */
const COMPILER = `
const { appendFileSync, readFileSync, writeFileSync } = require("node:fs");
const option = (name) => process.argv[process.argv.indexOf(name) + 1];
const target = option("--target");
appendFileSync("compiled.txt", target + "\\n");
writeFileSync(option("--outFile"), target + " of " + readFileSync("assembly/index.ts", "utf8"));
if (process.argv.includes("--textFile")) writeFileSync(option("--textFile"), "");
`;

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  for (const name of ["setup.mjs", "node.mjs"]) {
    mkdirSync(join(folder, "tools"), { recursive: true });
    cpSync(join(root, "tools", name), join(folder, "tools", name));
  }
  put("package-lock.json", "{}");
  put("node_modules/.reach-install", sha256("{}"));
  put("node_modules/assemblyscript/package.json", "{}");
  put("node_modules/assemblyscript/bin/asc.js", COMPILER);
  put("asconfig.json", "{}");
  put("assembly/index.ts", "first");
  put("program.ts", "");
});

/** Sets up, and gives the targets that were compiled for it. */
function setUp(...options: string[]): string[] {
  rmSync(join(folder, "compiled.txt"), { force: true });
  const args = ["tools/setup.mjs", "--no-types", ...options];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  expect([status, stderr]).toEqual([0, expect.any(String)]);
  if (!existsSync(join(folder, "compiled.txt"))) return [];
  return read("compiled.txt").trim().split("\n").sort();
}

/** What the packages would load: the builds, and the digest that is said of them. */
function generated(): { scalar: string; simd: string; digest: string } {
  const text = read("bindings/src/generated/engine.ts");
  const value = (name: string): string =>
    new RegExp(`export const ${name}: string = "(.*)";`).exec(text)?.[1] ?? "";
  const build = (name: string): string => Buffer.from(value(name), "base64").toString();
  return {
    scalar: build("engineScalar"),
    simd: build("engineSimd"),
    digest: value("engineDigest"),
  };
}

const release = (source: string): ReturnType<typeof generated> => ({
  scalar: `release of ${source}`,
  simd: `release-simd of ${source}`,
  digest: sha256(`release of ${source}`),
});
const quick = (source: string): ReturnType<typeof generated> => ({
  scalar: `debug of ${source}`,
  simd: `debug of ${source}`,
  digest: sha256(`debug of ${source}`),
});
const all = ["core", "debug", "release", "release-simd"];

describe("a set-up", () => {
  test("makes all builds once", () => {
    expect(setUp()).toEqual(all);
    expect(generated()).toEqual(release("first"));
    expect(setUp()).toEqual([]);
    put("assembly/index.ts", "second");
    expect(setUp()).toEqual(all);
    expect(generated()).toEqual(release("second"));
  });

  test("makes the generated modules again that somebody has changed or removed", () => {
    setUp();
    const before = generated();
    put("bindings/src/generated/engine.ts", "");
    expect(setUp()).toEqual([]);
    expect(generated()).toEqual(before);
    rmSync(join(folder, "bindings"), { recursive: true });
    setUp();
    expect(generated()).toEqual(before);
  });
});

describe("a quick set-up", () => {
  test("makes one build after a change, and any other set-up puts the release builds back", () => {
    setUp();
    put("assembly/index.ts", "second");
    expect(setUp("--quick")).toEqual(["debug"]);
    expect(generated()).toEqual(quick("second"));
    expect(setUp("--quick")).toEqual([]);
    expect(setUp()).toEqual(["core", "release", "release-simd"]);
    expect(generated()).toEqual(release("second"));
  });

  test("takes the release builds where they are there", () => {
    setUp();
    expect(setUp("--quick")).toEqual([]);
    expect(generated()).toEqual(release("first"));
  });

  test("goes back to them with the sources", () => {
    setUp();
    put("assembly/index.ts", "second");
    setUp("--quick");
    put("assembly/index.ts", "first");
    expect(setUp("--quick")).toEqual(["debug"]);
    expect(generated()).toEqual(release("first"));
  });

  test("is put back by a set-up that has nothing else to do", () => {
    setUp();
    const before = generated();
    put("assembly/index.ts", "second");
    setUp("--quick");
    put("assembly/index.ts", "first");
    // The release builds are those of these sources; only the module is not.
    put("build/debug/engine.stamp", read("build/release/engine.stamp"));
    expect(setUp()).toEqual([]);
    expect(generated()).toEqual(before);
  });

  test("is enough where nothing was built before", () => {
    expect(setUp("--quick")).toEqual(["debug"]);
    expect(generated()).toEqual(quick("first"));
  });
});
