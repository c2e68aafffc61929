// What verify() says: one finding for each verdict, and what they come to. EVID-24 to EVID-27.
import { EngineTrap } from "@reach-fabric/engine";
import type { Recomputed } from "@reach-fabric/engine";
import { verdictNames } from "@reach-fabric/schema";
import { EvidenceError } from "../errors/errors.ts";
import type { PublicKey } from "../keys/key.ts";
import type { Outcome, Run } from "../file/open.ts";
import type { RedactionStatement } from "../signature/redaction.ts";
import type { VerifierState } from "./state.ts";

/** The questions about a piece of evidence, in the order in which they are answered. */
export const verdicts: typeof verdictNames = verdictNames;

/**
 * - `authentic`: every byte is what the key named in the file signed
 * - `trusted`: that key is one that the policy trusts
 * - `approved`: the run is by rules that the policy allows: its pack and who published that, workflow, grant, limits,
 *   times
 * - `complete`: all that entered the run is there, from start to outcome, with its values and the pack
 * - `replayed`: the engine computes the same records, decision digest and fingerprint again
 * - `redacted`: what is hidden is behind commitments, and nothing that is shown confirms guesses of it
 * - `logged`: a log that the policy names has it, and witnesses have seen it there (`witnessed`)
 */
export type Verdict = (typeof verdicts)[number];

/** What was found about one verdict. Nothing that was skipped is a pass. */
export interface Finding {
  readonly result: "pass" | "fail" | "not checked";
  /** One sentence for people. Texts of unknown origin in it are quoted and ASCII. */
  readonly why: string;
  /** Stable, for a fail and for most that could not be checked: `REACH-E5xxx`. */
  readonly code?: string;
  readonly hint?: string;
}

/** What was found about each of some verdicts, and what it comes to. */
export interface Judgement<V extends string> {
  readonly verdicts: Readonly<Record<V, Finding>>;
  /** The verdicts that had to pass. */
  readonly required: readonly V[];
  /** True if each of them passed. */
  readonly ok: boolean;
  /** 0 all required passed, 1 one failed, 3 none failed and one could not be checked. */
  readonly exitCode: 0 | 1 | 3;
}

/** A pack as a report names it. */
export interface ReportedPack {
  readonly digest: string;
  /** `namespace/name` and version: as its publisher has signed them, or as pack.json says of itself. */
  readonly id?: string;
  readonly version?: string;
  /** Whose signature about this digest was found valid, and counts. Without it no one vouches for the name. */
  readonly publisher?: PublicKey;
}

/** What verify() found. */
export interface Report extends Judgement<Verdict> {
  /** The rest is only there when the file is authentic. */
  readonly run?: Run;
  readonly outcome?: Outcome;
  /** The signed decision digest and fingerprint in hex, where they are disclosed. */
  readonly decision?: string;
  readonly fingerprint?: string;
  /** The pack: its digest, and what is known of its name. */
  readonly pack?: ReportedPack;
  /** What the run came to when it was computed again. */
  readonly computed?: Recomputed;
  /** Who has redacted it, as a key has signed: whose key that is, the file cannot say. */
  readonly redaction?: RedactionStatement;
  /** What the verifier keeps from now on, where verify() was given what it kept. */
  readonly state?: VerifierState;
}

/** The verdicts that are required where a policy does not say. */
export const defaultRequired: readonly Verdict[] = ["authentic", "complete", "replayed"];

/** Findings as they are made: each verdict is `not checked` until something is found. */
export class Findings<V extends string> {
  readonly #required: readonly V[];
  readonly #found: Record<V, Finding>;

  /** @param unchecked why nothing is said of the others where the first verdict does not pass */
  constructor(all: readonly V[], required: readonly V[], unchecked: string) {
    this.#required = all.filter((verdict) => required.includes(verdict));
    const open = all.map((verdict, i): [V, Finding] => [
      verdict,
      { result: "not checked", why: i === 0 ? "nothing was checked" : unchecked },
    ]);
    this.#found = Object.fromEntries(open) as Record<V, Finding>;
  }

  /** Notes a finding; the first `fail` of a verdict stays. */
  note(verdict: V, finding: Finding): void {
    if (this.#found[verdict].result !== "fail") this.#found[verdict] = finding;
  }

  pass(verdict: V, why: string): void {
    this.note(verdict, { result: "pass", why });
  }

  /** What could not be checked, in particular because a verdict before it did not pass. */
  leave(verdict: V, why: string): void {
    this.note(verdict, { result: "not checked", why });
  }

  /** What was thrown by a check. */
  fault(verdict: V, thrown: unknown): void {
    this.note(verdict, findingOf(thrown));
  }

  /** What was found so far. */
  found(verdict: V): Finding {
    return this.#found[verdict];
  }

  /** The result of some checks, or undefined where one of them found something. */
  attempt<T>(verdict: V, checks: () => T): T | undefined {
    try {
      return checks();
    } catch (error) {
      this.fault(verdict, error);
      return undefined;
    }
  }

  judgement(): Judgement<V> {
    const results = this.#required.map((verdict) => this.#found[verdict].result);
    const exitCode = results.includes("fail") ? 1 : results.includes("not checked") ? 3 : 0;
    return {
      verdicts: this.#found,
      required: this.#required,
      ok: exitCode === 0,
      exitCode,
    };
  }
}

/** A fail where the file is shown to be wrong; `not checked` for whatever is not its fault. */
function findingOf(thrown: unknown): Finding {
  const error = thrown instanceof EvidenceError ? thrown : couldNotCheck(thrown);
  const { outcome, message, code, hint } = error;
  return { result: outcome, why: message, code, ...(hint === undefined ? {} : { hint }) };
}

function couldNotCheck(cause: unknown): EvidenceError {
  const said = cause instanceof Error ? cause.message : "something that is not an error was thrown";
  return cause instanceof EngineTrap
    ? new EvidenceError("REACH-E5705", `the engine stopped: ${said}`, { cause })
    : new EvidenceError("REACH-E5901", `a check could not be made: ${said}`, { cause });
}
