import { evidenceEntryOf } from "@reach-fabric/evidence";
import type { NewLogEntry } from "@reach-fabric/schema";
import type { Command } from "commander";
import type { Machine } from "../../ui/machine.ts";
import { engines } from "../../read/engine.ts";
import { readInput } from "../../read/files.ts";
import { CODE, CliError, EXIT, problemOf } from "../../ui/problem.ts";
import { readSigner } from "../../read/keys.ts";
import { several } from "../../read/options.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";
import { countOf } from "../../read/note-keys.ts";

interface AppendOptions {
  key: string;
  passphraseFile?: string;
  evidence?: string[];
  act?: string;
  actor: string;
  outcome: string;
  detail?: string[];
  wait: string;
}

/** `reach log append DIR`: entries about evidence, or about an act. */
export function append(group: Command, verb: Verb): void {
  group
    .command("append")
    .summary("put evidence, or an act, into a log")
    .description(
      "Appends one entry for each piece of evidence that is given, or one about an act that security " +
        "depends on. The command ends when the entries are durable. An entry about evidence holds " +
        "digests only; one about an act must name no person and no secret: it can never be removed.",
    )
    .argument("<dir>", "the log's folder")
    .requiredOption("-k, --key <file>", "the log's own key")
    .option("--passphrase-file <file>", "the passphrase of that key")
    .option("--evidence <file>", "a .reach file; may be given again", several)
    .option("--act <type>", "what was done: words joined by dots, as key.revoked")
    .option("--actor <id>", "by whom: an id, not a name", "local")
    .option("--outcome <result>", "success or failure", "success")
    .option("--detail <name=value>", "something about the act; may be given again", several)
    .option("--wait <ms>", "how long another process may go on writing", "10000")
    .option("--json", "print one {index, at, type} a line; errors as JSON on stderr")
    .addHelpText(
      "after",
      "\nExamples:\n  $ reach log append audit --key log.key --evidence one.reach\n" +
        "  $ reach log append audit --key log.key --act key.revoked --actor ops-7 --detail key=9f3c",
    )
    .action(
      verb<[string, AppendOptions]>(async (terminal, dir, options) => {
        const entries = entriesOf(terminal.machine, options);
        const host = await import("@reach-fabric/host");
        const log = await host.openLog(dir, {
          signer: await readSigner(terminal.machine, options.key, options.passphraseFile),
          wait: countOf(options.wait, "--wait"),
        });
        try {
          const appended = await Promise.all(
            entries.map(async (entry) => ({ ...(await log.append(entry)), type: entry.type })),
          );
          for (const { index, at, type } of appended) {
            if (terminal.json) terminal.result({ index, at, type });
            else terminal.print(line`  ${index}  ${at}  ${type}`);
          }
        } finally {
          await log.close();
        }
        terminal.next(["reach", "log", "prove", dir, "--index", "N", "-o", "FILE.tlog-proof"]);
        return EXIT.ok;
      }),
    );
}

function entriesOf(
  machine: Machine,
  { evidence = [], act, actor, outcome, detail = [] }: AppendOptions,
): NewLogEntry[] {
  if (evidence.length > 0 === (act !== undefined)) {
    throw usage("Give either --evidence or --act");
  }
  if (act === undefined) {
    const engine = engines();
    return evidence.map((file) => {
      try {
        return evidenceEntryOf(engine(), readInput(machine, file));
      } catch (error) {
        throw new CliError(problemOf(error, file));
      }
    });
  }
  if (outcome !== "success" && outcome !== "failure")
    throw usage("--outcome is success or failure");
  const details = Object.fromEntries(
    detail.map((text) => {
      const [, name = "", value = ""] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
      if (name === "") throw usage(`--detail is not NAME=VALUE: ${JSON.stringify(text)}`);
      return [name, value];
    }),
  );
  const body = { type: act, actor, outcome, ...(detail.length > 0 ? { details } : {}) } as const;
  return [{ type: "act", body }];
}

const usage = (what: string): CliError =>
  new CliError({ code: CODE.usage, what, hint: "reach log append --help", exitCode: EXIT.usage });
