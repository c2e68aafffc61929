// node replay.mjs sequential|parallel STEPS [TIMES]: CPU microseconds of one replay of a history of so many
// activities by Temporal's own replayer; the worker's code is bundled before.
import { createRequire } from "node:module";
import { historyOf } from "./history.mjs";
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from "@temporalio/worker";

const require = createRequire(import.meta.url);
const [kind = "sequential", size = "10", times = "1"] = process.argv.slice(2);
const steps = Number(size);

const logger = new DefaultLogger("ERROR");
Runtime.install({ logger });
const workflowBundle = await bundleWorkflowCode({
  workflowsPath: require.resolve("./workflows.cjs"),
  logger,
});
const history = historyOf(kind, steps);
const used = [];
for (let i = 0; i < Number(times); i++) {
  const before = process.cpuUsage();
  await Worker.runReplayHistory({ workflowBundle }, history);
  const { user, system } = process.cpuUsage(before);
  used.push(user + system);
}
// The first one of several warms up.
const counted = used.length > 1 ? used.slice(1) : used;
process.stdout.write(`${counted.reduce((sum, each) => sum + each, 0) / counted.length}\n`);
await Runtime.instance().shutdown();
