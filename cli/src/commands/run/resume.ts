import { existsSync } from "node:fs";
import { createEngine } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { verify } from "@reach-fabric/evidence";
import type { Signer } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { packBundlesOf } from "../../read/policies.ts";
import { matterKeyIn } from "../../read/matter-key.ts";
import { readInput } from "../../read/files.ts";
import { folderOfRun, isOwn, runIn } from "../../read/runs.ts";
import type { Machine } from "../../ui/machine.ts";
import { EXIT } from "../../ui/problem.ts";
import type { Terminal } from "../../ui/terminal.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";
import { openAudit } from "../log/audit.ts";
import { removeRun } from "../redact/run-folders.ts";
import { chosenSigner, eventOptions, refuseSharedStdin } from "./asked.ts";
import { checkOutput, execute, LONGEST_WAIT } from "./execute.ts";
import { requestIn } from "./request.ts";

interface ResumeOptions {
  output?: string;
  grant?: string;
  secrets?: string;
  emit?: string;
  events?: string;
  commands?: string;
  key?: string;
  passphraseFile?: string;
  force?: boolean;
  wait?: boolean;
}

/** `reach resume RUN`: an interrupted run, or one that waits, to its end. */
export function resume(program: Command, verb: Verb): void {
  program
    .command("resume")
    .summary("go on with a run that was interrupted, or waits")
    .description(
      "Goes on with a run as it was asked for, and writes its evidence. Nothing that was recorded is done again. What " +
        "may have been done, or not, is done again where that does no harm, under the same Idempotency-Key; " +
        "otherwise the run waits for you (reach resolve) and exits 5. A run that has ended without its evidence gets it.",
    )
    .argument("<run>", "the run's id, or the beginning of it, or its folder")
    .option("-o, --output <file>", "where the evidence is written; by default as it was asked for")
    .option(
      "-g, --grant <file>",
      "its addresses, and what is repeatable; what the run may contact stays as it was",
    )
    .option("--secrets <file>", "what the names of secrets stand for")
    .option(
      "--events <file>",
      "CloudEvents for tasks that listen, one JSON text a line; - is stdin",
    )
    .option("--emit <file>", "where events that it emits are appended")
    .option("--commands <file>", "suspend, resume and cancel, one JSON text a line; - is stdin")
    .option("-k, --key <file>", "the key to sign with")
    .option("--passphrase-file <file>", "the passphrase of that key")
    .option("--wait", "wait for what reach signal gives it, and for timers, however long it takes")
    .option("--force", "replace an existing output file")
    .option("-q, --quiet", "no progress on stderr")
    .option("--json", "print the result as JSON; progress and errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach resume 0191b0c0 --events approval.jsonl")
    .action(verb<[string, ResumeOptions]>(resumeCommand));
}

async function resumeCommand(
  terminal: Terminal,
  run: string,
  given: ResumeOptions,
): Promise<number> {
  const { machine } = terminal;
  const folder = folderOfRun(machine, run);
  const asked = requestIn(machine, folder);
  const options = { ...asked, ...given };
  refuseSharedStdin(options);
  const host = await import("@reach-fabric/host");
  const engine = createEngine();
  const grant = options.grant === undefined ? undefined : await host.readGrant(options.grant);
  const { addresses, providers, repeatable } = grant ?? {};
  const secrets = options.secrets === undefined ? {} : await host.readSecrets(options.secrets);
  const lines = await eventOptions(machine, host, options);
  const signer = await chosenSigner(terminal, options);
  if (isWritten(engine, machine, folder, options.output, signer)) {
    return removeWritten(terminal, folder, options.output);
  }
  await checkOutput(options);
  const matterKey =
    asked.matterKey === undefined ? undefined : matterKeyIn(machine, asked.matterKey);
  const log = await openAudit(machine, host, asked);
  let logged: ReturnType<typeof host.loggedRecorder> | undefined;
  try {
    return await execute(terminal, host, {
      engine,
      workflow: asked.workflow,
      folder,
      isKept: !isOwn(machine, folder),
      output: options.output,
      signer,
      tenant: asked.tenant,
      actor: asked.actor,
      packBundles: packBundlesOf(machine, engine, { pack: asked.workflow }),
      log,
      started: () => logged?.started,
      events: lines.events,
      run: async (more) => {
        terminal.progress("resume", `going on with ${folder}`, { folder });
        const result = await host.resume({
          engine,
          folder,
          secrets,
          ...(addresses && { addresses }),
          ...(providers && { providers }),
          ...(repeatable && { repeatable }),
          ...lines,
          ...(options.wait ? {} : { patience: LONGEST_WAIT }),
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
    await log?.close();
  }
}

/** Whether the run's evidence is there, as this key has signed it: the process was killed before the folder went. */
function isWritten(
  engine: Engine,
  machine: Machine,
  folder: string,
  output: string,
  { key }: Signer,
): boolean {
  if (!existsSync(output)) return false;
  const { ok, run } = verify(engine, readInput(machine, output), { trustedKeys: [key] });
  return ok && run?.id === runIn(machine, folder);
}

async function removeWritten(terminal: Terminal, folder: string, output: string): Promise<number> {
  const { machine } = terminal;
  if (isOwn(machine, folder)) await removeRun(folder);
  if (terminal.json) terminal.result({ run: folder, file: output, written: "before" });
  else terminal.print(line`The evidence of this run was written before: ${output}`);
  terminal.next(["reach", "verify", output]);
  return EXIT.ok;
}
