import { publicKeyOf, verifyPack } from "@reach-fabric/evidence";
import type { PackPolicy, PackReport } from "@reach-fabric/evidence";
import type { Engine } from "@reach-fabric/engine";
import type { Command } from "commander";
import type { Machine } from "../../ui/machine.ts";
import { engines } from "../../read/engine.ts";
import { readInput } from "../../read/files.ts";
import { problemOfJudgement, verdictTable } from "../../ui/judgement.ts";
import { now } from "../../read/instants.ts";
import { readKey } from "../../read/keys.ts";
import { several } from "../../read/options.ts";
import { writtenPolicy } from "../../read/policies.ts";
import { CliError, CODE, EXIT } from "../../ui/problem.ts";
import type { Terminal } from "../../ui/terminal.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";

interface VerifyOptions {
  trust?: string[];
  allowUntrusted?: boolean;
  yanked?: string[];
  minVersion?: string;
  policy?: string;
  keyring?: string;
}

/** `reach pack verify FILE --trust KEY`: whose pack it is, and whether it is still to be used. */
export function verify(group: Command, verb: Verb): void {
  group
    .command("verify")
    .summary("check a pack: intact, trusted, current")
    .description(
      "Checks a pack offline: that every file is the one that pack.json names, that a trusted key has signed " +
        "its digest, id and version, and that of the withdrawals that are given none is by such a key. Exits 1 if one of these fails, " +
        "3 if one could not be checked.",
    )
    .argument("<file>", "a .pack file")
    .option("--trust <keyfile>", "a publisher's key, the public file; may be given again", several)
    .option("--allow-untrusted", "exit 0 whoever signed it, where all else passes")
    .option("--yanked <file>", "a withdrawal (reach pack yank); may be given again", several)
    .option("--min-version <version>", "the oldest version that is taken")
    .option("--policy <file>", "which packs may be used, and whose (reach policy check)")
    .option("--keyring <file>", "the keys that count, signed by the root that the policy names")
    .option("--json", "print the report as JSON; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach pack verify loan.pack --trust publisher.key.pub")
    .action(
      verb<[string, VerifyOptions]>((terminal, file, options) => {
        const engine = engines()();
        const report = verifyPack(
          engine,
          readInput(terminal.machine, file),
          policyOf(terminal.machine, engine, options),
        );
        const shown = options.allowUntrusted === true ? report : signerAsked(report);
        print(terminal, file, shown);
        if (!shown.ok) terminal.problem(problemOfJudgement("pack", file, shown));
        return shown.exitCode;
      }),
    );
}

function policyOf(machine: Machine, engine: Engine, options: VerifyOptions): PackPolicy {
  const { trust, yanked, minVersion, policy, keyring, allowUntrusted } = options;
  if (allowUntrusted === true && trust !== undefined) {
    throw new CliError({
      code: CODE.usage,
      what: "--allow-untrusted, and --trust says who may have signed",
      hint: "reach pack verify --help",
      exitCode: EXIT.usage,
    });
  }
  return {
    ...(trust ? { trustedKeys: trust.map((path) => publicKeyOf(readKey(machine, path))) } : {}),
    ...(yanked ? { yanks: yanked.map((path) => readInput(machine, path)) } : {}),
    ...(minVersion === undefined ? {} : { minVersion }),
    ...(policy === undefined
      ? {}
      : { policy: writtenPolicy(machine, engine, now(), { ...(keyring && { keyring }) }, policy) }),
  };
}

/** No green without a signer: whose pack it is is asked by `trusted`, or by what a policy says of publishers. */
function signerAsked(report: PackReport): PackReport {
  const { required, verdicts, exitCode } = report;
  if (required.includes("trusted") || required.includes("approved") || exitCode === 1)
    return report;
  return {
    ...report,
    required: ["intact", "trusted", ...required.filter((name) => name !== "intact")],
    ok: false,
    exitCode: verdicts.trusted.result === "fail" ? 1 : 3,
  };
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
