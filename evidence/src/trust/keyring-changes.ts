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
 * Whether a key is there and counts as it is to: the same role and tenant, and the same times where they are
 * given. One that was compromised does not.
 */
export function isEnrolled(
  keys: Keys,
  key: PublicKey,
  {
    role,
    tenant,
    from,
    to,
  }: Omit<Enrolment, "from" | "to"> & { from?: string | undefined; to?: string | undefined },
): boolean {
  const shared = toBase64(key.bytes);
  const entry = keys.find((one) => one.alg === key.alg && one.public === shared);
  return (
    entry !== undefined &&
    entry.compromisedAt === undefined &&
    entry.role === role &&
    entry.tenant === tenant &&
    entry.from < entry.to &&
    (from ?? entry.from) === entry.from &&
    (to ?? entry.to) === entry.to
  );
}

/**
 * The keys, of which one counts for nothing that is signed from an instant on. It never begins to count
 * again, and never counted for longer than it did. Where that is so already, these keys themselves.
 *
 * @throws EvidenceError `REACH-E5222` there is no such key
 */
export const withEnd = (keys: Keys, id: string, at: string): Keys =>
  changed(keys, id, (entry) => {
    const end = at < entry.from ? entry.from : at;
    return { ...entry, to: end < entry.to ? end : entry.to };
  });

/**
 * The keys, of which others may have had one since an instant.
 *
 * @throws EvidenceError `REACH-E5222` there is no such key
 */
export const withCompromise = (keys: Keys, id: string, since: string): Keys =>
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

function changed(keys: Keys, id: string, change: (entry: KeyringEntry) => KeyringEntry): Keys {
  const found = keyWithId(keys, id);
  const next = change(found);
  const isSame = next.to === found.to && next.compromisedAt === found.compromisedAt;
  return isSame ? keys : keys.map((entry) => (entry === found ? next : entry));
}
