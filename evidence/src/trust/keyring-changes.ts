// What can be done to the keys of a keyring: add one, end one, say that one was compromised. Nothing is
// ever taken out or given back. docs/spec/keys.md, KEY-11.
import { toBase64 } from "@reach-fabric/engine";
import type { KeyringEntry, KeyRole } from "@reach-fabric/schema";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { publicKey, requireAlgorithm } from "../keys/key.ts";
import type { PublicKey } from "../keys/key.ts";

/** What a key may sign, for whom, and when. */
export interface Enrolment {
  readonly role: KeyRole;
  readonly tenant?: string | undefined;
  readonly from: string;
  readonly to: string;
}

type Keys = readonly KeyringEntry[];

/**
 * The keys with one more.
 *
 * @throws EvidenceError `REACH-E5202` it is not safe, `REACH-E5206` not of the role's algorithm,
 *   `REACH-E5219` it is there already: a key has one role, and does not come back
 */
export function withKey(keys: Keys, key: PublicKey, enrolment: Enrolment): KeyringEntry[] {
  const { role, tenant, from, to } = enrolment;
  const { alg, id, bytes } = publicKey(key.bytes, key.alg);
  requireAlgorithm(key, role === "pack" ? "P-256" : "Ed25519", `the role ${role}`);
  if (keys.some((entry) => entry.id === id)) {
    throw new EvidenceError("REACH-E5219", `the key ${id} is in the keyring already`);
  }
  const scope = tenant === undefined ? {} : { tenant };
  const entry = { alg, id, public: toBase64(bytes), role, ...scope, from, to };
  return [...keys, entry as KeyringEntry];
}

/**
 * The keys, of which one counts for nothing that is signed from an instant on. It never begins to count
 * again, and never counted for longer than it did.
 *
 * @throws EvidenceError `REACH-E5222` there is no such key
 */
export const withEnd = (keys: Keys, id: string, at: string): KeyringEntry[] =>
  changed(keys, id, (entry) => {
    const end = at < entry.from ? entry.from : at;
    return { ...entry, to: end < entry.to ? end : entry.to };
  });

/**
 * The keys, of which others may have had one since an instant.
 *
 * @throws EvidenceError `REACH-E5222` there is no such key
 */
export const withCompromise = (keys: Keys, id: string, since: string): KeyringEntry[] =>
  changed(keys, id, (entry) => {
    const { compromisedAt: known = since } = entry;
    return { ...entry, compromisedAt: known < since ? known : since };
  });

/** The key with this id. */
export function keyWithId(keys: Keys, id: string): KeyringEntry {
  const found = keys.find((entry) => entry.id === id);
  if (found !== undefined) return found;
  throw new EvidenceError("REACH-E5222", `the keyring has no key ${quoted(id)}`);
}

function changed(
  keys: Keys,
  id: string,
  change: (entry: KeyringEntry) => KeyringEntry,
): KeyringEntry[] {
  const found = keyWithId(keys, id);
  return keys.map((entry) => (entry === found ? change(entry) : entry));
}
