// verify(): the protocol, check by check, in the order of docs/spec/evidence.md, EVID-24.
//
// Everything up to check 8 answers `authentic`; 9 and 10 `complete`; 15 `replayed`. A check runs
// only on what the checks before it have let through: no byte is parsed as a statement before its
// signature was verified, and nothing is replayed before it is known to be what was signed.
import { fromHex, replay as replayOnEngine, taggedHash, toHex } from "@reach-fabric/engine";
import type { Engine, ReplayResult } from "@reach-fabric/engine";
import { noteTrust, requireAllowed, requireComputable, requiredBy, requireKey } from "./allowed.ts";
import { readBundle, verifiedPayload } from "../signature/bundle.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { checkLog } from "./log.ts";
import { entryOf } from "./logged.ts";
import { matchDisclosures } from "../file/disclosures.ts";
import { assemble, knownOf, readDocument, valuesOf } from "../file/open.ts";
import type { Evidence, Known } from "../file/open.ts";
import { readPack, requireBlobs } from "../file/pack.ts";
import { replayKnown } from "./partial.ts";
import type { PartialReplay } from "./partial.ts";
import { namedKey } from "../file/run.ts";
import type { Policy } from "../trust/policy.ts";
import { requireStatement } from "../signature/statement.ts";
import { requireSameRun, requireTrace } from "../file/trace.ts";
import { Findings, verdicts } from "../trust/verdicts.ts";
import type { Report, Verdict } from "../trust/verdicts.ts";

/**
 * Verifies a .reach file and says what is shown and what is not, verdict by verdict. For hostile
 * bytes, too, it returns a report; it throws for a policy that makes no sense.
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
  policy: Policy = {},
  replay: typeof replayOnEngine = replayOnEngine,
): Report {
  const findings = new Findings(verdicts, requiredBy(policy), "the file is not authentic");
  const evidence = authenticate(engine, bytes, policy, findings);
  if (evidence === undefined) return findings.judgement();
  const isWhole = checkComplete(engine, evidence, findings);
  const witnessedAt = checkSeen(engine, evidence, policy, findings);
  checkTrust(evidence, policy, witnessedAt, findings);
  checkRedaction(evidence, findings);
  const replayed = isWhole ? checkReplay(engine, evidence, policy, findings, replay) : undefined;
  return report(evidence, replayed, findings);
}

type Found = Findings<Verdict>;

/** Evidence that is authentic, with what the later stages look at. */
type Authentic = NonNullable<ReturnType<typeof authenticate>>;

/**
 * Stage 1, checks 1 to 8: from bytes to what was signed, every value at its commitment. Lets through what
 * somebody with the key in the file has signed, unchanged.
 */
function authenticate(engine: Engine, bytes: Uint8Array, policy: Policy, findings: Found) {
  const evidence = findings.attempt("authentic", () => {
    // 1 size and count limits of the container; 2 strict canonical JSON; 3 format and version
    const { document, layout } = readDocument(engine, bytes);
    const bundle = readBundle(engine, layout.bundle);
    // 4 the key: named by the file, trusted only if the policy says so
    const key = namedKey(document);
    findings.attempt("trusted", () => requireKey(policy, { key, endedAt: document.endedAt }));
    // 5 exactly one signature, and it is valid
    const payload = verifiedPayload(bundle, key);
    // 6 those bytes, and no others, are parsed; they are about the files in hand
    const values = valuesOf(engine, document, layout);
    const { trace, traceFrom } = values;
    requireStatement(engine, payload, { ...document, run: layout.run, trace, traceFrom });
    // 7 every blob belongs to the pack that was signed; pack and engine are ones that may be used
    requireBlobs(engine, layout.blobs);
    const pack = readPack(engine, document.pack, layout.blobs);
    findings.attempt("replayed", () => requireAllowed(policy, document));
    // 8 every disclosed value is the one that was committed to
    const leaves = values.leaves();
    const disclosed = matchDisclosures(document, leaves, values.disclosures());
    const known = knownOf(leaves, disclosed, values.records);
    const entry = entryOf(engine, { document, layout, bundle, key });
    const { proof } = layout;
    return { document, known, entry, proof, ...assemble(document, key, pack, known, disclosed) };
  });
  if (evidence === undefined) return undefined;
  findings.pass(
    "authentic",
    `every byte is what the key ${evidence.run.key.id} signed; whose key that is, the file cannot say`,
  );
  findings.leave("complete", "the trace was not checked");
  findings.leave("replayed", "the run was not replayed");
  return evidence;
}

/** Stage 2, checks 9 and 10: the trace is that of one whole run, all of it shown. True for one whole run. */
function checkComplete(engine: Engine, evidence: Authentic, findings: Found): boolean {
  const { document, known, run } = evidence;
  const leaves = known.map(({ leaf }) => leaf);
  const isWhole = findings.attempt("complete", () => {
    // 9 contiguity, count, end, root
    requireTrace(engine, document, leaves);
    // 10 the trace is that of run.json
    requireSameRun(document, leaves[0]?.value);
    return true;
  });
  if (isWhole === undefined) {
    findings.leave("replayed", "the trace is not that of one whole run");
    return false;
  }
  findings.attempt("complete", () => {
    requireAllDisclosed(evidence);
    findings.pass("complete", `all ${run.trace.size} records, their values and the pack are there`);
  });
  return true;
}

/** Stage 3, checks 11 to 14: the log, its witnesses, what was seen of it before. When witnesses had seen it. */
function checkSeen(
  engine: Engine,
  { entry, proof, document: { endedAt } }: Authentic,
  { logs }: Policy,
  findings: Found,
): bigint | undefined {
  return checkLog(engine, findings, { proof, entry, endedAt, logs });
}

/** Stage 4, check 4 again with all that is known by now: what was witnessed before a compromise still counts. */
function checkTrust(
  { run }: Authentic,
  policy: Policy,
  witnessedAt: bigint | undefined,
  findings: Found,
): void {
  noteTrust(findings, policy, run, witnessedAt);
}

/** Stage 5: what is hidden, and that nothing that is shown confirms a guess of it. */
function checkRedaction(evidence: Authentic, findings: Found): void {
  findings.attempt("redacted", () => {
    requireNothingConfirmed(evidence);
    findings.pass("redacted", redaction(evidence.missing));
  });
}

/** Stage 6, check 15: the run is computed again, to the decision and the fingerprint that were signed. */
function checkReplay(
  engine: Engine,
  evidence: Authentic,
  policy: Policy,
  findings: Found,
  replay: typeof replayOnEngine,
): ReplayResult | undefined {
  const { run } = evidence;
  const result = findings.attempt("replayed", () => replayWithin(engine, evidence, policy, replay));
  if (result === undefined) return undefined;
  findings.attempt("replayed", () => {
    if (result.status !== "reproduced") throw notReproduced(result);
    requireDecision(engine, run, result);
    const same = run.engine === engine.digest ? "" : ", computed by another build of the engine";
    findings.pass("replayed", `all ${result.records} records, decision and fingerprint${same}`);
  });
  return result;
}

/** Stage 7: the verdicts, and what of the run an authentic file shows. */
function report(
  { run, outcome }: Authentic,
  replay: ReplayResult | undefined,
  findings: Found,
): Report {
  return {
    ...findings.judgement(),
    run,
    ...(outcome === null ? {} : { outcome }),
    ...(run.decision === null ? {} : { decision: run.decision }),
    ...(run.fingerprint === null ? {} : { fingerprint: run.fingerprint }),
    ...(replay === undefined ? {} : { replay }),
  };
}

function requireAllDisclosed({ missing, pack }: Evidence): void {
  const [first] = missing;
  if (first !== undefined) {
    throw new EvidenceError(
      "REACH-E5504",
      `${missing.length} values are not disclosed, the first is ${first}`,
    );
  }
  if (pack === null) throw noPack();
}

const noPack = (): EvidenceError =>
  new EvidenceError("REACH-E5404", "the pack is not enclosed, or not all of it");

/**
 * The replay of the records, within the policy's budget of fuel.
 *
 * @throws EvidenceError as requireComputable() does; `REACH-E5404`, `REACH-E5504` something is not there to be replayed
 */
function replayWithin(
  engine: Engine,
  { run, pack, records, leaves, known }: Evidence & { readonly known: readonly Known[] },
  policy: Policy,
  replay: typeof replayOnEngine,
): ReplayResult {
  if (pack === null) throw noPack();
  requireComputable(engine, run, leaves[0], policy);
  if (records === null) throw onlyInPart(replayKnown(engine, pack, known));
  return replay(engine, pack, records);
}

/** What a replay of a run with hidden values comes to: a difference, or how far it went. */
function onlyInPart({ records, lacks, differs }: PartialReplay): EvidenceError {
  if (differs !== undefined) {
    const where = `record ${differs.seq} at ${quoted(differs.pointer)}`;
    return new EvidenceError("REACH-E5701", `the engine computes something else: ${where}`);
  }
  const why =
    lacks === undefined
      ? `all ${records} records were computed again and are as they are shown; what is hidden was not compared`
      : `records from ${records} on were not computed: the value at ${quoted(lacks)} is hidden; those before are as they are shown`;
  return new EvidenceError("REACH-E5504", why);
}

/**
 * Beside hidden values of records, the decision's digest is a trap: whoever replays with guesses
 * recognises the right ones by it.
 */
function requireNothingConfirmed({ run, missing }: Evidence): void {
  const hidden = missing.filter((pointer) => !pointer.startsWith("/run/"));
  if (hidden.length === 0 || run.decision === null) return;
  throw new EvidenceError(
    "REACH-E5509",
    "the decision's digest is shown beside hidden values: guesses of them can be confirmed",
  );
}

function redaction(missing: readonly string[]): string {
  if (missing.length === 0) return "nothing is hidden";
  const some = missing.slice(0, 3).map(quoted).join(", ");
  const more = missing.length > 3 ? ` and ${missing.length - 3} more` : "";
  return `${missing.length} values are hidden, each behind its signed commitment: ${some}${more}`;
}

function notReproduced({ status, refusal, divergence }: ReplayResult): EvidenceError {
  if (status === "refused") {
    const why = refusal === undefined ? "" : `: ${quoted(refusal.message)} (${refusal.code})`;
    return new EvidenceError("REACH-E5704", `the engine refuses the pack or the start${why}`);
  }
  if (divergence === undefined) {
    return new EvidenceError("REACH-E5701", "the run goes on where the records end");
  }
  const { seq, kind, pointer } = divergence;
  const where = pointer === undefined ? "" : ` at ${quoted(pointer)}`;
  return new EvidenceError(
    "REACH-E5701",
    `the engine computes something else: record ${seq} (${quoted(kind)})${where}`,
  );
}

/** Requires that the signed decision and fingerprint are those of the replay (TRACE-17). */
function requireDecision(engine: Engine, run: Evidence["run"], { decision }: ReplayResult): void {
  if (run.decision === null) {
    throw new EvidenceError("REACH-E5504", "the signed decision digest is not disclosed");
  }
  if (run.decision !== decision) {
    throw new EvidenceError(
      "REACH-E5702",
      `the replay gives the decision ${decision}, ${run.decision} was signed`,
    );
  }
  const parts = [fromHex(run.engine), fromHex(decision)];
  const fingerprint = toHex(taggedHash(engine, "fp", parts));
  if (run.fingerprint !== fingerprint) {
    throw new EvidenceError(
      "REACH-E5702",
      `the fingerprint is ${fingerprint}, ${run.fingerprint} was signed`,
    );
  }
}
