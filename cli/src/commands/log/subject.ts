import { createEngine } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { isPeriod, SubjectSearch, verifyPeriod } from "@reach-fabric/evidence";
import type { FoundRuns, MatterKey, NoteKey } from "@reach-fabric/evidence";
import type * as Host from "@reach-fabric/host";
import { hostCode } from "@reach-fabric/host/codes";
import type { Command } from "commander";
import { statSync } from "node:fs";
import { readInput } from "../../read/files.ts";
import { openedLog } from "../../read/log.ts";
import { matterKeyIn } from "../../read/matter-key.ts";
import { several } from "../../read/options.ts";
import { CODE, CliError, EXIT, problemOf } from "../../ui/problem.ts";
import { headedColumns } from "../../ui/table.ts";
import type { Terminal } from "../../ui/terminal.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";
import { noteKeyOf } from "../../read/note-keys.ts";

interface SubjectOptions {
  matterKey: string[];
  log?: string;
}

/** `reach log subject LOG SUBJECT --matter-key FILE`: all runs about one subject. */
export function subject(group: Command, verb: Verb): void {
  group
    .command("subject")
    .summary("list all runs about one subject")
    .description(
      "Lists every run that began and is about one subject, with its evidence, for who has the tenant's matter " +
        "key. All entries are read and held to the log's signature, so none is left out; a period lists its own. " +
        "SUBJECT is the value in the runs' input: a text, or a number as it is. Exits 3 if the log has runs " +
        "under a matter key that is not given: they may be about the subject as well.",
    )
    .argument("<log>", "the log's folder, its address, or the proof of a period")
    .argument("<subject>", "whom the runs are about; - reads it from stdin")
    .requiredOption("--matter-key <file>", "the tenant's matter key; may be given again", several)
    .option("--log <vkey>", "the log's key; needed for an address and for a period")
    .option("--json", "print {origin, size, runs, otherKeys} as JSON; errors as JSON on stderr")
    .addHelpText(
      "after",
      "\nExamples:\n  $ reach log subject audit C-1042 --matter-key matter.key\n" +
        "  $ reach log subject november.json C-1042 --matter-key matter.key --log VKEY",
    )
    .action(
      verb<[string, string, SubjectOptions]>(async (terminal, place, wanted, options) => {
        const { machine } = terminal;
        const engine = createEngine();
        const keys = options.matterKey.map((path) => matterKeyIn(machine, path));
        const text =
          wanted === "-"
            ? Buffer.from(readInput(machine, "-"))
                .toString("utf8")
                .replace(/\r?\n$/, "")
            : wanted;
        const search = new SubjectSearch(engine, keys, ...spellings(text));
        const key = options.log === undefined ? undefined : noteKeyOf(options.log, "note");
        const host = await import("@reach-fabric/host");
        const head = isFile(place)
          ? inPeriod(engine, readInput(machine, place), place, key, search)
          : await inLog(engine, terminal, host, place, key, search);
        return show(terminal, place, head, search.found(), keys);
      }),
    );
}

const FORMS = ["NFC", "NFD", "NFKC", "NFKD"] as const;

/**
 * A subject as it may stand in an input: as a text, in each of its Unicode normal forms, which look the same and are
 * typed by one keyboard or another; and as what the text is as JSON.
 */
function spellings(text: string): unknown[] {
  const texts = [...new Set([text, ...FORMS.map((form) => text.normalize(form))])];
  return texts.flatMap((one): unknown[] => {
    try {
      return [one, JSON.parse(one)];
    } catch {
      return [one];
    }
  });
}

const isFile = (place: string): boolean =>
  statSync(place, { throwIfNoEntry: false })?.isFile() === true;

/** Which part of which log was looked at. */
type Head = Readonly<Record<string, unknown>> & { readonly origin: string };

async function inLog(
  engine: Engine,
  terminal: Terminal,
  host: typeof Host,
  place: string,
  key: NoteKey | undefined,
  search: SubjectSearch,
): Promise<Head> {
  const log = await openedLog(host, place, key);
  let told = 0;
  const { holds } = await host.walkLog(engine, log, (index, entry) => search.add(index, entry), {
    onProgress: (read, of) => {
      if (read - told < 50_000) return;
      told = read;
      terminal.progress("subject", `  ${read} of ${of} entries`, { read, of });
    },
  });
  if (holds) return { origin: log.origin, size: log.size };
  throw new CliError({
    code: hostCode.damagedLog,
    what: "The log is damaged",
    where: place,
    why: "its entries do not make the root that it has signed",
    hint: "`reach log fsck` names what is wrong in a folder.",
    exitCode: EXIT.failed,
  });
}

function inPeriod(
  engine: Engine,
  bytes: Uint8Array,
  place: string,
  key: NoteKey | undefined,
  search: SubjectSearch,
): Head {
  if (!isPeriod(bytes) || key === undefined) {
    throw new CliError({
      code: CODE.usage,
      what: isPeriod(bytes)
        ? "The key of the log is needed: a proof cannot say whose it is"
        : "This is neither a log nor the proof of a period",
      where: place,
      hint: isPeriod(bytes) ? "Give --log VKEY." : "reach log prove LOG --from DAY --to DAY",
      exitCode: EXIT.usage,
    });
  }
  try {
    const { origin, size, first, from, to, entries } = (() => {
      const { checkpoint, ...period } = verifyPeriod(engine, bytes, key.name, key);
      return { ...checkpoint, ...period };
    })();
    for (const [i, entry] of entries.entries()) search.add(first + i, entry);
    return { origin, size: Number(size), from, to };
  } catch (error) {
    throw new CliError(problemOf(error, place));
  }
}

function show(
  terminal: Terminal,
  place: string,
  head: Head,
  found: FoundRuns,
  keys: readonly MatterKey[],
): number {
  const { runs, otherKeys } = found;
  if (terminal.json) terminal.result({ ...head, runs, otherKeys });
  else if (runs.length === 0) terminal.print(line`  no run in ${head.origin} is about it`);
  else {
    terminal.print(
      headedColumns(
        ["entry", "began", "run", "attempt", "evidence"],
        runs.map(({ index, at, run, attempt, evidence }) => [
          `${index}`,
          at,
          run,
          `${attempt}`,
          evidence.length === 0 ? "none" : evidence.map((one) => `entry ${one.index}`).join(", "),
        ]),
      ),
    );
  }
  const others = Object.entries(otherKeys);
  if (others.length === 0) return EXIT.ok;
  terminal.problem({
    code: CODE.unchecked,
    what: "There may be more runs about it",
    where: place,
    why: others.map(([id, count]) => `${count} began under the matter key ${id}`).join("; "),
    hint: `Given: ${keys.map(({ id }) => id).join(", ")}. Give the other keys, too: --matter-key FILE again.`,
    exitCode: EXIT.unchecked,
  });
  return EXIT.unchecked;
}
