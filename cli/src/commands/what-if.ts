import { EngineError, parseRecord } from "@reach-fabric/engine";
import type { OutcomeRecord, Pack } from "@reach-fabric/engine";
import { whatIf, whatIfLive } from "@reach-fabric/evidence";
import type { Budget, Hypothesis } from "@reach-fabric/evidence";
import type { Grant } from "@reach-fabric/schema";
import { hostCode } from "@reach-fabric/host/codes";
import type { SecurityLog } from "@reach-fabric/host";
import type { Command } from "commander";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { engines } from "../read/engine.ts";
import { FUEL, readEvidence, recordsIn } from "../read/evidence.ts";
import { secretsGiven, secretsOptions } from "./secrets/given.ts";
import { describeOutcome, taskName } from "../ui/names.ts";
import { CODE, CliError, EXIT, problemOf } from "../ui/problem.ts";
import { longWork } from "../ui/progress.ts";
import { headedColumns } from "../ui/table.ts";
import type { Terminal } from "../ui/terminal.ts";
import { line } from "../ui/text.ts";
import type { Verb } from "../ui/verb.ts";

/** What a recorded run has come to, and would have come to. */
interface Row {
  readonly file: string;
  readonly recorded: string;
  readonly hypothetical: Hypothesis;
  readonly changes: boolean;
}

/** `reach what-if WORKFLOW EVIDENCE...`: recorded runs, decided again by other rules. */
export function whatIfCommand(program: Command, verb: Verb): void {
  const command = program
    .command("what-if")
    .summary("show what recorded runs would have decided by other rules")
    .description(
      "Decides recorded runs again with a changed workflow or changed tables, from the recorded " +
        "input and answers, and sends nothing. An answer is used where the same task asks for the same; " +
        "anything else is not recorded. Exits 0 if every run comes out the same, 1 if one does not, 3 " +
        "if some asked for what was not recorded and none of the others differs. With --live, what was " +
        "not recorded is asked, by a grant of its own, where asking changes nothing: GET, HEAD and OPTIONS, " +
        "models, MCP but tools/call, files that are read, and what --safe names. Events are never emitted.",
    )
    .argument("<workflow>", "the changed workflow, YAML or JSON; its tables are beside or below it")
    .argument("<evidence...>", ".reach files, and folders with such files")
    .option("--live", "ask for what was not recorded, by --grant")
    .option("-g, --grant <file>", "what may be asked with --live");
  secretsOptions(command)
    .option(
      "--safe <operation...>",
      'what changes nothing, too: "POST https://host/path", "tools/call NAME", "write FOLDER"',
    )
    .option(...FUEL)
    .option("--json", "print the runs as JSON; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach what-if stricter/workflow.yaml decisions/")
    .action(verb<[string, string[], LiveOptions]>(whatIfRuns));
}

interface LiveOptions extends Budget {
  live?: boolean;
  grant?: string;
  secrets?: string;
  secretsPassphraseFile?: string;
  safe?: string[];
}

async function whatIfRuns(
  terminal: Terminal,
  workflow: string,
  named: readonly string[],
  options: LiveOptions,
): Promise<number> {
  const host = await import("@reach-fabric/host");
  const pack = await host.loadPack(workflow);
  const engine = engines()();
  const live = await liveOf(terminal, host, pack, options, terminal.machine.security?.log);
  const rows: Row[] = [];
  const onProgress = longWork(terminal);
  try {
    for (const file of named.flatMap(filesOf)) rows.push(await rowOf(file));
  } finally {
    await live?.close();
  }
  async function rowOf(file: string): Promise<Row> {
    const evidence = readEvidence(terminal.machine, engine, file);
    const records = [...recordsIn(engine, file, evidence, options)].map(({ bytes }) => bytes);
    const last = parseRecord(records.at(-1) as Uint8Array);
    try {
      const hypothetical =
        live === undefined
          ? whatIf(engine, pack, records, undefined, { onProgress })
          : await whatIfLive(engine, pack, records, { ...live, onProgress });
      const recorded = describeOutcome(last as OutcomeRecord, WIDTH);
      return { file, recorded, hypothetical, changes: !hypothetical.same };
    } catch (error) {
      throw new CliError(problemOf(error, error instanceof EngineError ? workflow : file));
    }
  }
  const unknown = rows.filter(({ hypothetical }) => hypothetical.status === "not recorded");
  const changed = rows.filter((row) => row.changes && !unknown.includes(row));
  if (terminal.json) {
    terminal.result({
      hypothetical: true,
      runs: rows.map(({ file, changes, hypothetical }) => {
        const { status, outcome, decision, asks, first, live: asked } = hypothetical;
        return { file, changes, status, outcome, decision, asks, first, live: asked };
      }),
    });
  } else print(terminal, rows, changed.length, unknown.length);
  if (changed.length > 0) return EXIT.failed;
  return unknown.length > 0 ? EXIT.unchecked : EXIT.ok;
}

/** What asks the outside; undefined without --live. */
async function liveOf(
  terminal: Terminal,
  host: typeof import("@reach-fabric/host"),
  pack: Pack,
  options: LiveOptions,
  security: SecurityLog | undefined,
): Promise<Live | undefined> {
  const { live, grant: file, secrets, safe = [] } = options;
  const isAsked = live === true && file !== undefined;
  if (
    !isAsked &&
    (live === true || file !== undefined || secrets !== undefined || safe.length > 0)
  ) {
    throw new CliError({
      code: CODE.usage,
      what: "--live and --grant come together, --secrets and --safe with them",
      why: "nothing is granted by default",
      hint: "reach what-if --live --grant FILE WORKFLOW EVIDENCE",
      exitCode: EXIT.usage,
    });
  }
  if (!isAsked) return undefined;
  const odd = safe.find((operation) => !OPERATION.test(operation));
  if (odd !== undefined) {
    throw new CliError({
      code: CODE.usage,
      what: `--safe names an operation, not: ${odd}`,
      hint: 'For example "POST https://host/path", without a query, "tools/call NAME" or "write FOLDER".',
      exitCode: EXIT.usage,
    });
  }
  const granted = await host.readGrant(file);
  await host.requireDirectories(granted, file);
  const performer = host.createPerformer({
    pack,
    ...granted,
    safe,
    ...(security && { security }),
    secrets: await secretsGiven(terminal, host, options),
  });
  const signal = new AbortController().signal;
  return {
    grant: granted.grant,
    ask: async (requests) => {
      const request = requests.find((one) => performer.isSafe(one));
      if (request === undefined) return undefined;
      return { key: request.key, ...(await performer.perform(request, signal)) };
    },
    close: () => performer.close(),
  };
}

/** As operationOf() of the host names them. */
const OPERATION = /^([A-Z]+ https?:\/\/[^\s?#]+|tools\/call \S.*|write \S+)$/;

type Live = Pick<Parameters<typeof whatIfLive>[3], "ask"> & {
  readonly grant: Grant;
  readonly close: () => Promise<void>;
};

/** Longest outcome in a line of the table. */
const WIDTH = 60;

function filesOf(path: string): string[] {
  if (!existsSync(path) || !statSync(path).isDirectory()) return [path];
  const found = readdirSync(path)
    .filter((name) => name.endsWith(".reach"))
    .sort()
    .map((name) => join(path, name));
  if (found.length > 0) return found;
  throw new CliError({
    code: hostCode.missing,
    what: "There is no .reach file in this folder",
    where: path,
    exitCode: EXIT.usage,
  });
}

function print(terminal: Terminal, rows: readonly Row[], changed: number, unknown: number): void {
  const { yellow } = terminal.colors;
  const cells = ({ file, recorded, hypothetical, changes }: Row): string[] => {
    const { status, outcome, asks, first } = hypothetical;
    const step = first?.step === undefined ? "" : `record ${first.step}`;
    const at = [step, first?.task === undefined ? "" : taskName(first.task), first?.pointer ?? ""];
    if (status === "not recorded" || outcome === undefined) {
      const asked = asks === undefined ? "" : `: ${asks.type} of ${taskName(asks.task)}`;
      return [file, recorded, `not recorded${asked}`, at.filter(Boolean).join(" ")];
    }
    const would = changes ? describeOutcome(outcome, WIDTH) : "the same";
    return [file, recorded, would, changes ? at.filter(Boolean).join(" ") : ""];
  };
  terminal.print(
    headedColumns(
      ["run", "was", "would have been", "first difference"],
      rows.map((row) => cells(row)),
    ),
  );
  const same = rows.length - changed - unknown;
  terminal.print(
    line`\n${rows.length} ${rows.length === 1 ? "run" : "runs"}: ${changed} changed, ${same} the same, ${unknown} not recorded.`,
  );
  const asked = rows.flatMap(({ hypothetical }) => hypothetical.live).length;
  terminal.print(
    yellow(
      `Hypothetical: recorded answers used again, ${asked === 0 ? "nothing was sent" : `${asked} asked for now`}. ` +
        "How long things take is not modelled, and nothing of this is signed.",
    ),
  );
}
