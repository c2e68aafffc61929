// The worked example of docs/hacking.md, applied to a copy of this checkout and tried there.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { copyTo } from "../copy.ts";

const page = readFileSync(new URL("../../docs/hacking.md", import.meta.url), "utf8");
const section = page.split("\n## Adding an effect\n")[1]?.split("\n## ")[0] ?? "";

/** Each block with the file that it is about: a `diff` changes that file, anything else is all of it. */
const blocks = [...section.matchAll(/^`([^`\n]+)`\n\n```(\w+)\n([\s\S]*?)^```$/gm)].map(
  ([, path = "", language = "", text = ""]) => ({ path, isDiff: language === "diff", text }),
);

/** A source with one change, whose other lines must be there once. */
function changed(source: string, change: string): string {
  const lines = change.trimEnd().split("\n");
  const without = (sign: string): string =>
    lines
      .filter((line) => !line.startsWith(sign))
      .map((line) => `${line.slice(1)}\n`)
      .join("");
  const parts = `\n${source}`.split(`\n${without("+")}`);
  expect({ change, places: parts.length - 1 }).toEqual({ change, places: 1 });
  return parts.join(`\n${without("-")}`).slice(1);
}

const folder = mkdtempSync(join(tmpdir(), "reach-effect-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(() => copyTo(folder));

/** What a program says in the copy. */
function said(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  return { status, output: stdout + stderr };
}

/** The same behind a set-up that compiles the debug build alone. */
const saidBehindSetUp = (...program: string[]): ReturnType<typeof said> =>
  said("tools/setup.mjs", "--no-types", "--quick", ...program);

test("an effect is three source files and three rows of tables", () => {
  // What comes on top is documents, golden cases and tests.
  const sources = blocks.filter(({ path }) => !/^(?:docs|golden|\w+\/test)\//.test(path));
  expect(sources.filter(({ isDiff }) => !isDiff)).toHaveLength(3);
  const tables = sources.filter(({ isDiff }) => isDiff);
  expect(tables).toHaveLength(3);
  for (const { text } of tables) {
    // The row, and the import of what it names.
    expect(text.match(/^[+-].*$/gm)).toEqual([
      expect.stringMatching(/^\+import /),
      expect.stringContaining("timezone"),
    ]);
  }
});

test("the example works in a copy of the tree", () => {
  for (const { path, isDiff, text } of blocks) {
    const file = join(folder, path);
    if (!isDiff) expect({ path, isThere: existsSync(file) }).toEqual({ path, isThere: false });
    const source = isDiff ? readFileSync(file, "utf8") : "";
    writeFileSync(file, isDiff ? text.split(/^@@\n/m).reduce(changed, source) : text);
  }
  const tests = ["host/test/effects/timezone", "tools/test/kinds", "tools/test/docs.test"];
  expect(saidBehindSetUp("tools/test.ts", "--unit", ...tests)).toEqual({
    status: 0,
    output: expect.stringMatching(/\n[1-9]\d* passed, 0 failed, 0 skipped\n/),
  });
  expect(saidBehindSetUp("golden/tool.ts", "verify", "workflow/timezone")).toEqual({
    status: 0,
    output: expect.stringContaining("2 passed, 0 failed in 1 files"),
  });
  expect(said("node_modules/typescript/bin/tsc", "-b", "host")).toEqual({ status: 0, output: "" });
}, 240_000);
