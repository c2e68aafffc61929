// The proof of a period, judged by the policy that evidence is judged by. docs/spec/policy.md, POL-16.
import { utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { logPeriod } from "@reach-fabric/schema";
import type { LogEntry } from "@reach-fabric/schema";
import { inShape, parseCanonical } from "../encoding/json.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { parseCheckpoint } from "../log/checkpoint.ts";
import { noteText } from "../log/note.ts";
import { verifyPeriod } from "../log/period.ts";
import type { Period } from "../log/period.ts";
import { needsNone } from "../log/quorum.ts";
import type { LogPolicy, Policy } from "../trust/policy.ts";
import { requirePackRule } from "../trust/rules.ts";
import { requireFresh } from "../trust/trust.ts";
import { Findings } from "../trust/verdicts.ts";
import type { Judgement } from "../trust/verdicts.ts";
import { requireAllowed } from "./allowed.ts";
import { requireLogKey, requireOpen } from "./log.ts";

/** The questions about the proof of a period. */
export const periodVerdicts = ["logged", "witnessed", "approved"] as const;

/**
 * - `logged`: these are all entries that a log of the policy has in the period, and it is over
 * - `witnessed`: as many witnesses as the policy asks for say so
 * - `approved`: all runs that began in it are of packs, and on engines, that the policy allows
 */
export type PeriodVerdict = (typeof periodVerdicts)[number];

/** What verifyPeriodBy() found. */
export interface PeriodReport extends Judgement<PeriodVerdict> {
  /** Where the log is one of the policy's, and has these entries. */
  readonly period?: Period;
}

/**
 * Verifies the proof of a period by a policy: its logs, and what it says of engines and packs, which the beginnings of
 * runs name. Other members say nothing of a period. It returns a report for hostile bytes, too.
 *
 * @example
 * const logs = [{ origin, key: logKey, witnesses, quorum: 0 }];
 * verifyPeriodBy(engine, period, { now, logs }).verdicts.witnessed.result; // → "not checked"
 */
export function verifyPeriodBy(engine: Engine, bytes: Uint8Array, policy: Policy): PeriodReport {
  const { rules, logs = [] } = policy;
  const isAsked = {
    logged: true,
    witnessed: logs.some(({ quorum }) => !needsNone(quorum)),
    approved: [
      policy.engines,
      policy.faultyEngines,
      policy.yankedPacks,
      rules?.packs,
      rules?.publishers,
    ].some((rule) => rule !== undefined),
  };
  const required = periodVerdicts.filter((name) => isAsked[name]);
  const findings = new Findings(periodVerdicts, required, "the period is not known to be a log's");
  if (policy.logs === undefined) findings.leave("logged", "the policy names no log");
  const found =
    policy.logs &&
    findings.attempt("logged", () => {
      const log = logOfPeriod(engine, bytes, logs);
      const { origin, key, witnesses, quorum } = log;
      const period = verifyPeriod(engine, bytes, origin, key, witnesses, quorum, policy.now);
      requireOpen(log, period);
      if (policy.signers !== undefined) {
        requireFresh(policy.signers.keyring, { ...policy.signers, now: policy.now ?? "" });
      }
      requireLogKey(policy, key, period.to);
      return { log, period };
    });
  if (found === undefined) return findings.judgement();
  const { log, period } = found;
  const { entries, isOver, from, to } = period;
  const what = `${entries.length} entries of ${quoted(log.origin)} from ${from} to ${to}`;
  if (isOver) findings.pass("logged", what);
  else findings.leave("logged", `${what}, and more may still come into it`);
  if (needsNone(log.quorum)) {
    findings.leave(
      "witnessed",
      "the policy asks for no witnesses: the log may show others another tree",
    );
  } else if (isOver) findings.pass("witnessed", "as many as the policy asks for have seen the log");
  else
    findings.leave("witnessed", "fewer have seen the end of the period than the policy asks for");
  noteRuns(findings, policy, entries, isAsked.approved);
  return { ...findings.judgement(), period };
}

/** The log of the policy whose checkpoint is in the proof; the name alone is read. */
function logOfPeriod(engine: Engine, bytes: Uint8Array, logs: readonly LogPolicy[]): LogPolicy {
  const what = "the proof of a period";
  const { checkpoint } = inShape(
    logPeriod,
    parseCanonical(engine, bytes, what),
    what,
    "REACH-E5336",
  );
  const { origin } = parseCheckpoint(noteText(utf8(checkpoint)));
  const log = logs.find((each) => each.origin === origin);
  if (log !== undefined) return log;
  throw new EvidenceError("REACH-E5340", `the policy does not name the log ${quoted(origin)}`);
}

/** Of a run that began its entry names the engine and the pack: as far as a policy is about those, it holds. */
function noteRuns(
  findings: Findings<PeriodVerdict>,
  policy: Policy,
  entries: readonly LogEntry[],
  isAsked: boolean,
): void {
  if (!isAsked) {
    findings.leave("approved", "the policy says nothing of engines and packs by their digests");
    return;
  }
  const begun = entries.flatMap((entry) => (entry.type === "started" ? [entry.body] : []));
  const open: EvidenceError[] = [];
  for (const { run, attempt, engine, pack } of begun) {
    try {
      requireAllowed(policy, { engine, pack });
      requirePackRule(policy.rules ?? {}, { digest: pack });
      if (policy.rules?.publishers !== undefined) {
        throw new EvidenceError("REACH-E5411", "who published a pack is not in a log");
      }
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      const said = new EvidenceError(
        error.code,
        `run ${run}, attempt ${attempt}: ${error.message}`,
      );
      if (error.outcome === "fail") findings.fault("approved", said);
      else open.push(said);
    }
  }
  if (open[0] !== undefined) findings.fault("approved", open[0]);
  else findings.pass("approved", `all ${begun.length} runs that began are as the policy allows`);
}
