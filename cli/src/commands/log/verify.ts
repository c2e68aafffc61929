import { createEngine } from "@reach-fabric/engine";
import {
  differentKeys,
  evidenceEntryOf,
  isPeriod,
  parseEntry,
  requirePast,
  sameLoggedRun,
  sayTime,
  verifyLoggedEntry,
  verifyPeriod,
  verifyPeriodBy,
  witnessedAt,
} from "@reach-fabric/evidence";
import type { AttemptTally, NoteKey, SignedCheckpoint } from "@reach-fabric/evidence";
import { hostCode } from "@reach-fabric/host/codes";
import type { Command } from "commander";
import { readInput } from "../../read/files.ts";
import { now } from "../../read/instants.ts";
import { CODE, CliError, EXIT, problemOf } from "../../ui/problem.ts";
import { columns } from "../../ui/table.ts";
import type { Terminal } from "../../ui/terminal.ts";
import { several } from "../../read/options.ts";
import type { Verb } from "../../ui/verb.ts";
import { countOf, noteKeyOf, noteKeyTexts } from "../../read/note-keys.ts";
import { writtenPolicy } from "../../read/policies.ts";
import { problemOfJudgement, verdictTable } from "../../ui/judgement.ts";

interface VerifyOptions {
  log?: string;
  policy?: string;
  keyring?: string;
  witness?: string[];
  quorum?: string;
  evidence?: string;
}

interface Asked {
  readonly log: NoteKey;
  readonly witnesses: readonly NoteKey[];
  readonly quorum: number;
  readonly evidence?: string;
}

/** `reach log verify FILE --log VKEY`: a proof about a log, offline. */
export function verify(group: Command, verb: Verb): void {
  group
    .command("verify")
    .summary("check a proof about a log, offline")
    .description(
      "Checks a proof of `reach log prove`: that the log with this key has signed a checkpoint with the " +
        "entry, or with exactly these entries in the period, and that enough witnesses have cosigned " +
        "it. For a period it names the runs that began and have no evidence, have evidence and did not begin, " +
        "began more than once, or have more than one piece of evidence: any of them may be a run that was " +
        "repeated until one pleased. Exits 1 if the proof does not hold, 3 if a period may not be over yet.",
    )
    .argument("<file>", "a tlog-proof, or the proof of a period")
    .option("--log <vkey>", "the log's key, or a file with it, as log.json")
    .option(
      "--policy <file>",
      "for a period, in place of --log: its logs, and which engines and packs it allows",
    )
    .option("--keyring <file>", "the keys that count, signed by the root that the policy names")
    .option(
      "--witness <vkey>",
      "the key of a witness, or a file with it; may be given again",
      several,
    )
    .option("--quorum <n>", "how many of them must have cosigned (default: all that are given)")
    .option("--evidence <file>", "the entry must be about this .reach file")
    .option("--json", "print what was shown as JSON; errors as JSON on stderr")
    .addHelpText(
      "after",
      "\nExample:\n  $ reach log verify one.tlog-proof --log VKEY --evidence one.reach",
    )
    .action(
      verb<[string, VerifyOptions]>((terminal, file, options) => {
        const { machine } = terminal;
        if (options.policy !== undefined) return byPolicy(terminal, file, options.policy, options);
        if (options.log === undefined) {
          throw new CliError({
            code: CODE.usage,
            what: "Whose log it is is not said: --log KEY, or --policy FILE for a period",
            hint: "reach log verify --help",
            exitCode: EXIT.usage,
          });
        }
        const witnesses = (options.witness ?? [])
          .flatMap((given) => noteKeyTexts(machine, given, "cosignature"))
          .map((text) => noteKeyOf(text, "cosignature"));
        const [log = options.log] = noteKeyTexts(machine, options.log, "note");
        const asked: Asked = {
          log: noteKeyOf(log, "note"),
          witnesses,
          quorum:
            options.quorum === undefined
              ? differentKeys(witnesses)
              : countOf(options.quorum, "--quorum"),
          ...(options.evidence === undefined ? {} : { evidence: options.evidence }),
        };
        const bytes = readInput(terminal.machine, file);
        try {
          return isPeriod(bytes)
            ? period(terminal, file, bytes, asked)
            : entry(terminal, file, bytes, asked);
        } catch (error) {
          throw error instanceof CliError ? error : new CliError(problemOf(error, file));
        }
      }),
    );
}

function entry(terminal: Terminal, file: string, bytes: Uint8Array, asked: Asked): number {
  const engine = createEngine();
  const { log, witnesses, quorum, evidence } = asked;
  const shown = verifyLoggedEntry(engine, bytes, log.name, log, witnesses);
  const witnessed = quorum === 0 ? undefined : seenBy(shown.checkpoint, quorum);
  const found = parseEntry(engine, shown.entry);
  requirePast(found.at, now(), "the log has the entry");
  if (
    evidence !== undefined &&
    !sameLoggedRun(found, evidenceEntryOf(engine, readInput(terminal.machine, evidence)))
  ) {
    throw new CliError({
      code: hostCode.noEntry,
      what: "The entry is not about this evidence",
      where: evidence,
      exitCode: EXIT.failed,
    });
  }
  const { checkpoint, index } = shown;
  if (terminal.json) {
    terminal.result({ file, ...headOf(checkpoint), index: Number(index), entry: found, witnessed });
  } else {
    terminal.print(
      columns([
        ["entry", `${index} of ${checkpoint.size} in ${checkpoint.origin}`],
        ["logged", `${found.at}, by the log's own clock`],
        [
          "witnessed",
          witnessed ?? "no witness was required: a log can show other people a different tree",
        ],
        ["what", JSON.stringify(found.body)],
      ]),
    );
  }
  return EXIT.ok;
}

function period(terminal: Terminal, file: string, bytes: Uint8Array, asked: Asked): number {
  const { log, witnesses, quorum } = asked;
  const shown = verifyPeriod(createEngine(), bytes, log.name, log, witnesses, quorum, now());
  const { checkpoint, from, to, first, entries, isOver } = shown;
  const { unfinished, withoutStart, severalStarts, severalEvidence } = shown;
  const witnessed = quorum === 0 ? undefined : seenBy(checkpoint, quorum);
  if (terminal.json) {
    terminal.result({
      file,
      ...headOf(checkpoint),
      from,
      to,
      first,
      entries,
      isOver,
      unfinished,
      withoutStart,
      severalStarts,
      severalEvidence,
      witnessed,
    });
  } else {
    terminal.print(
      columns([
        ["period", `${from} to ${to} in ${checkpoint.origin}`],
        ["entries", entries.length === 0 ? "none" : `${entries.length}, from number ${first} on`],
        ...attempts("without end", unfinished, "began, and no evidence followed"),
        ...attempts("without start", withoutStart, "have evidence, and no beginning before it"),
        ...attempts("begun again", severalStarts, "began more than once"),
        ...attempts("more evidence", severalEvidence, "have more than one piece of evidence"),
        [
          "witnessed",
          witnessed ?? "no witness was required: a log can show other people a different tree",
        ],
      ]),
    );
  }
  if (isOver) return EXIT.ok;
  terminal.problem({
    code: CODE.unchecked,
    what: "The period may not be over",
    where: file,
    why: "no entry comes after it, and too few witnesses say that its end has passed",
    hint: "Have the log's checkpoint cosigned after the end of the period, and prove it again.",
    exitCode: EXIT.unchecked,
  });
  return EXIT.unchecked;
}

/** So many attempts are named; --json has them all. */
const NAMED = 10;

/** Rows that say how many attempts at runs there are of a kind, and which. */
function attempts(name: string, all: readonly AttemptTally[], what: string): string[][] {
  if (all.length === 0) return [[name, "none"]];
  const named = all.slice(0, NAMED).map(({ run, attempt, starts, evidence }) => {
    const which = attempt === 1 ? run : `${run}, attempt ${attempt}`;
    return ["", `${which}: ${starts} started, ${evidence} evidence`];
  });
  const more = all.length > NAMED ? [["", `and ${all.length - NAMED} more`]] : [];
  return [[name, `${all.length} ${what}`], ...named, ...more];
}

/** A period as a policy judges it: its verdicts, as those of evidence. */
function byPolicy(
  terminal: Terminal,
  file: string,
  policy: string,
  { log, witness, quorum, evidence, keyring }: VerifyOptions,
): number {
  if ([log, witness, quorum, evidence].some((option) => option !== undefined)) {
    throw new CliError({
      code: CODE.usage,
      what: "--policy says which logs count: no --log, --witness, --quorum and --evidence",
      hint: "reach log verify --help",
      exitCode: EXIT.usage,
    });
  }
  const { machine } = terminal;
  const engine = createEngine();
  const read = writtenPolicy(machine, engine, now(), { ...(keyring && { keyring }) }, policy);
  const { period: shown, ...report } = verifyPeriodBy(engine, readInput(machine, file), read);
  if (terminal.json) {
    const { from, to, isOver, unfinished } = shown ?? {};
    terminal.result({ file, ...report, from, to, isOver, unfinished });
  } else terminal.print(verdictTable(terminal, report));
  if (!report.ok) terminal.problem(problemOfJudgement("period", file, report));
  return report.exitCode;
}

const headOf = ({ origin, size }: SignedCheckpoint): object => ({ origin, size: Number(size) });

/** When enough witnesses had seen it, which cannot be in the future. */
function seenBy(checkpoint: SignedCheckpoint, quorum: number): string {
  const seconds = witnessedAt(checkpoint, quorum);
  requirePast(seconds, now(), "witnesses have seen it");
  return sayTime(seconds);
}
