// Runs the modules of examples, each in a folder of its own, and writes what was wrong with which:
// `node --conditions=reach-source tools/doc-examples/run.ts RESULTS FILE...`
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { makeFiles } from "./given.ts";

const [results = "", ...files] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "reach-doc-examples-"));
const usual = join(folder, "usual");
mkdirSync(usual);
await makeFiles(usual);
const wrong: Record<string, string> = {};
console.log = () => undefined;
for (const [index, file] of files.entries()) {
  const own = join(folder, `${index}`);
  cpSync(usual, own, { recursive: true });
  process.chdir(own);
  try {
    await import(pathToFileURL(file).href);
  } catch (error) {
    wrong[file] = error instanceof Error ? `${error.stack}` : String(error);
  }
}
process.chdir(tmpdir());
writeFileSync(results, JSON.stringify({ ran: files.length, wrong }));
rmSync(folder, { recursive: true, force: true });
// Servers of fixtures are still listening.
process.exit();
