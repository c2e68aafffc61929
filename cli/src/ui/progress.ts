import type { RequestRecord, TraceRecord } from "@reach-fabric/engine";
import type { Progress } from "@reach-fabric/evidence";
import { taskName, textOf } from "./names.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Says what a run asks of the world as it goes: origins, methods and status codes, never a path, a
 * body or a value of the run.
 */
export function progressOf(terminal: Terminal): (record: TraceRecord) => void {
  const asked = new Map<string, string>();
  return (record) => {
    if (record.kind === "request") {
      const request = askedText(record);
      if (request === undefined) return;
      const task = taskName(record.task);
      asked.set(record.key, task);
      terminal.progress("request", `  ${task}: ${request}`, { key: record.key, task, request });
    }
    if (record.kind === "result" && asked.has(record.key)) {
      const answer = answerText(record.result);
      const task = asked.get(record.key) ?? record.key;
      terminal.progress("result", `  ${task}: ${answer}`, { key: record.key, task, answer });
    }
    if (record.kind === "retry") {
      const { attempt, delay } = record;
      const task = taskName(record.task);
      const text = `  ${task}: attempt ${attempt} in ${delay} ms`;
      terminal.progress("retry", text, { task, attempt, delay });
    }
  };
}

/** Milliseconds after which work is long, and between two lines about it. */
const LONG = 1000;

/** Says how far long work on evidence is; of short work nothing. */
export function longWork(terminal: Terminal): (progress: Progress) => void {
  // Where `performance` is used, its module is loaded: more than a small file takes to verify.
  let next = Date.now() + LONG;
  return ({ phase, done, total }) => {
    const now = Date.now();
    if (now < next) return;
    next = now + LONG;
    terminal.progress(phase, `  ${phase}: ${done} of ${total} records that entered`, {
      done,
      total,
    });
  };
}

/** What is asked of the world; undefined for what this machine answers, and for events, which are waited for. */
function askedText({ type, request }: RequestRecord): string | undefined {
  const { method, model, uri, folder } = request;
  switch (type) {
    case "http":
      return `${textOf(method)} ${originOf(textOf(uri))}`;
    case "llm":
      return `the model ${textOf(model)}`;
    case "mcp":
      return `${textOf(method)} of ${originOf(textOf(uri))}`;
    case "grpc":
      return `grpc ${originOf(textOf(uri))}`;
    case "file":
      return `${textOf(method)} in ${textOf(folder)}`;
    case "emit":
      return "an event";
    default:
      return undefined;
  }
}

/** What came of it, in a word. */
function answerText(result: Readonly<Record<string, unknown>>): string {
  const { status, failure, code, error, finish } = result;
  if (status !== undefined || failure !== undefined) return textOf(status ?? failure);
  // What a model has said, and how that ended (WF-56).
  if (finish !== undefined && finish !== "stop") return `ended with ${textOf(finish)}`;
  if (code !== undefined) return `code ${textOf(code)}`;
  return error === undefined ? "answered" : "an error";
}

const originOf = (uri: string): string => /^https?:\/\/[^/?#]*/.exec(uri)?.[0] ?? "";
