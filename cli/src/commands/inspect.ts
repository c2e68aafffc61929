import { parseRecord, sameBytes } from "@reach-fabric/engine";
import type { Engine, TraceRecord } from "@reach-fabric/engine";
import {
  EvidenceError,
  lifecycleEvents,
  manifestOf,
  recordsGiven,
  recordsOf,
} from "@reach-fabric/evidence";
import type { Budget, Evidence, RunRecord } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { engines } from "../read/engine.ts";
import { FUEL, readEvidence, recordsIn } from "../read/evidence.ts";
import { brief, describeOutcome, taskName, textOf } from "../ui/names.ts";
import { EVIDENCE } from "../ui/codes.ts";
import { CODE, CliError, EXIT, problemOf } from "../ui/problem.ts";
import { columns, headedColumns } from "../ui/table.ts";
import type { Terminal } from "../ui/terminal.ts";
import { jsonOf, line, short } from "../ui/text.ts";
import type { Verb } from "../ui/verb.ts";

/** `reach inspect FILE`: what is in a piece of evidence, without a word about whether it is true. */
export function inspect(program: Command, verb: Verb): void {
  program
    .command("inspect")
    .summary("show what is in a piece of evidence")
    .description(
      "Shows the run, its steps and its outcome as the file says, and [hidden] where a value is hidden. The steps between what entered the run are " +
        "computed; where this engine cannot, what entered and the outcome are shown. Nothing is verified: verify " +
        "does that. Control and reordering characters in the content are shown as escapes.",
    )
    .argument("<file>", "evidence, a .reach file")
    .option("--step <n>", "show one whole record")
    .option("--lifecycle", "print the lifecycle events of the run, one CloudEvent a line")
    .option(...FUEL)
    .option("--json", "print everything as JSON; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach inspect one.reach --step 3")
    .action(
      verb<[string, InspectOptions]>((terminal, file, options) => {
        const { step, lifecycle = false, fuel } = options;
        const engine = engines()();
        const evidence = readEvidence(terminal.machine, engine, file);
        const source: Source = { engine, file, evidence, fuel };
        if (step !== undefined) {
          printStep(terminal, source, step);
        } else if (lifecycle) {
          printLifecycle(terminal, source);
        } else if (terminal.json) {
          terminal.result(
            content(
              evidence,
              stepsOf(source, (record) => record),
            ),
          );
        } else {
          print(terminal, source);
          terminal.next(["reach", "verify", file]);
        }
        return EXIT.ok;
      }),
    );
}

interface InspectOptions extends Budget {
  readonly step?: string;
  readonly lifecycle?: boolean;
}

/** Where records come from. */
interface Source extends Budget {
  readonly engine: Engine;
  readonly file: string;
  readonly evidence: Evidence;
}

/** What is shown of the records. */
interface Steps<T> {
  readonly shown: readonly T[];
  readonly outcome: Evidence["outcome"];
  /** Why these are only those that are in the file. */
  readonly uncomputed?: EvidenceError;
}

/**
 * What is shown of each record: of all of a run, or of those that are in the file where this engine cannot compute
 * the others, or comes to another end than the file says.
 */
function stepsOf<T>(
  { engine, file, evidence, fuel }: Source,
  show: (record: TraceRecord) => T,
): Steps<T> {
  const { last, outcome } = evidence;
  const collected = (records: Iterable<RunRecord>): Steps<T> => {
    const shown: T[] = [];
    let end: RunRecord | undefined;
    for (end of records) shown.push(show(parseRecord(end.bytes)));
    if (last !== null && end !== undefined && !sameBytes(end.bytes, last)) {
      throw new EvidenceError(EVIDENCE.otherRecord, "this engine computes another outcome");
    }
    return { shown, outcome: outcomeOf(end) ?? outcome };
  };
  try {
    return collected(recordsOf(engine, evidence, { fuel }));
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw new CliError(problemOf(error, file));
    return { ...collected(recordsGiven(evidence)), uncomputed: error };
  }
}

/** How the run ended: by its last record where that was computed. */
function outcomeOf(last: RunRecord | undefined): Evidence["outcome"] {
  const record = last && parseRecord(last.bytes);
  if (record?.kind !== "outcome") return null;
  const { kind: _, seq: __, ...said } = record;
  return said;
}

function content(evidence: Evidence, steps: Steps<TraceRecord>): object {
  const { run, pack, missing, redaction } = evidence;
  const { shown: records, outcome, uncomputed } = steps;
  const { key, ...facts } = run;
  return {
    run: { ...facts, key: { alg: key.alg, id: key.id } },
    outcome,
    pack: pack && {
      digest: pack.digest,
      manifest: manifestOf(pack),
    },
    missing,
    ...(redaction === null ? {} : { redaction: { ...redaction, key: redaction.key.id } }),
    computed: uncomputed === undefined,
    ...(uncomputed === undefined ? {} : { why: uncomputed.message, code: uncomputed.code }),
    records,
  };
}

function printStep(terminal: Terminal, source: Source, text: string): void {
  const number = /^\d+$/.test(text) ? Number(text) : -1;
  const { shown, uncomputed } = stepsOf(source, (record) =>
    record.seq === number ? record : undefined,
  );
  const step = shown.find((record) => record !== undefined);
  if (step === undefined) {
    const all = `The records are numbered from 0 to ${source.evidence.run.trace.size - 1}.`;
    throw new CliError({
      code: uncomputed?.code ?? CODE.usage,
      what: `There is no record ${JSON.stringify(text)}`,
      ...(uncomputed === undefined ? { hint: all } : { why: uncomputed.message }),
      exitCode: uncomputed === undefined ? EXIT.usage : EXIT.unchecked,
    });
  }
  if (terminal.json) terminal.result(step);
  else terminal.print(jsonOf(step, 2));
}

function printLifecycle(terminal: Terminal, { engine, file, evidence, fuel }: Source): void {
  const { run, shown: hidden } = evidence;
  if (hidden !== null) {
    const what = "the events of a run need all of it, and something is hidden";
    throw new CliError(problemOf(new EvidenceError(EVIDENCE.undisclosed, what), file));
  }
  const { id, workflow, startedAt, annotations } = run;
  const about = { id, workflow, startedAt, annotations: annotations ?? [] };
  const records = bytesOf(recordsIn(engine, file, evidence, { fuel }));
  for (const event of lifecycleEvents(about, records)) terminal.print(jsonOf(event));
}

function* bytesOf(records: Iterable<RunRecord>): Generator<Uint8Array, void, undefined> {
  for (const { bytes } of records) yield bytes;
}

/** One that is hidden is there, and one that is large is among the records. */
const notThere = ({ shown }: Evidence): string => (shown === null ? "none" : "not disclosed");

function print(terminal: Terminal, source: Source): void {
  const { file, evidence } = source;
  const { run, pack } = evidence;
  const {
    shown: rows,
    outcome,
    uncomputed,
  } = stepsOf(source, (record) => [
    String(record.seq),
    record.kind,
    placeOf(record),
    summary(record),
  ]);
  const { bold, dim, yellow } = terminal.colors;
  terminal.print(line`${bold(file)}  ${dim("evidence of one run, not verified here")}`);
  terminal.print(
    columns([
      ["workflow", run.workflow],
      ["run", `${run.id}, attempt ${run.attempt}`],
      ["by", `${run.actor ?? "not disclosed"} of ${run.tenant ?? "not disclosed"}`],
      ["from", `${run.startedAt} to ${run.endedAt}`],
      ["outcome", outcome === null ? notThere(evidence) : describeOutcome(outcome, 120)],
      ["decision", run.decision ?? "not disclosed"],
      ["pack", `${run.pack}${pack === null ? " (not enclosed)" : ""}`],
      ["engine", `${run.engine} (semantics ${run.semantics})`],
      ["key", run.key.id],
      ["root", `${run.trace.root} over ${run.trace.size} records`],
      ...redactedBy(evidence.redaction),
    ]),
  );
  if (pack !== null) {
    terminal.print(line`\nFiles of the pack`);
    terminal.print(columns(pack.files.map(({ path, bytes }) => [path, `${bytes.length} bytes`])));
  }
  terminal.print(
    uncomputed === undefined ? line`\nRecords` : line`\nRecords that entered, and the outcome`,
  );
  if (uncomputed !== undefined) {
    terminal.print(yellow(`  The others are computed, and were not: ${uncomputed.message}.`));
  }
  const { shown } = evidence;
  if (shown !== null) {
    const { size } = run.trace;
    const left = size - shown.computed;
    const more = left === 0 ? "" : `, and ${left} of ${size} records`;
    terminal.print(yellow(`  Values are hidden${more}.`));
  }
  terminal.print(headedColumns(["#", "kind", "task", ""], rows));
}

/** Who says that it was redacted, if that is signed. */
const redactedBy = (redaction: Evidence["redaction"]): string[][] => {
  if (redaction === null) return [];
  const { by, at, why, key } = redaction;
  return [["redacted", `by ${by} at ${at}, key ${key.id}: ${why}`]];
};

function placeOf(record: TraceRecord): string {
  if (!("task" in record)) return "";
  const turns = record.iteration.length === 0 ? "" : `[${record.iteration.join(",")}]`;
  return `${taskName(record.task)}${turns}`;
}

/** The most telling part of a record on one line. */
function summary(record: TraceRecord): string {
  switch (record.kind) {
    case "start":
      return `${record.workflow} on ${brief(record.input, 70)}`;
    case "request": {
      const { method, uri } = record.request;
      return record.type === "http"
        ? `${record.key}: ${textOf(method)} ${textOf(uri)}`
        : `${record.key}: ${record.type} ${brief(record.request, 60)}`;
    }
    case "result":
    case "late":
      return `${record.key}: ${brief(record.result, 80)}`;
    case "task": {
      const value = record.status === "faulted" ? record.error : record.output;
      return value === undefined || record.status === "skipped"
        ? record.status
        : `${record.status} ${brief(value, 70)}`;
    }
    case "retry":
      return `attempt ${record.attempt} in ${record.delay} ms`;
    case "cancel":
    case "suspend":
      return brief(record.reason, 80);
    case "outcome":
      return describeOutcome(record, 80);
    default:
      return short("");
  }
}
