// Statements about packs that stock programs have signed, such as cosign with a key in a KMS or an HSM.
// docs/spec/pack.md, PACK-21.
import type { Engine } from "@reach-fabric/engine";
import { packYank } from "@reach-fabric/schema";
import { inShape } from "../encoding/json.ts";
import { requireAlgorithm } from "../keys/key.ts";
import type { PublicKey } from "../keys/key.ts";
import { normalBundle, readBundle, verifiedPayload } from "../signature/bundle.ts";
import { readStatement } from "../signature/in-toto.ts";
import { requireOwnPredicate, statementOf, verifiedStatement, YANK } from "./pack-file.ts";
import type { PackFile, StatementName } from "./pack-file.ts";

/** A statement about a pack, verified, in the form that a pack file has. */
export interface ImportedStatement {
  readonly name: StatementName;
  readonly bundle: Uint8Array<ArrayBuffer>;
}

/**
 * The statement about this pack in a bundle that another program has made with this key: a Sigstore bundle v0.3 in any
 * spelling of its JSON, with an in-toto Statement v0.1 or v1. The signed bytes stay as they are; the rest gets the
 * form that Reach writes.
 *
 * @param bytes what `cosign attest-blob --bundle` writes
 * @throws EvidenceError `REACH-E5206` a key of another algorithm than P-256; `REACH-E5101`, `REACH-E5103`,
 *   `REACH-E5301`, `REACH-E5302` not such a bundle; `REACH-E5303` not signed by this key; `REACH-E5305` not a statement
 *   that a pack has, or about another id or version; `REACH-E5306` about another pack
 *
 * @example
 * const { name, bundle } = importStatement(engine, fromCosign, readPackFile(engine, packFile), publicKeyOf(publisherFile));
 * name; // → "pack"
 */
export function importStatement(
  engine: Engine,
  bytes: Uint8Array,
  { pack, manifest }: Pick<PackFile, "pack" | "manifest">,
  key: PublicKey,
): ImportedStatement {
  requireAlgorithm(key, "P-256", "a pack");
  const what = "the bundle";
  const bundle = normalBundle(engine, bytes, key, what);
  const name = statementOf(engine, verifiedPayload(readBundle(engine, bundle, what), key), pack);
  const said = verifiedStatement(engine, bundle, pack, name, key);
  if (name === "pack") requireOwnPredicate(manifest, said);
  return { name, bundle };
}

/** A withdrawal, verified, in the form that yankPack() writes. */
export interface ImportedWithdrawal {
  readonly bundle: Uint8Array<ArrayBuffer>;
  readonly reason: string;
}

/**
 * The withdrawal of a pack in a bundle that another program has made with this key, as importStatement() takes one.
 *
 * @param digest the pack's
 * @throws EvidenceError as importStatement() does
 *
 * @example
 * importWithdrawal(engine, yankedByCosign, manifestDigest, publicKeyOf(publisherFile)).reason; // → "a wrong band"
 */
export function importWithdrawal(
  engine: Engine,
  bytes: Uint8Array,
  digest: string,
  key: PublicKey,
): ImportedWithdrawal {
  requireAlgorithm(key, "P-256", "a withdrawal");
  const what = "the bundle";
  const bundle = normalBundle(engine, bytes, key, what);
  const payload = verifiedPayload(readBundle(engine, bundle, what), key);
  const subjects = [{ name: "pack.json", sha256: digest }];
  const about = { subjects, predicateType: YANK, isForeign: true };
  const { reason } = inShape(
    packYank,
    readStatement(engine, payload, about),
    "the withdrawal",
    "REACH-E5305",
  );
  return { bundle, reason };
}
