// A slice of `npm run run-kill`: processes that execute runs are killed, and nothing is done twice.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("../../../tools/run-kill/main.ts", import.meta.url));

test("runs that are killed go on, do nothing twice, and decide as if nothing had happened", () => {
  const args = ["--conditions=reach-source", "--no-warnings", program, "--rounds", "2"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect([status, stdout, status === 0 ? "" : stderr]).toEqual([
    0,
    expect.stringMatching(
      /^(?:(?:folder|sqlite): 2 rounds, 12 runs, \d+ kills, .* 0 faults\n){2}$/,
    ),
    "",
  ]);
}, 180_000);
