// What the signature of evidence is over: a statement that follows from run.json, and so is in no file.
// docs/spec/evidence.md, EVID-9 to EVID-12.
import { toHex } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { EvidenceError } from "../errors/errors.ts";
import { isSignature } from "../keys/key.ts";
import type { PublicKey, Signer } from "../keys/key.ts";
import { formatBundle, signedBytes } from "./bundle.ts";
import { formatStatement } from "./in-toto.ts";

const PREDICATE_TYPE = "urn:reach:evidence:v1";
const SIGNATURE_BYTES = 64;

/** run.json: what it says, and its bytes. */
export interface SignedRun {
  readonly document: { readonly format: string; readonly pack: string; readonly engine: string };
  readonly run: Uint8Array;
}

/** The statement about a run: always these subjects in this order, so that it has one form. */
const statementOf = (engine: Engine, { document, run }: SignedRun): Uint8Array =>
  formatStatement(engine, {
    subjects: [
      { name: "run.json", sha256: toHex(engine.sha256(run)) },
      { name: "pack.json", sha256: document.pack },
      { name: "engine.wasm", sha256: document.engine },
    ],
    predicateType: PREDICATE_TYPE,
    predicate: { format: document.format },
  });

/** The bytes that the signature of a run is over. */
export const signedRunBytes = (engine: Engine, run: SignedRun): Uint8Array =>
  signedBytes({ payload: statementOf(engine, run) });

/** The bytes of run.sig. */
export const signRun = (engine: Engine, run: SignedRun, signer: Signer): Uint8Array =>
  signer.sign(signedRunBytes(engine, run));

/**
 * Requires that run.sig is the signature by this key over the statement that follows from run.json. Nothing in the
 * file chooses algorithm or key.
 *
 * @returns the bytes that it is over
 * @throws EvidenceError `REACH-E5303`
 */
export function requireSignature(
  engine: Engine,
  run: SignedRun,
  signature: Uint8Array,
  key: PublicKey,
): Uint8Array {
  const signed = signedRunBytes(engine, run);
  if (signature.length !== SIGNATURE_BYTES) {
    const what = `run.sig has ${signature.length} bytes, a signature has ${SIGNATURE_BYTES}`;
    throw new EvidenceError("REACH-E5303", what);
  }
  if (!isSignature(key, signed, signature)) {
    throw new EvidenceError("REACH-E5303", `the signature is not valid under the key ${key.id}`);
  }
  return signed;
}

/** The signature of a run as a Sigstore bundle, for programs that take those. */
export const bundleOfRun = (
  engine: Engine,
  run: SignedRun,
  signature: Uint8Array,
  key: PublicKey,
): Uint8Array<ArrayBuffer> => formatBundle(engine, statementOf(engine, run), signature, key);
