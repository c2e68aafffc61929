// A short fuzz run with a fixed seed: the same inputs every time, so a red test means a change.
import { expect, test } from "vitest";
import { attack, tryCorpus } from "../targets/registry.ts";
import type { Target } from "../targets/registry.ts";
import { canaryTarget } from "../targets/canary.ts";
import { commitmentsTarget } from "../targets/commitments.ts";
import { evidenceTarget } from "../targets/evidence.ts";
import { exprTarget } from "../targets/expr.ts";
import { guessTarget } from "../targets/guess.ts";
import { hashTarget } from "../targets/hash.ts";
import { jqTarget, jqVersion } from "../targets/jq.ts";
import { jsonTarget } from "../targets/json.ts";
import { keyringTarget } from "../targets/keyring.ts";
import { proofsTarget } from "../targets/proofs.ts";
import { mcpTarget } from "../targets/host/mcp.ts";
import { merkleTarget } from "../targets/merkle.ts";
import { modelsTarget } from "../targets/host/models.ts";
import { numbersTarget } from "../targets/numbers.ts";
import { pathsTarget } from "../targets/host/paths.ts";
import { regexTarget } from "../targets/regex.ts";
import { redactTarget } from "../targets/redact.ts";
import { tamperTarget } from "../targets/tamper.ts";
import { urisTarget } from "../targets/host/uris.ts";
import { vaultTarget } from "../targets/host/vault.ts";
import { workflowTarget } from "../targets/workflow.ts";

const SEED = 20_261_123;

test("the canary's fault is found", () => {
  expect(attack(canaryTarget(), SEED, 2000)).toBeDefined();
});

test("inputs that were kept are found", () => {
  expect(tryCorpus(jsonTarget())).toMatchObject({ passed: 3, failed: [] });
});

const targets: readonly [() => Target<never>, number][] = [
  [jsonTarget as () => Target<never>, 10_000],
  [modelsTarget as () => Target<never>, 500],
  [numbersTarget as () => Target<never>, 2000],
  [hashTarget as () => Target<never>, 1500],
  [merkleTarget as () => Target<never>, 800],
  [commitmentsTarget as () => Target<never>, 500],
  [exprTarget as () => Target<never>, 3000],
  [regexTarget as () => Target<never>, 5000],
  [tamperTarget as () => Target<never>, 500],
  [mcpTarget as () => Target<never>, 2000],
  [urisTarget as () => Target<never>, 2000],
  [pathsTarget as () => Target<never>, 2000],
  [workflowTarget as () => Target<never>, 300],
];

test("proofs: 1500 changed pieces of evidence, packs, checkpoints and proofs are refused, or say the same", () => {
  const finding = attack(proofsTarget(), SEED, 1500);
  expect(finding?.error.message).toBeUndefined();
}, 60_000);

test("evidence: of 1000 signed files in any form two verifiers say the same", () => {
  const finding = attack(evidenceTarget(), SEED, 1000);
  expect(finding?.error.message, JSON.stringify(finding?.input)).toBeUndefined();
}, 60_000);

test("vault: 2000 changed vaults are refused, or are the same", () => {
  const target = vaultTarget();
  expect(attack(target, SEED, 2000)).toBeUndefined();
  expect(target.known?.()).toMatch(/E4134 \d{3,}.*E4136 \d{2,}|E4136 \d{2,}.*E4134 \d{3,}/);
});

test("keyring: 5000 changed keyrings, key files and policies are refused, or say the same", () => {
  const finding = attack(keyringTarget(), SEED, 5000);
  expect(finding?.error.message, JSON.stringify(finding?.input)).toBeUndefined();
});

test("EVID-48 redact: 30 pairs of runs that differ in hidden values give files that differ in hashes and seeds alone", () => {
  const finding = attack(redactTarget(), SEED, 30);
  expect(finding?.error.message, JSON.stringify(finding?.input)).toBeUndefined();
}, 60_000);

test("guess: nothing in a redacted file follows from 1000 guesses of what it hides, the right ones among them", () => {
  const finding = attack(guessTarget(), SEED, 1000);
  expect(finding?.error.message, JSON.stringify(finding?.input)).toBeUndefined();
}, 60_000);

for (const [make, runs] of targets) {
  const { name } = make;
  test(`${name}: model = release = SIMD = debug on ${runs} inputs and the kept ones`, () => {
    const target = make();
    expect(tryCorpus(target).failed).toEqual([]);
    const finding = attack(target, SEED, runs);
    expect(finding?.error.message, JSON.stringify(finding?.input)).toBeUndefined();
  });
}

test("jq itself agrees on 300 programs", (context) => {
  if (jqVersion() === undefined) {
    context.skip("NOT CHECKED: REACH_JQ names no jq of version 1.8 or newer");
    return;
  }
  expect(attack(jqTarget(), SEED, 300)?.error.message).toBeUndefined();
});
