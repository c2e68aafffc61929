import { writeFileSync } from "node:fs";
import type { Reporter, TestCase, TestModule, Vitest } from "vitest/node";

/** How many tests ended in which way. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** How long the tests of a file took. */
export interface FileTime {
  name: string;
  project: string;
  seconds: number;
}

/** What a run came to. */
export interface Outcome extends Counts {
  files: FileTime[];
}

export const countsLine = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

/**
 * Says what was skipped and why, and ends with one line of counts.
 *
 * A test file that does not load and an error outside every test count as failures, so that
 * `0 failed` is never said of a broken run. tools/test.ts names a file in REACH_TEST_COUNTS to
 * get the outcome and print the line itself, after the other checks.
 */
export default class SummaryReporter implements Reporter {
  /** With -t, most tests are left out by their titles: these were not skipped, and are not counted. */
  #chosen: RegExp | undefined;

  onInit(vitest: Vitest): void {
    this.#chosen = vitest.getGlobalTestNamePattern();
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const counts: Counts = { passed: 0, failed: unhandled.length, skipped: 0 };
    const skipped: string[] = [];
    for (const module of modules) {
      if (module.errors().length > 0) counts.failed += 1;
      for (const suite of module.children.allSuites()) {
        if (suite.errors().length > 0) counts.failed += 1;
      }
      for (const test of module.children.allTests()) {
        const result = test.result();
        // "pending" at the end of a run: it was never started, which is no kind of success.
        if (result.state === "passed") counts.passed += 1;
        else if (result.state !== "skipped") counts.failed += 1;
        else if (this.#chosen?.test(test.fullName.replaceAll(" > ", " ")) !== false) {
          counts.skipped += 1;
          skipped.push(`  SKIPPED ${module.relativeModuleId} > ${test.fullName}: ${reason(test)}`);
        }
      }
    }
    if (skipped.length > 0) process.stdout.write(`\n${skipped.join("\n")}\n`);
    const file = process.env["REACH_TEST_COUNTS"];
    const outcome: Outcome = { ...counts, files: modules.map(timeOf) };
    if (file) writeFileSync(file, JSON.stringify(outcome));
    else process.stdout.write(`\n${countsLine(counts)}\n`);
  }
}

/** With what comes before the first test: a file that works while it is loaded is slow, too. */
function timeOf(module: TestModule): FileTime {
  const { collectDuration, duration } = module.diagnostic();
  const seconds = (collectDuration + duration) / 1000;
  return { name: module.relativeModuleId, project: module.project.name, seconds };
}

function reason(test: TestCase): string {
  const result = test.result();
  const note = result.state === "skipped" ? result.note : undefined;
  return note ?? (test.options.mode === "todo" ? "todo" : "NO REASON GIVEN (use ctx.skip(reason))");
}
