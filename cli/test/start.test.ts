// `npm start` as a whole: every applicant of the example, verified, replayed, changed, questioned.
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ended, reach, repository, temporaryFolder } from "./reach.ts";

const folder = temporaryFolder();

test("npm start ends as it should, and leaves what it says", async () => {
  const out = join(folder, "start");
  const program = join(repository, "tools/start.ts");
  const args = ["--conditions=reach-source", program, out];
  const { status, stdout, stderr } = await ended(spawn(process.execPath, args, { cwd: folder }));
  expect(stderr).toBe("");
  expect(stdout).toContain("Everything came out as expected.");
  expect(status).toBe(0);
  const applicants = readdirSync(join(repository, "examples/loan-prescreen/applicants"));
  expect(applicants.length).toBeGreaterThanOrEqual(12);
  for (const file of applicants) {
    expect(existsSync(join(out, file.replace(".json", ".reach")))).toBe(true);
  }
  // The commands that it suggests do what it says.
  const verify = await reach(folder, [
    "verify",
    "start/01-strong.reach",
    "--trust",
    "start/demo.key.pub",
  ]);
  expect(verify.status).toBe(0);
  const names = ["start/changed/workflow.yaml", "start/02-score-boundary.reach"];
  const changed = await reach(folder, ["what-if", ...names]);
  expect(changed.status).toBe(1);
  expect(changed.stdout).toMatch(/record \d+ policy/);
});
