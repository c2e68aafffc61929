import { parseRecord } from "@reach-fabric/engine";
import type { Engine, TraceRecord } from "@reach-fabric/engine";
import {
  EvidenceError,
  lifecycleEvents,
  manifestOf,
  recordsGiven,
  recordsOf,
} from "@reach-fabric/evidence";
import type { Evidence } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { engines } from "../read/engine.ts";
import { readEvidence } from "../read/evidence.ts";
import { brief, describeOutcome, taskName, textOf } from "../ui/names.ts";
import { EVIDENCE } from "../ui/codes.ts";
import { CODE, CliError, EXIT, problemOf } from "../ui/problem.ts";
import { columns, table } from "../ui/table.ts";
import type { Terminal } from "../ui/terminal.ts";
import { json, line, short } from "../ui/text.ts";
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
    .option("--json", "print everything as JSON; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach inspect one.reach --step 3")
    .action(
      verb<[string, { step?: string; lifecycle?: boolean }]>((terminal, file, options) => {
        const { step, lifecycle } = options;
        const engine = engines()();
        const opened = readEvidence(terminal.machine, engine, file);
        const steps = stepsOf(engine, file, opened);
        const evidence = { ...opened, outcome: outcomeOf(opened, steps) };
        if (step !== undefined) {
          printStep(terminal, steps, step);
        } else if (lifecycle) {
          printLifecycle(terminal, file, evidence, steps);
        } else if (terminal.json) {
          terminal.result(content(evidence, steps));
        } else {
          print(terminal, file, evidence, steps);
          terminal.next(["reach", "verify", file]);
        }
        return EXIT.ok;
      }),
    );
}

/** The records that can be shown. */
interface Steps {
  readonly records: readonly Uint8Array[];
  /** Why these are only those that are in the file. */
  readonly uncomputed?: EvidenceError;
}

/** All records of a run, or those that are in the file where this engine cannot compute the others. */
function stepsOf(engine: Engine, file: string, evidence: Evidence): Steps {
  try {
    return { records: [...recordsOf(engine, evidence)].map(({ bytes }) => bytes) };
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw new CliError(problemOf(error, file));
    return { records: recordsGiven(evidence).map(({ bytes }) => bytes), uncomputed: error };
  }
}

/** How the run ended: by its last record where that was computed. */
function outcomeOf({ outcome }: Evidence, { records }: Steps): Evidence["outcome"] {
  const last = records.at(-1);
  const record = last && parseRecord(last);
  if (record?.kind !== "outcome") return outcome;
  const { kind: _, seq: __, ...said } = record;
  return said;
}

function content(evidence: Evidence, { records, uncomputed }: Steps): object {
  const { run, pack, outcome, missing, redaction, unread } = evidence;
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
    unread,
    computed: uncomputed === undefined,
    ...(uncomputed === undefined ? {} : { why: uncomputed.message, code: uncomputed.code }),
    records: records.map((record) => parseRecord(record)),
  };
}

function printStep(terminal: Terminal, { records, uncomputed }: Steps, text: string): void {
  const steps = records.map((bytes) => parseRecord(bytes));
  const step = /^\d+$/.test(text) ? steps.find(({ seq }) => seq === Number(text)) : undefined;
  if (step === undefined) {
    const all = `The records are numbered from 0 to ${steps.at(-1)?.seq}.`;
    throw new CliError({
      code: uncomputed?.code ?? CODE.usage,
      what: `There is no record ${JSON.stringify(text)}`,
      ...(uncomputed === undefined ? { hint: all } : { why: uncomputed.message }),
      exitCode: uncomputed === undefined ? EXIT.usage : EXIT.unchecked,
    });
  }
  if (terminal.json) terminal.result(step);
  else terminal.print(json(step, 2));
}

function printLifecycle(
  terminal: Terminal,
  file: string,
  { run, shown: hidden }: Evidence,
  { records, uncomputed }: Steps,
): void {
  if (uncomputed !== undefined) throw new CliError(problemOf(uncomputed, file));
  if (hidden !== null) {
    const what = "the events of a run need all of it, and something is hidden";
    throw new CliError(problemOf(new EvidenceError(EVIDENCE.undisclosed, what), file));
  }
  const { id, workflow, startedAt, annotations } = run;
  const about = { id, workflow, startedAt, annotations: annotations ?? [] };
  for (const event of lifecycleEvents(about, records)) terminal.print(json(event));
}

function print(terminal: Terminal, file: string, evidence: Evidence, steps: Steps): void {
  const { run, pack, outcome, unread } = evidence;
  const { bold, dim, yellow } = terminal.colors;
  terminal.print(line`${bold(file)}  ${dim("evidence of one run, not verified here")}`);
  terminal.print(
    columns([
      ["workflow", run.workflow],
      ["run", `${run.id}, attempt ${run.attempt}`],
      ["by", `${run.actor ?? "not disclosed"} of ${run.tenant ?? "not disclosed"}`],
      ["from", `${run.startedAt} to ${run.endedAt}`],
      ["outcome", outcome === null ? "none" : describeOutcome(outcome, 120)],
      ["decision", run.decision ?? "not disclosed"],
      ["pack", `${run.pack}${pack === null ? " (not enclosed)" : ""}`],
      ["engine", `${run.engine} (semantics ${run.semantics})`],
      ["key", run.key.id],
      ["root", `${run.trace.root} over ${run.trace.size} records`],
      ...redactedBy(evidence.redaction),
      ...unread.map((name) => ["beside it", `${name}, which this version does not look into`]),
    ]),
  );
  if (pack !== null) {
    terminal.print(line`\nFiles of the pack`);
    terminal.print(columns(pack.files.map(({ path, bytes }) => [path, `${bytes.length} bytes`])));
  }
  const { records, uncomputed } = steps;
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
  const rows = records.map((bytes) => {
    const record = parseRecord(bytes);
    return [String(record.seq), record.kind, placeOf(record), summary(record)];
  });
  terminal.print(table(["#", "kind", "task", ""], rows));
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
