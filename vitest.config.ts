import { defineConfig } from "vitest/config";

// Tests run the sources of every package, as every program of this checkout does.
const conditions = ["reach-source"];

export default defineConfig({
  resolve: { conditions },
  // Tests run in Node, whose own parts packages have under this name.
  ssr: { resolve: { conditions: [...conditions, "node"] } },
  test: {
    include: ["*/test/**/*.test.ts"],
    pool: "forks",
    // The smallest machine that we test on has two cores.
    maxWorkers: 2,
    execArgv: ["--conditions=reach-source"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    reporters: [["default", { summary: false }], "./tools/reporter.ts"],
  },
});
