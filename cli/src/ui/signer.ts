// Whose signature a report is about, in words: no green without a signer. docs/spec/policy.md, POL-17.
import { standingOf } from "@reach-fabric/evidence";
import type { PublicKey, Report, StepReport } from "@reach-fabric/evidence";
import { unmetOf } from "./judgement.ts";
import { CODE, EXIT } from "./problem.ts";
import type { CliProblem } from "./problem.ts";
import type { Terminal } from "./terminal.ts";
import { line } from "./text.ts";
import type { SafeText } from "./text.ts";

type Found = Report | StepReport;

/** Whose signature it is: the user's own, one that was named, one that may not sign, or no one asked. */
export type SignerWord = "you" | "trusted" | "refused" | "not checked";

/** @param isOwn the key is the user's own, and no other was named */
export function signerOfReport({ verdicts: { trusted } }: Found, isOwn: boolean): SignerWord {
  if (trusted.result === "fail") return "refused";
  if (trusted.result === "not checked") return "not checked";
  return isOwn ? "you" : "trusted";
}

/** What is shown where the signer is not known: `intact and reproduced`, or as much of it as passed. */
function intact({ verdicts }: Found): string {
  const computed = "recomputed" in verdicts ? verdicts.recomputed : verdicts.replayed;
  return computed.result === "pass" ? "intact and reproduced" : "intact";
}

/** The file, and what was found, in a word that has its own colour. */
export function headOfReport(
  { colors: { green, red, yellow, magenta, bold } }: Terminal,
  file: string,
  report: Found,
  signer: SignerWord,
): SafeText {
  const words = {
    verified: () => green(signer === "you" ? "verified, signed by you" : "verified"),
    "signer not checked": () => magenta(`${intact(report)}; signer not checked`),
    failed: () => red("FAILED"),
    "not checked": () => yellow("could not be checked"),
  };
  return line`${bold(file)}  ${words[standingOf(report)]()}`;
}

/** The problem with which a command ends where all passes but that no one said whose key it may be. */
export const problemOfSigner = (file: string, report: Found, { id }: PublicKey): CliProblem => ({
  code: CODE.unknownSigner,
  what: `This is ${intact(report)}; who signed it was not checked`,
  where: file,
  why: `anyone can make such a file with a key of their own; this one is signed with the key ${id}, which is not yours`,
  hint: `Compare ${id} with the key that you were given, and name its file: --trust KEY. With --allow-untrusted whoever signed it will do.`,
  exitCode: EXIT.unchecked,
  unmet: unmetOf<string>(report, "run" in report ? report.run?.id : undefined),
});
