import { createEngine, EngineError } from "@reach-fabric/engine";
import type { Engine, Pack } from "@reach-fabric/engine";
import { manifestOf } from "@reach-fabric/evidence";
import { whyNotPlain } from "@reach-fabric/schema";
import type { Command } from "commander";
import type { Machine } from "../../ui/machine.ts";
import { openAudit, runSecurity, withAudit } from "../log/audit.ts";
import type { AuditOptions } from "../log/audit.ts";
import { atByte, readInput } from "../../read/files.ts";
import { matterKeyIn } from "../../read/matter-key.ts";
import { loadInto } from "../../read/load.ts";
import { packBundlesOf } from "../../read/policies.ts";
import { secretsGiven, secretsOptions } from "../secrets/given.ts";
import { openRuns, withStore } from "../../read/runs.ts";
import type { StoreOption } from "../../read/runs.ts";
import { CliError, CODE, EXIT, problemOf } from "../../ui/problem.ts";
import type { Terminal } from "../../ui/terminal.ts";
import type { Verb } from "../../ui/verb.ts";
import {
  chosenSigner,
  eventOptions,
  grantGiven,
  refuseNoSink,
  refuseSharedStdin,
} from "./asked.ts";
import { checkOutput, execute, LONGEST_WAIT } from "./execute.ts";
import { missingGrant } from "./grants.ts";
import { requestOf } from "./request.ts";

interface RunCommandOptions extends AuditOptions, StoreOption {
  input: string;
  output: string;
  grant?: string;
  key?: string;
  passphraseFile?: string;
  record?: string;
  secrets?: string;
  secretsPassphraseFile?: string;
  events?: string;
  emit?: string;
  commands?: string;
  actor: string;
  tenant: string;
  force?: boolean;
  matterKey?: string;
  wait?: boolean;
}

/** `reach run WORKFLOW`: one run, its effects performed, its evidence in one file. */
export function run(program: Command, verb: Verb): void {
  const command = program
    .command("run")
    .summary("run a workflow and write the evidence of it")
    .description(
      "Runs a workflow on one input, performs what the grant allows, and writes signed evidence of it " +
        "to one .reach file, completely or not at all. A run that faults has evidence, too, and exits 1; one " +
        "that asks for what is not granted exits 4; one that waits for an event, a person or a time that is more than a " +
        "minute away exits 5, and goes on with reach resume. Without --key it signs with your own key, " +
        "$XDG_CONFIG_HOME/reach/key.json (~/.config/reach/key.json), made at the first use.",
    )
    .argument("<workflow>", "the workflow, YAML or JSON; its tables are beside or below it")
    .requiredOption("-i, --input <file>", "the run's input, JSON; - is stdin")
    .requiredOption("-o, --output <file>", "where the evidence is written, a .reach file")
    .option("-g, --grant <file>", "what the run may contact; nothing without it")
    .option("-k, --key <file>", "the key to sign with (reach keys new)")
    .option("--passphrase-file <file>", "the passphrase of that key")
    .option(
      "--record <dir>",
      "keep what the run is told in this folder, and all of it; otherwise it is in the store until the evidence is written",
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
    .option("--wait", "wait for what reach signal gives it, and for timers, however long it takes")
    .option("--force", "replace an existing output file");
  withStore(secretsOptions(command));
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
  if (grant !== undefined) await host.requireDirectories(grant, options.grant as string);
  refuseNoSink(pack, workflow, options.emit);
  const secrets = await secretsGiven(terminal, host, options);
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
  const store = await openRuns(machine, options);
  const { security, close } = runSecurity(terminal, host, log, signer.key.id);
  try {
    const labels = {
      workflow: nameOf(pack),
      request: requestOf(workflow, options),
    };
    const plain =
      options.record === undefined
        ? host.storeRecorder(store, labels)
        : host.folderRecorder(options.record, {}, labels);
    const logged = log === undefined ? undefined : host.loggedRecorder(plain, log, { matterKey });
    const recorder = logged ?? plain;
    const kept =
      options.record === undefined ? store.run(recorder.run.id) : host.runFolder(options.record);
    return await execute(terminal, host, {
      engine,
      workflow,
      kept,
      id: recorder.run.id,
      isKept: options.record !== undefined,
      store: options.store,
      output: options.output,
      signer,
      tenant: options.tenant,
      actor: options.actor,
      packBundles,
      log,
      started: () => logged?.started,
      run: async (more) => {
        const { id } = recorder.run;
        terminal.progress("start", `running ${workflow}`, { workflow, run: id, where: kept.where });
        if (grant !== undefined) {
          await log?.append({ type: "act", body: grantGiven(engine, grant, id, signer) });
        }
        const outside = {
          secrets,
          ...(security && { security }),
          ...lines,
          ...(options.wait ? { waits: true } : { patience: LONGEST_WAIT }),
        };
        const given = { engine, pack, input, ...grant, recorder, ...outside, ...more };
        return { pack, result: await host.run(given) };
      },
    });
  } finally {
    await store.close();
    await close();
    await log?.close();
  }
}

/** What people call the run: the workflow that its pack is made for. */
const nameOf = (pack: Pack): string => {
  const { id, version } = manifestOf(pack);
  return `${id}:${version}`;
};

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
