import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import type { KeptRun, RunHead } from "@reach-fabric/host";
import { withRun, withStore } from "../../read/runs.ts";
import type { StoreOption } from "../../read/runs.ts";
import { EXIT } from "../../ui/problem.ts";
import type { Terminal } from "../../ui/terminal.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";
import { headText } from "./head.ts";

/** Milliseconds between two looks. */
const PAUSE = 250;

export function watch(group: Command, verb: Verb): void {
  const command = group
    .command("watch")
    .summary("follow a run until it has ended")
    .description("Says how a run is whenever that changes, until it has ended or you stop it.")
    .argument("<run>", "the run's id, or the beginning of it, or its folder");
  withStore(command)
    .option("--json", "print {run, state, ...} as JSON, one a line; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach runs watch 0191b0c0")
    .action(
      verb<[string, StoreOption]>((terminal, run, options) =>
        withRun(terminal.machine, run, options, (kept) => follow(terminal, kept)),
      ),
    );
}

async function follow(terminal: Terminal, kept: KeptRun): Promise<number> {
  const { ENDED } = await import("@reach-fabric/host");
  const stopped = new AbortController();
  const stop = terminal.machine.onStop(() => stopped.abort());
  try {
    for (let before = ""; !stopped.signal.aborted; await sleep(PAUSE)) {
      const head = await kept.head();
      const said = `${head.state} ${headText(head)}`.trimEnd();
      if (said !== before) tell(terminal, head, said);
      before = said;
      if (ENDED.has(head.state)) return EXIT.ok;
    }
  } finally {
    stop();
  }
  return EXIT.interrupted;
}

function tell(terminal: Terminal, { id, ...head }: RunHead, said: string): void {
  if (terminal.json) terminal.result({ run: id, ...head });
  else terminal.print(line`${said}`);
}
