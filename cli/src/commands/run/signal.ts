import { randomUUID } from "node:crypto";
import { createEngine, fromUtf8 } from "@reach-fabric/engine";
import type { Command } from "commander";
import { readInput } from "../../read/files.ts";
import { now } from "../../read/instants.ts";
import { storeWords, withRun, withStore } from "../../read/runs.ts";
import type { StoreOption } from "../../read/runs.ts";
import { CliError, EXIT, problemOf } from "../../ui/problem.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";

interface SignalOptions extends StoreOption {
  type: string;
  data?: string;
  as: string;
  id?: string;
}

/** `reach signal RUN`: an event for a run, whether or not a process executes it. */
export function signal(program: Command, verb: Verb): void {
  const command = program
    .command("signal")
    .summary("give an event to a run that waits for one")
    .description(
      "Gives a CloudEvent to a run. A process that executes the run takes it within a second; otherwise it is kept, and " +
        "reach resume takes it. The same event, by --as and --id, counts once.",
    )
    .argument("<run>", "the run's id, or the beginning of it, or its folder")
    .requiredOption("--type <type>", "the event's type, as the workflow listens for it")
    .option("--data <file>", "its data, JSON; - is stdin")
    .option("--as <actor>", "who says it: the event's source is /actors/ACTOR", "local")
    .option("--id <id>", "the event's id (default: a new one)");
  withStore(command)
    .option("--json", "print {run, event, isNew}; errors as JSON on stderr")
    .addHelpText(
      "after",
      "\nExample:\n  $ reach signal 0191b0c0 --type com.acme.approved --data approval.json --as clerk-7",
    )
    .action(
      verb<[string, SignalOptions]>(async (terminal, run, options) => {
        const { machine } = terminal;
        const { signalRun } = await import("@reach-fabric/host");
        const event = {
          specversion: "1.0",
          id: options.id ?? randomUUID(),
          source: `/actors/${encodeURIComponent(options.as)}`,
          type: options.type,
          ...(options.data === undefined
            ? {}
            : { data: dataIn(readInput(machine, options.data), options.data) }),
        };
        const { id, isNew } = await withRun(machine, run, options, async (kept) => ({
          isNew: await signalRun(kept, event, now()),
          id: (await kept.head()).id,
        }));
        if (terminal.json) terminal.result({ run: id, event: event.id, isNew });
        else if (isNew) terminal.print(line`${event.type} was given to the run ${id}`);
        else terminal.print(line`the run ${id} was given this event before`);
        terminal.next(["reach", "resume", run, ...storeWords(options.store)]);
        return EXIT.ok;
      }),
    );
}

/** Strict JSON, as the engine has it. */
function dataIn(bytes: Uint8Array, file: string): unknown {
  try {
    return JSON.parse(fromUtf8(createEngine().canonicalize(bytes)));
  } catch (error) {
    throw new CliError({ ...problemOf(error, file), exitCode: EXIT.usage });
  }
}
