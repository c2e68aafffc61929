import { existsSync } from "node:fs";
import { access, constants, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { createEngine, EngineError, parseRecord, toHex, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { createEvidence } from "@reach-fabric/evidence";
import type { Signer } from "@reach-fabric/evidence";
// Types only: the host needs a newer Node than verify, replay, canon and eval do.
import type * as Host from "@reach-fabric/host";
import type { EffectiveGrant, RunOptions, RunResult } from "@reach-fabric/host";
import { hostCode } from "@reach-fabric/host/codes";
import { whyNotPlain } from "@reach-fabric/schema";
import type { NewLogEntry } from "@reach-fabric/schema";
import type { Command } from "commander";
import type { Machine } from "../../ui/machine.ts";
import { openAudit, withAudit } from "../log/audit.ts";
import type { AuditOptions } from "../log/audit.ts";
import { atByte, readInput } from "../../read/files.ts";
import { deniedProblem, missingGrant } from "./grants.ts";
import { matterKeyIn } from "../../read/matter-key.ts";
import { readSigner, stateFolder, userKey } from "../../read/keys.ts";
import { loadInto } from "../../read/load.ts";
import { packBundlesOf } from "../../read/policies.ts";
import { brief, runError, taskName } from "../../ui/names.ts";
import { CliError, CODE, exists, EXIT, problemOf, systemProblem } from "../../ui/problem.ts";
import type { CliProblem } from "../../ui/problem.ts";
import { progressOf } from "../../ui/progress.ts";
import { columns } from "../../ui/table.ts";
import type { Terminal } from "../../ui/terminal.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";
import { isOfKind } from "../../ui/codes.ts";

interface RunCommandOptions extends AuditOptions {
  input: string;
  output: string;
  grant?: string;
  key?: string;
  passphraseFile?: string;
  record?: string;
  secrets?: string;
  events?: string;
  emit?: string;
  commands?: string;
  actor: string;
  tenant: string;
  force?: boolean;
  matterKey?: string;
}

/** `reach run WORKFLOW`: one run, its effects performed, its evidence in one file. */
export function run(program: Command, verb: Verb): void {
  const command = program
    .command("run")
    .summary("run a workflow and write the evidence of it")
    .description(
      "Runs a workflow on one input, performs what the grant allows, and writes signed evidence of it " +
        "to one .reach file, completely or not at all. A run that faults has evidence, too, and exits 1; one " +
        "that asks for what is not granted exits 4. Without --key it signs with your own key, " +
        "$XDG_CONFIG_HOME/reach/key.json (~/.config/reach/key.json), made at the first use.",
    )
    .argument("<workflow>", "the workflow, YAML or JSON; its tables are beside or below it")
    .requiredOption("-i, --input <file>", "the run's input, JSON; - is stdin")
    .requiredOption("-o, --output <file>", "where the evidence is written, a .reach file")
    .option("-g, --grant <file>", "what the run may contact; nothing without it")
    .option("--secrets <file>", "what the names of secrets stand for, readable by you alone")
    .option("-k, --key <file>", "the key to sign with (reach keys new)")
    .option("--passphrase-file <file>", "the passphrase of that key")
    .option(
      "--record <dir>",
      "keep what the run is told in this folder as it goes; otherwise it is below " +
        "$XDG_STATE_HOME/reach/runs until the evidence is written",
    )
    .option(
      "--events <file>",
      "CloudEvents for tasks that listen, one JSON text a line; - is stdin",
    )
    .option("--emit <file>", "where events that it emits are appended, one JSON text a line")
    .option(
      "--commands <file>",
      'suspend, resume and cancel, one JSON text a line: {"command": "suspend", "reason": "audit"}; - is stdin',
    )
    .option("--actor <name>", "on whose behalf, as recorded in the evidence", "local")
    .option("--tenant <name>", "for which tenant, as recorded in the evidence", "local")
    .option("--force", "replace an existing output file");
  withAudit(command, "the run is noted before it asks for anything, and its evidence afterwards")
    .option(
      "--matter-key <file>",
      "the tenant's key, under which the log notes whom the run is about, where the pack says so",
    )
    .option("-q, --quiet", "no progress on stderr")
    .option("--json", "print the result as JSON; progress and errors as JSON on stderr")
    .addHelpText(
      "after",
      "\nExample:\n  $ reach run workflow.yaml --input input.json --grant grant.json -o one.reach",
    )
    .action(verb<[string, RunCommandOptions]>(runCommand));
}

async function runCommand(
  terminal: Terminal,
  workflow: string,
  options: RunCommandOptions,
): Promise<number> {
  const { machine } = terminal;
  // All that can be refused is refused before anything is asked of the world.
  await checkOutput(options);
  refuseSharedStdin(options);
  refuseTenant(options);
  const host = await import("@reach-fabric/host");
  const engine = createEngine();
  const input = checkedInput(machine, engine, options.input);
  const pack = await host.loadPack(workflow);
  const packBundles = packBundlesOf(machine, engine, { pack: workflow });
  loadInto(engine, pack, await host.folderOfPack(workflow), host);
  const grant = options.grant === undefined ? undefined : await host.readGrant(options.grant);
  const missing = missingGrant(pack, grant?.grant, workflow);
  if (missing !== undefined) throw new CliError(missing);
  const secrets = options.secrets === undefined ? {} : await host.readSecrets(options.secrets);
  const lines = await eventOptions(machine, host, options);
  const signer = await chosenSigner(terminal, options);
  if (options.matterKey !== undefined && options.log === undefined) {
    throw new CliError({
      code: CODE.usage,
      what: "--matter-key is for a run that a log notes",
      hint: "Give --log DIR and --log-key FILE, too.",
      exitCode: EXIT.usage,
    });
  }
  const matterKey =
    options.matterKey === undefined ? undefined : matterKeyIn(machine, options.matterKey);

  const log = await openAudit(machine, host, options);
  try {
    const folder = options.record ?? join(stateFolder(machine), "runs", randomUUID());
    const inFolder = host.folderRecorder(folder);
    const logged =
      log === undefined ? undefined : host.loggedRecorder(inFolder, log, { matterKey });
    const recorder = logged ?? inFolder;
    const interrupt = onInterrupt(machine);
    let result: RunResult;
    try {
      terminal.progress("start", `running ${workflow}`, { workflow, run: recorder.run.id, folder });
      if (grant !== undefined) {
        await log?.append({
          type: "act",
          body: grantGiven(engine, grant, recorder.run.id, signer),
        });
      }
      result = await host.run({
        engine,
        pack,
        input,
        ...grantOptions(grant),
        recorder,
        secrets,
        ...lines,
        signal: interrupt.signal,
        onRecord: progressOf(terminal),
      });
    } catch (error) {
      const kept = await keptRecords(folder, host);
      if (kept === undefined && options.record === undefined) await remove(folder);
      if (interrupt.signal.aborted) throw new CliError(interrupted(folder, kept, interrupt.code()));
      throw new CliError({ ...problemOf(error, workflow), ...keptHint(folder, kept) });
    } finally {
      interrupt.stop();
    }

    const { secret: runSecret, ...facts } = result.run;
    let evidence: Uint8Array;
    try {
      evidence = createEvidence({
        engine,
        pack,
        records: result.records,
        runSecret,
        signer,
        run: { ...facts, tenant: options.tenant, actor: options.actor },
        annotations: result.annotations,
        packBundles,
      });
      if (log !== undefined) {
        evidence = await host.logEvidence(log, engine, evidence, logged?.started);
      }
      await host.writeFileAtomic(options.output, evidence);
    } catch (error) {
      // The effects have happened: the records of them are worth more than a tidy folder.
      const kept = await keptRecords(folder, host);
      throw new CliError({ ...problemOf(error, options.output), ...keptHint(folder, kept) });
    }
    if (options.record === undefined) await remove(folder);

    print(terminal, options, result, evidence.length, signer.key.id);
    const problem = problemOfRun(result, workflow, options.output);
    if (problem !== undefined) {
      terminal.problem(problem);
      return problem.exitCode;
    }
    terminal.next(["reach", "verify", options.output]);
    return EXIT.ok;
  } finally {
    await log?.close();
  }
}

/** Refuses an output that could not be written, or would replace something, while it costs nothing. */
async function checkOutput({ output, force }: RunCommandOptions): Promise<void> {
  if (force !== true && existsSync(output)) {
    throw new CliError(exists(output, "Name another file, or give --force to replace this one."));
  }
  const folder = dirname(output);
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const problem = systemProblem(error as NodeJS.ErrnoException, folder);
    throw new CliError({
      ...problem,
      code: hostCode.unwritable,
      what: "The output cannot be written",
    });
  }
}

function refuseSharedStdin({ input, events, commands }: RunCommandOptions): void {
  if ([input, events, commands].filter((file) => file === "-").length < 2) return;
  throw new CliError({
    code: CODE.usage,
    what: "Only one of --input, --events and --commands can be stdin",
    hint: "Put the others into files.",
    exitCode: EXIT.usage,
  });
}

/** A name that no evidence can have is found before the run, not after it. */
function refuseTenant({ tenant }: RunCommandOptions): void {
  const why = whyNotPlain(tenant);
  if (why === undefined) return;
  throw new CliError({
    code: CODE.usage,
    what: "--tenant is no name that people can compare",
    why,
    exitCode: EXIT.usage,
  });
}

/** The input's bytes, known to be strict JSON. */
function checkedInput(machine: Machine, engine: Engine, path: string): Uint8Array {
  const bytes = readInput(machine, path);
  try {
    engine.checkJson(bytes);
    return bytes;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const file = path === "-" ? "stdin" : path;
    throw new CliError(atByte(problemOf(error), file, bytes, error.offset));
  }
}

async function chosenSigner(
  terminal: Terminal,
  { key: path, passphraseFile }: RunCommandOptions,
): Promise<Signer> {
  if (path !== undefined) return readSigner(terminal.machine, path, passphraseFile);
  const { path: own, made } = userKey(terminal.machine);
  if (made !== undefined) {
    const { id, private: secret, public: shared } = made;
    const text = `made your key ${id} in ${secret}; ${shared} is for those who verify`;
    terminal.progress("key", text, { ...made });
  }
  return readSigner(terminal.machine, own, passphraseFile);
}

const grantOptions = (grant: EffectiveGrant | undefined): Partial<EffectiveGrant> => grant ?? {};

/**
 * What a log says of a grant: its digest as the run's first record has it. The actor is the key that signs the
 * run: the name that evidence has can be taken out of it, and an entry stays.
 */
const grantGiven = (
  engine: Engine,
  { grant }: EffectiveGrant,
  run: string,
  { key }: Signer,
): Extract<NewLogEntry, { type: "act" }>["body"] => ({
  type: "grant.given",
  actor: `key ${key.id}`,
  outcome: "success",
  details: { run, sha256: toHex(engine.canonicalHash(utf8(JSON.stringify(grant)))) },
});

/** Where events and commands come from, and where events go. */
async function eventOptions(
  machine: Machine,
  { commandFile, eventFile, eventSink }: typeof Host,
  { events, emit, commands }: RunCommandOptions,
): Promise<Pick<RunOptions, "events" | "effects" | "commands">> {
  return {
    ...(events === undefined ? {} : { events: await linesOf(machine, events, eventFile) }),
    ...(commands === undefined ? {} : { commands: await linesOf(machine, commands, commandFile) }),
    ...(emit === undefined ? {} : { effects: { emit: eventSink(emit) } }),
  };
}

/** Of a file, all at once, so that what is wrong with it is said before the run; of stdin, as they come. */
async function linesOf<T>(
  { stdin }: Machine,
  file: string,
  read: (source: string | Readable, name?: string) => AsyncIterable<T>,
): Promise<AsyncIterable<T>> {
  if (file === "-") return read(stdin.stream(), "stdin");
  const all: T[] = [];
  for await (const one of read(file)) all.push(one);
  return Readable.from(all);
}

const remove = (folder: string): Promise<void> =>
  rm(folder, { recursive: true, force: true }).catch(() => undefined);

/** The first Ctrl-C (or SIGTERM) interrupts the run, a second one ends the process at once. */
function onInterrupt(machine: Machine): {
  signal: AbortSignal;
  code: () => number;
  stop: () => void;
} {
  const controller = new AbortController();
  let code: number = EXIT.interrupted;
  const stop = machine.onStop((name) => {
    if (controller.signal.aborted) machine.exit(code);
    if (name === "SIGTERM") code = EXIT.terminated;
    controller.abort(new Error("interrupted"));
  });
  return { signal: controller.signal, code: () => code, stop };
}

/** What the folder of a run that did not end holds, in one sentence; undefined for nothing. */
async function keptRecords(
  folder: string,
  { readFolder }: typeof Host,
): Promise<string | undefined> {
  try {
    // An engine of its own: that of the run may have trapped.
    const { inputs, summary } = await readFolder(createEngine(), folder);
    return inputs.length === 0 ? undefined : summary;
  } catch {
    return undefined;
  }
}

const keptHint = (folder: string, kept: string | undefined): { hint?: string } =>
  kept === undefined ? {} : { hint: `${kept}\nThe records are in ${folder}` };

const interrupted = (folder: string, kept: string | undefined, exitCode: number): CliProblem => ({
  code: CODE.interrupted,
  what: "Interrupted: no evidence was written",
  ...(kept === undefined ? {} : { where: folder, why: kept }),
  hint:
    kept === undefined
      ? "Nothing had been recorded."
      : "The records stay in that folder. Resuming is not built yet: run the input again.",
  exitCode,
});

/** What a run has come to. */
function valueOf(result: RunResult): object {
  if (result.status === "completed") return { output: result.output };
  return result.status === "faulted" ? { error: result.error } : { reason: reasonOf(result) };
}

/** Why a run was cancelled. */
function reasonOf({ records }: RunResult): unknown {
  const cancel = records.map((bytes) => parseRecord(bytes)).find(({ kind }) => kind === "cancel");
  return cancel?.kind === "cancel" ? cancel.reason : undefined;
}

function print(
  terminal: Terminal,
  { output }: RunCommandOptions,
  result: RunResult,
  bytes: number,
  key: string,
): void {
  const { status, decision, fingerprint, records, run: facts } = result;
  const start = parseRecord(records[0] ?? new Uint8Array());
  const workflow = start.kind === "start" ? start.workflow : "";
  const value = valueOf(result);
  if (terminal.json) {
    terminal.result({
      status,
      ...value,
      workflow,
      decision,
      fingerprint,
      run: facts.id,
      records: records.length,
      file: output,
      bytes,
      key,
    });
    return;
  }
  const { bold, green, yellow } = terminal.colors;
  terminal.print(
    line`${bold(workflow)}  ${status === "completed" ? green(status) : yellow(status)}`,
  );
  terminal.print(
    columns([
      ...Object.entries(value).map(([name, content]) => [name, brief(content, 200)]),
      ["decision", decision],
      ["evidence", `${output} (${records.length} records, ${bytes} bytes, signed with key ${key})`],
    ]),
  );
}

/** What the host has noted about the request that it denied last. */
function noteOf({ annotations }: RunResult): { code: string; why: string } | undefined {
  for (const { code, why } of annotations.toReversed()) {
    if (typeof code === "string" && isOfKind(code, "denial") && typeof why === "string") {
      return { code, why };
    }
  }
  return undefined;
}

/** A run that did not complete, as the error that the command ends with. */
function problemOfRun(result: RunResult, workflow: string, output: string): CliProblem | undefined {
  if (result.status === "completed") return undefined;
  const hint = `The evidence of it is written: reach inspect ${output}`;
  if (result.status === "cancelled") {
    const reason = reasonOf(result);
    const why = typeof reason === "string" ? { why: reason } : {};
    const what = "The run was cancelled";
    return { code: CODE.cancelled, what, where: workflow, ...why, hint, exitCode: EXIT.failed };
  }
  const { title, status, type, detail, instance } = runError(result.error);
  if (type?.endsWith("/errors/authorization") === true) {
    return deniedProblem(
      workflow,
      instance,
      detail ?? title,
      detail === "denied" ? noteOf(result) : undefined,
    );
  }
  return {
    code: CODE.faulted,
    what: `The run faulted: ${title ?? type ?? "an error"}${status === undefined ? "" : ` (${status})`}`,
    where: instance === undefined ? workflow : `${workflow}, task ${taskName(instance)}`,
    ...(detail === undefined ? {} : { why: detail }),
    hint,
    exitCode: EXIT.failed,
  };
}
