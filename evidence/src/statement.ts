// The in-toto Statement v1 that is signed: which files belong together, by plain SHA-256.
// docs/spec/evidence.md, EVID-11 and EVID-12.
import { toHex } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { evidenceStatement } from "@reach-fabric/schema";
import type { EvidenceRun } from "@reach-fabric/schema";
import { EvidenceError, quoted } from "./errors.ts";
import { canonicalBytes, inShape, parseCanonical } from "./json.ts";

/** What the predicate is: a name to compare, never an address to visit. */
const PREDICATE_TYPE = "urn:reach:evidence:v1";

/** What a statement is about. The pack and the engine are named by digest, enclosed or not. */
export interface Subjects {
  /** That of run.json. */
  readonly format: EvidenceRun["format"];
  readonly run: Uint8Array;
  readonly trace: Uint8Array;
  /** SHA-256 of pack.json and of engine.wasm, in hex. */
  readonly pack: string;
  readonly engine: string;
}

/** The statement about these subjects. */
export function writeStatement(engine: Engine, subjects: Subjects): Uint8Array<ArrayBuffer> {
  return canonicalBytes(engine, {
    _type: "https://in-toto.io/Statement/v1",
    subject: subjectList(engine, subjects),
    predicateType: PREDICATE_TYPE,
    predicate: { format: subjects.format },
  });
}

/**
 * Requires that a verified payload is the statement about exactly these subjects.
 *
 * @param payload the bytes that the signature was verified over: they are parsed here, once
 * @throws EvidenceError `REACH-E5101`, `REACH-E5102`, `REACH-E5305` not such a statement,
 *   `REACH-E5306` a subject that is another
 */
export function requireStatement(engine: Engine, payload: Uint8Array, subjects: Subjects): void {
  const what = "the signed statement";
  const value = parseCanonical(engine, payload, what);
  const { subject, predicate } = inShape(evidenceStatement, value, what, "REACH-E5305");
  if (predicate.format !== subjects.format) {
    throw new EvidenceError(
      "REACH-E5305",
      `${what} is about format ${predicate.format}, run.json has ${subjects.format}`,
    );
  }
  const expected = subjectList(engine, subjects);
  if (subject.length !== expected.length) {
    throw new EvidenceError("REACH-E5305", `${what} has ${subject.length} subjects, not four`);
  }
  expected.forEach(({ name, digest }, i) => {
    const signed = subject[i];
    if (signed?.name !== name) {
      throw new EvidenceError(
        "REACH-E5305",
        `${what} is about ${quoted(signed?.name ?? "")} where ${name} belongs`,
      );
    }
    if (signed.digest.sha256 !== digest.sha256) {
      throw new EvidenceError(
        "REACH-E5306",
        `${name} is not the one that was signed: SHA-256 ${digest.sha256}, not ${signed.digest.sha256}`,
      );
    }
  });
}

/** Always these four in this order, so that a statement has one form. */
function subjectList(
  engine: Engine,
  { run, trace, pack, engine: wasm }: Subjects,
): { name: string; digest: { sha256: string } }[] {
  return [
    ["run.json", toHex(engine.sha256(run))] as const,
    ["trace.jsonl", toHex(engine.sha256(trace))] as const,
    ["pack.json", pack] as const,
    ["engine.wasm", wasm] as const,
  ].map(([name, sha256]) => ({ name, digest: { sha256 } }));
}
