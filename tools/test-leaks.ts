// Unit test files share a process: each one has to leave it as it was.
import { afterAll, expect } from "vitest";

const state = (): object => ({
  folder: process.cwd(),
  environment: { ...process.env },
  exitCode: process.exitCode,
  signals: ["SIGINT", "SIGTERM"].map((name) => process.listenerCount(name)),
});
const before = state();

afterAll(() => {
  expect(state()).toEqual(before);
});
