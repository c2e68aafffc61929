// A slice of `npm run run-crash`: a machine whose disk forgets what was not synced stops before each call to it.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("../../../tools/run-crash/main.ts", import.meta.url));
const crash = (...more: readonly string[]) => {
  const args = ["--conditions=reach-source", "--no-warnings", program, ...more];
  return spawnSync(process.execPath, args, { encoding: "utf8" });
};

test("RUN-1 RUN-3 nothing that was shown is lost and nothing is done twice, wherever the machine stops", () => {
  const { status, stdout, stderr } = crash("--chances", "1");
  expect([status, stdout, stderr]).toEqual([
    0,
    expect.stringMatching(/^seed 1: 1\d\d histories of a machine that stops, 0 faults\n$/),
    "",
  ]);
}, 180_000);

test("a journal that is not synced is found", () => {
  const { status, stdout } = crash("--forget", "--chances", "0");
  expect([status, stdout]).toEqual([1, expect.stringContaining("FAULT all lost")]);
}, 180_000);
