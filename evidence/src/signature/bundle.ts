// One DSSE signature in a Sigstore bundle v0.3, which stock cosign reads: of a pack, and of evidence where somebody
// asks for it. docs/spec/pack.md, PACK-6; docs/spec/evidence.md, EVID-10 and EVID-12.
import { toBase64 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { foreignBundle, sigstoreBundle } from "@reach-fabric/schema";
import { exactBase64 } from "../encoding/bytes.ts";
import { preAuthEncoding } from "./dsse.ts";
import { EvidenceError } from "../errors/errors.ts";
import { canonicalBytes, inShape, parseAnySpelling, parseCanonical } from "../encoding/json.ts";
import { isSignature, normalSignature } from "../keys/key.ts";
import type { PublicKey, Signer } from "../keys/key.ts";

const MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";
const PAYLOAD_TYPE = "application/vnd.in-toto+json";

/** A bundle that was read: nothing in it is verified. */
export interface Bundle {
  readonly hint: string;
  readonly payload: Uint8Array;
  readonly signatures: readonly Uint8Array[];
}

/** The bundle of a payload that the signer signs. */
export const writeBundle = (
  engine: Engine,
  payload: Uint8Array,
  signer: Signer,
): Uint8Array<ArrayBuffer> =>
  formatBundle(engine, payload, signer.sign(signedBytes({ payload })), signer.key);

/** The bundle of a payload and its signature by this key. */
export function formatBundle(
  engine: Engine,
  payload: Uint8Array,
  signature: Uint8Array,
  key: Pick<PublicKey, "id">,
): Uint8Array<ArrayBuffer> {
  return canonicalBytes(engine, {
    mediaType: MEDIA_TYPE,
    verificationMaterial: { publicKey: { hint: key.id } },
    dsseEnvelope: {
      payload: toBase64(payload),
      payloadType: PAYLOAD_TYPE,
      signatures: [{ sig: toBase64(signature) }],
    },
  });
}

/**
 * Reads a bundle: canonical JSON of this media type, base64 in its one spelling.
 *
 * @throws EvidenceError `REACH-E5101` to `REACH-E5103`, `REACH-E5302`
 */
export function readBundle(engine: Engine, bytes: Uint8Array, what: string): Bundle {
  const bundle = inShape(sigstoreBundle, parseCanonical(engine, bytes, what), what);
  const { payload, signatures } = bundle.dsseEnvelope;
  return {
    hint: bundle.verificationMaterial.publicKey.hint,
    payload: decoded(payload, `${what}: the payload`),
    signatures: signatures.map(({ sig }) => decoded(sig, `${what}: the signature`)),
  };
}

/**
 * The bundle that another program has made with this key, in the form that Reach writes: its payload and its signature.
 * Log entries and time stamps, of which nothing is checked here, are left out, and so is the hint, which every program makes in its own
 * way. Nothing is verified.
 *
 * @throws EvidenceError `REACH-E5101`, `REACH-E5103`, `REACH-E5301`, `REACH-E5302`
 */
export function normalBundle(
  engine: Engine,
  bytes: Uint8Array,
  key: PublicKey,
  what: string,
): Uint8Array<ArrayBuffer> {
  const { dsseEnvelope } = inShape(foreignBundle, parseAnySpelling(engine, bytes, what), what);
  const [signature, ...more] = dsseEnvelope.signatures;
  if (signature === undefined || more.length > 0) {
    const count = dsseEnvelope.signatures.length;
    throw new EvidenceError("REACH-E5301", `${what} has ${count} signatures, not one`);
  }
  const payload = decoded(dsseEnvelope.payload, `${what}: the payload`);
  const sig = decoded(signature.sig, `${what}: the signature`);
  return formatBundle(engine, payload, normalSignature(key, sig), key);
}

function decoded(text: string, what: string): Uint8Array {
  const bytes = exactBase64(text);
  if (bytes !== undefined) return bytes;
  throw new EvidenceError("REACH-E5302", `${what} is not canonical base64`);
}

/** The bytes that the signature of a statement is over. */
export const signedBytes = ({ payload }: Pick<Bundle, "payload">): Uint8Array<ArrayBuffer> =>
  preAuthEncoding(PAYLOAD_TYPE, payload);

/**
 * The payload of a bundle, which from here on is what this key signed. Envelope and hint choose
 * neither key nor algorithm: both are the caller's.
 *
 * @throws EvidenceError `REACH-E5301` not exactly one signature, `REACH-E5304` the hint names
 *   another key, `REACH-E5303` the signature is not valid
 */
export function verifiedPayload(bundle: Bundle, key: PublicKey): Uint8Array {
  const [signature, ...more] = bundle.signatures;
  if (signature === undefined || more.length > 0) {
    throw new EvidenceError(
      "REACH-E5301",
      `the bundle has ${bundle.signatures.length} signatures, not one`,
    );
  }
  if (bundle.hint !== key.id) {
    throw new EvidenceError("REACH-E5304", `the bundle hints at another key than ${key.id}`);
  }
  if (!isSignature(key, signedBytes(bundle), signature)) {
    throw new EvidenceError("REACH-E5303", `the signature is not valid under the key ${key.id}`);
  }
  return bundle.payload;
}
