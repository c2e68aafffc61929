import { existsSync } from "node:fs";
import { resolve as absolute } from "node:path";
import { createEngine } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { verify } from "@reach-fabric/evidence";
import type { Signer } from "@reach-fabric/evidence";
import type { KeptRun, Lease, RunStore } from "@reach-fabric/host";
import { hostCode } from "@reach-fabric/host/codes";
import type { Command } from "commander";
import { packBundlesOf } from "../../read/policies.ts";
import { matterKeyIn } from "../../read/matter-key.ts";
import { readInput } from "../../read/files.ts";
import { now } from "../../read/instants.ts";
import { secretsGiven, secretsOptions } from "../secrets/given.ts";
import { openRuns, withRun, withStore } from "../../read/runs.ts";
import type { StoreOption } from "../../read/runs.ts";
import type { Machine } from "../../ui/machine.ts";
import { CliError, CODE, EXIT, problemOf } from "../../ui/problem.ts";
import type { Terminal } from "../../ui/terminal.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";
import { openAudit, runSecurity } from "../log/audit.ts";
import { chosenSigner, eventOptions, refuseSharedStdin } from "./asked.ts";
import { checkOutput, execute, LONGEST_WAIT } from "./execute.ts";
import { requestIn } from "./request.ts";

export interface ResumeCommandOptions extends StoreOption {
  output?: string;
  grant?: string;
  secrets?: string;
  secretsPassphraseFile?: string;
  emit?: string;
  events?: string;
  commands?: string;
  key?: string;
  passphraseFile?: string;
  force?: boolean;
  wait?: boolean;
  due?: boolean;
  all?: boolean;
}

/** `reach resume RUN`: an interrupted run, or one that waits, to its end. */
export function resume(program: Command, verb: Verb): void {
  const command = program
    .command("resume")
    .summary("go on with a run that was interrupted, or waits")
    .description(
      "Goes on with a run as it was asked for, and writes its evidence. Nothing that was recorded is done again. What " +
        "may have been done, or not, is done again where that does no harm, under the same Idempotency-Key; " +
        "otherwise the run waits for you (reach resolve) and exits 5. A run that has ended without its evidence gets it.",
    )
    .argument("[run]", "the run's id, or the beginning of it, or its folder")
    .option(
      "--due",
      "all runs of the store that were interrupted, whose time has come, or that were given something",
    )
    .option("--all", "all runs of the store that have not ended, or have no evidence")
    .option("-o, --output <file>", "where the evidence is written; by default as it was asked for")
    .option(
      "-g, --grant <file>",
      "its addresses and directories, its limits of time and size, and what is repeatable; what the run may contact stays as it was",
    )
    .option(
      "--events <file>",
      "CloudEvents for tasks that listen, one JSON text a line; - is stdin",
    )
    .option("--emit <file>", "where events that it emits are appended")
    .option("--commands <file>", "suspend, resume and cancel, one JSON text a line; - is stdin")
    .option("-k, --key <file>", "the key to sign with")
    .option("--passphrase-file <file>", "the passphrase of that key")
    .option("--wait", "wait for what reach signal gives it, and for timers, however long it takes")
    .option("--force", "replace an existing output file");
  withStore(secretsOptions(command))
    .option("-q, --quiet", "no progress on stderr")
    .option("--json", "print the result as JSON; progress and errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach resume 0191b0c0 --events approval.jsonl")
    .action(verb<[string | undefined, ResumeCommandOptions]>(resumeCommand));
}

function resumeCommand(
  terminal: Terminal,
  run: string | undefined,
  given: ResumeCommandOptions,
): Promise<number> {
  const { due = false, all = false, ...options } = given;
  if ([run !== undefined, due, all].filter(Boolean).length !== 1) {
    throw new CliError({
      code: CODE.usage,
      what: "Give a run, or --due, or --all",
      hint: "reach runs list",
      exitCode: EXIT.usage,
    });
  }
  if (run === undefined) return resumeSeveral(terminal, options, due);
  return withRun(terminal.machine, run, options, (kept, store) =>
    goOn(terminal, kept, { ...options, isKept: store === undefined }),
  );
}

/** Goes on with runs of the store, one after the other; what is wrong with one keeps no other. */
async function resumeSeveral(
  terminal: Terminal,
  options: ResumeCommandOptions,
  isDue: boolean,
): Promise<number> {
  const store = await openRuns(terminal.machine, options);
  let worst: number = EXIT.ok;
  try {
    for await (const { kept, lease } of isDue ? dueRuns(store) : openRunsOf(store)) {
      const given = { ...options, isKept: false, ...(lease && { lease }) };
      const code = await goOn(terminal, kept, given).catch((error: unknown) => {
        const problem = error instanceof CliError ? error.problem : problemOf(error, kept.where);
        // Another process has taken it meanwhile: it goes on.
        if (problem.code === hostCode.fileInUse) return EXIT.ok;
        terminal.problem(problem);
        if (problem.exitCode === EXIT.interrupted) throw error;
        return problem.exitCode;
      });
      // Where it did not come so far as to give it up.
      await lease?.release({ state: "interrupted" });
      if (code !== EXIT.ok && worst !== EXIT.interrupted) worst = code;
    }
    return worst;
  } finally {
    await store.close();
  }
}

interface ToGoOn {
  readonly kept: KeptRun;
  readonly lease?: Lease;
}

/** One at a time: a run that is claimed and not begun would be kept from other processes. */
async function* dueRuns(store: RunStore): AsyncGenerator<ToGoOn, void, void> {
  // What becomes due meanwhile is for the next time: a run that waits again at once would go on for ever.
  const begun = now();
  const seen = new Set<string>();
  for (;;) {
    const [lease] = await store.claimDue({ now: begun, limit: 1 });
    if (lease === undefined) return;
    const { id } = lease.run;
    if (seen.has(id)) {
      await lease.release({ state: "interrupted" });
      return;
    }
    seen.add(id);
    yield { kept: store.run(id), lease };
  }
}

async function* openRunsOf(store: RunStore): AsyncGenerator<ToGoOn, void, void> {
  let after: string | undefined;
  do {
    const page = await store.list({ isOpen: true }, after === undefined ? {} : { after });
    for (const { id, state } of page.runs) if (state !== "running") yield { kept: store.run(id) };
    after = page.next;
  } while (after !== undefined);
}

/** How a run goes on. */
export interface GoOnOptions extends ResumeCommandOptions {
  /** Whether all of it stays when the evidence is written. */
  isKept: boolean;
  retry?: boolean;
  lease?: Lease;
}

/** Goes on with a run as it was asked for. */
export async function goOn(terminal: Terminal, kept: KeptRun, given: GoOnOptions): Promise<number> {
  const { machine } = terminal;
  const { isKept } = given;
  const asked = await requestIn(kept);
  const options = { ...asked, ...given };
  refuseSharedStdin(options);
  const host = await import("@reach-fabric/host");
  const engine = createEngine();
  const grant = options.grant === undefined ? undefined : await host.readGrant(options.grant);
  if (grant !== undefined) await host.requireDirectories(grant, options.grant as string);
  const { addresses, bounds, directories, providers, repeatable } = grant ?? {};
  const secrets = await secretsGiven(terminal, host, options);
  const lines = await eventOptions(machine, host, options);
  const signer = await chosenSigner(terminal, options);
  if (await isWritten(engine, machine, kept, options.output, signer)) {
    return forgetWritten(terminal, kept, options);
  }
  await checkOutput(options);
  const matterKey =
    asked.matterKey === undefined ? undefined : matterKeyIn(machine, asked.matterKey);
  const log = await openAudit(machine, host, asked);
  const { security, close } = runSecurity(terminal, host, log, signer.key.id);
  let logged: ReturnType<typeof host.loggedRecorder> | undefined;
  try {
    return await execute(terminal, host, {
      engine,
      workflow: asked.workflow,
      kept,
      isKept,
      store: given.store,
      output: options.output,
      signer,
      tenant: asked.tenant,
      actor: asked.actor,
      packBundles: packBundlesOf(machine, engine, { pack: asked.workflow }),
      log,
      started: () => logged?.started,
      run: async (more) => {
        terminal.progress("resume", `going on with ${kept.where}`, { where: kept.where });
        const result = await host.resume({
          engine,
          run: kept,
          secrets,
          ...(security && { security }),
          ...(addresses && { addresses }),
          ...(bounds && { bounds }),
          ...(providers && { providers }),
          ...(directories && { directories }),
          ...(repeatable && { repeatable }),
          ...lines,
          ...(options.wait ? { waits: true } : { patience: LONGEST_WAIT }),
          ...(given.retry === undefined ? {} : { retry: given.retry }),
          ...(given.lease === undefined ? {} : { lease: given.lease }),
          ...more,
          recording: (recorder) => {
            if (log === undefined) return recorder;
            logged = host.loggedRecorder(recorder, log, { matterKey, goesOn: true });
            return logged;
          },
        });
        return { pack: result.pack, result };
      },
    });
  } finally {
    await close();
    await log?.close();
  }
}

/** Whether the run's evidence is there, as this key has signed it: the process was killed before the run was forgotten. */
async function isWritten(
  engine: Engine,
  machine: Machine,
  kept: KeptRun,
  output: string,
  { key }: Signer,
): Promise<boolean> {
  if (!existsSync(output)) return false;
  const { ok, run } = verify(engine, readInput(machine, output), { trustedKeys: [key] });
  return ok && run?.id === (await kept.head()).id;
}

async function forgetWritten(
  terminal: Terminal,
  kept: KeptRun,
  { output, isKept }: { readonly output: string; readonly isKept: boolean },
): Promise<number> {
  if (!isKept) await kept.forget(absolute(output));
  if (terminal.json) terminal.result({ run: kept.where, file: output, written: "before" });
  else terminal.print(line`The evidence of this run was written before: ${output}`);
  terminal.next(["reach", "verify", output]);
  return EXIT.ok;
}
