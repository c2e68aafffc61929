// Before the tests that start processes: the program as it is packaged, made of the sources as they are.
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleCli } from "./bundle.ts";

export default async function setup(): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), "reach-program-"));
  await bundleCli(join(folder, "bundle"));
  // It reads its version there.
  cpSync(fileURLToPath(new URL("../cli/package.json", import.meta.url)), join(folder, "package.json"));
  process.env["REACH_TEST_PROGRAM"] = join(folder, "bundle/main.js");
  return () => {
    rmSync(folder, { recursive: true, force: true });
  };
}
