// node steps.mjs WORKFLOWS STEPS URL: so many workflows of DBOS at a time, each of so many steps, on the PostgreSQL that is
// there; as JSON what that has cost from the moment on when all of them are in their first step. What the database's own
// processes have cost is not in it.
import { DBOS } from "@dbos-inc/dbos-sdk";

const [count = "1", size = "10", url = ""] = process.argv.slice(2);
const workflows = Number(count);
const steps = Number(size);

let begun = 0;
let start;
let allBegun;
const barrier = new Promise((resolve) => {
  allBegun = resolve;
});

const ask = async (step) => {
  if (step === 0) {
    if ((begun += 1) === workflows) {
      start = { time: performance.now(), cpu: process.cpuUsage() };
      allBegun();
    }
    await barrier;
  }
  return { score: (step * 7919) % 850, bureau: "north", factors: ["age", "use"] };
};

const workflow = DBOS.registerWorkflow(
  async () => {
    let total = 0;
    for (let step = 0; step < steps; step++) {
      const { score } = await DBOS.runStep(() => ask(step), { name: "ask" });
      total += score;
    }
    return total;
  },
  { name: "steps" },
);

DBOS.setConfig({
  name: "bench",
  systemDatabaseUrl: url,
  // A connection for each workflow, and some for the rest of it.
  systemDatabasePoolSize: workflows + 4,
  logLevel: "error",
});
await DBOS.launch();
const handles = [];
for (let i = 0; i < workflows; i++) handles.push(await DBOS.startWorkflow(workflow)());
const totals = await Promise.all(handles.map((handle) => handle.getResult()));
const seconds = (performance.now() - start.time) / 1000;
const { user, system } = process.cpuUsage(start.cpu);
if (new Set(totals).size !== 1) throw new Error("the workflows have other results");
await DBOS.shutdown();
process.stdout.write(
  `${JSON.stringify({ steps: workflows * steps, seconds, cpu: user + system })}\n`,
);
