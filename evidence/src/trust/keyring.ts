// Keyrings: reading, continuing, issuing. docs/spec/keys.md, KEY-8 to KEY-11, KEY-13 and KEY-14.
//
//     {"payload": BASE64, "payloadType": "application/vnd.reach.keyring.v1+json", "roots"?: [CHANGE],
//      "signatures": [{"sig"}]}
//
// A keyring is trusted for one reason: the root that the reader has pinned signed it. Nothing in it can
// say which root that is, or by which algorithm.
import { sha256, toBase64, toHex } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { keyringFile, keyringPayload } from "@reach-fabric/schema";
import type { KeyringEntry, KeyringPayload, SignedRootChange } from "@reach-fabric/schema";
import { exactBase64 } from "../encoding/bytes.ts";
import { preAuthEncoding } from "../signature/dsse.ts";
import { EvidenceError } from "../errors/errors.ts";
import { canonicalBytes, fileInShape, parseCanonical } from "../encoding/json.ts";
import type { PublicKey, Signer } from "../keys/key.ts";
import { followRoots, requireSignedBy, rootOf, signaturesBy, signRootChange } from "./roots.ts";
import type { Root, RootSigners } from "./roots.ts";

const PAYLOAD_TYPE = "application/vnd.reach.keyring.v1+json";
/** More than 10,000 keys have. */
const MAX_BYTES = 8 * 1024 * 1024;

/** A keyring that its root has signed. */
export interface Keyring extends KeyringPayload {
  /** SHA-256 of what was signed, in hex: the `previous` of the next one. */
  readonly digest: string;
  /** The root that the reader has pinned, those that came after it, and last the one that signed. */
  readonly rootPath: readonly Root[];
  /** The changes from one root to the next that are in the file. */
  readonly roots: readonly SignedRootChange[];
}

const notKeyring = (what: string): EvidenceError => new EvidenceError("REACH-E5209", what);
const notNext = (what: string): EvidenceError => new EvidenceError("REACH-E5211", what);

/**
 * The keyring in a file. Guarantees: this root signed all of it, or one to which signed changes lead from it, no key
 * stands in it twice, and every id is that of its key. Whether it is the newest, and fit for a decision now, requireFresh() says.
 *
 * @param pinned the root, or its only key
 * @throws EvidenceError `REACH-E5101`, `REACH-E5102` not canonical, `REACH-E5209` not a keyring,
 *   `REACH-E5210` not signed by this root, `REACH-E5219` a key that is there twice, or is the root, `REACH-E5234`
 *   changes of the root that do not lead on from it
 *
 * @example
 * const keyring = openKeyring(engine, keyringBytes, publicKeyOf(rootFile));
 */
export function openKeyring(engine: Engine, bytes: Uint8Array, pinned: PublicKey | Root): Keyring {
  const what = "the keyring";
  if (bytes.length > MAX_BYTES) throw notKeyring(`a keyring has at most ${MAX_BYTES} bytes`);
  const envelope = fileInShape(
    keyringFile,
    parseCanonical(engine, bytes, what),
    what,
    "REACH-E5209",
  );
  const payload = exactBase64(envelope.payload);
  const { roots = [], signatures } = envelope;
  const isSpelled = signatures.every(({ sig }) => exactBase64(sig) !== undefined);
  if (payload === undefined || !isSpelled) {
    throw notKeyring("the keyring has base64 in another spelling");
  }
  const path = followRoots(engine, rootOf(pinned), roots);
  const root = path.at(-1) as Root;
  if (signatures.length > root.keys.length)
    throw notKeyring("more signatures than its root has keys");
  requireSignedBy([root], preAuthEncoding(PAYLOAD_TYPE, payload), signatures, "this keyring");
  const value = parseCanonical(engine, payload, what);
  const signed = fileInShape(keyringPayload, value, what, "REACH-E5209");
  requireConsistent(signed, path);
  return { ...signed, digest: toHex(sha256(payload)), rootPath: path, roots };
}

/** What the root must see to before it signs, and a reader does not take from it on trust. */
function requireConsistent(
  { serial, previous, issuedAt, expiresAt, keys }: KeyringPayload,
  roots: readonly Root[],
): void {
  if ((serial === 1) !== (previous === undefined)) {
    throw notKeyring("only the first keyring has no keyring before it");
  }
  if (expiresAt <= issuedAt) throw notKeyring("the keyring ends before it begins");
  const ids = new Set<string>(roots.flatMap((root) => root.keys.map(({ id }) => id)));
  for (const { id, public: shared, from, to } of keys) {
    if (toHex(sha256(exactBase64(shared) ?? new Uint8Array())).slice(0, 16) !== id) {
      throw notKeyring(`the key ${id} has another id`);
    }
    // Of two keys with one id, which nobody has by chance, one would be revoked for the other.
    if (ids.has(id)) {
      throw new EvidenceError("REACH-E5219", `the key ${id} is in the keyring twice, or its root`);
    }
    ids.add(id);
    if (to < from) throw notKeyring(`the key ${id} ends before it begins`);
  }
}

/**
 * Requires that a keyring is the other one, or continues it: its number is larger, every entry is still
 * there, and of none has anything changed but that it ends earlier, or was compromised (earlier).
 *
 * @throws EvidenceError `REACH-E5211`
 *
 * @example
 * requireSuccessor(keyring, keyring);
 * requireSuccessor({ ...keyring, serial: keyring.serial + 1 }, keyring); // → throws REACH-E5211
 */
export function requireSuccessor(older: Keyring, newer: Keyring): void {
  if (newer.serial === older.serial) {
    if (newer.digest === older.digest) return;
    throw notNext(`there are two keyrings with the number ${newer.serial}`);
  }
  if (newer.serial < older.serial) {
    throw notNext(`the keyring ${newer.serial} is older than ${older.serial}`);
  }
  if (newer.serial === older.serial + 1 && newer.previous !== older.digest) {
    throw notNext(`the keyring ${newer.serial} continues another one`);
  }
  if (newer.issuedAt < older.issuedAt) {
    throw notNext(`the keyring ${newer.serial} was issued before ${older.serial}`);
  }
  older.keys.forEach((before, i) => requireKept(before, newer.keys[i]));
}

function requireKept(before: KeyringEntry, after: KeyringEntry | undefined): void {
  const { id } = before;
  const isKept =
    after !== undefined &&
    after.public === before.public &&
    after.role === before.role &&
    after.tenant === before.tenant &&
    after.from === before.from;
  if (!isKept) throw notNext(`the key ${id} is gone, or another one is in its place`);
  if (after.to > before.to) throw notNext(`the key ${id} would count for longer`);
  const [was, is] = [before.compromisedAt, after.compromisedAt];
  if (was !== undefined && (is === undefined || is > was)) {
    throw notNext(`the key ${id} would not be compromised, or later`);
  }
}

/** What is new about a keyring. */
export interface Issue {
  readonly keys: readonly KeyringEntry[];
  readonly issuedAt: string;
  readonly expiresAt: string;
  /** Another root, which signs from now on; the one before signs that this is so. */
  readonly newRoot?: RootSigners | undefined;
}

/**
 * The next keyring: with these keys, signed by the root. What it returns has been read again.
 *
 * @param by the root's only key, or as many keys of the root as must sign
 * @param before undefined for the first
 * @throws EvidenceError `REACH-E5209`, `REACH-E5211`, `REACH-E5219` it would be none, or not continue
 *   the one before
 *
 * @example
 * const root = newKey((n) => crypto.getRandomValues(new Uint8Array(n)));
 * const keys = withKey([], publicKeyOf(keyFile), {
 *   role: "evidence", tenant: "acme", from: "2026-01-01T00:00:00.000Z", to: "2027-01-01T00:00:00.000Z",
 * });
 * const { bytes: first } = issueKeyring(engine, signerOf(root.private), undefined, {
 *   keys, issuedAt: "2026-11-01T00:00:00.000Z", expiresAt: "2026-12-01T00:00:00.000Z",
 * });
 * openKeyring(engine, first, publicKeyOf(root.public)).serial; // → 1
 */
export function issueKeyring(
  engine: Engine,
  by: Signer | RootSigners,
  before: Keyring | undefined,
  { keys, issuedAt, expiresAt, newRoot }: Issue,
): { readonly bytes: Uint8Array<ArrayBuffer>; readonly keyring: Keyring } {
  const old = "signers" in by ? by : { root: rootOf(by.key), signers: [by] };
  const { root, signers } = newRoot ?? old;
  const roots = [...(before?.roots ?? [])];
  if (newRoot !== undefined) {
    const serial = roots.length + 1;
    roots.push(signRootChange(engine, old, newRoot, { serial, issuedAt }));
  }
  const payload = canonicalBytes(engine, {
    format: "reach/keyring/v1",
    serial: (before?.serial ?? 0) + 1,
    ...(before === undefined ? {} : { previous: before.digest }),
    issuedAt,
    expiresAt,
    keys,
  });
  const bytes = canonicalBytes(engine, {
    payload: toBase64(payload),
    payloadType: PAYLOAD_TYPE,
    ...(roots.length === 0 ? {} : { roots }),
    signatures: signaturesBy(signers, preAuthEncoding(PAYLOAD_TYPE, payload)),
  });
  const keyring = openKeyring(engine, bytes, old.root);
  if (newRoot !== undefined) openKeyring(engine, bytes, root);
  if (before !== undefined) requireSuccessor(before, keyring);
  return { bytes, keyring };
}
