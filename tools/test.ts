// `npm test`: all checks, then all tests; the last line counts both.
// `npm test -- bindings -t fork`: with arguments only the tests that vitest selects by them.
// `npm run t`: the unit tests alone, without the checks.
// `npm run t -- fork`: of these the files with that word in their path; where there is none, the tests with it in
// their title.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runCheck, runTool } from "./check.ts";
import { countsLine } from "./reporter.ts";
import type { FileTime, Outcome } from "./reporter.ts";
import { filesOfProjects } from "./test-projects.ts";

const outcomeFile = fileURLToPath(new URL("../build/test-counts.json", import.meta.url));
const given = process.argv.slice(2);
const isUnit = given[0] === "--unit";
const args = isUnit ? unitArgs(given.slice(1)) : given;

// Every check runs, whatever the others found: one run names all that is wrong.
const checks = given.length > 0 ? [] : ["types", "lint", "deps", "arrows"];
const failedChecks = checks.filter((name) => !runCheck(name));

rmSync(outcomeFile, { force: true });
const status = runTool("vitest/vitest.mjs", ["run", ...args], { REACH_TEST_COUNTS: outcomeFile });
const tests: Outcome = existsSync(outcomeFile)
  ? (JSON.parse(readFileSync(outcomeFile, "utf8")) as Outcome)
  : { passed: 0, failed: 1, skipped: 0, files: [] };

if (given.length === 0) process.stdout.write(slowest(tests.files));
// A non-zero end that no count explains (a crash, a forgotten handle) is a failure too.
const unexplained = status !== 0 && tests.failed === 0 ? 1 : 0;
const total = {
  passed: tests.passed + checks.length - failedChecks.length,
  failed: tests.failed + failedChecks.length + unexplained,
  skipped: tests.skipped,
};
const isNothing = isUnit && total.passed + total.failed + total.skipped === 0;
if (isNothing) process.stdout.write(`\nNo unit test has that in its path or title\n`);
if (failedChecks.length > 0) process.stdout.write(`\nFailed checks: ${failedChecks.join(", ")}\n`);
if (unexplained > 0) process.stdout.write(`\nvitest ended with status ${status}\n`);
process.stdout.write(`\n${countsLine(total)}\n`);
process.exitCode = total.failed > 0 || isNothing ? 1 : 0;

/** What vitest is asked for by the words of `npm run t`: its own options are passed on. */
function unitArgs(words: readonly string[]): string[] {
  const unit = ["--project", "unit"];
  const [word, ...more] = words;
  if (word === undefined || word.startsWith("-")) return [...unit, ...words];
  const named = [...filesOfProjects()].filter(([name]) => name.includes(word));
  if (named.some(([, project]) => project === "unit")) return [...unit, ...words];
  if (named.length > 0) {
    const others = named.map(([name, project]) => `  ${name} (${project})`).join("\n");
    process.stdout.write(
      `These are no unit tests, \`npm test -- ${word}\` runs them:\n${others}\n`,
    );
  }
  return [...unit, "-t", word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`), ...more];
}

function slowest(files: readonly FileTime[]): string {
  const rows = files
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, 10)
    .map(
      ({ name, seconds, project }) => `  ${seconds.toFixed(1).padStart(6)} s  ${name} (${project})`,
    );
  return `\nThe slowest files\n${rows.join("\n")}\n`;
}
