import { explainPolicy } from "@reach-fabric/evidence";
import type { ExplainedPolicy } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { engines } from "../read/engine.ts";
import { readInput } from "../read/files.ts";
import { filesBeside, refusedPolicy } from "../read/policies.ts";
import { EXIT } from "../ui/problem.ts";
import { columns } from "../ui/table.ts";
import type { Terminal } from "../ui/terminal.ts";
import { line } from "../ui/text.ts";
import type { Verb } from "../ui/verb.ts";

/** `reach policy check FILE`: what a policy asks for, in sentences. */
export function policy(program: Command, verb: Verb): void {
  const group = program
    .command("policy")
    .summary("what is asked of evidence: explain a policy")
    .addHelpText("after", "\nExample:\n  $ reach policy check policy.json");
  group
    .command("check")
    .summary("explain a policy in sentences, or say what is wrong in it")
    .description(
      "Says what a policy asks of evidence, a sentence for each member, and what it leaves open. Needs neither " +
        "evidence nor a keyring. What is wrong in it is named with line and column: unknown members, what " +
        "stands there twice, what contradicts something else, names that look like others (exit 2).",
    )
    .argument("<file>", "a policy (docs/spec/policy.md); - is stdin")
    .option("--json", "print {required, asks, open} as JSON; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach policy check policy.json")
    .action(
      verb<[string, object]>((terminal, file) => {
        const bytes = readInput(terminal.machine, file);
        let explained: ExplainedPolicy;
        try {
          explained = explainPolicy(engines()(), bytes, filesBeside(terminal.machine, file));
        } catch (error) {
          throw refusedPolicy(error, { path: file === "-" ? "stdin" : file, bytes });
        }
        print(terminal, file, explained);
        return EXIT.ok;
      }),
    );
}

function print(terminal: Terminal, file: string, { required, asks, open }: ExplainedPolicy): void {
  if (terminal.json) {
    terminal.result({ file, required, asks, open });
    return;
  }
  const { bold, yellow } = terminal.colors;
  terminal.print(line`${bold(file)}  requires ${required.join(", ")}`);
  terminal.print(columns(asks.map(({ pointer, says }) => [pointer.slice(1), says])));
  for (const what of open) terminal.print(line`  ${yellow("open")}  ${what}`);
}
