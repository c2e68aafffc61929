// Who has redacted a file, when and why: a statement that they sign. docs/spec/evidence.md, EVID-45.
import { toBase64, toHex } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { exactBase64 } from "../encoding/bytes.ts";
import { instant, object, oneOf, requireShape, text } from "../encoding/shape.ts";
import { EvidenceError } from "../errors/errors.ts";
import { publicKey, requireAlgorithm } from "../keys/key.ts";
import type { PublicKey, Signer } from "../keys/key.ts";
import { readBundle, verifiedPayload, writeBundle } from "./bundle.ts";
import { formatStatement, readStatement } from "./in-toto.ts";
import type { Subject } from "./in-toto.ts";

/** Who redacts a file. */
export interface RedactedBy {
  readonly signer: Signer;
  /** A name, when, as `2026-11-23T07:00:00.000Z`, and for what reason. */
  readonly by: string;
  readonly at: string;
  readonly why: string;
}

/** What the one who redacted a file has signed. Whose key it is, the file cannot say. */
export interface RedactionStatement extends Omit<RedactedBy, "signer"> {
  readonly key: PublicKey;
}

/** The entries that the statement is about. */
interface Files {
  readonly run: Uint8Array;
  readonly shown: Uint8Array;
}

const TYPE = "urn:reach:redaction:v1";
const WHAT = "the statement about the redaction";
const said = text("a text of 1 to 1024 characters", ({ length }) => length > 0 && length <= 1024);
const shape = object({
  at: instant,
  by: said,
  key: object({ alg: oneOf("Ed25519"), public: text("base64") }),
  why: said,
});

/** The bytes of redaction.sigstore.json. */
export function signRedaction(
  engine: Engine,
  files: Files,
  { signer, by, at, why }: RedactedBy,
): Uint8Array<ArrayBuffer> {
  requireAlgorithm(signer.key, "Ed25519", "a redaction");
  const key = { alg: signer.key.alg, public: toBase64(signer.key.bytes) };
  const predicate = { at, by, key, why };
  requireShape(shape, predicate, WHAT, "REACH-E5802");
  const about = { subjects: subjectsOf(engine, files), predicateType: TYPE };
  return writeBundle(engine, formatStatement(engine, { ...about, predicate }), signer);
}

/**
 * Reads redaction.sigstore.json: it is signed by the key that it names, and about these bytes.
 *
 * @throws EvidenceError `REACH-E5101` to `REACH-E5103`, `REACH-E5201`, `REACH-E5202`, `REACH-E5301` to `REACH-E5306`
 */
export function readRedaction(engine: Engine, files: Files, bytes: Uint8Array): RedactionStatement {
  const bundle = readBundle(engine, bytes, "redaction.sigstore.json");
  const about = { subjects: subjectsOf(engine, files), predicateType: TYPE };
  const predicate = readStatement(engine, bundle.payload, about);
  requireShape(shape, predicate, WHAT, "REACH-E5305");
  const { by, at, why, key } = predicate as unknown as Omit<RedactionStatement, "key"> & {
    key: { public: string };
  };
  const raw = exactBase64(key.public);
  if (raw === undefined) throw new EvidenceError("REACH-E5201", `${WHAT} names no public key`);
  const named = publicKey(raw);
  verifiedPayload(bundle, named);
  return { by, at, why, key: named };
}

const subjectsOf = (engine: Engine, { run, shown }: Files): Subject[] => [
  { name: "run.json", sha256: toHex(engine.sha256(run)) },
  { name: "shown.jsonl", sha256: toHex(engine.sha256(shown)) },
];
