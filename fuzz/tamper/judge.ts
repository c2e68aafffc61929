// What a verifier says of a file that is not signed, also where it cannot compute the run: one with no fuel, of
// another meaning, or with an engine that is known as faulty. `authentic` needs none of that.
import { sameBytes } from "@reach-fabric/engine";
import { verify } from "@reach-fabric/evidence";
import type { Policy, Verdict } from "@reach-fabric/evidence";
import { engine, entries, trusted } from "../../evidence/test/fixtures/fixture.ts";

/** A verifier, and what it says of `replayed` for a file that is as it was signed. */
interface Verifier {
  readonly engine: typeof engine;
  readonly policy: Policy;
  readonly replayed: string;
}

const common: Policy = { trustedKeys: [trusted], required: ["authentic", "complete", "replayed"] };

export const verifiers = {
  whole: { engine, policy: common, replayed: "pass" },
  "no fuel": { engine, policy: { ...common, fuel: 0 }, replayed: "not checked REACH-E5703" },
  "one unit of fuel": {
    engine,
    policy: { ...common, fuel: 1 },
    replayed: "not checked REACH-E5703",
  },
  "other semantics": {
    engine: { ...engine, semantics: engine.semantics + 1 },
    policy: common,
    replayed: "not checked REACH-E5406",
  },
  "a faulty engine": {
    engine,
    policy: { ...common, faultyEngines: [engine.digest] },
    replayed: "fail REACH-E5220",
  },
} as const satisfies Record<string, Verifier>;

export type VerifierName = keyof typeof verifiers;
export const allVerifiers = Object.keys(verifiers) as VerifierName[];

/** What a verifier says of one verdict. */
export function said(file: Uint8Array, name: VerifierName, verdict: Verdict): string {
  const { engine: on, policy }: Verifier = verifiers[name];
  const { result, code } = verify(on, file, policy).verdicts[verdict];
  return code === undefined ? result : `${result} ${code}`;
}

/** What a verifier says of a changed file. */
export interface Judged {
  /** What it says of `authentic`, and why that is right where it is a pass. */
  readonly authentic: string;
  /** What is wrong with that; undefined where it refuses the file as it should. */
  readonly problem: string | undefined;
}

export function judged(file: Uint8Array, name: VerifierName, original: Uint8Array): Judged {
  const { engine: on, policy }: Verifier = verifiers[name];
  const { verdicts } = verify(on, file, policy);
  const { result, code } = verdicts.authentic;
  const authentic = code === undefined ? result : `${result} ${code}`;
  const right = (why = ""): Judged => ({ authentic: authentic + why, problem: undefined });
  if (Object.values(verdicts).some((found) => found.code === "REACH-E5901")) {
    return { authentic, problem: "a check could not be made" };
  }
  // A version that is not known yet is not judged.
  if (result === "fail" || authentic === "not checked REACH-E5104") return right();
  // Signed by another key, all of it: whose file that is, only the policy can say.
  if (verdicts.trusted.result === "fail") return right(", signed by another");
  if (isSigned(file, original)) return right(", as it was signed");
  return { authentic, problem: `authentic is ${authentic}` };
}

const REMOVABLE = ["run.tlog-proof", "start.tlog-proof", "pack.sigstore.jsonl"];

/** All that is signed is what it was, byte for byte; what can be taken out and put in may be there or not. */
function isSigned(file: Uint8Array, original: Uint8Array): boolean {
  const [before, after] = [entries(original), entries(file)];
  const isSame = (name: string): boolean =>
    sameBytes(after.get(name) ?? new Uint8Array(), before.get(name) ?? new Uint8Array());
  return (
    ["run.json", "run.sig", "entered.jsonl"].every(isSame) &&
    [...after.keys()].every((name) => REMOVABLE.includes(name) || isSame(name))
  );
}
