// verify(): the protocol, check by check, in the order of docs/spec/evidence.md, EVID-24.
//
// Everything up to check 8 answers `authentic`; 9 and 10 `complete`; 15 `replayed`. A check runs
// only on what the checks before it have let through: nothing is computed before it is known to be what was
// signed, and that it was signed needs no engine that could compute it.
import type { Engine, Recomputed } from "@reach-fabric/engine";
import { noteApproved } from "./approved.ts";
import { keptKeyring, noteTrust, requireComputable, requiredBy } from "./allowed.ts";
import type { Judging } from "./allowed.ts";
import { checkLog } from "./log.ts";
import type { LogFound } from "./log.ts";
import { entryOf } from "./logged.ts";
import { requireSigned } from "./signed.ts";
import { noteStart } from "./started.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { linesOf } from "../encoding/json.ts";
import { ENTRY } from "../file/layout.ts";
import { manifestOf } from "../file/pack.ts";
import { noPack } from "../file/cursor.ts";
import { requireBegun, requireWhole } from "../file/entered.ts";
import { assemble, contentOf, outcomeIn, readRunDocument } from "../file/open.ts";
import { prefixOf, requirePrefix } from "../file/prefix.ts";
import { replayEvidence } from "./replay.ts";
import type { ReplayOptions } from "./replay.ts";
import type { Policy } from "../trust/policy.ts";
import type { VerifierState } from "../trust/state.ts";
import { Findings, verdicts } from "../trust/verdicts.ts";
import type { Report, ReportedPack, Verdict } from "../trust/verdicts.ts";

/** How verify() goes about it. */
export interface VerifyOptions extends ReplayOptions {
  /** What the verifier keeps: the report then has what it keeps from now on. */
  readonly state?: VerifierState | undefined;
  /** What publishers have signed about packs, beside what is in the file: Sigstore bundles, withdrawals among them. */
  readonly packBundles?: readonly Uint8Array[] | undefined;
}

/**
 * Verifies a .reach file and says what is shown and what is not, verdict by verdict. For hostile
 * bytes, too, it returns a report; it throws for a policy that makes no sense, and where
 * it is told to stop.
 *
 * What `authentic` shows: nothing in the file was changed since somebody with the private key of
 * `run.key` signed it. It does not show whose key that is: anybody can sign a file of his own. Give
 * `trustedKeys` to know who.
 *
 * @param engine its pack and run are replaced
 *
 * @example
 * const { ok, verdicts } = verify(createEngine(), bytes, { trustedKeys: [publicKeyOf(keyFile)] });
 * ok; // → true
 * verdicts.trusted.result; // → "pass"
 */
export function verify(
  engine: Engine,
  bytes: Uint8Array,
  asked: Policy = {},
  options: VerifyOptions = {},
): Report {
  const policy: Judging = { ...asked, state: options.state };
  const findings = new Findings(verdicts, requiredBy(policy), "the file is not authentic");
  const evidence = authenticate(engine, bytes, policy, findings, options);
  options.signal?.throwIfAborted();
  const state = keptKeyring(policy);
  if (evidence === undefined) return { ...findings.judgement(), ...(state && { state }) };
  const total = (evidence.inputs ?? evidence.shown?.inputs ?? []).length;
  options.onProgress?.({ phase: "read", done: total, total });
  const isWhole = checkComplete(evidence, findings);
  const { witnessedAt, state: seen } = checkSeen(engine, evidence, { ...policy, state }, findings);
  checkStart(engine, evidence, policy, findings);
  // A log that lacks the run's beginning has not shown all that is asked of it.
  const next = findings.found("logged").result === "pass" ? seen : state;
  checkTrust(evidence, policy, witnessedAt, findings);
  const bundles = [...(options.packBundles ?? []), ...evidence.bundles];
  const pack = checkApproved(
    engine,
    { ...evidence, bundles, witnessedAt },
    policy,
    isWhole,
    findings,
  );
  noteRedaction(evidence, findings);
  const computed = isWhole ? checkReplay(engine, evidence, policy, findings, options) : undefined;
  options.signal?.throwIfAborted();
  return { ...report(evidence, { computed, pack }, findings), ...(next && { state: next }) };
}

type Found = Findings<Verdict>;

/** Evidence that is authentic, with what the later stages look at. */
type Authentic = NonNullable<ReturnType<typeof authenticate>>;

/**
 * Stage 1, checks 1 to 8: from bytes to what was signed, every value at its commitment. Lets through what
 * somebody with the key in the file has signed, unchanged.
 */
function authenticate(
  engine: Engine,
  bytes: Uint8Array,
  policy: Judging,
  findings: Found,
  { onProgress, signal }: ReplayOptions,
) {
  const evidence = findings.attempt("authentic", () => {
    // 1 size and count limits of the container; 2 strict canonical JSON; 3 format and version
    const { document, layout } = readRunDocument(engine, bytes);
    const { run, signature, proof, start, publisher, blobs } = layout;
    const parts = { document, run, signature, blobs };
    const { key, signed, pack } = requireSigned(engine, parts, policy, findings, "replayed");
    // 7 the lines have their form; 8 every value and record is the one that was committed to
    const content = contentOf(engine, document, layout, (done) => {
      // The file says how many there are; that it does so truly is found behind them.
      const total = Math.max(done, document.entered.size - 1);
      onProgress?.({ phase: "read", done, total });
      signal?.throwIfAborted();
    });
    const entry = entryOf(engine, { document, run, signed, key });
    const { entered } = content;
    return {
      document,
      entered,
      entry,
      proof,
      start,
      bundles: publisher === undefined ? [] : [...linesOf(publisher, ENTRY.publisher)],
      ...assemble({ document, key, pack, content }),
    };
  });
  if (evidence === undefined) return undefined;
  const what = evidence.shown === null ? "every byte" : "what is shown of what entered";
  findings.pass(
    "authentic",
    `${what} is what the key ${evidence.run.key.id} signed; whose key that is, the file cannot say`,
  );
  findings.leave("approved", "the rules were not looked at");
  findings.leave("complete", "the records were not checked");
  findings.leave("replayed", "the run was not computed");
  return evidence;
}

/** Stage 2, checks 9 and 10: what entered is what enters one whole run, all of it shown. True for one whole run. */
function checkComplete(evidence: Authentic, findings: Found): boolean {
  const { document, entered, shown, pack, inputs } = evidence;
  const isWhole = findings.attempt("complete", () => {
    if (entered === undefined) requireBegun(document, shown?.inputs.map(({ leaf }) => leaf) ?? []);
    else requireWhole(document, entered.leaves);
    return true;
  });
  if (isWhole === undefined) {
    findings.leave("replayed", "what entered is not that of one whole run");
    return false;
  }
  findings.attempt("complete", () => {
    if (pack === null) throw noPack();
    if (shown !== null) throw new EvidenceError("REACH-E5504", hiddenIn(evidence));
    const what = `all ${inputs?.length} records that entered, their values and the pack are there`;
    findings.pass("complete", what);
  });
  return true;
}

/** Stage 3, checks 11 to 14: the log, its witnesses, what was seen of it before. When witnesses had seen it. */
function checkSeen(
  engine: Engine,
  { entry, proof, run: { endedAt, tenant } }: Authentic,
  policy: Judging,
  findings: Found,
): LogFound {
  const { state } = policy;
  return checkLog(engine, findings, { proof, entry, endedAt, tenant, policy, state });
}

/** Stage 3, too: where the log has it, that it has the run's beginning before. */
function checkStart(engine: Engine, evidence: Authentic, { logs }: Policy, findings: Found): void {
  const { document, entered, shown, proof, start } = evidence;
  if (logs === undefined || proof === undefined) return;
  const content = { entered, shown: shown ?? undefined };
  noteStart(engine, findings, logs, { document, content, proof, start });
}

/** Stage 4, check 4 again with all that is known by now: what was witnessed before a compromise still counts. */
function checkTrust(
  { run }: Authentic,
  policy: Judging,
  witnessedAt: bigint | undefined,
  findings: Found,
): void {
  noteTrust(findings, policy, run, witnessedAt);
}

/** Stage 4, too: the rules by which it was decided. */
function checkApproved(
  engine: Engine,
  { run, pack, bundles, entered, shown, witnessedAt }: Authentic & Pick<LogFound, "witnessedAt">,
  policy: Judging,
  isWhole: boolean,
  findings: Found,
): ReportedPack {
  const leaf = entered === undefined ? shown?.inputs[0]?.leaf : entered.leaves[0];
  return noteApproved(engine, findings, policy, {
    ...run,
    manifest: pack && manifestOf(pack),
    start: isWhole && leaf?.kind === "start" ? leaf : undefined,
    bundles,
    witnessedAt,
  });
}

/** Stage 5: whether something is hidden. That nothing that is shown confirms a guess of it is part of the form. */
function noteRedaction({ shown }: Authentic, findings: Found): void {
  if (shown === null) findings.pass("redacted", "nothing is hidden");
  else findings.leave("redacted", "the run was not computed");
}

function hiddenIn({ missing, run, shown, redaction }: Authentic): string {
  const records = run.trace.size - (shown?.computed ?? 0);
  const what = `${missing.length} values are hidden, and what follows from them: ${records} of ${run.trace.size} records`;
  if (redaction === null) return what;
  const { by, at, why, key } = redaction;
  return `${what}; by ${quoted(by)} at ${at}: ${quoted(why)}, signed with the key ${key.id}`;
}

/** Stage 6, check 15: the run is computed once, to the roots, the decision and the fingerprint that were signed. */
function checkReplay(
  engine: Engine,
  evidence: Authentic,
  policy: Policy,
  findings: Found,
  options: ReplayOptions,
): Recomputed | undefined {
  const { run, pack, entered, shown } = evidence;
  if (shown !== null) {
    checkShown(engine, { ...evidence, shown }, policy, findings, options);
    return undefined;
  }
  return findings.attempt("replayed", () => {
    if (pack === null) throw noPack();
    requireComputable(engine, run, entered?.leaves[0], policy);
    const { computed, difference } = replayEvidence(engine, evidence, {
      ...options,
      fuel: policy.fuel,
    });
    const same = run.engine === engine.digest ? "" : ", computed by another build of the engine";
    const what = `all ${run.trace.size} records, decision and fingerprint${same}`;
    if (difference === null) findings.pass("replayed", what);
    else findings.fault("replayed", difference);
    return computed;
  });
}

/** The same of a run of which something is hidden: what can be computed is what was signed, and so is what hides the rest. */
function checkShown(
  engine: Engine,
  evidence: Authentic & { readonly shown: NonNullable<Authentic["shown"]> },
  policy: Policy,
  findings: Found,
  { onProgress, signal }: ReplayOptions,
): void {
  const { run, pack, shown } = evidence;
  const total = shown.inputs.length;
  try {
    if (pack === null) throw noPack();
    requireComputable(engine, run, shown.inputs[0]?.leaf, policy);
    requirePrefix(
      engine,
      run,
      shown,
      prefixOf(engine, pack, shown, {
        fuel: policy.fuel,
        ...(signal && { signal }),
        ...(onProgress && { onProgress: (done) => onProgress({ phase: "compute", done, total }) }),
      }),
    );
    findings.pass("redacted", hiddenIn(evidence));
    const what = `${shown.computed} of ${run.trace.size} records, as they were signed`;
    findings.fault(
      "replayed",
      new EvidenceError("REACH-E5504", `what is hidden cannot be computed, only ${what}`),
    );
  } catch (error) {
    findings.fault("redacted", error);
    findings.fault("replayed", error);
  }
}

/** Stage 7: the verdicts, and what of the run an authentic file shows. */
function report(
  { run, outcome: shown, last, redaction }: Authentic,
  { computed, pack }: { computed: Recomputed | undefined; pack: ReportedPack },
  findings: Found,
): Report {
  const judgement = findings.judgement();
  // One that is too large to be in the file was computed under its signed leaf.
  const isComputed = last === null && judgement.verdicts.replayed.result === "pass";
  const outcome = isComputed && computed?.outcome ? outcomeIn(computed.outcome) : shown;
  return {
    ...judgement,
    run,
    pack,
    ...(outcome === null ? {} : { outcome }),
    ...(run.decision === null ? {} : { decision: run.decision }),
    ...(run.fingerprint === null ? {} : { fingerprint: run.fingerprint }),
    ...(computed === undefined ? {} : { computed }),
    ...(redaction === null ? {} : { redaction }),
  };
}
