// `npm test`: all checks, then all tests; the last line counts both.
// `npm test -- bindings -t fork`: with arguments only the tests that vitest selects by them.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runCheck, runTool } from "./check.ts";
import { countsLine } from "./reporter.ts";
import type { Counts } from "./reporter.ts";

const countsFile = fileURLToPath(new URL("../build/test-counts.json", import.meta.url));
const args = process.argv.slice(2);

// Every check runs, whatever the others found: one run names all that is wrong.
const checks = args.length > 0 ? [] : ["types", "lint", "deps", "arrows"];
const failedChecks = checks.filter((name) => !runCheck(name));

rmSync(countsFile, { force: true });
const status = runTool("vitest/vitest.mjs", ["run", ...args], { REACH_TEST_COUNTS: countsFile });
const tests: Counts = existsSync(countsFile)
  ? (JSON.parse(readFileSync(countsFile, "utf8")) as Counts)
  : { passed: 0, failed: 1, skipped: 0 };

// A non-zero end that no count explains (a crash, a forgotten handle) is a failure too.
const unexplained = status !== 0 && tests.failed === 0 ? 1 : 0;
const total: Counts = {
  passed: tests.passed + checks.length - failedChecks.length,
  failed: tests.failed + failedChecks.length + unexplained,
  skipped: tests.skipped,
};
if (failedChecks.length > 0) process.stdout.write(`\nFailed checks: ${failedChecks.join(", ")}\n`);
if (unexplained > 0) process.stdout.write(`\nvitest ended with status ${status}\n`);
process.stdout.write(`\n${countsLine(total)}\n`);
process.exitCode = total.failed > 0 ? 1 : 0;
