// in-toto Statement v1: which files a signature is about, by plain SHA-256, and what it says of them.
// docs/spec/pack.md, PACK-7; docs/spec/evidence.md, EVID-11 and EVID-12.
import type { Engine } from "@reach-fabric/engine";
import * as shapes from "@reach-fabric/schema";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { canonicalBytes, inShape, parseAnySpelling, parseCanonical } from "../encoding/json.ts";

/** A file that a statement is about. */
export interface Subject {
  readonly name: string;
  /** In hex. */
  readonly sha256: string;
}

/** What a statement says. `predicateType` is a name to compare, never an address to visit. */
export interface Statement {
  readonly subjects: readonly Subject[];
  readonly predicateType: string;
  readonly predicate: Readonly<Record<string, unknown>>;
}

/** The bytes of a statement. */
export const formatStatement = (
  engine: Engine,
  { subjects, predicateType, predicate }: Statement,
): Uint8Array<ArrayBuffer> =>
  canonicalBytes(engine, {
    _type: "https://in-toto.io/Statement/v1",
    subject: subjects.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
    predicateType,
    predicate,
  });

/** What a statement has to be. */
interface Expected {
  readonly subjects: readonly Subject[];
  readonly predicateType: string;
  /** Whether another program may have written it: v0.1 or v1, in any spelling of its JSON. */
  readonly isForeign?: boolean;
}

/**
 * A statement of any type about anything, as other programs write them.
 *
 * @throws EvidenceError `REACH-E5101`, `REACH-E5305`
 */
export function parseForeign(
  engine: Engine,
  payload: Uint8Array,
): Pick<shapes.InTotoStatement, "subject" | "predicateType" | "predicate"> {
  const what = "the signed statement";
  const value = parseAnySpelling(engine, payload, what);
  return inShape(shapes.foreignStatement, value, what, "REACH-E5305");
}

/**
 * The statement in a verified payload, about exactly these subjects and of this type.
 *
 * @param payload the bytes that the signature was verified over: they are parsed here, once
 * @returns its predicate, of which nothing is checked
 * @throws EvidenceError `REACH-E5101`, `REACH-E5102`, `REACH-E5305` not such a statement,
 *   `REACH-E5306` a subject that is another
 */
export function readStatement(
  engine: Engine,
  payload: Uint8Array,
  { subjects, predicateType, isForeign = false }: Expected,
): Readonly<Record<string, unknown>> {
  const what = "the signed statement";
  const value = isForeign
    ? parseForeign(engine, payload)
    : inShape(shapes.inTotoStatement, parseCanonical(engine, payload, what), what, "REACH-E5305");
  if (value.predicateType !== predicateType) {
    throw new EvidenceError("REACH-E5305", `${what} is a ${quoted(value.predicateType)}`);
  }
  if (value.subject.length !== subjects.length) {
    throw new EvidenceError("REACH-E5305", `${what} has ${value.subject.length} subjects`);
  }
  for (const [i, { name, sha256 }] of subjects.entries()) {
    const signed = value.subject[i];
    if (signed?.name !== name) {
      const other = quoted(signed?.name ?? "");
      throw new EvidenceError("REACH-E5305", `${what} is about ${other} where ${name} belongs`);
    }
    if (signed.digest.sha256 !== sha256) {
      const why = `SHA-256 ${sha256}, not ${signed.digest.sha256}`;
      throw new EvidenceError("REACH-E5306", `${name} is not the one that was signed: ${why}`);
    }
  }
  return value.predicate;
}
