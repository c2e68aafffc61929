// What an embedder gets: a bundle for browsers, declarations, and a module that others can load.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { instantiateSync } from "@assemblyscript/loader";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createEngine, toHex } from "@reach-fabric/engine";

const root = fileURLToPath(new URL("../../..", import.meta.url));
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "reach-embedder-"));
  // The package as it is published: compiled to dist, in somebody else's node_modules.
  const home = join(folder, "node_modules/@reach-fabric/engine");
  mkdirSync(home, { recursive: true });
  cpSync(join(root, "bindings/package.json"), join(home, "package.json"));
  const tsc = [join(root, "node_modules/typescript/bin/tsc"), "-p", join(root, "bindings")];
  const out = ["--outDir", join(home, "dist"), "--tsBuildInfoFile", join(folder, "info")];
  const { status, stdout } = spawnSync(process.execPath, [...tsc, ...out], { encoding: "utf8" });
  expect(stdout).toBe("");
  expect(status).toBe(0);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const embedder = `
import { canonicalHash, createEngine, EngineError, replay, toHex } from "@reach-fabric/engine";
import type { Engine, Pack, ReplayResult, TraceRecord } from "@reach-fabric/engine";
import { verifyGolden } from "@reach-fabric/engine/golden";
export function check(engine: Engine, pack: Pack, records: Uint8Array[]): ReplayResult["status"] {
  return replay(engine, pack, records).status;
}
export const digest: string = toHex(canonicalHash('{"b":1,"a":2}'));
export const kind = (record: TraceRecord): string => record.kind;
export const passed: number = verifyGolden(createEngine(), []).passed;
export { EngineError };
`;

describe("an embedder", () => {
  test("compiles against the published declarations, without schema or any other package", () => {
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
    writeFileSync(join(folder, "embedder.ts"), embedder);
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: {
          target: "es2023",
          lib: ["es2023"],
          module: "nodenext",
          types: [],
          strict: true,
          exactOptionalPropertyTypes: true,
          skipLibCheck: false,
          outDir: "out",
        },
        files: ["embedder.ts"],
      }),
    );
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const result = spawnSync(process.execPath, [tsc, "-p", folder, "--listFiles"], {
      encoding: "utf8",
    });
    const files = result.stdout
      .split("\n")
      .filter((line) => line.includes("node_modules/@") && !line.includes("typescript"));
    expect(result.stdout.split("\n").filter((line) => /error TS/.test(line))).toEqual([]);
    expect(result.status).toBe(0);
    expect(files.length).toBeGreaterThan(3);
    expect(files.filter((file) => !file.includes("@reach-fabric/engine/dist/"))).toEqual([]);
    const ran = spawnSync(
      process.execPath,
      ["-e", 'import("./out/embedder.js").then(m => console.log(m.digest))'],
      { cwd: folder, encoding: "utf8" },
    );
    expect(ran.stdout.trim()).toBe(toHex(createEngine().canonicalHash('{"a":2,"b":1}')));
  });

  test("bundles for a browser: nothing of Node, of the schema or of a server", async () => {
    const { metafile, outputFiles } = await build({
      stdin: {
        contents:
          'export * from "@reach-fabric/engine"; export * from "@reach-fabric/engine/golden";',
        resolveDir: folder,
      },
      bundle: true,
      write: false,
      format: "esm",
      platform: "browser",
      metafile: true,
      logLevel: "silent",
    });
    const inputs = Object.keys(metafile.inputs).filter((name) => name !== "<stdin>");
    expect(inputs.length).toBeGreaterThan(10);
    expect(inputs.filter((name) => !name.includes("@reach-fabric/engine/dist/"))).toEqual([]);
    const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
    expect(imports).toEqual([]);
    const text = (outputFiles[0]?.text ?? "").replaceAll(/"[A-Za-z0-9+/=]{1000,}"/g, '""');
    expect(text).not.toContain("node:");
    for (const name of builtinModules)
      expect(text).not.toMatch(new RegExp(`(from|import|require)\\s*\\(?["']${name}["']`));
    expect(text).not.toMatch(/\b(process|Buffer|__dirname|require)\b/);
    expect(text).not.toMatch(/\bzod\b|fastify|undici/i);
  });
});

test("the package has no runtime dependency and no install script", () => {
  const manifest = JSON.parse(readFileSync(join(root, "bindings/package.json"), "utf8")) as Record<
    string,
    unknown
  >;
  for (const field of [
    "dependencies",
    "peerDependencies",
    "optionalDependencies",
    "scripts",
    "bundleDependencies",
  ]) {
    expect(manifest[field]).toBeUndefined();
  }
});

test("@assemblyscript/loader loads the module", () => {
  const bytes = readFileSync(join(root, "build/release/engine.wasm"));
  const { exports } = instantiateSync<Record<string, (...args: number[]) => number>>(bytes);
  expect(exports["abi"]?.()).toBe(1);
  const { memory } = exports as unknown as { memory: WebAssembly.Memory };
  const at = exports["input"]?.(3) ?? 0;
  new Uint8Array(memory.buffer).set(new TextEncoder().encode("abc"), at);
  expect(exports["sha256"]?.(3)).toBe(0);
  const digest = new Uint8Array(memory.buffer, exports["output"]?.(), 32);
  expect(toHex(digest)).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});
