import type { Command } from "commander";
import type { KeptRun } from "@reach-fabric/host";
import { now } from "../../read/instants.ts";
import { withRun, withStore } from "../../read/runs.ts";
import type { StoreOption } from "../../read/runs.ts";
import { CliError, CODE, EXIT } from "../../ui/problem.ts";
import type { Terminal } from "../../ui/terminal.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";
import { goOn } from "../run/resume.ts";

type Name = "cancel" | "suspend" | "resume" | "retry";

interface CommandOptions extends StoreOption {
  reason?: string;
  as: string;
}

/** What is said to a run: who executes it obeys, or it goes on here. */
export function command(group: Command, verb: Verb, name: Name, summary: string): void {
  const added = group
    .command(name)
    .summary(summary)
    .description(
      `${summary[0]?.toUpperCase()}${summary.slice(1)}. ${
        name === "retry"
          ? "A run is stuck where this machine could not do what it asked for, or three processes in a row ended with it."
          : "A process that executes the run obeys within a second. Who says so is signed with the evidence."
      }`,
    )
    .argument("<run>", "the run's id, or the beginning of it, or its folder");
  if (name === "cancel" || name === "suspend") {
    added.option("--reason <text>", "why, for the record: it names no person");
  }
  if (name !== "retry") {
    added.option("--as <actor>", "who says so, for the record: an id, not a name", "local");
  }
  withStore(added)
    .option("--json", "print {run, command} as JSON; errors as JSON on stderr")
    .addHelpText("after", `\nExample:\n  $ reach runs ${name} 0191b0c0`)
    .action(
      verb<[string, CommandOptions]>((terminal, run, options) =>
        withRun(terminal.machine, run, options, (kept, store) =>
          say(terminal, kept, name, { ...options, isKept: store === undefined }),
        ),
      ),
    );
}

async function say(
  terminal: Terminal,
  kept: KeptRun,
  name: Name,
  options: CommandOptions & { readonly isKept: boolean },
): Promise<number> {
  const { commandRun, ENDED } = await import("@reach-fabric/host");
  const { id, state } = await kept.head();
  if (ENDED.has(state)) {
    throw new CliError({
      code: CODE.usage,
      what: "The run has ended",
      where: kept.where,
      why: state,
      exitCode: EXIT.usage,
    });
  }
  const { isKept, store, reason, as } = options;
  const inStore = store === undefined ? {} : { store };
  if (name !== "retry") {
    const why = reason === undefined ? {} : { reason };
    await commandRun(kept, { command: name, ...why }, as, now());
  }
  const isObeyed = state === "running" || name === "suspend";
  if (!isObeyed) return goOn(terminal, kept, { isKept, ...inStore, retry: name === "retry" });
  const when = state === "running" ? "within a second" : "when it goes on";
  if (terminal.json) terminal.result({ run: id, command: name });
  else terminal.print(line`the run ${id} does so ${when}`);
  return EXIT.ok;
}
