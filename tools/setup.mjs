// Sets up what is missing or stale, then runs a program of this checkout:
//
//   node tools/setup.mjs                       install, build the engine, compile the packages
//   node tools/setup.mjs fuzz/main.ts --once   the same, then the program on the pinned Node
//   node tools/setup.mjs --engine-only         the engine and nothing else
//   node tools/setup.mjs --engine-only --target release     one of its builds
//   node tools/setup.mjs --no-types x.ts       do not compile the packages first
//   node tools/setup.mjs --quick x.ts          after a change of the engine, one quick build and no more
//
// A quick set-up is for the tests of somebody who works on the engine: where the builds are stale it makes the
// debug build alone and puts it in the place of the others. Every other set-up puts the release builds back.
//
// Plain JavaScript for Node 20: it runs before anything is installed. Whether something is
// stale is decided by digests beside the outputs, never by the clock; an output appears
// complete or not at all, and of two set-ups at once the second waits for the first.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";
import { pinnedNode, root, runNode } from "./node.mjs";

const path = (...parts) => join(root, ...parts);
const say = (text) => process.stderr.write(`[setup] ${text}\n`);
const read = (file) => fs.readFileSync(path(file));
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const readOr = (file, otherwise) => (fs.existsSync(path(file)) ? read(file).toString() : otherwise);

/** What went wrong in words that need no stack trace. */
class SetupError extends Error {}

/** The files below a folder that a predicate accepts, in one order on every machine. */
function walk(folder, accept, found = []) {
  if (!fs.existsSync(path(folder))) return found;
  for (const entry of fs.readdirSync(path(folder), { withFileTypes: true })) {
    const name = `${folder}/${entry.name}`;
    if (["node_modules", "dist", "build"].includes(entry.name)) continue;
    if (entry.isDirectory()) walk(name, accept, found);
    else if (accept(name)) found.push(name);
  }
  return found.sort();
}

const digestOf = (files, ...more) =>
  sha256([...files.map((file) => `${file} ${sha256(read(file))}`), ...more].join("\n"));

/** Runs a command and resolves to its status and everything that it printed. */
function capture(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      ...options,
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => (output += text));
    }
    child.on("error", (error) => resolve({ status: 1, output: `${output}${error.message}\n` }));
    child.on("close", (status) => resolve({ status: status ?? 1, output }));
  });
}

async function timed(what, work) {
  const start = performance.now();
  say(`${what} ...`);
  const result = await work();
  say(`${what}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}

/** Writes a file so that nobody ever sees a part of it. */
function write(file, bytes) {
  fs.mkdirSync(join(path(file), ".."), { recursive: true });
  const part = `${path(file)}.${process.pid}.part`;
  fs.writeFileSync(part, bytes);
  fs.renameSync(part, path(file));
}

/** Holds build/setup.lock while work is done; a lock whose process is gone counts for nothing. */
async function locked(work) {
  const lock = path("build/setup.lock");
  fs.mkdirSync(path("build"), { recursive: true });
  for (let waited = false; ; await new Promise((wake) => setTimeout(wake, 50))) {
    try {
      fs.writeFileSync(lock, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const holder = Number(readOr("build/setup.lock", ""));
    if (holder > 0 && !isAlive(holder)) fs.rmSync(lock, { force: true });
    else if (!waited) waited = (say(`waiting for another set-up (process ${holder})`), true);
  }
  const release = () => fs.rmSync(lock, { force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.off("exit", release);
    release();
  }
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
}

// ---- The packages ------------------------------------------------------------------------------

const INSTALL_STAMP = "node_modules/.reach-install";
const lockDigest = () => sha256(read("package-lock.json"));
const isInstalled = () => readOr(INSTALL_STAMP, "") === lockDigest();

async function install() {
  if (isInstalled()) return;
  const digest = lockDigest();
  // npm itself, on a Node outside node_modules, which is about to be replaced.
  const npm = process.env.npm_execpath?.endsWith("npm-cli.js")
    ? [process.env.npm_node_execpath ?? process.execPath, process.env.npm_execpath]
    : ["npm"];
  const args = [...npm.slice(1), "ci", "--prefer-offline", "--no-progress", "--loglevel=error"];
  const shell = npm.length === 1 && process.platform === "win32";
  const { status, output } = await timed("npm ci", () => capture(npm[0], args, { shell }));
  if (status !== 0) {
    const [reason] = output.split(/^npm error Usage:/m); // without npm's list of all its options
    throw new SetupError(
      `${reason}npm ci failed with status ${status}. It needs a package registry (see above what it ` +
        `missed); after a change of a package.json run \`npm install\` first, so that the lock file agrees.`,
    );
  }
  if (pinnedNode() === process.execPath)
    say(`no pinned Node for this machine: using ${process.version}`);
  write(INSTALL_STAMP, digest);
}

// ---- The engine --------------------------------------------------------------------------------

const TARGETS = ["release", "release-simd", "debug", "core"];
/** The exports that a target has: the core has those of `@reach-fabric/engine/core` alone. */
const entry = (target) => (target === "core" ? "assembly/core.ts" : "assembly/index.ts");
const GENERATED = "bindings/src/generated";
const wasm = (target) => `build/${target}/engine.wasm`;
const stamp = (target) => `build/${target}/engine.stamp`;
/** The target that is compiled in the least time: asc optimises nothing there. */
const QUICK = "debug";
/** Of which builds and sources the generated modules are, and their digest. */
const GENERATED_STAMP = "build/generated.stamp";

/** Everything that decides the engine's bytes, and the shape of what is generated from them. */
const engineDigest = () =>
  digestOf(
    [...walk("assembly", (name) => name.endsWith(".ts")), "asconfig.json"],
    readOr("node_modules/assemblyscript/package.json", ""),
  );

const isBuilt = (target, digest) =>
  readOr(stamp(target), "") === digest && fs.existsSync(path(wasm(target)));

async function compileEngine(target, digest) {
  const asc = path("node_modules/assemblyscript/bin/asc.js");
  const part = `build/${target}/${process.pid}.part`;
  fs.mkdirSync(path("build", target), { recursive: true });
  const text = target === "debug" ? ["--textFile", `${part}.wat`] : [];
  const args = [asc, entry(target), "--target", target, "--outFile", `${part}.wasm`, ...text];
  const { status, output } = await capture(pinnedNode(), args);
  if (status !== 0) {
    for (const kind of ["wasm", "wat"]) fs.rmSync(path(`${part}.${kind}`), { force: true });
    throw new SetupError(`${output}\nasc failed with status ${status} (target ${target}).`);
  }
  if (output.trim() !== "") say(`asc (target ${target}) says:\n${output.trimEnd()}`);
  fs.rmSync(path(stamp(target)), { force: true });
  if (target === "debug") fs.renameSync(path(`${part}.wat`), path(`build/${target}/engine.wat`));
  fs.renameSync(path(`${part}.wasm`), path(wasm(target)));
  write(stamp(target), digest);
}

async function buildEngine(targets, digest) {
  const stale = targets.filter((target) => !isBuilt(target, digest));
  if (stale.length > 0) {
    await timed(`asc ${stale.join(", ")}`, async () => {
      // Two at a time, the long ones first.
      const queue = [...stale];
      const failures = [];
      const worker = async () => {
        for (let next; failures.length === 0 && (next = queue.shift());) {
          await compileEngine(next, digest).catch((error) => failures.push(error));
        }
      };
      await Promise.all([worker(), worker()]);
      // The targets share their sources: one report says it all.
      if (failures.length > 0) throw failures[0];
    });
  }
}

const areReleased = (digest) =>
  ["release", "release-simd", "core"].every((target) => isBuilt(target, digest));

/** The generated modules as they are: a change of one by hand is a stale one, too. */
const generatedDigest = (kind, digest) =>
  `${kind} ${digest} ${digestOf(walk(GENERATED, (name) => /\.(ts|wasm)$/.test(name)))}`;

const isGenerated = (kind, digest) =>
  fs.existsSync(path(GENERATED, "engine.ts")) &&
  readOr(GENERATED_STAMP, "") === generatedDigest(kind, digest);

/**
 * The engine as a module without imports, so that every bundler and browser can take it.
 *
 * @param kind "release", or "quick" for one build in the place of all: the core's exports are some of the engine's
 */
function generate(kind, digest) {
  if (isGenerated(kind, digest)) return;
  const [scalarBuild, simdBuild, coreBuild] =
    kind === "release" ? ["release", "release-simd", "core"] : [QUICK, QUICK, QUICK];
  const scalar = read(wasm(scalarBuild));
  const core = read(wasm(coreBuild));
  const text = (bytes) => JSON.stringify(bytes.toString("base64"));
  fs.rmSync(path(GENERATED_STAMP), { force: true });
  const engine = `// Generated by tools/setup.mjs from the compiled engine: ${scalarBuild}, ${simdBuild}.
/** The engine for every WebAssembly host, in base64. Its digest is the engine's identity. */
export const engineScalar: string = ${text(scalar)};
/** The same engine for hosts with 128-bit SIMD, in base64. It gives the same bytes. */
export const engineSimd: string = ${text(read(wasm(simdBuild)))};
/** The SHA-256 of the scalar engine, in lowercase hex. */
export const engineDigest: string = ${JSON.stringify(sha256(scalar))};
`;
  const coreModule = `// Generated by tools/setup.mjs from the compiled core: ${coreBuild}.
/** The engine's JSON, hashing and Merkle trees for every WebAssembly host, in base64. */
export const coreWasm: string = ${text(core)};
`;
  const coreIdentity = `// Generated by tools/setup.mjs from the compiled core: ${coreBuild}.
/** The SHA-256 of the core's module, in lowercase hex. */
export const coreDigest: string = ${JSON.stringify(sha256(core))};
`;
  const modules = {
    "engine.ts": engine,
    "core.ts": coreModule,
    "core-digest.ts": coreIdentity,
    "core.wasm": core,
  };
  // Import-free by its own rule: both sides of the ABI share one definition of each number.
  if (fs.existsSync(path("assembly/errors/codes.ts"))) {
    modules["codes.ts"] =
      `// Copied by tools/setup.mjs from assembly/errors/codes.ts.\n${read("assembly/errors/codes.ts").toString()}`;
  }
  if (fs.existsSync(path("assembly/expr/bytecode/opcodes.ts"))) {
    const source = read("assembly/expr/bytecode/opcodes.ts").toString();
    modules["opcodes.ts"] =
      `// Copied by tools/setup.mjs from assembly/expr/bytecode/opcodes.ts.\n${source.replaceAll(": u32 =", " =")}`;
  }
  if (fs.existsSync(path("assembly/workflow/effects/table.ts"))) {
    const source = read("assembly/workflow/effects/table.ts").toString();
    const types = [...source.matchAll(/^(?:call|effect)\("(\w+)",/gm)].map(([, type]) => type);
    modules["effects.ts"] = `// Made by tools/setup.mjs from assembly/workflow/effects/table.ts.
/** The types of effects, in the order of their numbers in the engine. */
export const effectTypes = ${JSON.stringify(types)} as const;
/** What an engine asks the outside for. */
export type EffectType = (typeof effectTypes)[number];
`;
  }
  for (const [name, source] of Object.entries(modules)) {
    if (readOr(`${GENERATED}/${name}`, "") !== source.toString())
      write(`${GENERATED}/${name}`, source);
  }
  write(GENERATED_STAMP, generatedDigest(kind, digest));
}

function reportEngine(targets) {
  for (const target of targets) {
    const bytes = read(wasm(target));
    say(`${target.padEnd(12)} ${String(bytes.length).padStart(7)} bytes  sha256 ${sha256(bytes)}`);
  }
}

// ---- The TypeScript packages -------------------------------------------------------------------

const TYPES_STAMP = "build/types.stamp";

/** Names, sizes and times of all that `tsc -b` reads: enough to know that nothing changed. */
function typesDigest() {
  const config = JSON.parse(
    read("tsconfig.json")
      .toString()
      .replace(/^\s*\/\/.*$/gm, ""),
  );
  const folders = [
    ...config.references.map((reference) => reference.path),
    ...config.include.filter((name) => !name.includes("*")),
  ];
  const files = folders.flatMap((folder) => walk(folder, (name) => /\.(ts|json)$/.test(name)));
  const own = fs.readdirSync(root).filter((name) => /\.(ts|json)$/.test(name));
  const built = config.references.map(({ path: name }) => fs.existsSync(path(name, "dist")));
  const facts = [...files, ...own].map((name) => {
    const { size, mtimeMs } = fs.statSync(path(name));
    return `${name} ${size} ${mtimeMs}`;
  });
  return sha256([...facts, ...built].join("\n"));
}

const isCompiled = () => readOr(TYPES_STAMP, "") === typesDigest();

async function compileTypes() {
  if (isCompiled()) return;
  const tsc = path("node_modules/typescript/bin/tsc");
  const { status, output } = await timed("tsc -b", () => capture(pinnedNode(), [tsc, "-b"]));
  if (status !== 0) throw new SetupError(`${output}\ntsc failed with status ${status}.`);
  // What the package exports beside modules: tsc knows nothing of it.
  write("bindings/dist/generated/core.wasm", read(`${GENERATED}/core.wasm`));
  write(TYPES_STAMP, typesDigest());
}

// ---- The command -------------------------------------------------------------------------------

async function main(args) {
  const options = { targets: [], engineOnly: false, types: true, quick: false };
  while (args[0]?.startsWith("--")) {
    const option = args.shift();
    if (option === "--engine-only") options.engineOnly = true;
    else if (option === "--no-types") options.types = false;
    else if (option === "--quick") options.quick = true;
    else if (option === "--target" && TARGETS.includes(args[0])) options.targets.push(args.shift());
    else throw new SetupError(`Unknown option ${option}: the head of tools/setup.mjs lists them.`);
  }
  const types = options.types && !options.engineOnly;
  /** What is to be built, and of which builds the generated modules are; undefined leaves them as they are. */
  const plan = (digest) => {
    if (options.targets.length > 0) {
      return { targets: options.targets, kind: areReleased(digest) ? "release" : undefined };
    }
    const quick = options.quick && !areReleased(digest);
    return quick ? { targets: [QUICK], kind: "quick" } : { targets: TARGETS, kind: "release" };
  };
  const ready = () => {
    if (!isInstalled()) return false;
    const digest = engineDigest();
    const { targets, kind } = plan(digest);
    return (
      targets.every((target) => isBuilt(target, digest)) &&
      (kind === undefined || isGenerated(kind, digest)) &&
      (!types || isCompiled())
    );
  };
  if (!ready()) {
    await locked(async () => {
      await install();
      const digest = engineDigest();
      await buildEngine(plan(digest).targets, digest);
      const { kind } = plan(digest);
      if (kind !== undefined) generate(kind, digest);
      if (types) await compileTypes();
    });
  }
  const { targets, kind } = plan(engineDigest());
  if (kind === "quick") say(`the engine is its ${QUICK} build alone: npm test tries all builds`);
  if (options.engineOnly) reportEngine(targets);
  return args.length > 0 ? runNode(args) : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
