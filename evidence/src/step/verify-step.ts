// verifyStep(): the stages of verify(), for a file about one task. docs/spec/evidence.md, EVID-50 and EVID-51.
import type { Engine } from "@reach-fabric/engine";
import { noPack, REPLAY_FUEL } from "../file/cursor.ts";
import { requireBegun } from "../file/entered.ts";
import { manifestOf } from "../file/pack.ts";
import type { PublicKey } from "../keys/key.ts";
import type { Policy } from "../trust/policy.ts";
import type { VerifierState } from "../trust/state.ts";
import { Findings, verdicts } from "../trust/verdicts.ts";
import type { Judgement, ReportedPack, Verdict } from "../trust/verdicts.ts";
import { noteApproved } from "../verify/approved.ts";
import { keptKeyring, noteTrust, requireComputable, requiredBy } from "../verify/allowed.ts";
import type { Judging } from "../verify/allowed.ts";
import { requireSigned } from "../verify/signed.ts";
import type { VerifyOptions } from "../verify/verify.ts";
import { computeAlone } from "./compute.ts";
import { cannot } from "./plan.ts";
import { readStep, recordsOfStep } from "./step.ts";

/** The questions about a step. */
export const stepVerdicts = ["authentic", "trusted", "approved", "recomputed"] as const;

/**
 * - `authentic`: its records are in the trace that was signed, with these values
 * - `trusted`: the policy trusts the signature, and asks for nothing that a step cannot show
 * - `approved`: the run that it is of is by rules that the policy allows
 * - `recomputed`: from its input, $context and answers the engine computes the same requests, output, next task,
 *   and $context, where that is shown
 */
export type StepVerdict = (typeof stepVerdicts)[number];

/** What verifyStep() found. */
export interface StepReport extends Judgement<StepVerdict> {
  /** The task, where the step is authentic. */
  readonly task?: string;
  readonly seq?: number;
  readonly pack?: ReportedPack;
  /** The key that run.json names as its signer's. */
  readonly key?: PublicKey;
  /** What the verifier keeps from now on, where verifyStep() was given what it kept. */
  readonly state?: VerifierState;
}

type Found = Findings<StepVerdict>;

/** A step that is authentic. */
type Authentic = NonNullable<ReturnType<typeof authenticate>>;

/**
 * Verifies the file of proveStep() by the policy that evidence is verified by: `recomputed` stands for
 * `replayed`. What a policy asks for that a step cannot show, as a log, is not checked, and so is `trusted`.
 * It returns a report for hostile bytes, too.
 *
 * @param engine its pack and run are replaced
 *
 * @example
 * const { ok, verdicts } = verifyStep(engine, proveStep(engine, bytes, 4), { trustedKeys });
 * ok; // → true
 */
export function verifyStep(
  engine: Engine,
  bytes: Uint8Array,
  asked: Policy = {},
  { packBundles = [], state }: Pick<VerifyOptions, "packBundles" | "state"> = {},
): StepReport {
  const policy: Judging = { ...asked, state };
  const { required, beyond } = requiredOfStep(policy);
  const findings = new Findings(stepVerdicts, required, "the step is not authentic");
  const step = authenticate(engine, bytes, policy, findings);
  const next = keptKeyring(policy);
  const kept = next && { state: next };
  if (step === undefined) return { ...findings.judgement(), ...kept };
  checkTrust(step, policy, beyond, findings);
  const pack = checkApproved(engine, step, policy, packBundles, findings);
  checkTask(engine, step, policy, findings);
  const { own } = step;
  return {
    ...findings.judgement(),
    pack,
    key: step.key,
    ...kept,
    ...(own?.kind === "task" && { seq: own.seq, task: own.task }),
  };
}

/** Stage 1: from bytes to what was signed, every record in its trace, every value at its commitment. */
function authenticate(engine: Engine, bytes: Uint8Array, policy: Judging, findings: Found) {
  return findings.attempt("authentic", () => {
    const layout = readStep(engine, bytes);
    const { document } = layout;
    const { key, pack } = requireSigned(engine, layout, policy, findings, "recomputed");
    const records = recordsOfStep(engine, document, layout.step);
    const leaves = records.map(({ leaf }) => leaf);
    requireBegun(document, leaves);
    const [start, own] = [leaves[0], leaves.at(-1)];
    const what = `${records.length} records are in the trace that the key ${key.id} signed`;
    findings.pass("authentic", what);
    return { document, key, pack, records, start, own };
  });
}

/** Stage 4: whose run it is, and who has seen it, is not in a step. */
function checkTrust(
  { key, document: { endedAt } }: Authentic,
  policy: Judging,
  beyond: readonly Verdict[],
  findings: Found,
): void {
  noteTrust(findings, policy, { key, endedAt, tenant: null });
  if (beyond.length === 0) return;
  findings.attempt("trusted", () => {
    throw cannot(`the policy asks for ${beyond.join(", ")}, which a step does not show`);
  });
}

/** Stage 4, too: of the rules all that is asked for stands in run.json and in the leaf of the start. */
function checkApproved(
  engine: Engine,
  { document, pack, start }: Authentic,
  policy: Judging,
  bundles: readonly Uint8Array[],
  findings: Found,
): ReportedPack {
  return noteApproved(engine, findings, policy, {
    ...document,
    tenant: null,
    manifest: pack && manifestOf(pack),
    start: start?.kind === "start" ? start : undefined,
    bundles,
  });
}

/** Stage 6: the task is computed. */
function checkTask(engine: Engine, step: Authentic, policy: Policy, findings: Found): void {
  const { document, pack, records, start } = step;
  findings.attempt("recomputed", () => {
    if (pack === null) throw noPack();
    requireComputable(engine, document, start?.kind === "start" ? start : undefined, policy);
    const { workflow } = document;
    const fuel = policy.fuel ?? REPLAY_FUEL;
    findings.pass("recomputed", computeAlone(engine, { workflow, pack, records }, fuel));
  });
}

/** What a policy requires of a step, and what it requires that no step shows. */
function requiredOfStep(policy: Policy): {
  required: readonly StepVerdict[];
  beyond: readonly Verdict[];
} {
  const asked = requiredBy({ ...policy, required: policy.required ?? ["replayed"] });
  const beyond = verdicts.filter(
    (name) =>
      asked.includes(name) && !["authentic", "trusted", "approved", "replayed"].includes(name),
  );
  const isAsked = {
    authentic: true,
    trusted: asked.includes("trusted") || beyond.length > 0,
    approved: asked.includes("approved"),
    recomputed: asked.includes("replayed"),
  };
  return { required: stepVerdicts.filter((name) => isAsked[name]), beyond };
}
