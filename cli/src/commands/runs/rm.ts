import type { Command } from "commander";
import type { KeptRun } from "@reach-fabric/host";
import { namedRun, withRun, withStore } from "../../read/runs.ts";
import type { StoreOption } from "../../read/runs.ts";
import { CliError, CODE, EXIT } from "../../ui/problem.ts";
import type { Terminal } from "../../ui/terminal.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";

interface RemoveOptions extends StoreOption {
  force?: boolean;
}

export function remove(group: Command, verb: Verb): void {
  const command = group
    .command("rm")
    .summary("remove a run and all that is kept of it")
    .description(
      "Removes a run that will not go on, with its secret: no evidence of it can be made afterwards. What it had asked of " +
        "the world has happened all the same.",
    )
    .argument("<run>", "the run's id, or the beginning of it, or its folder")
    .option("--force", "also one that has not ended, or whose evidence is not written");
  withStore(command)
    .option("--json", "print {run, where}; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach runs rm 0191b0c0 --force")
    .action(
      verb<[string, RemoveOptions]>((terminal, run, options) =>
        withRun(terminal.machine, run, options, (kept) =>
          removeRun(terminal, kept, { ...options, run }),
        ),
      ),
    );
}

async function removeRun(
  terminal: Terminal,
  kept: KeptRun,
  { run, force, store }: RemoveOptions & { readonly run: string },
): Promise<number> {
  // One that cannot be read is removed by force alone.
  const head = force === true ? undefined : await kept.head();
  if (head !== undefined && head.evidence === undefined) {
    const { ENDED } = await import("@reach-fabric/host");
    throw new CliError({
      code: CODE.usage,
      what: ENDED.has(head.state)
        ? "The evidence of the run is not written"
        : "The run has not ended",
      where: kept.where,
      why: head.state,
      hint: `Go on: reach resume ${namedRun(run, store)}. With --force it is removed.`,
      exitCode: EXIT.usage,
    });
  }
  await kept.remove();
  if (terminal.json) terminal.result({ run: head?.id, where: kept.where });
  else terminal.print(line`removed ${kept.where}`);
  return EXIT.ok;
}
