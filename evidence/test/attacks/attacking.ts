// The attacks on evidence that are known, each with a test that fails when its defence is taken
// out. Most files are signed again by their own signer, so that CRC, digest and signature are right
// and only the defence that the test is about can refuse them.
import type { Policy, Report, Verdict } from "@reach-fabric/evidence";
import { expect } from "vitest";
import {
  canonical,
  evidence,
  facts,
  finding,
  jsonOf,
  linesOf,
  pseudoRandom,
  recorded,
  verify,
  withEntries,
} from "../fixtures/fixture.ts";

export const file = evidence();
export const other = evidence({
  records: recorded(650, { input: { income: 900 } }),
  runSecret: pseudoRandom("another run")(32),
  run: { ...facts, id: "0191b0c0-0000-4000-8000-000000000002", tenant: "globex" },
});
export const trace = linesOf(file, "trace.jsonl");
export const disclosures = linesOf(file, "disclosures.jsonl");

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

export const bundleOf = (bytes: Uint8Array): Record<string, Record<string, unknown>> =>
  jsonOf(bytes, "run.sigstore.json") as Record<string, Record<string, unknown>>;

/** The file with another envelope in its bundle. */
export const withEnvelope = (envelope: Record<string, unknown>): Uint8Array => {
  const bundle = bundleOf(file);
  const dsseEnvelope = { ...bundle["dsseEnvelope"], ...envelope };
  return withEntries(file, { "run.sigstore.json": canonical({ ...bundle, dsseEnvelope }) });
};

export const signatureOf = (bytes: Uint8Array): string => {
  const { signatures } = bundleOf(bytes)["dsseEnvelope"] as { signatures: { sig: string }[] };
  return signatures[0]?.sig ?? "";
};

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
