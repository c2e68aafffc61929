import {
  evidenceEntryOf,
  formatConsistencyProof,
  sameLoggedRun,
  sameStart,
  startedEntryIn,
  withProof,
} from "@reach-fabric/evidence";
import type { Command } from "commander";
import type { Machine } from "../../ui/machine.ts";
import { existsSync } from "node:fs";
import type * as Host from "@reach-fabric/host";
import type { LogReader } from "@reach-fabric/host";
import { hostCode } from "@reach-fabric/host/codes";
import { engines } from "../../read/engine.ts";
import { readInput } from "../../read/files.ts";
import { instantOf } from "../../read/instants.ts";
import { CliError, CODE, exists, EXIT, problemOf } from "../../ui/problem.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";
import { countOf } from "../../read/note-keys.ts";

interface ProveOptions {
  index?: string;
  evidence?: string;
  from?: string;
  to?: string;
  since?: string;
  until?: string;
  output?: string;
  attach?: boolean;
  force?: boolean;
}

/** `reach log prove DIR`: that an entry is in a log, or that a period of it is complete. */
export function prove(group: Command, verb: Verb): void {
  group
    .command("prove")
    .summary("prove that an entry is in a log, that a period is complete, or that it has grown")
    .description(
      "Writes a proof that can be checked offline by anyone who knows the log's key: of one entry, a C2SP " +
        "tlog-proof; or of a period, with all its entries. It is made by the last checkpoint that " +
        "witnesses have cosigned, if the entry is in it, and by the last checkpoint otherwise. Or that the log " +
        "has only grown since it had some number of entries, for those who kept a checkpoint from then.",
    )
    .argument("<dir>", "the log's folder")
    .option("--index <n>", "the entry's number, from 0")
    .option("--evidence <file>", "the entry about this .reach file")
    .option("--from <instant>", "the beginning of a period: an instant, or a day in UTC")
    .option("--to <instant>", "its end, not included")
    .option(
      "--since <size>",
      "prove that it has grown from this many entries, for reach verify --consistency",
    )
    .option("--until <size>", "to this many entries (default: all that it has)")
    .option("-o, --output <file>", "where the proof is written")
    .option("--attach", "put the proof of --evidence into that file itself")
    .option("--force", "replace an existing output file")
    .option(
      "--json",
      "print {file, index, size, started}, or {file, from, to}, as JSON; errors as JSON on stderr",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  $ reach log prove audit --evidence one.reach -o one.tlog-proof\n" +
        "  $ reach log prove audit --from 2026-11-01 --to 2026-12-01 -o november.json\n" +
        "  $ reach log prove audit --since 12 -o grown.json",
    )
    .action(
      verb<[string, ProveOptions]>(async (terminal, dir, options) => {
        const { attach = false, evidence, force = attach } = options;
        const output = attach ? evidence : options.output;
        if (output === undefined) throw usage("Give --output, or --evidence and --attach");
        if (!force && existsSync(output)) throw new CliError(exists(output));
        const host = await import("@reach-fabric/host");
        const { bytes, start, facts } = await proofOf(terminal.machine, host, dir, options);
        const written = attach
          ? withProof(engines()(), readInput(terminal.machine, output), bytes, start)
          : bytes;
        await host.writeFileAtomic(output, written);
        if (terminal.json) terminal.result({ file: output, ...facts });
        else {
          const text = Object.entries(facts).map(([name, value]) => `${name} ${value}`);
          terminal.print(line`  ${output}  ${text.join(", ")}`);
        }
        if (!attach && options.since === undefined) {
          terminal.next(["reach", "log", "verify", output, "--log", "VKEY"]);
        }
        return EXIT.ok;
      }),
    );
}

const usage = (what: string): CliError =>
  new CliError({ code: CODE.usage, what, hint: "reach log prove --help", exitCode: EXIT.usage });

async function proofOf(
  machine: Machine,
  host: typeof Host,
  dir: string,
  { index, evidence, from, to, since, until }: ProveOptions,
): Promise<Proof> {
  const given = [index, evidence, from, since].filter((option) => option !== undefined).length;
  const isHalf =
    (from === undefined) !== (to === undefined) || (since === undefined && until !== undefined);
  if (given !== 1 || isHalf) {
    throw usage("Give --index, or --evidence, or --from and --to, or --since");
  }
  if (since !== undefined) return growthOf(await host.readLog(dir), since, until);
  const witnessed = await host.readLog(dir, { which: "witnessed" });
  if (from !== undefined && to !== undefined) {
    const [start, end] = [instantOf(from, "--from"), instantOf(to, "--to")];
    return { bytes: await witnessed.period(start, end), facts: { from: start, to: end } };
  }
  const { number, started } =
    evidence === undefined
      ? { number: countOf(index ?? "", "--index") }
      : await placesOf(machine, host, dir, evidence);
  const log: LogReader = number < witnessed.size ? witnessed : await host.readLog(dir);
  return {
    bytes: await log.prove(number),
    ...(started === undefined ? {} : { start: await log.prove(started) }),
    facts: { index: number, size: log.size, ...(started === undefined ? {} : { started }) },
  };
}

/** What is written, and what is said of it. */
interface Proof {
  readonly bytes: Uint8Array;
  /** Of the entry with which the run began. */
  readonly start?: Uint8Array;
  readonly facts: Readonly<Record<string, string | number>>;
}

/** The proof that a log has grown from one size to another. */
async function growthOf(log: LogReader, since: string, until: string | undefined): Promise<Proof> {
  const from = countOf(since, "--since");
  const to = until === undefined ? log.size : countOf(until, "--until");
  const range = { from: BigInt(from), to: BigInt(to) };
  const hashes = await log.consistency(range.from, range.to);
  const bytes = formatConsistencyProof(engines()(), { origin: log.origin, ...range, hashes });
  return { bytes, facts: { from, to } };
}

/** The number of the entry about a piece of evidence, the first one, and before it that of its run's beginning. */
async function placesOf(
  machine: Machine,
  host: typeof Host,
  dir: string,
  file: string,
): Promise<{ number: number; started?: number }> {
  const engine = engines();
  const log = await host.readLog(dir);
  const wanted = (() => {
    try {
      const bytes = readInput(machine, file);
      return {
        evidence: evidenceEntryOf(engine(), bytes),
        start: startedEntryIn(engine(), bytes),
      };
    } catch (error) {
      throw new CliError(problemOf(error, file));
    }
  })();
  let started: number | undefined;
  for await (const { index, entry } of log.entries()) {
    if (started === undefined && sameStart(entry, wanted.start)) started = index;
    if (!sameLoggedRun(entry, wanted.evidence)) continue;
    return { number: index, ...(started === undefined ? {} : { started }) };
  }
  throw new CliError({
    code: hostCode.noEntry,
    what: "The log has no entry about this evidence",
    where: file,
    hint: `reach log append ${dir} --key KEY --evidence ${file}`,
    exitCode: EXIT.failed,
  });
}
