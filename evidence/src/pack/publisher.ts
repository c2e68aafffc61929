// Who has published a pack, by what travels with evidence or beside it: the publishers' statements about the pack's
// digest, and their withdrawals. docs/spec/policy.md, POL-8.
import { fromBase64 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { packYank } from "@reach-fabric/schema";
import type { PackManifest } from "@reach-fabric/schema";
import { inShape } from "../encoding/json.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { publicKey, requireAlgorithm, sameKey } from "../keys/key.ts";
import type { PublicKey } from "../keys/key.ts";
import { readBundle, verifiedPayload } from "../signature/bundle.ts";
import type { Bundle } from "../signature/bundle.ts";
import { parseForeign, readStatement } from "../signature/in-toto.ts";
import type { Policy } from "../trust/policy.ts";
import { requirePackRule } from "../trust/rules.ts";
import type { Rules } from "../trust/rules.ts";
import { withKeyring } from "../trust/state.ts";
import type { VerifierState } from "../trust/state.ts";
import { requireFresh, signerEntry, signerTrust } from "../trust/trust.ts";
import { PREDICATES, requireOwnPredicate, YANK } from "./pack-file.ts";

/** What a publisher has signed about a pack. */
export interface Published {
  readonly publisher: PublicKey;
  readonly id: string;
  readonly version: string;
}

/** A pack, and what is known of it without anyone's signature. */
export interface PublishedPack {
  readonly digest: string;
  /** Null where pack.json is not at hand: its name is then what the publisher says. */
  readonly manifest: Pick<PackManifest, "id" | "version"> | null;
}

/** Whose statements are looked for, and which of them count. */
export interface Publishers {
  readonly keys: readonly PublicKey[];
  /** @throws EvidenceError where what the key signed about a pack does not count */
  readonly requirePublisher: (key: PublicKey) => void;
  /** @throws EvidenceError where its withdrawal at this time does not count */
  readonly requireWithdrawer: (key: PublicKey, at: string) => void;
}

/** Signatures that are looked at before nothing is said: a file of junk costs no more than this. */
const MOST_TRIES = 4096;

/**
 * What the publishers have signed about a pack: each statement that counts, one at least. Order does not matter, and neither
 * does what strangers put beside it: a bundle that cannot be read, that no key here has signed, or that is about
 * another pack, means nothing.
 *
 * @throws EvidenceError `REACH-E5412` one of them has withdrawn it; `REACH-E5411` there is nothing that any of these
 *   keys has signed about this pack, or there is more than is looked at; what `requirePublisher` throws, where none counts; `REACH-E5305` their
 *   statement is about another id or version
 */
export function requirePublished(
  engine: Engine,
  pack: PublishedPack,
  bundles: readonly Uint8Array[],
  { keys, requirePublisher, requireWithdrawer }: Publishers,
): readonly [Published, ...Published[]] {
  const found: Published[] = [];
  const refused: EvidenceError[] = [];
  for (const { key, statement } of signedStatements(engine, bundles, keys)) {
    try {
      const read = readAbout(engine, pack, statement);
      if (read === undefined) continue;
      if ("reason" in read) {
        if (counts(() => requireWithdrawer(key, read.at))) throw withdrawn(key, read.reason);
        continue;
      }
      requirePublisher(key);
      found.push({ ...read, publisher: key });
    } catch (error) {
      if (!(error instanceof EvidenceError) || error.code === "REACH-E5412") throw error;
      refused.push(error);
    }
  }
  const [first, ...more] = found;
  if (first !== undefined) return [first, ...more];
  const what =
    bundles.length === 0
      ? "nothing that a publisher has signed about the pack is here"
      : `none of ${bundles.length} bundles is what a publisher that counts has signed about this pack`;
  throw refused[0] ?? new EvidenceError("REACH-E5411", what);
}

function counts(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

const withdrawn = ({ id }: PublicKey, reason: string): EvidenceError =>
  new EvidenceError(
    "REACH-E5412",
    `its publisher, with the key ${id}, has withdrawn it: ${quoted(reason)}`,
  );

interface SignedStatement {
  readonly key: PublicKey;
  readonly statement: Uint8Array;
}

/** More than is looked at: what the rest says, a withdrawal perhaps, is not known. */
class TooMany extends EvidenceError {
  constructor() {
    const what = `there are more than ${MOST_TRIES} signatures about the pack, most of them of others`;
    super("REACH-E5411", what);
  }
}

/** The payloads that one of the keys has signed, with the key. */
function* signedStatements(
  engine: Engine,
  bundles: readonly Uint8Array[],
  keys: readonly PublicKey[],
): Generator<SignedStatement> {
  let tries = 0;
  const read = bundles.flatMap((bytes) => readable(engine, bytes) ?? []);
  // A hint chooses the order alone: that of another program names no key here.
  for (const isHinted of [true, false]) {
    for (const bundle of read) {
      for (const key of keys) {
        if ((bundle.hint === key.id) !== isHinted) continue;
        if (tries++ === MOST_TRIES) throw new TooMany();
        const statement = signedBy(bundle, key);
        if (statement !== undefined) yield { key, statement };
      }
    }
  }
}

function readable(engine: Engine, bytes: Uint8Array): Bundle | undefined {
  try {
    return readBundle(engine, bytes, "a publisher's bundle");
  } catch {
    return undefined;
  }
}

function signedBy(bundle: Bundle, key: PublicKey): Uint8Array | undefined {
  try {
    return verifiedPayload({ ...bundle, hint: key.id }, key);
  } catch {
    return undefined;
  }
}

/**
 * What a signed statement says of this pack; undefined where it is of another kind, or about another pack.
 *
 * @throws EvidenceError `REACH-E5305` it names another id or version than pack.json
 */
function readAbout(
  engine: Engine,
  { digest, manifest }: PublishedPack,
  payload: Uint8Array,
): { id: string; version: string } | { reason: string; at: string } | undefined {
  const { predicateType, subject } = parseForeign(engine, payload);
  if (subject.length !== 1 || subject[0]?.digest.sha256 !== digest) return undefined;
  const subjects = [{ name: "pack.json", sha256: digest }];
  const about = { subjects, predicateType, isForeign: true };
  if (predicateType === YANK) {
    return inShape(packYank, readStatement(engine, payload, about), "a publisher's withdrawal");
  }
  if (predicateType !== PREDICATES.pack) return undefined;
  const said = readStatement(engine, payload, about);
  const { id, version } = said;
  if (typeof id !== "string" || typeof version !== "string") {
    throw new EvidenceError("REACH-E5305", "the signed statement names no id or no version");
  }
  requireOwnPredicate(manifest ?? { id, version }, said);
  return { id, version };
}

/** When a pack is used, as its host says and as the policy's witnesses do, and for whom; null where that is not disclosed. */
export interface PackUse {
  readonly startedAt: string;
  readonly tenant: string | null;
  readonly witnessedAt?: bigint | undefined;
}

/**
 * Whose signature is looked for: of the keys that the policy names, and those of the keyring. Undefined where there are
 * none.
 */
export function publishersOf(
  { rules = {}, signers, now = "", state }: Policy & { readonly state?: VerifierState | undefined },
  { startedAt, tenant, witnessedAt }: PackUse,
): Publishers | undefined {
  const { publishers, packs = [] } = rules;
  const named = packs.flatMap((one) => ("name" in one && one.publisher ? [one.publisher] : []));
  const pinned = typeof publishers === "object" ? publishers : publishers ? [] : named;
  const ring = typeof publishers === "object" ? undefined : signers;
  if (pinned.length === 0 && ring === undefined) return undefined;
  for (const key of pinned) requireAlgorithm(key, "P-256", "a pack");
  const isPinned = (key: PublicKey): boolean => pinned.some((one) => sameKey(one, key));
  const role = "pack";
  const inRing = ring?.keyring.keys.filter((entry) => entry.role === role) ?? [];
  return {
    keys: [...pinned, ...inRing.map((entry) => publicKey(fromBase64(entry.public), entry.alg))],
    requirePublisher: (key) => {
      if (ring === undefined || isPinned(key)) return;
      requireFresh(ring.keyring, { ...ring, now });
      if (state !== undefined) withKeyring(state, ring.keyring);
      // When the pack was used: what its publisher says of the time does not matter.
      const at = witnessedAt ?? startedAt;
      // Witnesses saw the run, and no one when its publisher signed: a compromised key counts for nothing.
      signerTrust(ring.keyring, { key, role, at }, { tenant, only: ring.tenant });
    },
    requireWithdrawer: (key, at) => {
      if (ring !== undefined && !isPinned(key)) signerEntry(ring.keyring, { key, role, at });
    },
  };
}

/**
 * The pack is allowed, by its digest or as one of its publishers has named it; undefined where no packs are named.
 *
 * @throws EvidenceError `REACH-E5224`, `REACH-E5411`
 */
export function requireAllowedPack(
  rules: Rules,
  digest: string,
  published: readonly Published[],
): { readonly how: string; readonly by?: Published } | undefined {
  let refused: unknown;
  for (const by of published) {
    try {
      const how = requirePackRule(rules, { digest, signed: by });
      return how === undefined ? undefined : { how, by };
    } catch (error) {
      refused ??= error;
    }
  }
  if (refused !== undefined) throw refused;
  const how = requirePackRule(rules, { digest });
  return how === undefined ? undefined : { how };
}

/** What publishers have signed; where none is asked for, only a withdrawal, or what may hold one, says something against it. */
export function publishedIf(
  isAsked: boolean,
  find: () => readonly Published[],
): readonly Published[] {
  try {
    return find();
  } catch (error) {
    const isWithdrawn = error instanceof EvidenceError && error.code === "REACH-E5412";
    if (isAsked || isWithdrawn || error instanceof TooMany) throw error;
    return [];
  }
}
