// Who has published a pack, by what travels with evidence or beside it: the publishers' statements about the pack's
// digest, and their withdrawals. docs/spec/policy.md, POL-8.
import type { Engine } from "@reach-fabric/engine";
import { packYank } from "@reach-fabric/schema";
import type { PackManifest } from "@reach-fabric/schema";
import { inShape } from "../encoding/json.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import type { PublicKey } from "../keys/key.ts";
import { readBundle, verifiedPayload } from "../signature/bundle.ts";
import type { Bundle } from "../signature/bundle.ts";
import { parseForeign, readStatement } from "../signature/in-toto.ts";
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

/** Signatures that are looked at before a reader gives up: a file of junk costs no more than this. */
const MOST_TRIES = 4096;

/**
 * What the publishers have signed about a pack: each statement that counts, one at least. Order does not matter, and neither
 * does what strangers put beside it: a bundle that cannot be read, that no key here has signed, or that is about
 * another pack, means nothing.
 *
 * @throws EvidenceError `REACH-E5412` one of them has withdrawn it; `REACH-E5411` there is nothing that any of these
 *   keys has signed about this pack; what `requirePublisher` throws, where none counts; `REACH-E5305` their
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
        if (tries++ === MOST_TRIES) return;
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
