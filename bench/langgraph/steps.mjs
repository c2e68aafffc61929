// node steps.mjs STEPS FILE [full]: one graph of so many steps, each with a checkpoint that is written before the next one, in an
// SQLite file by LangGraph's own saver; as JSON what that has cost from its first step on. Its saver leaves synchronous as it is built
// (NORMAL: a commit may be lost with the machine); with `full`, each commit is synced.
import { readFileSync } from "node:fs";
import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";

const [size = "10", file = "", full] = process.argv.slice(2);
const steps = Number(size);
const State = Annotation.Root({ step: Annotation(), total: Annotation(), answer: Annotation() });
const saver = SqliteSaver.fromConnString(file);
saver.setup();
if (full === "full") saver.db.pragma("synchronous=FULL");
/** SQLite's own count of transactions, in the head of the index of the write-ahead log. */
const commits = () => readFileSync(`${file}-shm`).readUInt32LE(8);
let start;
const graph = new StateGraph(State)
  .addNode("ask", ({ step, total }) => {
    start ??= { time: performance.now(), cpu: process.cpuUsage(), commits: commits() };
    const answer = { score: (step * 7919) % 850, bureau: "north", factors: ["age", "use"] };
    return { step: step + 1, total: total + answer.score, answer };
  })
  .addEdge(START, "ask")
  .addConditionalEdges("ask", ({ step }) => (step < steps ? "ask" : END))
  .compile({ checkpointer: saver });
const { step } = await graph.invoke(
  { step: 0, total: 0 },
  { configurable: { thread_id: "bench" }, recursionLimit: steps + 5, durability: "sync" },
);
const seconds = (performance.now() - start.time) / 1000;
const { user, system } = process.cpuUsage(start.cpu);
if (step !== steps) throw new Error(`it ended at step ${String(step)}`);
const synchronous = saver.db.pragma("synchronous", { simple: true });
process.stdout.write(
  `${JSON.stringify({ steps, seconds, cpu: user + system, commits: commits() - start.commits, synchronous })}\n`,
);
saver.db.close();
