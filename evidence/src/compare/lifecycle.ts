// The lifecycle events of the DSL as a projection of a trace: what a runtime would have published, made from
// what was recorded. docs/spec/evidence.md, EVID-30.
import { parseRecord } from "@reach-fabric/engine";
import type { Json, RequestRecord, TaskRecord, TraceRecord } from "@reach-fabric/engine";

/** What the trace does not say about its run. */
export interface LifecycleRun {
  readonly id: string;
  /** `namespace/name:version`. */
  readonly workflow: string;
  readonly startedAt: string;
  /** The host's remarks; `{seq, at}` is the time at which a record entered. */
  readonly annotations: readonly { readonly seq?: unknown; readonly at?: unknown }[];
}

/** A CloudEvent 1.0 in its JSON form. */
export interface LifecycleEvent {
  readonly specversion: "1.0";
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: "application/json";
  readonly data: { readonly [name: string]: Json };
}

/**
 * The lifecycle events of a run, in the order in which they happened.
 *
 * Guarantees: the same records and times give the same events, ids included. A task that was skipped has
 * none. Times are the host's, of the record that the engine was given last: nothing happens between two.
 *
 * @param records the whole trace, not verified here
 *
 * @example
 * const { run } = openEvidence(engine, bytes);
 * const annotations = run.annotations ?? [];
 * const [first] = lifecycleEvents({ ...run, annotations }, records);
 * first?.type; // → "io.serverlessworkflow.workflow.started.v1"
 */
export function lifecycleEvents(
  run: LifecycleRun,
  records: Iterable<Uint8Array>,
): LifecycleEvent[] {
  const projection = new Projection(run);
  for (const bytes of records) projection.add(parseRecord(bytes));
  return projection.events;
}

/** From the text of the DSL's events: the past of the phase, and the member that says when. */
type Phase =
  | "created"
  | "started"
  | "suspended"
  | "resumed"
  | "retried"
  | "correlation-started"
  | "correlation-completed"
  | "cancelled"
  | "faulted"
  | "completed";
const timeName = (phase: Phase): string => `${phase.replace("correlation-", "")}At`;

class Projection {
  readonly events: LifecycleEvent[] = [];
  readonly #run: LifecycleRun;
  readonly #times: ReadonlyMap<number, string>;
  readonly #definition: { namespace: string; name: string; version: string };
  /** Tasks that have begun and not ended, by their pointers. */
  readonly #open = new Set<string>();
  /** Those of them that listen, with what correlates so far. */
  readonly #listening = new Map<string, Json>();
  #now: string;
  #seq = 0;
  #inRecord = 0;

  constructor(run: LifecycleRun) {
    this.#run = run;
    this.#now = run.startedAt;
    this.#times = new Map(
      run.annotations.flatMap(({ seq, at }) =>
        typeof seq === "number" && typeof at === "string" ? [[seq, at]] : [],
      ),
    );
    const [, namespace = "", name = "", version = ""] =
      /^([^/]*)\/(.*):([^:]*)$/.exec(run.workflow) ?? [];
    this.#definition = { namespace, name, version };
  }

  add(record: TraceRecord): void {
    this.#seq = record.seq;
    this.#inRecord = 0;
    this.#now = this.#times.get(record.seq) ?? this.#now;
    switch (record.kind) {
      case "start":
        this.#workflow("started", { definition: this.#definition });
        break;
      case "request":
        this.#request(record);
        break;
      case "retry": {
        const { attempt, delay, error } = record;
        this.#enter(record.task);
        this.#task("retried", record.task, { attempt, delayMs: delay, error });
        break;
      }
      case "task":
        this.#ended(record);
        break;
      case "suspend":
      case "resume": {
        const phase = record.kind === "suspend" ? "suspended" : "resumed";
        const reason =
          "reason" in record && record.reason !== null ? { reason: record.reason } : {};
        this.#workflow(phase, reason);
        for (const task of this.#open) this.#task(phase, task, {});
        break;
      }
      case "outcome":
        this.#outcome(record.status, record.output, record.error);
        break;
      default:
    }
  }

  #request(record: RequestRecord): void {
    if (record.task === "") return;
    this.#enter(record.task);
    if (record.type !== "event") return;
    if (!this.#listening.has(record.task)) {
      this.#workflow("correlation-started", { task: record.task });
    }
    this.#listening.set(record.task, record.request["correlations"] ?? {});
  }

  #ended(record: TaskRecord): void {
    const { task, status, output, error } = record;
    if (status === "skipped" && !this.#open.has(task)) return;
    this.#enter(task);
    this.#open.delete(task);
    const correlationKeys = this.#listening.get(task);
    this.#listening.delete(task);
    const phase = status === "skipped" ? "completed" : status;
    if (correlationKeys !== undefined && phase === "completed") {
      this.#workflow("correlation-completed", { task, correlationKeys });
    }
    this.#task(phase, task, {
      ...(output === undefined ? {} : { output }),
      ...(error === undefined ? {} : { error }),
    });
  }

  #outcome(status: "completed" | "faulted" | "cancelled", output?: Json, error?: Json): void {
    // `then: end`, a cancellation and a limit leave tasks without records of their own.
    const phase = status === "completed" ? "completed" : "cancelled";
    for (const task of [...this.#open].reverse()) this.#task(phase, task, {});
    this.#open.clear();
    this.#workflow(status, {
      ...(output === undefined ? {} : { output }),
      ...(error === undefined ? {} : { error }),
    });
  }

  /** The task runs, and so do those around it: who shows for the first time has begun. */
  #enter(pointer: string): void {
    for (const task of tasksOn(pointer)) {
      if (this.#open.has(task)) continue;
      this.#open.add(task);
      this.#task("created", task, {});
      this.#task("started", task, {});
    }
  }

  #workflow(phase: Phase, more: { readonly [name: string]: Json }): void {
    const { name, namespace } = this.#definition;
    this.#event("workflow", phase, "", {
      name: `${name}-${this.#run.id}.${namespace}`,
      [timeName(phase)]: this.#now,
      ...more,
    });
  }

  #task(phase: Phase, task: string, more: { readonly [name: string]: Json }): void {
    const { name, namespace } = this.#definition;
    this.#event("task", phase, task, {
      workflow: `${name}-${this.#run.id}.${namespace}`,
      task,
      [timeName(phase)]: this.#now,
      ...more,
    });
  }

  #event(
    of: "workflow" | "task",
    phase: Phase,
    subject: string,
    data: { readonly [name: string]: Json },
  ): void {
    const { namespace, name, version } = this.#definition;
    this.events.push({
      specversion: "1.0",
      id: `${this.#run.id}-${this.#seq}-${this.#inRecord++}`,
      source: `/${namespace}/${name}/${version}`,
      type: `io.serverlessworkflow.${of}.${phase}.v1`,
      subject: subject === "" ? this.#run.id : subject,
      time: this.#now,
      datacontenttype: "application/json",
      data,
    });
  }
}

/** The pointers of the tasks on the way to a task, itself the last, outermost first. */
export function tasksOn(pointer: string): string[] {
  const parts = pointer.split("/");
  const tasks: string[] = [];
  // "", then again and again: a list, an index, a name.
  for (let at = 1; at < parts.length;) {
    const steps = LISTS.find((list) => list.every((step, i) => parts[at + i] === step));
    at += steps?.length ?? 1;
    if (steps === WORKFLOW) {
      tasks.push(parts.slice(0, at).join("/"));
      continue;
    }
    at += 2;
    tasks.push(parts.slice(0, at).join("/"));
  }
  return tasks;
}
const WORKFLOW = ["run", "workflow"];
const LISTS = [["do"], ["try"], ["catch", "do"], ["fork", "branches"], ["foreach", "do"], WORKFLOW];
