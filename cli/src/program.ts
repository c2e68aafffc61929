import { Command, CommanderError } from "commander";
import { openSecurity } from "./security.ts";
import type { SecurityOptions } from "./security.ts";
import type { Machine } from "./ui/machine.ts";
import { CliError, CODE, EXIT, sentence } from "./ui/problem.ts";
import { createTerminal } from "./ui/terminal.ts";
import { createVerb } from "./ui/verb.ts";
import type { Verb } from "./ui/verb.ts";

type Add = (program: Command, verb: Verb) => void;

/** Each verb with what it needs, loaded when it is asked for: `canon` needs no signatures. */
const verbs: Readonly<Record<string, () => Promise<Add>>> = {
  run: async () => (await import("./commands/run/run.ts")).run,
  resume: async () => (await import("./commands/run/resume.ts")).resume,
  resolve: async () => (await import("./commands/run/resolve.ts")).resolve,
  signal: async () => (await import("./commands/run/signal.ts")).signal,
  runs: async () => (await import("./commands/runs/runs.ts")).runs,
  verify: async () => (await import("./commands/verify.ts")).verify,
  replay: async () => (await import("./commands/replay/replay.ts")).replay,
  diff: async () => (await import("./commands/diff.ts")).diff,
  "what-if": async () => (await import("./commands/what-if.ts")).whatIfCommand,
  build: async () => (await import("./commands/build.ts")).build,
  schema: async () => (await import("./commands/schema.ts")).schema,
  inspect: async () => (await import("./commands/inspect.ts")).inspect,
  redact: async () => (await import("./commands/redact/redact.ts")).redact,
  disclose: async () => (await import("./commands/redact/disclose.ts")).disclose,
  erase: async () => (await import("./commands/redact/erase.ts")).erase,
  export: async () => (await import("./commands/export.ts")).exportCommand,
  prove: async () => (await import("./commands/prove.ts")).prove,
  pack: async () => (await import("./commands/pack/pack.ts")).pack,
  secrets: async () => (await import("./commands/secrets/secrets.ts")).secrets,
  keys: async () => (await import("./commands/keys/keys.ts")).keys,
  grant: async () => (await import("./commands/grant.ts")).grant,
  policy: async () => (await import("./commands/policy.ts")).policy,
  log: async () => (await import("./commands/log/log.ts")).log,
  canon: async () => (await import("./commands/canon.ts")).canon,
  lint: async () => (await import("./commands/lint.ts")).lint,
  eval: async () => (await import("./commands/eval.ts")).evalCommand,
  golden: async () => (await import("./commands/golden.ts")).golden,
};

/** What each of EXIT says (ui/problem.ts), and a shell's own for a process that was terminated. */
const EXIT_CODES =
  "Exit codes: 0 ok, 1 verification failed, diverged or faulted, 2 usage or bad input,\n" +
  "3 could not check, 4 not authorised, 5 waiting, 129 hung up, 130 interrupted, 143 terminated.";

/**
 * Runs one command line and resolves to its exit code.
 *
 * @param args what follows `reach`
 * @param machine all that it has of the process: it may be called again and again in one
 */
export async function reach(args: readonly string[], machine: Machine): Promise<number> {
  let code: number = EXIT.ok;
  const { stdout, stderr } = machine;
  const program = new Command("reach");
  const verb = createVerb(machine, {
    exit: (given) => {
      code = given;
    },
    openSecurity: (...about) => {
      const [at, ...who] = about;
      return openSecurity(at, program.opts<SecurityOptions>(), ...who);
    },
  });
  program
    .description("Runs decision workflows that anyone can verify, replay and question.")
    .version(machine.version, "-V, --version")
    .helpOption("-h, --help", "what a command does, with an example")
    .option(
      "--security-log <file>",
      "append to this file what security depends on, one JSON text a line; - is stderr (REACH_SECURITY_LOG)",
    )
    .option(
      "--security-log-key <file>",
      "a matter key under which actors are pseudonyms there (REACH_SECURITY_LOG_KEY)",
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(Buffer.from(text)),
      writeErr: (text) => stderr.write(Buffer.from(text)),
      getOutHelpWidth: () => stdout.columns as number,
      getErrHelpWidth: () => stderr.columns as number,
      // Help has no colours to be taken out.
      getOutHasColors: () => true,
      getErrHasColors: () => true,
      // What commander says of wrong usage is said below, as every other error.
      outputError: () => undefined,
    })
    .addHelpText(
      "after",
      `\n${EXIT_CODES}\n\n` +
        "Example:\n  $ reach run workflow.yaml --input input.json --grant grant.json -o one.reach",
    );
  const [first = ""] = args;
  const only = Object.hasOwn(verbs, first) ? verbs[first] : undefined;
  const loaded = only === undefined ? Object.values(verbs) : [only];
  for (const add of await Promise.all(loaded.map((load) => load()))) add(program, verb);
  try {
    if (args.length === 0) {
      program.outputHelp();
      return EXIT.usage;
    }
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    // Help that could not be printed.
    if (error instanceof CliError) {
      createTerminal(machine, args.includes("--json"), false).problem(error.problem);
      return error.problem.exitCode;
    }
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.ok;
    // `reach keys` alone: commander has printed the help.
    if (error.code === "commander.help") return EXIT.usage;
    createTerminal(machine, args.includes("--json"), false).problem({
      code: CODE.usage,
      // commander's `error: missing required argument 'file'` without its prefix.
      what: sentence(error.message.replace(/^error: /, "").replaceAll("\n", " ")),
      hint: `reach ${helpOf(program, args)}--help`,
      exitCode: EXIT.usage,
    });
    return EXIT.usage;
  }
  return code;
}

function helpOf(program: Command, args: readonly string[]): string {
  const names = program.commands.map((command) => command.name());
  return args[0] !== undefined && names.includes(args[0]) ? `${args[0]} ` : "";
}
