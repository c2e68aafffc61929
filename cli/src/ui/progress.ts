import type { TraceRecord } from "@reach-fabric/engine";
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
      asked.set(record.key, taskName(record.task));
      if (record.type !== "http") return;
      const { method, uri } = record.request;
      const request = `${textOf(method)} ${originOf(textOf(uri))}`;
      const task = taskName(record.task);
      terminal.progress("request", `  ${task}: ${request}`, { key: record.key, task, request });
    }
    if (record.kind === "result" && ("status" in record.result || "failure" in record.result)) {
      const answer = textOf(record.result["status"] ?? record.result["failure"]);
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

const originOf = (uri: string): string => /^https?:\/\/[^/?#]*/.exec(uri)?.[0] ?? "";
