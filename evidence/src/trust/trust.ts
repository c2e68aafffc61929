// Check 4: whether a key may have signed this, for this tenant, at this time. docs/spec/keys.md, KEY-12;
// docs/spec/policy.md, POL-5.
import { toBase64 } from "@reach-fabric/engine";
import type { KeyringEntry, KeyRole } from "@reach-fabric/schema";
import { sayTime } from "../encoding/clock.ts";
import type { SignedAt } from "../encoding/clock.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { millisecondsOf } from "../encoding/instant.ts";
import type { PublicKey } from "../keys/key.ts";
import type { Keyring } from "./keyring.ts";
import { isBefore, isWithin } from "./times.ts";

/** What a signature claims: the key, what for, and when. */
export interface SignatureClaim {
  /** All of the key: an id is never looked up. */
  readonly key: PublicKey;
  readonly role: KeyRole;
  /** When it was signed, as the signer says, who can say anything, or as others do. Undefined: not judged. */
  readonly at?: SignedAt | undefined;
}

/** What is known of the circumstances. */
export interface Circumstances {
  /** Whose run it is, or for whom a pack is used; null where that is not disclosed. */
  readonly tenant?: string | null;
  /** The only tenant that counts. */
  readonly only?: string | undefined;
  /** Seconds since 1970 at which the witnesses that the policy asks for had seen it. */
  readonly witnessedAt?: bigint | undefined;
}

/**
 * The entry of the key that may have signed this at this time. Whose run it is, and whether the key was
 * somebody else's by then, signerTrust() asks besides.
 *
 * @throws EvidenceError `REACH-E5205` the key is not in the keyring, `REACH-E5213` it has another role,
 *   `REACH-E5215` it did not count then
 *
 * @example
 * const { key, endedAt: at } = openEvidence(engine, bytes).run;
 * signerEntry(keyring, { key, role: "evidence", at }).tenant; // → "acme"
 * signerEntry(keyring, { key, role: "pack", at }); // → throws REACH-E5213
 */
export function signerEntry(
  { keys }: Pick<Keyring, "keys">,
  { key, role, at }: SignatureClaim,
): KeyringEntry {
  const bytes = toBase64(key.bytes);
  const entry = keys.find(({ alg, public: shared }) => alg === key.alg && shared === bytes);
  if (entry === undefined) {
    throw new EvidenceError("REACH-E5205", `the keyring does not have the key ${key.id}`);
  }
  const { id, role: own, from, to } = entry;
  if (own !== role) {
    throw new EvidenceError("REACH-E5213", `the key ${id} may sign as ${own}, not as ${role}`);
  }
  if (at !== undefined && !isWithin(at, from, to)) {
    const when = `${typeof at === "string" ? "signed" : "seen"} at ${sayTime(at)}`;
    throw new EvidenceError("REACH-E5215", `${when}: ${id} counts from ${from} to ${to}`);
  }
  return entry;
}

/**
 * The entry of the key whose signature is trusted: by role, time, tenant, and what was known of it.
 *
 * Guarantees: of a compromised key only those signatures pass that witnesses saw before; what the
 * signer says of the time does not matter there.
 *
 * @throws EvidenceError as signerEntry() does; `REACH-E5214` another tenant, `REACH-E5217` the tenant
 *   is not disclosed, and the key is not for all, `REACH-E5216` the key was compromised
 *
 * @example
 * const { key, endedAt: at, tenant } = openEvidence(engine, bytes).run;
 * signerTrust(keyring, { key, role: "evidence", at }, { tenant }).role; // → "evidence"
 */
export function signerTrust(
  keyring: Pick<Keyring, "keys">,
  claim: SignatureClaim,
  { tenant = null, only, witnessedAt }: Circumstances = {},
): KeyringEntry {
  const entry = signerEntry(keyring, claim);
  const { id, tenant: own, compromisedAt } = entry;
  if (own !== undefined && only !== undefined && own !== only) {
    throw new EvidenceError("REACH-E5214", `the key ${id} is one of another tenant`);
  }
  const wanted = own ?? only;
  if (wanted !== undefined && tenant === null) {
    throw new EvidenceError("REACH-E5217", `the tenant is not disclosed: is it ${quoted(wanted)}?`);
  }
  if (wanted !== undefined && tenant !== wanted) {
    throw new EvidenceError("REACH-E5214", `this is not one of the tenant ${quoted(wanted)}`);
  }
  if (compromisedAt === undefined) return entry;
  if (witnessedAt !== undefined && isBefore(witnessedAt, compromisedAt)) return entry;
  throw new EvidenceError(
    "REACH-E5216",
    `the key ${id} was compromised at ${compromisedAt}, and no witness saw this before`,
  );
}

/** How new a keyring has to be. */
export interface Freshness {
  /** The verifier's time. */
  readonly now: string;
  readonly minSerial?: number | undefined;
  readonly maxAgeDays?: number | undefined;
}

const DAY = 86_400_000;

/**
 * Requires that a keyring is new enough to say which keys count. An old one knows of no revocation since:
 * what it says is neither a yes nor a no.
 *
 * @throws EvidenceError `REACH-E5212`
 *
 * @example
 * requireFresh(keyring, { now });
 * requireFresh(keyring, { now: "2027-06-01T00:00:00.000Z" }); // → throws REACH-E5212
 * requireFresh(keyring, { now, minSerial: keyring.serial + 1 }); // → throws REACH-E5212
 */
export function requireFresh(
  { serial, issuedAt, expiresAt }: Pick<Keyring, "serial" | "issuedAt" | "expiresAt">,
  { now, minSerial = 1, maxAgeDays = Infinity }: Freshness,
): void {
  const stale = (what: string): EvidenceError => new EvidenceError("REACH-E5212", what);
  if (serial < minSerial) {
    throw stale(`the keyring has the number ${serial}, the policy asks for ${minSerial}`);
  }
  if (now < issuedAt) throw stale(`it is ${now}, and the keyring is of ${issuedAt}`);
  if (now >= expiresAt) throw stale(`the keyring was good until ${expiresAt}`);
  if (millisecondsOf(now) - millisecondsOf(issuedAt) > maxAgeDays * DAY) {
    throw stale(`the keyring is of ${issuedAt}, more than ${maxAgeDays} days ago`);
  }
}
