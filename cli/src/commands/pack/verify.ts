import { publicKeyOf, verifyPack } from "@reach-fabric/evidence";
import type { PackPolicy, PackReport } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { engines } from "../../read/engine.ts";
import { readInput } from "../../read/files.ts";
import { problemOfJudgement, verdictTable } from "../../ui/judgement.ts";
import { readKey } from "../../read/keys.ts";
import { several } from "../../read/options.ts";
import type { Terminal } from "../../ui/terminal.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";

interface VerifyOptions {
  trust?: string[];
  yanked?: string[];
  minVersion?: string;
}

/** `reach pack verify FILE --trust KEY`: whose pack it is, and whether it is still to be used. */
export function verify(group: Command, verb: Verb): void {
  group
    .command("verify")
    .summary("check a pack: intact, trusted, current")
    .description(
      "Checks a pack offline: that every file is the one that pack.json names, that a trusted key has signed " +
        "its digest, id and version, and that no trusted key has withdrawn it. Exits 1 if one of these fails, " +
        "3 if one could not be checked.",
    )
    .argument("<file>", "a .pack file")
    .option("--trust <keyfile>", "a publisher's key, the public file; may be given again", several)
    .option("--yanked <file>", "a withdrawal (reach pack yank); may be given again", several)
    .option("--min-version <version>", "the oldest version that is taken")
    .option("--json", "print the report as JSON; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach pack verify loan.pack --trust publisher.key.pub")
    .action(
      verb<[string, VerifyOptions]>((terminal, file, { trust, yanked, minVersion }) => {
        const policy: PackPolicy = {
          ...(trust
            ? { trustedKeys: trust.map((path) => publicKeyOf(readKey(terminal.machine, path))) }
            : {}),
          ...(yanked ? { yanks: yanked.map((path) => readInput(terminal.machine, path)) } : {}),
          ...(minVersion === undefined ? {} : { minVersion }),
        };
        const report = verifyPack(engines()(), readInput(terminal.machine, file), policy);
        print(terminal, file, report);
        if (!report.ok) terminal.problem(problemOfJudgement("pack", file, report));
        return report.exitCode;
      }),
    );
}

function print(terminal: Terminal, file: string, report: PackReport): void {
  const { verdicts, required, ok, manifest, digest, key, statements = [] } = report;
  if (terminal.json) {
    const about = manifest && { id: manifest.id, version: manifest.version };
    terminal.result({
      file,
      ok,
      exitCode: report.exitCode,
      required,
      verdicts,
      digest,
      ...about,
      key: key?.id,
      statements,
    });
    return;
  }
  const name = manifest === undefined ? "" : `  ${manifest.id}:${manifest.version}`;
  terminal.print(line`${terminal.colors.bold(file)}${name}`);
  terminal.print(verdictTable(terminal, report));
  if (digest !== undefined) terminal.print(line`  digest  ${digest}`);
  if (statements.length > 0)
    terminal.print(line`  also signed by that key: ${statements.join(", ")}`);
}
