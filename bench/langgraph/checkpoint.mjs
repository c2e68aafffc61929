// node checkpoint.mjs FILE STEPS: a graph that asks so many times and keeps the answers' sum, with a checkpoint
// after each step in an SQLite file, as LangGraph's own saver writes it.
import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";

const [file = "", size = "10"] = process.argv.slice(2);
const steps = Number(size);
const State = Annotation.Root({ step: Annotation(), total: Annotation(), answer: Annotation() });
const saver = SqliteSaver.fromConnString(file);
const graph = new StateGraph(State)
  .addNode("ask", ({ step, total }) => {
    const answer = { score: (step * 7919) % 850, bureau: "north", factors: ["age", "use"] };
    return { step: step + 1, total: total + answer.score, answer };
  })
  .addEdge(START, "ask")
  .addConditionalEdges("ask", ({ step }) => (step < steps ? "ask" : END))
  .compile({ checkpointer: saver });
await graph.invoke(
  { step: 0, total: 0 },
  { configurable: { thread_id: "bench" }, recursionLimit: steps + 5 },
);
saver.db.pragma("wal_checkpoint(TRUNCATE)");
saver.db.close();
