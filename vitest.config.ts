import { defineConfig } from "vitest/config";
import { processFiles, slowFiles, testFiles } from "./tools/test-projects.ts";

// Tests run the sources of every package, as every program of this checkout does.
const conditions = ["reach-source"];

export default defineConfig({
  resolve: { conditions },
  // Tests run in Node, whose own parts packages have under this name.
  ssr: { resolve: { conditions: [...conditions, "node"] } },
  test: {
    pool: "forks",
    // The smallest machine that we test on has two cores.
    maxWorkers: 2,
    execArgv: ["--conditions=reach-source"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    reporters: [["default", { summary: false }], "./tools/reporter.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: [testFiles],
          exclude: [...processFiles, ...slowFiles],
          // Files share a process, which loads the engine once: none may leave anything behind in it.
          isolate: false,
          setupFiles: ["./tools/test-leaks.ts"],
        },
      },
      {
        extends: true,
        test: {
          name: "process",
          include: [...processFiles],
          globalSetup: ["./tools/test-program.ts"],
        },
      },
      { extends: true, test: { name: "slow", include: [...slowFiles] } },
    ],
  },
});
