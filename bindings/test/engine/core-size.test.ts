// What a page pays for the core. Sizes are the same on every machine, so that they are asserted.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
/** KB are 1,000 bytes. */
const BUDGET = { inline: 26_000, beside: 20_000 };

const gzipped = (bytes: Uint8Array): number => gzipSync(bytes, { level: 9 }).length;

/** Everything that an entry exports, as one module for browsers. */
async function bundle(entry: string): Promise<Uint8Array> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export * from ${JSON.stringify(entry)};`, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "browser",
    conditions: ["reach-source"],
  });
  expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([]);
  // Neither build of the engine.
  expect(Object.keys(metafile.inputs)).not.toContain("bindings/src/generated/engine.ts");
  return (outputFiles[0] as { contents: Uint8Array }).contents;
}

test("the core with its module in it", async () => {
  expect(gzipped(await bundle("@reach-fabric/engine/core"))).toBeLessThanOrEqual(BUDGET.inline);
});

test("the core with a .wasm file beside it", async () => {
  const wasm = readFileSync(fileURLToPath(import.meta.resolve("@reach-fabric/engine/core.wasm")));
  const script = await bundle("@reach-fabric/engine/core/from-wasm");
  expect(gzipped(wasm) + gzipped(script)).toBeLessThanOrEqual(BUDGET.beside);
});
