import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const builds = ["debug", "release", "release-simd", "core"] as const;
const read = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(join(root, name)));
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe.each(builds)("the %s build", (build) => {
  test("imports nothing", async () => {
    const module = await WebAssembly.compile(read(`build/${build}/engine.wasm`));
    expect(WebAssembly.Module.imports(module)).toEqual([]);
  });
});

test("no code of the engine allocates a managed object", () => {
  const text = readFileSync(join(root, "build/debug/engine.wat"), "utf8");
  const functions = [...text.matchAll(/\(func \$(\S+)/g)].map((match) => match[1] ?? "");
  expect(functions.length).toBeGreaterThan(0);
  // What `new`, a closure, a string concatenation or a local array literal would bring along.
  const allocator =
    /__(new|alloc|renew|realloc|newBuffer|newArray)\b|~lib\/rt\/(tlsf|itcms|stub)\b/;
  expect(functions.filter((name) => allocator.test(name))).toEqual([]);
});

test.each(["release", "release-simd"])("the %s build is small enough to embed", (build) => {
  expect(read(`build/${build}/engine.wasm`).length).toBeLessThan(352 * 1024);
});

test("the generated module holds the builds and the scalar build's digest", async () => {
  const generated = await import("../../bindings/src/generated/engine.ts");
  const scalar = read("build/release/engine.wasm");
  expect(generated.engineDigest).toBe(sha256(scalar));
  expect(Buffer.from(generated.engineScalar, "base64").equals(scalar)).toBe(true);
  const simd = read("build/release-simd/engine.wasm");
  expect(Buffer.from(generated.engineSimd, "base64").equals(simd)).toBe(true);
});

test("the generated modules hold the core, and its digest", async () => {
  const core = read("build/core/engine.wasm");
  const { coreWasm } = await import("../../bindings/src/generated/core.ts");
  const { coreDigest } = await import("../../bindings/src/generated/core-digest.ts");
  expect(Buffer.from(coreWasm, "base64").equals(core)).toBe(true);
  expect(coreDigest).toBe(sha256(core));
  expect(read("bindings/src/generated/core.wasm")).toEqual(core);
});

test("the core has some of the engine's exports, and no others", async () => {
  const names = async (target: string): Promise<string[]> =>
    WebAssembly.Module.exports(await WebAssembly.compile(read(`build/${target}/engine.wasm`))).map(
      ({ name }) => name,
    );
  const [core, engine] = [await names("core"), await names("release")];
  expect(engine).toEqual(expect.arrayContaining(core));
  expect(core).toEqual(expect.arrayContaining(["canonicalHash", "sha256", "merkleRoot"]));
  expect(core).not.toContain("evaluate");
});

test("the core says of each of its codes what the engine says", () => {
  const texts = (file: string): string[] =>
    [
      ...readFileSync(join(root, "assembly/errors", file), "utf8").matchAll(
        /case (C\.E_\w+):\s+return ("[^"]*");/g,
      ),
    ].map(([, code, text]) => `${code} ${text}`);
  const core = texts("messages.ts");
  expect(core.length).toBeGreaterThan(20);
  expect(texts("errors.ts")).toEqual(expect.arrayContaining(core));
});

test.each([
  ["release", "index"],
  ["core", "core"],
])(
  "two builds of %s in two folders give the same bytes",
  (target, entry) => {
    // One of them is the build of this checkout, the other is made in a folder with a name of another length.
    const folder = mkdtempSync(join(tmpdir(), `reach-build-${"x".repeat(20)}-`));
    try {
      for (const name of ["assembly", "asconfig.json"]) {
        cpSync(join(root, name), join(folder, name), { recursive: true });
      }
      symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
      const asc = join(root, "node_modules/assemblyscript/bin/asc.js");
      const args = [asc, `assembly/${entry}.ts`, "--target", target, "--outFile", "engine.wasm"];
      execFileSync(process.execPath, args, { cwd: folder, stdio: "pipe" });
      const other = sha256(readFileSync(join(folder, "engine.wasm")));
      expect(folder.length).not.toBe(root.length);
      expect(other).toBe(sha256(read(`build/${target}/engine.wasm`)));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  180_000,
);
