// verifyStep(): one task computed again from what it had, and nothing else. docs/spec/evidence.md, EVID-41 and
// EVID-42.
//
// The task runs in a workflow that is made for it: a first task gives it its input and $context, the others
// of its list stand there with their names and do nothing, so that `then` leads where it led.
import { EngineError, fromUtf8, packOf, parseRecord } from "@reach-fabric/engine";
import type {
  Engine,
  Pack,
  RequestRecord,
  ResultRecord,
  StartRecord,
  TaskRecord,
} from "@reach-fabric/engine";
import { noteTrust, requireAllowed, requireComputable, requiredBy } from "../verify/allowed.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { canonicalBytes } from "../encoding/json.ts";
import { manifestOf } from "../file/pack.ts";
import { requireSameRun } from "../file/trace.ts";
import type { Policy } from "../trust/policy.ts";
import { openStep, precedes } from "./step.ts";
import type { Step } from "./step.ts";
import { Findings, verdicts } from "../trust/verdicts.ts";
import type { Judgement, Verdict } from "../trust/verdicts.ts";
import { admissible } from "../compare/what-if.ts";

/** The questions about a step. */
export const stepVerdicts = ["authentic", "trusted", "recomputed"] as const;

/**
 * - `authentic`: its records are in the trace that was signed, with these values
 * - `trusted`: the policy trusts the signature, and asks for nothing that a step cannot show
 * - `recomputed`: from its input, context and answers the engine computes the same requests, output, context
 *   and next task
 */
export type StepVerdict = (typeof stepVerdicts)[number];

/** What verifyStep() found. */
export interface StepReport extends Judgement<StepVerdict> {
  /** The task, where the step is authentic. */
  readonly task?: string;
  readonly seq?: number;
}

/**
 * Verifies the file of proveStep() by the policy that evidence is verified by: `recomputed` stands for
 * `replayed`. What a policy asks for that a step cannot show, as a log, is not checked, and so is `trusted`.
 * It returns a report for hostile bytes, too.
 *
 * @example
 * const { ok, verdicts } = verifyStep(engine, proveStep(engine, bytes, 4), { trustedKeys });
 * ok; // → true
 */
export function verifyStep(engine: Engine, bytes: Uint8Array, policy: Policy = {}): StepReport {
  const { required, beyond } = requiredOfStep(policy);
  const findings = new Findings(stepVerdicts, required, "the step is not authentic");
  const step = findings.attempt("authentic", () => {
    const opened = openStep(engine, bytes);
    requireSameRun(opened.document, opened.records[0]?.leaf);
    return opened;
  });
  if (step === undefined) return findings.judgement();
  const { document, key, records, seq } = step;
  findings.pass(
    "authentic",
    `${records.length} records are in the trace that the key ${key.id} signed`,
  );
  // Whose run it is, and who has seen it, is not in a step.
  noteTrust(findings, policy, { key, endedAt: document.endedAt, tenant: null });
  if (beyond.length > 0) {
    findings.attempt("trusted", () => {
      throw cannot(`the policy asks for ${beyond.join(", ")}, which a step does not show`);
    });
  }
  findings.attempt("recomputed", () => {
    requireAllowed(policy, document);
    requireComputable(engine, document, records[0]?.leaf, policy);
    const asked = recomputed(engine, step);
    findings.pass("recomputed", `its ${asked} requests, output, context and what comes next`);
  });
  const own = records.at(-1)?.leaf;
  return { ...findings.judgement(), seq, ...(own?.kind === "task" ? { task: own.task } : {}) };
}

/** What a policy requires of a step, and what it requires that no step shows. */
function requiredOfStep(policy: Policy): {
  required: readonly StepVerdict[];
  beyond: readonly Verdict[];
} {
  const asked = requiredBy({ ...policy, required: policy.required ?? ["replayed"] });
  const beyond = verdicts.filter(
    (name) => asked.includes(name) && !["authentic", "trusted", "replayed"].includes(name),
  );
  const isAsked = {
    authentic: true,
    trusted: asked.includes("trusted") || beyond.length > 0,
    recomputed: asked.includes("replayed"),
  };
  return { required: stepVerdicts.filter((name) => isAsked[name]), beyond };
}

/** How many requests the task made when it was computed again. */
function recomputed(engine: Engine, step: Step): number {
  try {
    return compute(engine, step);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EvidenceError(
      "REACH-E5513",
      `the engine refuses it: ${error.message} (${error.code})`,
    );
  }
}

const cannot = (why: string): EvidenceError => new EvidenceError("REACH-E5512", why);
const differs = (what: string): EvidenceError =>
  new EvidenceError("REACH-E5513", `the engine computes something else: ${what}`);

/** Variables of which a step does not hold what they stand for. */
const ELSEWHERE = /\$(workflow|runtime|task|secrets|authorization)\b/;
const FIRST = "reach-step";

function compute(engine: Engine, step: Step): number {
  const { document: run, pack, records, seq, missing } = step;
  if (pack === null)
    throw new EvidenceError("REACH-E5404", "the pack is not enclosed, or not all of it");
  const parsed = records.map(({ leaf, record }) => {
    const needed = leaf.kind === "request" || leaf.kind === "result" || leaf.seq === seq;
    if (record === null && needed) {
      throw new EvidenceError(
        "REACH-E5504",
        `${missing.length} values are hidden, the first is ${missing[0] ?? ""}`,
      );
    }
    return record === null ? { ...leaf, hidden: true } : parseRecord(record);
  });
  const own = parsed.find((record) => record.seq === seq) as TaskRecord;
  const start = parsed[0] as StartRecord;
  const requests = parsed.filter((record): record is RequestRecord => record.kind === "request");
  const results = parsed.filter((record): record is ResultRecord => record.kind === "result");
  const last = records.findLastIndex(({ leaf }) => precedes(leaf, own));
  const before = parsed[last] as TaskRecord | undefined;
  if (before !== undefined && "hidden" in before) {
    throw new EvidenceError("REACH-E5504", "the context before the task is hidden");
  }
  const made = stepPack(engine, pack, run.workflow, own);
  engine.load(made);
  // A run begins with its input as $context (WF-11): the first task's input is the same.
  const context: unknown = before === undefined ? own.input : before.context;
  const limits = start.limits as object;
  const input = JSON.stringify({ context, input: own.input });
  let advance = engine.start(engine.admitStart({ grant: start.grant as object, limits }, input));
  let asked = 0;
  for (;;) {
    for (const record of advance.records.map((bytes) => parseRecord(bytes))) {
      if (record.kind === "request") {
        const recorded = requests[asked];
        asked += 1;
        if (recorded === undefined) throw differs("it asks again");
        if (recorded.type !== record.type || !isSame(recorded.request, record.request)) {
          throw differs(`request ${asked}`);
        }
      }
      if (
        record.kind === "task" &&
        nameOf(record.task) === nameOf(own.task) &&
        depthOf(record.task) === 3
      ) {
        requireSame(own, record);
        if (asked !== requests.length) throw differs("it asks less often");
        return asked;
      }
    }
    if (advance.status !== "waiting") throw differs("it does not come to an end");
    const answer = results.shift();
    const about = requests.findIndex(({ key }) => key === answer?.key);
    if (answer === undefined || about < 0) throw cannot("an answer of it is not in the step");
    const type = (requests[about] as RequestRecord).type;
    const { result, body } = admissible({ type, result: answer.result });
    advance = engine.advance(engine.admitResult(`${about}`, result, body));
  }
}

const nameOf = (pointer: string): string => pointer.slice(pointer.lastIndexOf("/") + 1);
const depthOf = (pointer: string): number => pointer.split("/").length - 1;
const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function requireSame(recorded: TaskRecord, computed: TaskRecord): void {
  for (const name of ["status", "input", "context", "output", "error"] as const) {
    const [a, b] = [recorded, computed].map(
      (record) => (record as unknown as Record<string, unknown>)[name],
    );
    // Where an error says that it happened is the task's place, which is another one here.
    const [left, right] = name === "error" ? [a, b].map(placeless) : [a, b];
    if (!isSame(left, right)) throw differs(name);
  }
  const next = (pointer: string): string => (pointer.startsWith("/") ? nameOf(pointer) : pointer);
  if (next(recorded.next) !== next(computed.next)) throw differs("what comes next");
}

const placeless = (error: unknown): unknown =>
  typeof error === "object" && error !== null ? { ...error, instance: undefined } : error;

/** The pack in which the task runs alone. */
function stepPack(
  engine: Engine,
  pack: Pack,
  workflow: string,
  { task: pointer }: TaskRecord,
): Pack {
  const [, index = "", name = ""] = /^\/do\/(\d+)\/([^/]+)$/.exec(pointer) ?? [];
  if (name === "") throw cannot("only tasks of the workflow's own list are computed alone");
  const manifest = manifestOf(pack);
  const files = pack.files.map(({ path, bytes }) => {
    if (!manifest.workflows.includes(path)) return { path, bytes };
    const document = JSON.parse(fromUtf8(bytes)) as Record<string, unknown> & {
      document: { namespace: string; name: string; version: string };
      do: Record<string, unknown>[];
    };
    const { namespace, name: own, version } = document.document;
    if (`${namespace}/${own}:${version}` !== workflow) return { path, bytes };
    const chosen = document.do[Number(index)]?.[name];
    const text = JSON.stringify(chosen);
    if (chosen === undefined || document.do.some((item) => FIRST in item)) {
      throw cannot("the workflow has no such task");
    }
    const found = ELSEWHERE.exec(text)?.[0];
    if (found !== undefined)
      throw cannot(`it looks at ${quoted(found)}, which a step does not hold`);
    if (/"(fork|listen|run|timeout)":/.test(text)) {
      throw cannot("forks, events, timeouts and other workflows are not computed alone");
    }
    const { use, do: list } = document;
    return {
      path,
      bytes: canonicalBytes(engine, {
        document: document.document,
        ...(use === undefined ? {} : { use }),
        do: [
          {
            [FIRST]: {
              set: "${ $workflow.input.input }",
              export: { as: "${ $workflow.input.context }" },
              then: name,
            },
          },
          ...list.map((item, i) =>
            i === Number(index)
              ? item
              : { [Object.keys(item)[0] ?? ""]: { set: { none: true }, then: "end" } },
          ),
        ],
      }),
    };
  });
  return packOf(engine, manifest, files);
}
