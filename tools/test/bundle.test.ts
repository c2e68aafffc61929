import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleCli } from "../bundle.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "reach-bundle-"));
const bundle = join(folder, "cli/bundle");
const reach = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [join(folder, "cli/bin/reach.mjs"), ...args], {
    encoding: "utf8",
    cwd: folder,
  });

// As it is when npm has installed the package, and nothing else: outside of any node_modules.
beforeAll(async () => {
  for (const part of ["bin", "package.json"]) {
    cpSync(join(root, "cli", part), join(folder, "cli", part), { recursive: true });
  }
  await bundleCli(bundle);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the bundle runs a decision and verifies and replays it, with nothing beside it", () => {
  cpSync(join(root, "golden/runs/v2.completed.reach"), join(folder, "golden.reach"));
  cpSync(join(root, "golden/runs/v2.completed.answer-changed.reach"), join(folder, "bad.reach"));
  const { version } = JSON.parse(readFileSync(join(root, "cli/package.json"), "utf8")) as {
    version: string;
  };
  expect(reach("--version")).toMatchObject({ status: 0, stdout: `${version}\n` });
  expect(reach("verify", "golden.reach")).toMatchObject({ status: 0 });
  expect(reach("verify", "bad.reach")).toMatchObject({ status: 1 });
  expect(reach("replay", "golden.reach")).toMatchObject({ status: 0 });
});

test("every part of the bundle loads where nothing else is", async () => {
  const parts = readdirSync(bundle).filter((name) => name.endsWith(".js") && name !== "main.js");
  for (const name of parts) {
    await import(pathToFileURL(join(bundle, name)).href);
  }
  expect(parts.length).toBeGreaterThan(5);
});

test("the licences of all that is not ours are beside it, whole", () => {
  const text = readFileSync(join(bundle, "THIRD_PARTY.txt"), "utf8");
  const parts = text.split(/^== (?=\S+ \d)/m).slice(1);
  expect(parts.map((part) => part.split(" ")[0])).toEqual(
    expect.arrayContaining(["zod", "@noble/curves", "yaml"]),
  );
  for (const part of parts) expect({ part, long: part.length > 200 }).toMatchObject({ long: true });
});
