// npm run defences [-- WORDS...]: takes out each defence in turn, in a copy of this checkout, and requires that the
// test which holds it goes red, and is green with it. With words, those attacks whose names have one of them.
// npm run defences -- --write: docs/attacks.md, the list as a page; tools/test/defences.test.ts keeps both true.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { copyTo } from "./copy.ts";
import type { Defence } from "./defences/defence.ts";
import { defences } from "./defences/list.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

interface Result {
  readonly passed: number;
  readonly failed: number;
}

/** Runs the tests of a file whose name is the one given, or all that a describe of it holds. */
function runTest(folder: string, { test, name }: Defence): Result {
  const out = join(folder, "build/defences.json");
  rmSync(out, { force: true });
  const pattern = name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const vitest = join(folder, "node_modules/vitest/vitest.mjs");
  const args = [vitest, "run", test, "-t", pattern, "--reporter=json", `--outputFile=${out}`];
  spawnSync(process.execPath, args, { cwd: folder, stdio: "ignore", timeout: 300_000 });
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(out, "utf8")) as {
      numPassedTests: number;
      numFailedTests: number;
    };
    return { passed: numPassedTests, failed: numFailedTests };
  } catch {
    return { passed: 0, failed: 0 };
  }
}

/** Compiles the engine of the copy anew. */
function buildEngine(folder: string): void {
  const args = ["tools/setup.mjs", "--engine-only"];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(`the engine does not compile: ${stderr.slice(-500)}`);
}

/** Why an entry does not hold, or undefined. */
function whyNot(folder: string, defence: Defence): string | undefined {
  const whole = runTest(folder, defence);
  if (whole.passed === 0 || whole.failed > 0) {
    return `with the defence ${whole.passed} passed and ${whole.failed} failed`;
  }
  const path = join(folder, defence.file);
  const source = readFileSync(path, "utf8");
  const isEngine = defence.file.startsWith("assembly/");
  try {
    writeFileSync(path, without(source, defence));
    if (isEngine) buildEngine(folder);
    const { failed } = runTest(folder, defence);
    return failed > 0 ? undefined : "without the defence nothing fails";
  } finally {
    writeFileSync(path, source);
    if (isEngine) buildEngine(folder);
  }
}

/** The source with the defence taken out. Throws where it is not there, once. */
export function without(source: string, { file, take, put }: Defence): string {
  const parts = source.split(take);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${take}`);
  return parts.join(put);
}

/** docs/attacks.md. */
export const attacksPage = (): string =>
  `# Attacks, one by one

Made from tools/defences/ by \`npm run defences -- --write\`; [threat-model.md](threat-model.md) says what is defended
and how. Each row is an attack, the file whose defence refuses it, and the test that fails without that defence.

| attack | defence | test |
| --- | --- | --- |
${defences.map(({ attack, file, test, name }) => `| ${attack} | \`${file}\` | \`${test}\`: ${name} |\n`).join("")}`;

async function main(words: readonly string[]): Promise<number> {
  const chosen = defences.filter(
    ({ attack }) => words.length === 0 || words.some((word) => attack.includes(word)),
  );
  const folder = mkdtempSync(join(tmpdir(), "reach-defences-"));
  let bad = 0;
  try {
    copyTo(folder);
    for (const defence of chosen) {
      const why = whyNot(folder, defence);
      if (why !== undefined) bad += 1;
      const found = why === undefined ? "red  " : "WEAK ";
      process.stdout.write(
        `${found} ${defence.attack}: ${defence.name}${why === undefined ? "" : `: ${why}`}\n`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(
    `${chosen.length - bad} of ${chosen.length} defences are held by their tests\n`,
  );
  return bad === 0 && chosen.length > 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const words = process.argv.slice(2);
  if (words[0] === "--write") writeFileSync(join(root, "docs/attacks.md"), attacksPage());
  else process.exitCode = await main(words);
}
