// The attacks on evidence that are known, each with a test that fails when its defence is taken
// out. Most files are signed again by their own signer, so that CRC, digest and signature are right
// and only the defence that the test is about can refuse them.
import type { Policy, Report, Verdict } from "@reach-fabric/evidence";
import { expect } from "vitest";
import {
  enteredOf,
  entries,
  evidence,
  facts,
  finding,
  joined,
  pseudoRandom,
  recorded,
  verify,
  withEntries,
} from "../fixtures/fixture.ts";

export const annotations: readonly { seq: number; at: string }[] = [
  { seq: 0, at: "2026-11-23T07:00:00.000Z" },
];
export const file = evidence({ annotations });
export const other = evidence({
  records: recorded(650, { input: { income: 900 } }),
  runSecret: pseudoRandom("another run")(32),
  run: { ...facts, id: "0191b0c0-0000-4000-8000-000000000002", tenant: "globex" },
});
/** The head, the start, the answer, the outcome. */
export const lines = enteredOf(file);

/** The file with other lines in entered.jsonl; what was signed is what it was. */
export const withLines = (changed: readonly string[]): Uint8Array =>
  withEntries(file, { "entered.jsonl": joined(changed) });
export const changedLines = (at: number, change: (line: string) => string): string[] =>
  lines.with(at, change(lines[at] ?? ""));
export const withLine = (at: number, change: (line: string) => string): Uint8Array =>
  withLines(changedLines(at, change));

/** Requires that a verdict of a file is `fail` with this code, and that nothing passes after it. */
export function refused(
  bytes: Uint8Array,
  verdict: Verdict,
  code: string,
  policy?: Policy,
): Report {
  const report = verify(bytes, policy);
  expect(finding(report, verdict)).toBe(`fail ${code}`);
  expect(report.exitCode).toBe(1);
  for (const { why, hint } of Object.values(report.verdicts)) {
    expect(`${why}${hint ?? ""}`).toMatch(/^[\u0020-\u007e]+$/);
  }
  return report;
}

export const authentic = (bytes: Uint8Array): string => finding(verify(bytes), "authentic");

/** The file with another signature. */
export const withSignature = (signature: Uint8Array): Uint8Array =>
  withEntries(file, { "run.sig": signature });

export const signatureOf = (bytes: Uint8Array): Uint8Array =>
  entries(bytes).get("run.sig") ?? new Uint8Array();

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
