// golden/policies: policies, each with a file that it judges, that must be judged alike by every later verifier; and what
// is refused of a policy, at its place. No node: import: runs in a browser, too.
import { pointerOf, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import {
  EvidenceError,
  isStep,
  readPolicy,
  verify,
  verifyPack,
  verifyPeriodBy,
  verifyStep,
} from "@reach-fabric/evidence";
import type { Finding, Policy } from "@reach-fabric/evidence";

/** golden/policies/index.json. */
export interface PoliciesIndex {
  readonly format: "reach/golden-policies/v1";
  readonly spec: string;
  readonly notes: string;
  /** The verifier's time. */
  readonly now: string;
  readonly cases: readonly PolicyCase[];
}

/** What a member of a policy is in a case: not there, as the file is, as it is not, no such thing, or of what is hidden. */
export const states = ["absent", "matches", "differs", "malformed", "hidden"] as const;
export type MemberState = (typeof states)[number];
export type Subject = "evidence" | "step" | "pack" | "period";

export interface PolicyCase {
  readonly id: string;
  readonly rule: string;
  /** The member that it is about, as `packs.signedBy`. */
  readonly member: string;
  readonly state: MemberState;
  readonly subject?: Subject;
  readonly file?: string;
  /** A policy, or its text where that is what is wrong in it. */
  readonly policy: object | string;
  readonly keyring?: string;
  readonly expect: Judged;
}

/** What comes of it: the verdicts that something was found about, or the error, with all its places. */
export type Judged =
  | { readonly exitCode: number; readonly verdicts: Readonly<Record<string, string>> }
  | { readonly code: string; readonly at: readonly string[] };

/** What is said of a case. */
export function judgedByPolicy(
  engine: Engine,
  { policy: written, keyring, file = "" }: Omit<PolicyCase, "expect" | "id">,
  now: string,
  read: (file: string) => Uint8Array,
): Judged {
  const text = typeof written === "string" ? written : JSON.stringify(written, null, 2);
  let policy: Policy;
  try {
    policy = readPolicy(engine, utf8(text), {
      keyring: keyring === undefined ? undefined : read(keyring),
      now,
      fileOf: read,
    });
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    return { code: error.code, at: error.problems.map(({ path }) => pointerOf(path)) };
  }
  const { exitCode, verdicts } = judgedFile(engine, file, read(file), policy);
  return { exitCode, verdicts: foundIn(verdicts) };
}

function judgedFile(
  engine: Engine,
  file: string,
  bytes: Uint8Array,
  policy: Policy,
): { readonly exitCode: number; readonly verdicts: Readonly<Record<string, Finding>> } {
  if (file.endsWith(".pack")) return verifyPack(engine, bytes, { policy });
  if (file.endsWith(".json")) return verifyPeriodBy(engine, bytes, policy);
  return isStep(bytes) ? verifyStep(engine, bytes, policy) : verify(engine, bytes, policy);
}

function foundIn(verdicts: Readonly<Record<string, Finding>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(verdicts).flatMap(([name, { result, code }]) =>
      result === "not checked" && code === undefined
        ? []
        : [[name, code === undefined ? result : `${result} ${code}`]],
    ),
  );
}

/** Judges every case of the index; a failure names the case. */
export function verifyPolicies(
  engine: Engine,
  { now, cases }: PoliciesIndex,
  read: (file: string) => Uint8Array,
): { passed: number; failed: string[] } {
  const failed = cases.flatMap(({ expect, ...one }) => {
    const found = JSON.stringify(judgedByPolicy(engine, one, now, read));
    const wanted = JSON.stringify(expect);
    return found === wanted ? [] : [`${one.id}: expected ${wanted}, found ${found}`];
  });
  return { passed: cases.length - failed.length, failed };
}
