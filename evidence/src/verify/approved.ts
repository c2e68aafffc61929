// The verdict `approved`: that a run was decided by rules that the policy allows. docs/spec/policy.md, POL-7 to POL-13.
import type { Engine } from "@reach-fabric/engine";
import type { PackManifest } from "@reach-fabric/schema";
import { EvidenceError } from "../errors/errors.ts";
import type { StartLeaf } from "../file/leaf.ts";
import {
  publishedIf,
  publishersOf,
  requireAllowedPack,
  requirePublished,
} from "../pack/publisher.ts";
import type { Published } from "../pack/publisher.ts";
import {
  requireGrant,
  requireLimits,
  requireNotYanked,
  requireWindow,
  requireWorkflow,
} from "../trust/rules.ts";
import type { Findings, ReportedPack } from "../trust/verdicts.ts";
import type { Judging } from "./allowed.ts";

/** A run, as far as a policy's rules are about it. */
export interface RuledRun {
  readonly pack: string;
  /** pack.json, where it is at hand. */
  readonly manifest: PackManifest | null;
  readonly workflow: string;
  readonly startedAt: string;
  readonly endedAt: string;
  /** Null where it is not disclosed. */
  readonly tenant: string | null;
  /** The leaf of the first record; undefined where it is not known to be one of this run. */
  readonly start: StartLeaf | undefined;
  /** What publishers have signed, in the file and beside it. */
  readonly bundles: readonly Uint8Array[];
  /** Seconds since 1970 at which the policy's witnesses had seen it. */
  readonly witnessedAt?: bigint | undefined;
}

/**
 * Notes whether the policy's rules allow a run. All that are named must hold; where one cannot be looked at, and none
 * is broken, that is not checked.
 *
 * @returns what is known of the pack
 */
export function noteApproved(
  engine: Engine,
  findings: Pick<Findings<"approved">, "fault" | "pass" | "leave">,
  policy: Judging,
  run: RuledRun,
): ReportedPack {
  const { rules = {} } = policy;
  const faults: unknown[] = [];
  const attempt = <T>(check: () => T): T | undefined => {
    try {
      return check();
    } catch (error) {
      faults.push(error);
      return undefined;
    }
  };
  const held: string[] = [];
  attempt(() => requireNotYanked(policy, run.pack));
  const published = attempt(() => publishedBy(engine, policy, run)) ?? [];
  const allowed = attempt(() => requireAllowedPack(rules, run.pack, published));
  const [signed] = allowed?.by ? [allowed.by] : published;
  if (signed !== undefined) held.push(`the key ${signed.publisher.id} has published the pack`);
  if (allowed !== undefined) held.push(`it allows ${allowed.how}`);
  attempt(() => requireWorkflow(rules, run.workflow));
  attempt(() => requireWindow(rules, run));
  if (rules.grants !== undefined) attempt(() => requireGrant(rules, startOf(run).grant));
  if (rules.limits !== undefined) attempt(() => requireLimits(rules, startOf(run).limits));
  const named = (["workflows", "grants", "limits", "window"] as const).filter(
    (name) => rules[name] !== undefined,
  );
  if (named.length > 0) held.push(`${named.join(", ")} allow the run`);
  const first = faults.find(
    (error) => !(error instanceof EvidenceError) || error.outcome === "fail",
  );
  if (faults.length > 0) findings.fault("approved", first ?? faults[0]);
  else if (held.length > 0) findings.pass("approved", `as the policy asks: ${held.join("; ")}`);
  else findings.leave("approved", "the policy does not say by which rules a run may be decided");
  const about = signed ?? run.manifest;
  return {
    digest: run.pack,
    ...(about && { id: about.id, version: about.version }),
    ...(signed && { publisher: signed.publisher }),
  };
}

function startOf({ start }: RuledRun): StartLeaf {
  if (start !== undefined) return start;
  throw new EvidenceError(
    "REACH-E5504",
    "what the run was granted and its limits are not disclosed",
  );
}

/**
 * What publishers have signed. Where the policy does not ask for one, only what counts says something, and a
 * withdrawal.
 */
function publishedBy(
  engine: Engine,
  policy: Judging,
  { pack: digest, manifest, bundles, ...run }: RuledRun,
): readonly Published[] {
  const publishers = publishersOf(policy, {
    startedAt: run.startedAt,
    tenant: run.tenant,
    witnessedAt: run.witnessedAt,
  });
  if (publishers === undefined) return [];
  return publishedIf(policy.rules?.publishers !== undefined, () =>
    requirePublished(engine, { digest, manifest }, bundles, publishers),
  );
}
