import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
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

let made: Awaited<ReturnType<typeof bundleCli>>;

// As it is when npm has installed the package, and nothing else: outside of any node_modules.
beforeAll(async () => {
  for (const part of ["bin", "package.json"]) {
    cpSync(join(root, "cli", part), join(folder, "cli", part), { recursive: true });
  }
  made = await bundleCli(bundle);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the bundle runs a decision and verifies and replays it, with nothing beside it", () => {
  cpSync(join(root, "golden/runs/completed.reach"), join(folder, "golden.reach"));
  cpSync(join(root, "golden/runs/completed.answer-changed.reach"), join(folder, "bad.reach"));
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

/** Names the files of the bundle that a command loads, in loaded.txt. */
const WATCH = `
import { appendFileSync } from "node:fs";
import { registerHooks } from "node:module";
registerHooks({
  load(url, context, next) {
    appendFileSync("loaded.txt", url + "\\n");
    return next(url, context);
  },
});
`;

/** The modules, bundled or not, that a command loads. */
function modulesOf(...args: string[]): string[] {
  writeFileSync(join(folder, "watch.mjs"), WATCH);
  writeFileSync(join(folder, "loaded.txt"), "");
  const program = join(folder, "cli/bin/reach.mjs");
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--import", "./watch.mjs", program, ...args],
    { cwd: folder, encoding: "utf8", input: '{"a":1}' },
  );
  expect([status, stderr]).toEqual([0, expect.any(String)]);
  const loaded = readFileSync(join(folder, "loaded.txt"), "utf8").trim().split("\n");
  return loaded.flatMap((url) => made.get(basename(url)) ?? []);
}

/** What reaches out, and what reads its definitions. */
const OUTSIDE =
  /node_modules[\\/](?:undici|@grpc|@modelcontextprotocol|protobufjs|oauth4webapi)[\\/]|host[\\/]src[\\/]effects[\\/](?:http|grpc|mcp|llm|protos)\.ts$/;

test.each([
  ["verify", "golden.reach"],
  ["lint", "triage/workflow.yaml"],
  ["eval", ".a"],
])("reach %s %s loads nothing that reaches out", (...args) => {
  cpSync(join(root, "golden/runs/completed.reach"), join(folder, "golden.reach"));
  cpSync(join(root, "examples/triage"), join(folder, "triage"), { recursive: true });
  const modules = modulesOf(...args);
  expect(modules.length).toBeGreaterThan(10);
  expect(modules.filter((name) => OUTSIDE.test(name))).toEqual([]);
});

test("the version is told before the program is loaded", () => {
  expect(modulesOf("--version")).toEqual([]);
  expect(modulesOf("-V")).toEqual([]);
});

test("the licences of all that is not ours are beside it, whole", () => {
  const text = readFileSync(join(bundle, "THIRD_PARTY.txt"), "utf8");
  const parts = text.split(/^== (?=\S+ \d)/m).slice(1);
  expect(parts.map((part) => part.split(" ")[0])).toEqual(
    expect.arrayContaining(["zod", "@noble/curves", "yaml"]),
  );
  for (const part of parts) expect({ part, long: part.length > 200 }).toMatchObject({ long: true });
});
