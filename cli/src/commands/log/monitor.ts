import { formatNoteKey } from "@reach-fabric/evidence";
import type { NoteKey } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeFolders } from "../../read/folders.ts";
import { stateFolder } from "../../read/keys.ts";
import { openedLog } from "../../read/log.ts";
import type { Machine } from "../../ui/machine.ts";
import { CODE, CliError, EXIT, problemOf, systemProblem } from "../../ui/problem.ts";
import type { Terminal } from "../../ui/terminal.ts";
import type { Verb } from "../../ui/verb.ts";
import { noteKeyOf } from "../../read/note-keys.ts";

interface MonitorOptions {
  log?: string;
  state?: string;
  once?: boolean;
  every: string;
  stall?: string;
  unfinished: string;
}

/** `reach log monitor LOG`: follows a log and names what is wrong with it. */
export function monitor(group: Command, verb: Verb): void {
  group
    .command("monitor")
    .summary("follow a log: forks, rollbacks, stalls, runs without evidence")
    .description(
      "Looks at a log again and again, reads all that is new, and holds it to what it has seen before, which it " +
        "keeps in a file. Each finding is one line of JSON: `fork`, `rollback`, `damaged`, `stall`, `unfinished` (once a " +
        "run), and `unreadable` where the log could not be looked at. Only what one reader is shown is looked at: " +
        "that others are shown the same is for witnesses to say. Stops on Ctrl-C. With --once it exits 1 if it " +
        "finds something.",
    )
    .argument("<log>", "the log's folder, or its address")
    .option("--log <vkey>", "the log's key; needed for an address")
    .option("--state <file>", "what was seen (default: below $XDG_STATE_HOME/reach/logs)")
    .option("--once", "look once, and exit 1 if something is found")
    .option("--every <time>", "how long to wait between two looks", "60s")
    .option("--stall <time>", "within this time the log must have a new checkpoint")
    .option("--unfinished <time>", "within this time a run must have evidence", "1d")
    .option("--json", "the same lines; errors as JSON on stderr")
    .addHelpText(
      "after",
      "\nExamples:\n  $ reach log monitor audit --once --unfinished 1h\n" +
        "  $ reach log monitor https://log.example/ --log VKEY --state log.state --stall 1d",
    )
    .action(verb<[string, MonitorOptions]>(monitorCommand));
}

async function monitorCommand(
  terminal: Terminal,
  place: string,
  options: MonitorOptions,
): Promise<number> {
  const { machine } = terminal;
  const key = options.log === undefined ? undefined : noteKeyOf(options.log, "note");
  const every = timeOf(options.every, "--every");
  const bounds = {
    unfinished: timeOf(options.unfinished, "--unfinished"),
    ...(options.stall === undefined ? {} : { stall: timeOf(options.stall, "--stall") }),
  };
  const host = await import("@reach-fabric/host");
  // Here, for a finding names the place: what cannot be looked at is looked at again.
  if (host.isAddress(place)) host.requireAddress(place);
  const stop = new AbortController();
  const off = machine.onStop(() => stop.abort(new Error("stopped")));
  const { signal } = stop;
  const look = async (onFinding: (finding: object) => void): Promise<void> => {
    const log = await openedLog(host, place, key, signal);
    const state = options.state ?? defaultState(machine, log.key);
    await host.monitorLog(log, { state, ...bounds, signal, onFinding });
  };
  try {
    if (options.once !== true) return await follow(terminal, place, look, every, signal);
    let found = 0;
    await look((finding) => {
      found += 1;
      terminal.result(finding);
    });
    return found === 0 ? EXIT.ok : EXIT.failed;
  } catch (error) {
    if (signal.aborted) return EXIT.ok;
    throw error;
  } finally {
    off();
  }
}

/** Looks again and again. What the look before has found, too, is not said again. */
async function follow(
  terminal: Terminal,
  place: string,
  look: (onFinding: (finding: object) => void) => Promise<void>,
  every: number,
  signal: AbortSignal,
): Promise<number> {
  let before = new Set<string>();
  while (!signal.aborted) {
    const now = new Set<string>();
    const say = (finding: object): void => {
      const text = JSON.stringify(finding);
      if (!before.has(text)) terminal.result(finding);
      now.add(text);
    };
    try {
      await look(say);
    } catch (error) {
      signal.throwIfAborted();
      say(unreadable(place, error));
    }
    before = now;
    await sleep(every, undefined, { signal }).catch(() => undefined);
  }
  return EXIT.ok;
}

/** A log that cannot be looked at is something that whoever follows it must hear of. */
function unreadable(log: string, error: unknown): object {
  const { code, what, where, why } = problemOf(error);
  return { finding: "unreadable", log, code, what, where, why };
}

/** Below the user's state, by the log's key: so that two logs never share one. */
function defaultState(machine: Machine, key: NoteKey): string {
  const name = createHash("sha256").update(formatNoteKey(key)).digest("hex").slice(0, 32);
  const path = join(stateFolder(machine), "logs", `${name}.json`);
  try {
    makeFolders(dirname(path));
  } catch (error) {
    throw new CliError(systemProblem(error as NodeJS.ErrnoException, dirname(path)));
  }
  return path;
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a time such as 90s, 15m, 24h or 7d. */
function timeOf(text: string, option: string): number {
  const [, number = "", unit = ""] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? [];
  const time = Number(number) * (UNITS[unit] ?? 0);
  if (time > 0) return time;
  throw new CliError({
    code: CODE.usage,
    what: `${option} is not a time: ${JSON.stringify(text)}`,
    hint: "For example 90s, 15m, 24h or 7d.",
    exitCode: EXIT.usage,
  });
}
