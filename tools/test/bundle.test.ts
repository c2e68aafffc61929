import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createEngine } from "@reach-fabric/engine";
import { openEvidence, publicKeyFile } from "@reach-fabric/evidence";
import { transformSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleCli } from "../bundle.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "reach-bundle-"));
const bundle = join(folder, "cli/bundle");
const { NODE_COMPILE_CACHE: _, NODE_DISABLE_COMPILE_CACHE: __, ...env } = process.env;
env["XDG_CACHE_HOME"] = join(folder, "caches");
env["XDG_CONFIG_HOME"] = join(folder, "configs");
const program = join(folder, "cli/bin/reach.cjs");
const reach = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [program, ...args], { encoding: "utf8", cwd: folder, env });

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
  expect(reach("verify", "golden.reach")).toMatchObject({ status: 3 });
  expect(reach("verify", "golden.reach", "--allow-untrusted")).toMatchObject({ status: 0 });
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
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--import", "./watch.mjs", program, ...args],
    { cwd: folder, encoding: "utf8", input: '{"a":1}', env },
  );
  expect([status, stderr]).toEqual([0, expect.any(String)]);
  const loaded = readFileSync(join(folder, "loaded.txt"), "utf8").trim().split("\n");
  return loaded.flatMap((url) => made.get(basename(url)) ?? []);
}

/** What reaches out, and what reads its definitions. */
const OUTSIDE =
  /node_modules[\\/](?:undici|@grpc|@modelcontextprotocol|protobufjs|oauth4webapi)[\\/]|host[\\/]src[\\/]effects[\\/](?:http|grpc|mcp|mcp[\\/].*|llm|protos|models[\\/].*)\.ts$/;

test.each([
  ["verify", "golden.reach", "--allow-untrusted"],
  ["lint", "triage/workflow.yaml"],
  ["eval", ".a"],
])("reach %s %s loads nothing that reaches out", (...args) => {
  cpSync(join(root, "golden/runs/completed.reach"), join(folder, "golden.reach"));
  cpSync(join(root, "examples/triage"), join(folder, "triage"), { recursive: true });
  const modules = modulesOf(...args);
  expect(modules.length).toBeGreaterThan(10);
  expect(modules.filter((name) => OUTSIDE.test(name))).toEqual([]);
});

test("a command loads only what it needs", () => {
  writeFileSync(join(folder, "input.json"), "{}");
  cpSync(join(root, "golden/runs/completed.reach"), join(folder, "golden.reach"));
  cpSync(join(root, "examples/triage"), join(folder, "triage"), { recursive: true });
  const packagesOf = (...args: string[]): string[] => {
    const modules = modulesOf(...args);
    return ["zod", "yaml", "semver", "@noble/curves"].filter((name) =>
      modules.some((module) => module.includes(join("node_modules", name, "/"))),
    );
  };
  expect(packagesOf("eval", ".", "input.json")).toEqual([]);
  expect(packagesOf("verify", "golden.reach", "--allow-untrusted")).toEqual(["@noble/curves"]);
  // Whose key it is costs no schema either: of a key that is given, or of the user's own.
  const { key } = openEvidence(createEngine(), readFileSync(join(folder, "golden.reach"))).run;
  writeFileSync(join(folder, "signer.json"), JSON.stringify(publicKeyFile(key)));
  const trusting = ["verify", "golden.reach", "--trust", "signer.json"];
  expect(packagesOf(...trusting)).toEqual(["@noble/curves"]);
  mkdirSync(join(folder, "configs/reach"), { recursive: true });
  cpSync(join(folder, "signer.json"), join(folder, "configs/reach/key.json"));
  expect(packagesOf("verify", "golden.reach")).toEqual(["@noble/curves"]);
  expect(packagesOf("lint", "triage/workflow.yaml")).toEqual(["zod", "yaml"]);
});

/** Says in made.txt that a program was made of a text. */
const NO_PROGRAMS = `
import { appendFileSync } from "node:fs";
globalThis.Function = new Proxy(Function, {
  construct(target, args) {
    appendFileSync("made.txt", "x");
    return Reflect.construct(target, args);
  },
});
`;

test("no schema is compiled for the few values that a command looks at", () => {
  writeFileSync(join(folder, "no-programs.mjs"), NO_PROGRAMS);
  cpSync(join(root, "golden/runs/completed.reach"), join(folder, "golden.reach"));
  const args = [
    "--import",
    "./no-programs.mjs",
    program,
    "verify",
    "golden.reach",
    "--allow-untrusted",
  ];
  expect(spawnSync(process.execPath, args, { cwd: folder, env }).status).toBe(0);
  expect(existsSync(join(folder, "made.txt"))).toBe(false);
});

describe.skipIf(process.geteuid === undefined)("compiled code is kept", () => {
  /** What is in the folder of compiled code after a command, which succeeds. */
  const kept = (caches: string, more: Readonly<Record<string, string>> = {}): string[] => {
    const { status, stderr } = spawnSync(process.execPath, [program, "eval", "."], {
      input: "1",
      encoding: "utf8",
      env: { ...env, XDG_CACHE_HOME: caches, ...more },
    });
    expect([status, stderr]).toEqual([0, expect.not.stringContaining("rror")]);
    const found = join(caches, "reach");
    return existsSync(found) ? readdirSync(found) : [];
  };
  const fresh = (): string => mkdtempSync(join(folder, "caches-"));

  test("in a folder that only its user can open", () => {
    const caches = join(fresh(), "new");
    expect(kept(caches)).toHaveLength(1);
    expect(lstatSync(join(caches, "reach")).mode & 0o777).toBe(0o700);
    const home = fresh();
    kept("", { HOME: home });
    expect(readdirSync(join(home, ".cache/reach"))).toHaveLength(1);
  });

  test("nowhere else: others could put code there", () => {
    const open = fresh();
    mkdirSync(join(open, "reach"));
    chmodSync(join(open, "reach"), 0o770);
    expect(kept(open)).toEqual([]);
    const linked = fresh();
    symlinkSync(fresh(), join(linked, "reach"));
    expect(kept(linked)).toEqual([]);
    const shared = fresh();
    chmodSync(shared, 0o777);
    expect(kept(join(shared, "caches"))).toEqual([]);
    // As in /tmp: each name is its owner's.
    chmodSync(shared, 0o1777);
    expect(kept(join(shared, "caches"))).toHaveLength(1);
    if (process.geteuid?.() !== 0) return;
    const foreign = fresh();
    mkdirSync(join(foreign, "reach"), { mode: 0o700 });
    chownSync(join(foreign, "reach"), 4711, 4711);
    expect(kept(foreign)).toEqual([]);
    // Whose folder it is may rename what root has in it.
    const owned = fresh();
    chownSync(owned, 4711, 4711);
    expect(kept(owned)).toEqual([]);
  });

  test("unless there is no place for it, or nobody wants it", () => {
    const file = join(fresh(), "file");
    writeFileSync(file, "");
    expect(kept(file)).toEqual([]);
    expect(kept("relative", { HOME: "" })).toEqual([]);
    expect(existsSync("relative")).toBe(false);
    const absent = join(fresh(), "home");
    kept("", { HOME: absent });
    expect(existsSync(absent)).toBe(false);
    expect(kept(fresh(), { NODE_DISABLE_COMPILE_CACHE: "1" })).toEqual([]);
  });
});

test("a Node that is too old for the syntax, or for the program, is answered with a sentence", () => {
  const old = join(folder, "old.cjs");
  const run = (version: string): ReturnType<typeof reach> => {
    writeFileSync(old, `Object.defineProperty(process.versions, "node", { value: "${version}" });`);
    const args = ["--require", old, program, "verify", "golden.reach"];
    return spawnSync(process.execPath, args, { encoding: "utf8", cwd: folder, env });
  };
  for (const version of ["0.12.0", "12.22.12", "20.0.0", "22.18.0", "25.0.0"]) {
    expect(run(version)).toMatchObject({
      status: 3,
      stdout: "",
      stderr: `reach needs Node 22.19, 24 or 26 and newer; this is ${version}.\n`,
    });
  }
  // Nothing in the entry is newer than ECMAScript 5: there is nothing to translate. npm run pack tries a real one.
  const entry = readFileSync(program, "utf8");
  const translated = (target: string): string => transformSync(entry, { target }).code;
  expect(translated("es5")).toBe(translated("esnext"));
  expect(() => transformSync("const a = 1;", { target: "es5" })).toThrow("not supported");
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
