import { parseRecord } from "@reach-fabric/engine";
import type { TraceRecord } from "@reach-fabric/engine";
import { lifecycleEvents, manifestOf } from "@reach-fabric/evidence";
import type { Evidence } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { engines } from "../read/engine.ts";
import { readEvidence } from "../read/evidence.ts";
import { brief, describeOutcome, taskName, textOf } from "../ui/names.ts";
import { CODE, CliError, EXIT } from "../ui/problem.ts";
import { columns, table } from "../ui/table.ts";
import type { Terminal } from "../ui/terminal.ts";
import { safe, safeJson, short } from "../ui/text.ts";
import type { Verb } from "../ui/verb.ts";
import { EVIDENCE } from "../ui/codes.ts";

/** `reach inspect FILE`: what is in a piece of evidence, without a word about whether it is true. */
export function inspect(program: Command, verb: Verb): void {
  program
    .command("inspect")
    .summary("show what is in a piece of evidence")
    .description(
      "Shows the run, its steps and its outcome as the file says. Nothing is verified: verify does " +
        "that. Control and reordering characters in the content are shown as escapes.",
    )
    .argument("<file>", "evidence, a .reach file")
    .option("--step <n>", "show one whole record")
    .option("--lifecycle", "print the lifecycle events of the run, one CloudEvent a line")
    .option("--json", "print everything as JSON; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach inspect one.reach --step 3")
    .action(
      verb<[string, { step?: string; lifecycle?: boolean }]>((terminal, file, options) => {
        const { step, lifecycle } = options;
        const evidence = readEvidence(terminal.machine, engines()(), file);
        if (step !== undefined) {
          printStep(terminal, evidence, step);
        } else if (lifecycle) {
          printLifecycle(terminal, evidence);
        } else if (terminal.json) {
          terminal.result(content(evidence));
        } else {
          print(terminal, file, evidence);
          terminal.next(["reach", "verify", file]);
        }
        return EXIT.ok;
      }),
    );
}

/** All records where they are disclosed; their leaves, which hold commitments, otherwise. */
function stepsOf({ records, leaves }: Evidence): readonly object[] {
  return records === null ? leaves : records.map((record) => parseRecord(record));
}

function content(evidence: Evidence): object {
  const { run, pack, outcome, missing } = evidence;
  const { key, ...facts } = run;
  return {
    run: { ...facts, key: { alg: key.alg, id: key.id } },
    outcome,
    pack: pack && {
      digest: pack.digest,
      manifest: manifestOf(pack),
    },
    disclosed: evidence.records !== null,
    missing,
    records: stepsOf(evidence),
  };
}

function printStep(terminal: Terminal, evidence: Evidence, text: string): void {
  const steps = stepsOf(evidence);
  const step = /^\d+$/.test(text) ? steps[Number(text)] : undefined;
  if (step === undefined) {
    throw new CliError({
      code: CODE.usage,
      what: `There is no record ${JSON.stringify(text)}`,
      hint: `The records are numbered from 0 to ${steps.length - 1}.`,
      exitCode: EXIT.usage,
    });
  }
  if (terminal.json) terminal.result(step);
  else terminal.print(safeJson(step, 2));
}

function printLifecycle(terminal: Terminal, { run, records, missing }: Evidence): void {
  if (records === null || run.annotations === null) {
    throw new CliError({
      code: EVIDENCE.undisclosed,
      what: "The events cannot be told: values are not disclosed",
      why: `${missing.length} values are not disclosed`,
      exitCode: EXIT.unchecked,
    });
  }
  const { id, workflow, startedAt, annotations } = run;
  const about = { id, workflow, startedAt, annotations };
  for (const event of lifecycleEvents(about, records)) terminal.print(JSON.stringify(event));
}

function print(terminal: Terminal, file: string, evidence: Evidence): void {
  const { run, pack, records, outcome, missing } = evidence;
  const { bold, dim } = terminal.colors;
  terminal.print(`${bold(safe(file))}  ${dim("evidence of one run, not verified here")}`);
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
    ]),
  );
  if (pack !== null) {
    terminal.print(`\nFiles of the pack`);
    terminal.print(columns(pack.files.map(({ path, bytes }) => [path, `${bytes.length} bytes`])));
  }
  terminal.print("\nRecords");
  if (records === null) {
    terminal.print(`  ${missing.length} values are not disclosed; --json shows their commitments.`);
    return;
  }
  const rows = records.map((bytes) => {
    const record = parseRecord(bytes);
    return [String(record.seq), record.kind, placeOf(record), summary(record)];
  });
  terminal.print(table(["#", "kind", "task", ""], rows));
}

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
