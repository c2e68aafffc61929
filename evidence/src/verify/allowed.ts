// What a policy says of a run: who may sign, which engine and pack may be used, which verdicts must pass.
// docs/spec/policy.md, POL-5 to POL-7.
import type { Engine } from "@reach-fabric/engine";
import { EvidenceError } from "../errors/errors.ts";
import { sameKey } from "../keys/key.ts";
import { requireBudget } from "../file/cursor.ts";
import type { Leaf } from "../file/leaf.ts";
import type { Run } from "../file/open.ts";
import { needsNone } from "../log/quorum.ts";
import type { Policy } from "../trust/policy.ts";
import { requireNotYanked } from "../trust/rules.ts";
import { withKeyring } from "../trust/state.ts";
import type { VerifierState } from "../trust/state.ts";
import { requirePast, sayTime } from "../encoding/clock.ts";
import type { SignedAt } from "../encoding/clock.ts";
import { requireFresh, signerEntry, signerTrust } from "../trust/trust.ts";
import { defaultRequired, verdicts } from "../trust/verdicts.ts";
import type { Findings, Verdict } from "../trust/verdicts.ts";

/** What a policy requires, said or implied: naming keys, engines, packs or logs is asking for them. */
export function requiredBy(policy: Policy): Verdict[] {
  const { required = defaultRequired, trustedKeys, signers, logs, now } = policy;
  if (now === undefined && (signers !== undefined || logs !== undefined)) {
    throw new TypeError("A policy with signers or logs needs the verifier's time: now");
  }
  const unknown = required.find((verdict) => !verdicts.includes(verdict));
  if (unknown !== undefined) throw new TypeError(`There is no verdict ${unknown}`);
  const implied: readonly [Verdict, boolean][] = [
    ["trusted", [trustedKeys, signers, policy.ownKeys].some(isGiven)],
    ["approved", policy.rules !== undefined],
    ["replayed", [policy.engines, policy.faultyEngines, policy.yankedPacks].some(isGiven)],
    ["logged", logs !== undefined],
    ["witnessed", asksWitnesses(policy)],
  ];
  return ["authentic", ...required, ...implied.flatMap(([verdict, is]) => (is ? [verdict] : []))];
}

/** Whether witnesses say when something was seen. */
const asksWitnesses = ({ logs }: Policy): boolean =>
  logs?.some(({ quorum }) => !needsNone(quorum)) === true;

const isGiven = (value: unknown): boolean => value !== undefined;

/**
 * Requires an engine of the meaning with which the run was computed.
 *
 * @throws EvidenceError `REACH-E5406`
 */
function requireSemantics(engine: Pick<Engine, "semantics">, run: Pick<Run, "semantics">): void {
  if (run.semantics === engine.semantics) return;
  throw new EvidenceError(
    "REACH-E5406",
    `the run has semantics ${run.semantics}, this engine has ${engine.semantics}`,
  );
}

/** A policy, and what its verifier keeps. */
export interface Judging extends Policy {
  readonly state?: VerifierState | undefined;
}

/** What the verifier keeps once it has seen the policy's keyring: nothing new where that is not to be relied on. */
export function keptKeyring({ signers, now, state }: Judging): VerifierState | undefined {
  if (signers === undefined || now === undefined || state === undefined) return state;
  try {
    requireFresh(signers.keyring, { ...signers, now });
    return withKeyring(state, signers.keyring);
  } catch (error) {
    if (error instanceof EvidenceError) return state;
    throw error;
  }
}

/**
 * Check 4, as far as it goes before anything is verified: the key is one that may sign evidence, then if it is the host who
 * says when that was.
 *
 * @throws EvidenceError `REACH-E5205` it is not one, `REACH-E5212`, `REACH-E5213`, `REACH-E5215`,
 *   `REACH-E5230` the run ends in the future, `REACH-E5235`, `REACH-E5236` a newer keyring was seen, or another one
 */
export function requireKey(policy: Judging, run: Pick<Run, "key" | "endedAt">): void {
  requireKeyAt(policy, run, asksWitnesses(policy) ? undefined : run.endedAt);
}

function requireKeyAt(
  { trustedKeys, signers, now, state }: Judging,
  { key, endedAt }: Pick<Run, "key" | "endedAt">,
  at: SignedAt | undefined,
): void {
  if (trustedKeys !== undefined && !trustedKeys.some((trusted) => sameKey(trusted, key))) {
    throw new EvidenceError("REACH-E5205", `the policy does not trust the key ${key.id}`);
  }
  if (signers !== undefined && now !== undefined) {
    requireFresh(signers.keyring, { ...signers, now });
    if (state !== undefined) withKeyring(state, signers.keyring);
    signerEntry(signers.keyring, { key, role: "evidence", at });
  }
  requirePast(endedAt, now, "the run ended, as its host says,");
}

/**
 * Notes whether the policy trusts the signature, with all that is known when the file is authentic. A key of a keyring is
 * judged at the time that witnesses say, and where none do at the one that the host says; what is noted says which.
 *
 * @param witnessedAt seconds since 1970 at which the policy's witnesses had seen it
 */
export function noteTrust(
  findings: Pick<Findings<"trusted">, "attempt" | "pass" | "leave">,
  policy: Judging,
  run: Pick<Run, "key" | "endedAt" | "tenant">,
  witnessedAt?: bigint,
): void {
  const { key, endedAt, tenant } = run;
  const { trustedKeys, signers, ownKeys = [] } = policy;
  findings.attempt("trusted", () => {
    const at = witnessedAt ?? endedAt;
    requireKeyAt(policy, run, at);
    if (trustedKeys === undefined && signers === undefined) {
      if (ownKeys.some((own) => sameKey(own, key))) {
        findings.pass("trusted", `signed with your own key ${key.id}`);
        return;
      }
      const whose = `no trusted key was given, so the owner of the key ${key.id} is not known`;
      findings.leave("trusted", whose);
      return;
    }
    const trusts = `the policy trusts the key ${key.id}`;
    if (signers === undefined) {
      findings.pass("trusted", trusts);
      return;
    }
    const claim = { key, role: "evidence", at } as const;
    signerTrust(signers.keyring, claim, { tenant, only: signers.tenant, witnessedAt });
    const who = witnessedAt === undefined ? "as the host alone says" : "as witnesses say";
    findings.pass("trusted", `${trusts} for what was signed by ${sayTime(at)}, ${who}`);
  });
}

/**
 * Check 7: the engine and the pack are ones that may be used.
 *
 * @throws EvidenceError `REACH-E5405` an engine that is not allowed, `REACH-E5220` one that is known as
 *   faulty, `REACH-E5221` a pack that was withdrawn
 */
export function requireAllowed(
  policy: Policy,
  { engine, pack }: Pick<Run, "engine" | "pack">,
): void {
  const { engines, faultyEngines } = policy;
  if (engines !== undefined && !engines.includes(engine)) {
    throw new EvidenceError("REACH-E5405", `the policy does not allow the engine ${engine}`);
  }
  if (faultyEngines?.includes(engine) === true) {
    throw new EvidenceError("REACH-E5220", `the engine ${engine} is known as faulty`);
  }
  requireNotYanked(policy, pack);
}

/**
 * What must hold before anything of a run is computed again: the engine at hand is not known as faulty, means
 * the same by a run, and may spend what the run may use.
 *
 * @param start the leaf of the first record
 * @throws EvidenceError `REACH-E5223` this engine is faulty, `REACH-E5406` it means something else by a run,
 *   `REACH-E5703` over the budget
 */
export function requireComputable(
  engine: Pick<Engine, "digest" | "semantics">,
  run: Pick<Run, "semantics">,
  start: Leaf | undefined,
  { fuel, faultyEngines }: Policy,
): void {
  if (faultyEngines?.includes(engine.digest) === true) {
    throw new EvidenceError("REACH-E5223", "this program's own engine is known as faulty");
  }
  requireSemantics(engine, run);
  if (start?.kind === "start") requireBudget(start, { fuel });
}
