// Roots: the keys that sign keyrings, of which so many must have, and how one root gives way to another. docs/spec/keys.md,
// KEY-13 and KEY-14.
//
// A verifier has pinned one root. What leads from it to a later one are changes, each signed by enough keys of the old
// root and of the new one: who has pinned the old one gets forward with the file alone, and who lost an old key does not
// get to name a root.
import { sha256, toBase64, toHex, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { rootChangePayload } from "@reach-fabric/schema";
import type { SignedRootChange } from "@reach-fabric/schema";
import { exactBase64 } from "../encoding/bytes.ts";
import { canonicalBytes, inShape, parseCanonical } from "../encoding/json.ts";
import { EvidenceError } from "../errors/errors.ts";
import { isSignature, publicKey, sameKey } from "../keys/key.ts";
import type { PublicKey, Signer } from "../keys/key.ts";
import { preAuthEncoding } from "../signature/dsse.ts";

const CHANGE_TYPE = "application/vnd.reach.root.v1+json";

/** Keys of which so many must sign together. */
export interface Root {
  readonly threshold: number;
  readonly keys: readonly PublicKey[];
}

/** A root, and those of its keys that sign. */
export interface RootSigners {
  readonly root: Root;
  readonly signers: readonly Signer[];
}

/** A single key is the root of which one of one must sign. */
export const rootOf = (root: PublicKey | Root): Root =>
  "keys" in root ? root : { threshold: 1, keys: [root] };

const writtenKeys = ({ keys }: Root): { alg: PublicKey["alg"]; public: string }[] =>
  keys
    .map(({ alg, bytes }) => ({ alg, public: toBase64(bytes) }))
    .sort((a, b) => (a.public < b.public ? -1 : 1));

/** SHA-256 of a root, in hex: the same for the same keys, in any order, and the same threshold. */
export const digestOfRoot = (root: Root): string =>
  // Its members are in the order of RFC 8785, and nothing in it has another spelling.
  toHex(sha256(utf8(JSON.stringify({ keys: writtenKeys(root), threshold: root.threshold }))));

/** How a root is called in messages. */
export const sayRoot = ({ threshold, keys }: Root): string =>
  keys.length === 1
    ? `the root ${keys[0]?.id}`
    : `the root of ${keys.length} keys, ${threshold} of which must sign,`;

/**
 * Requires that a root makes sense: different keys, and no more asked for than there are.
 *
 * @throws EvidenceError `REACH-E5234`
 */
export function requireRoot({ threshold, keys }: Root): void {
  const isDouble = keys.some((key, i) => keys.slice(0, i).some((other) => sameKey(other, key)));
  if (isDouble) throw notRoot("a root has one of its keys twice");
  if (threshold >= 1 && threshold <= keys.length) return;
  throw notRoot(`${threshold} of ${keys.length} keys of a root would have to sign`);
}

const notRoot = (what: string): EvidenceError => new EvidenceError("REACH-E5234", what);

/** Signatures of these keys over a message, in the order of the root's keys. */
export const signaturesBy = (signers: readonly Signer[], message: Uint8Array): { sig: string }[] =>
  signers.map((signer) => ({ sig: toBase64(signer.sign(message)) }));

/**
 * Requires that enough keys of each root have signed a message: each signature is one of a different key of them.
 *
 * @throws EvidenceError `REACH-E5210`
 */
export function requireSignedBy(
  roots: readonly Root[],
  message: Uint8Array,
  signatures: readonly { readonly sig: string }[],
  what: string,
): void {
  const signed: PublicKey[] = [];
  for (const { sig } of signatures) {
    const bytes = exactBase64(sig);
    const left = roots
      .flatMap(({ keys }) => keys)
      .filter((key) => !signed.some((other) => sameKey(other, key)));
    const key = bytes && left.find((each) => isSignature(each, message, bytes));
    if (key === undefined) {
      throw new EvidenceError(
        "REACH-E5210",
        `a signature of ${what} is of no further key of its root`,
      );
    }
    signed.push(key);
  }
  for (const root of roots) {
    const count = root.keys.filter((key) => signed.some((other) => sameKey(other, key))).length;
    if (count >= root.threshold) continue;
    throw new EvidenceError(
      "REACH-E5210",
      `${sayRoot(root)} has not signed ${what}: ${count} keys have`,
    );
  }
}

/**
 * The roots from the one that a reader has pinned to the last one, along the changes in a file. Those before it are not
 * looked into; where none leads on from it, it is the last one.
 *
 * @throws EvidenceError `REACH-E5234` a change that is none, or not the next one; `REACH-E5210` one that the old root, or
 *   the new one, has not signed
 */
export function followRoots(
  engine: Engine,
  pinned: Root,
  changes: readonly SignedRootChange[] = [],
): readonly Root[] {
  requireRoot(pinned);
  const read = changes.map((change) => readChange(engine, change));
  read.forEach(({ serial }, i) => {
    if (serial !== i + 1) throw notRoot(`the change ${serial} of the root is not number ${i + 1}`);
  });
  const own = digestOfRoot(pinned);
  const begin = read.findIndex(({ previous }) => previous === own);
  const roots: Root[] = [pinned];
  for (const { root, previous, message, signatures, serial } of begin < 0
    ? []
    : read.slice(begin)) {
    const before = roots.at(-1) as Root;
    if (previous !== digestOfRoot(before))
      throw notRoot(`the change ${serial} continues another root`);
    requireSignedBy([before, root], message, signatures, `the change ${serial} of the root`);
    roots.push(root);
  }
  return roots;
}

function readChange(engine: Engine, { payload: encoded, signatures }: SignedRootChange) {
  const what = "a change of the root";
  const payload = exactBase64(encoded);
  if (payload === undefined) throw notRoot(`${what} has base64 in another spelling`);
  const value = parseCanonical(engine, payload, what);
  const { keys, threshold, previous, serial } = inShape(
    rootChangePayload,
    value,
    what,
    "REACH-E5234",
  );
  const root = {
    threshold,
    keys: keys.map((key) => publicKey(exactBase64(key.public) ?? new Uint8Array(), key.alg)),
  };
  requireRoot(root);
  return { root, previous, serial, signatures, message: preAuthEncoding(CHANGE_TYPE, payload) };
}

/** A change from one root to another, signed by both. */
export function signRootChange(
  engine: Engine,
  from: RootSigners,
  to: RootSigners,
  { serial, issuedAt }: { readonly serial: number; readonly issuedAt: string },
): SignedRootChange {
  requireRoot(to.root);
  const payload = canonicalBytes(engine, {
    format: "reach/root/v1",
    issuedAt,
    keys: writtenKeys(to.root),
    previous: digestOfRoot(from.root),
    serial,
    threshold: to.root.threshold,
  });
  const both = [...from.signers, ...to.signers].filter(
    ({ key }, i, all) => all.findIndex((other) => sameKey(other.key, key)) === i,
  );
  const message = preAuthEncoding(CHANGE_TYPE, payload);
  return {
    payload: toBase64(payload),
    payloadType: CHANGE_TYPE,
    signatures: signaturesBy(both, message),
  };
}
