// verifyStep(): one task computed again from what it had, and nothing else. docs/spec/evidence.md, EVID-41 and
// EVID-42.
//
// The task runs in a workflow that is made for it: a first task gives it its input and $context, the others
// of its list stand there with their names and do nothing, so that `then` leads where it led.
import { EngineError, fromUtf8, parseRecord, toHex } from "@reach-fabric/engine";
import type {
  Engine,
  Pack,
  RequestRecord,
  ResultRecord,
  StartRecord,
  TaskRecord,
} from "@reach-fabric/engine";
import type { PackManifest } from "@reach-fabric/schema";
import { EvidenceError, quoted } from "./errors.ts";
import { canonicalBytes } from "./json.ts";
import { sameKey } from "./keys.ts";
import type { Policy } from "./policy.ts";
import { openStep, precedes } from "./step.ts";
import type { Step } from "./step.ts";
import { findingOf } from "./verdicts.ts";
import type { Finding } from "./verdicts.ts";
import { admissible } from "./what-if.ts";

/** The questions about a step. */
export const stepVerdicts = ["authentic", "trusted", "recomputed"] as const;

/**
 * - `authentic`: its records are in the trace that was signed, with these values
 * - `trusted`: a key that the policy trusts has signed it
 * - `recomputed`: from its input, context and answers the engine computes the same requests, output, context
 *   and next task
 */
export type StepVerdict = (typeof stepVerdicts)[number];

/** What verifyStep() found. */
export interface StepReport {
  readonly verdicts: Readonly<Record<StepVerdict, Finding>>;
  readonly required: readonly StepVerdict[];
  readonly ok: boolean;
  /** 0 all required passed, 1 one failed, 3 none failed and one could not be checked. */
  readonly exitCode: 0 | 1 | 3;
  /** The task, where the step is authentic. */
  readonly task?: string;
  readonly seq?: number;
}

/**
 * Verifies the file of proveStep(). It returns a report for hostile bytes, too.
 *
 * @example
 * const { ok, verdicts } = verifyStep(engine, bytes, { trustedKeys });
 */
export function verifyStep(
  engine: Engine,
  bytes: Uint8Array,
  { trustedKeys }: Pick<Policy, "trustedKeys"> = {},
): StepReport {
  const required = stepVerdicts.filter((name) => name !== "trusted" || trustedKeys !== undefined);
  const open = (why: string): Finding => ({ result: "not checked", why });
  let step: Step;
  try {
    step = openStep(engine, bytes);
  } catch (error) {
    const none = open("the step is not authentic");
    return report(required, { authentic: findingOf(error), trusted: none, recomputed: none });
  }
  const { key, records, seq } = step;
  const isTrusted = trustedKeys?.some((trusted) => sameKey(trusted, key));
  const own = records.find(({ leaf }) => leaf.seq === seq)?.leaf;
  return {
    ...report(required, {
      authentic: {
        result: "pass",
        why: `${records.length} records are in the trace that the key ${key.id} signed`,
      },
      trusted:
        isTrusted === undefined
          ? open(`no trusted key was given: anybody may hold the key ${key.id}`)
          : isTrusted
            ? { result: "pass", why: `the policy trusts the key ${key.id}` }
            : findingOf(
                new EvidenceError("REACH-E5205", `the policy does not trust the key ${key.id}`),
              ),
      recomputed: recomputed(engine, step),
    }),
    seq,
    ...(own?.kind === "task" ? { task: own.task } : {}),
  };
}

function report(
  required: readonly StepVerdict[],
  verdicts: StepReport["verdicts"],
): Pick<StepReport, "verdicts" | "required" | "ok" | "exitCode"> {
  const results = required.map((name) => verdicts[name].result);
  const exitCode = results.includes("fail") ? 1 : results.includes("not checked") ? 3 : 0;
  return { verdicts, required, ok: exitCode === 0, exitCode };
}

function recomputed(engine: Engine, step: Step): Finding {
  try {
    const { asked } = compute(engine, step);
    return { result: "pass", why: `its ${asked} requests, output, context and what comes next` };
  } catch (error) {
    return findingOf(
      error instanceof EngineError
        ? new EvidenceError(
            "REACH-E5513",
            `the engine refuses it: ${error.message} (${error.code})`,
          )
        : error,
    );
  }
}

const cannot = (why: string): EvidenceError => new EvidenceError("REACH-E5512", why);
const differs = (what: string): EvidenceError =>
  new EvidenceError("REACH-E5513", `the engine computes something else: ${what}`);

/** Variables of which a step does not hold what they stand for. */
const ELSEWHERE = /\$(workflow|runtime|task|secrets|authorization)\b/;
const FIRST = "reach-step";

function compute(engine: Engine, step: Step): { asked: number } {
  const { document: run, pack, records, seq, missing } = step;
  if (pack === null)
    throw new EvidenceError("REACH-E5404", "the pack is not enclosed, or not all of it");
  if (run.semantics !== engine.semantics) {
    throw new EvidenceError(
      "REACH-E5406",
      `the run has semantics ${run.semantics}, this engine has ${engine.semantics}`,
    );
  }
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
        if (recorded === undefined) throw differs("it asks once more");
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
        return { asked };
      }
    }
    if (advance.status !== "waiting") throw differs("it does not come to an end");
    const answer = results.shift();
    const about = requests.findIndex(({ key }) => key === answer?.key);
    if (answer === undefined || about < 0) throw cannot("an answer of it is not in the step");
    const type = (requests[about] as RequestRecord).type;
    advance = engine.advance(
      engine.admitResult(`${about}`, ...admissible({ type, result: answer.result })),
    );
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
  const manifest = JSON.parse(fromUtf8(pack.manifest)) as PackManifest;
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
  const listed = files.map(({ path, bytes }) => ({
    path,
    sha256: toHex(engine.sha256(bytes)),
    size: bytes.length,
  }));
  const own = canonicalBytes(engine, { ...manifest, files: listed });
  return { manifest: own, files, digest: toHex(engine.sha256(own)) };
}
