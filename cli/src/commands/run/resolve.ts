import { createEngine } from "@reach-fabric/engine";
import type { ResolveOptions as Resolved } from "@reach-fabric/host";
import { readInput } from "../../read/files.ts";
import { now } from "../../read/instants.ts";
import type { Command } from "commander";
import { secretsGiven, secretsOptions } from "../secrets/given.ts";
import { storeWords, withRun, withStore } from "../../read/runs.ts";
import type { StoreOption } from "../../read/runs.ts";
import type { Machine } from "../../ui/machine.ts";
import { taskName } from "../../ui/names.ts";
import { CliError, CODE, EXIT } from "../../ui/problem.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";

interface ResolveOptions extends StoreOption {
  answer?: string;
  status: string;
  failed?: string;
  retry?: boolean;
  as: string;
  secrets?: string;
  secretsPassphraseFile?: string;
}

/** `reach resolve RUN EFFECT`: what a person knows of an effect that may have been performed. */
export function resolve(program: Command, verb: Verb): void {
  const command = program
    .command("resolve")
    .summary("say what came of something that a run may have done, or not")
    .description(
      "For a run that was interrupted while it asked for something that may not be done twice: you look at the other " +
        "side and say what came of it. What you say is recorded as the answer, with your name, and signed with the " +
        "evidence. Then go on: reach resume RUN.",
    )
    .argument("<run>", "the run's id, or the beginning of it, or its folder")
    .argument("<effect>", "the effect's number, as reach runs show names it")
    .option("--answer <file>", "it was done, and this was the body of the answer; - is stdin")
    .option("--status <n>", "with --answer: the status of the answer", "200")
    .option(
      "--failed <word>",
      "it was not done, and will not be: refused, reset, timeout, unreachable or another failure of TRACE-6",
    )
    .option("--retry", "it was not done: do it")
    .option("--as <actor>", "who says so, for the record: an id, not a name", "local");
  withStore(secretsOptions(command))
    .option("--json", "print {run, effect, task}; errors as JSON on stderr")
    .addHelpText(
      "after",
      "\nExample:\n  $ reach resolve 0191b0c0 3 --answer receipt.json --as clerk-7",
    )
    .action(
      verb<[string, string, ResolveOptions]>(async (terminal, run, key, options) => {
        const { machine } = terminal;
        const as = saidOf(machine, options);
        const host = await import("@reach-fabric/host");
        const request = await withRun(machine, run, options, async (kept) => {
          const given = { ...(await kept.read()).request, ...options };
          const secrets = as === "retry" ? {} : await secretsGiven(terminal, host, given);
          return host.resolveEffect({
            engine: createEngine(),
            run: kept,
            key,
            by: options.as,
            as,
            at: now(),
            secrets,
            ...(machine.security && { security: machine.security.log }),
          });
        });
        const { task } = request;
        if (terminal.json) terminal.result({ run, effect: key, task });
        else terminal.print(line`${taskName(task)}, effect ${key}: taken down`);
        terminal.next(["reach", "resume", run, ...storeWords(options.store)]);
        return EXIT.ok;
      }),
    );
}

function saidOf(machine: Machine, options: ResolveOptions): Resolved["as"] {
  const { answer, status, failed, retry } = options;
  const said = [answer, failed, retry].filter((each) => each !== undefined);
  if (said.length !== 1) {
    throw new CliError({
      code: CODE.usage,
      what: "One of --answer, --failed and --retry says what came of it",
      hint: "reach resolve --help",
      exitCode: EXIT.usage,
    });
  }
  if (retry === true) return "retry";
  if (failed !== undefined) return { result: { failure: failed } };
  if (!/^[1-5]\d\d$/.test(status)) {
    throw new CliError({
      code: CODE.usage,
      what: "--status is no status of HTTP",
      where: status,
      exitCode: EXIT.usage,
    });
  }
  return {
    result: { status: Number(status), headers: {} },
    body: readInput(machine, answer as string),
  };
}
