// verifyPack(): who signed a pack, and whether it is still to be used. docs/spec/pack.md, PACK-10 to PACK-13.
import type { Engine, Pack } from "@reach-fabric/engine";
import { compareVersions, packYank } from "@reach-fabric/schema";
import type { PackManifest } from "@reach-fabric/schema";
import { readBundle, verifiedPayload, writeBundle } from "../signature/bundle.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { formatStatement, parseForeign, readStatement } from "../signature/in-toto.ts";
import { inShape } from "../encoding/json.ts";
import { requireAlgorithm } from "../keys/key.ts";
import type { PublicKey, Signer } from "../keys/key.ts";
import {
  isSignedBy,
  readPackFile,
  requireOwnPredicate,
  verifiedStatement,
  YANK,
} from "./pack-file.ts";
import type { PackFile, StatementName } from "./pack-file.ts";
import { publishedIf, publishersOf, requireAllowedPack, requirePublished } from "./publisher.ts";
import type { Policy } from "../trust/policy.ts";
import { requireNotYanked } from "../trust/rules.ts";
import { Findings } from "../trust/verdicts.ts";
import type { Judgement } from "../trust/verdicts.ts";

/** The questions about a pack. */
export const packVerdicts = ["intact", "trusted", "approved", "current"] as const;

/**
 * - `intact`: every file is the one that pack.json names, and the pack's digest is that of pack.json
 * - `trusted`: a key that the policy trusts has signed it, its id and its version
 * - `approved`: a policy's rules about packs allow it: those that it allows, who published it, what it withdrew
 * - `current`: of the withdrawals that were given none is by a trusted key, and it is not older than is required
 */
export type PackVerdict = (typeof packVerdicts)[number];

/** What is asked of a pack. */
export interface PackPolicy {
  /** P-256 keys of publishers. With it, `trusted` is required. */
  readonly trustedKeys?: readonly PublicKey[];
  /** Withdrawals, as yankPack() signs them. Those by other keys than trusted ones mean nothing. */
  readonly yanks?: readonly Uint8Array[];
  /** What it says of packs counts: `packs`, and the keyring's keys for packs, at its time. */
  readonly policy?: Policy;
  /** No older version is taken: an old one, with old faults, may be put in the place of a new one. */
  readonly minVersion?: string;
}

/** What verifyPack() found. */
export interface PackReport extends Judgement<PackVerdict> {
  /** The rest is only there when the pack is intact. */
  readonly digest?: string;
  readonly manifest?: PackManifest;
  /** Whose signature was found valid. */
  readonly key?: PublicKey;
  /** Further statements that the same key has signed: `sbom`, `provenance`. */
  readonly statements?: readonly StatementName[];
}

/**
 * Verifies a pack file. It returns a report for hostile bytes, too.
 *
 * @example
 * const { ok, verdicts } = verifyPack(engine, packFile, { trustedKeys: [publicKeyOf(publisherFile)] });
 * ok; // → true
 */
export function verifyPack(engine: Engine, bytes: Uint8Array, policy: PackPolicy = {}): PackReport {
  const { trustedKeys, yanks = [], minVersion } = policy;
  const isAsked = {
    intact: true,
    trusted: trustedKeys !== undefined,
    approved: [
      policy.policy?.yankedPacks,
      policy.policy?.rules?.packs,
      policy.policy?.rules?.publishers,
    ].some((rule) => rule !== undefined),
    current: yanks.length > 0 || minVersion !== undefined,
  };
  const required = packVerdicts.filter((name) => isAsked[name]);
  const findings = new Findings(packVerdicts, required, "the pack is not intact");
  const file = findings.attempt("intact", () => readPackFile(engine, bytes));
  if (file === undefined) return findings.judgement();
  const { pack, manifest } = file;
  findings.pass("intact", `all ${manifest.files.length} files are those of pack.json`);
  const key = findings.attempt("trusted", () => signedBy(engine, file, trustedKeys));
  if (key !== undefined) {
    findings.pass(
      "trusted",
      `the key ${key.id}, which is trusted, has signed its digest, id and version`,
    );
  }
  noteApprovedPack(engine, findings, file, policy);
  findings.attempt("current", () => {
    requireCurrent(engine, pack, manifest, policy);
    // What no one may have signed was looked at by no one.
    if (yanks.length > 0 && trustedKeys === undefined) {
      const what = `${yanks.length} withdrawals were given, and no key that may withdraw a pack`;
      throw new EvidenceError("REACH-E5411", what);
    }
    const seen = `${yanks.length} withdrawals were given, none of them by a trusted key`;
    const age = `not older than ${minVersion}`;
    const what = [...(yanks.length > 0 ? [seen] : []), ...(minVersion === undefined ? [] : [age])];
    if (what.length > 0) findings.pass("current", what.join("; "));
    else findings.leave("current", "neither withdrawals nor an oldest version were given");
  });
  return {
    ...findings.judgement(),
    digest: pack.digest,
    manifest,
    ...(key === undefined ? {} : { key, statements: furtherStatements(engine, file, key) }),
  };
}

/** Whether the rules of a policy allow the pack, as it would be used now. */
function noteApprovedPack(
  engine: Engine,
  findings: Findings<PackVerdict>,
  { pack, manifest, bundles }: PackFile,
  { policy, yanks = [] }: PackPolicy,
): void {
  if (policy === undefined) {
    findings.leave("approved", "no policy was given");
    return;
  }
  const { rules = {}, now: startedAt = "" } = policy;
  findings.attempt("approved", () => {
    requireNotYanked(policy, pack.digest);
    const publishers = publishersOf(policy, {
      startedAt,
      tenant: policy.signers?.tenant ?? null,
    });
    const said = [...(bundles.get("pack") ?? []), ...yanks];
    const about = { digest: pack.digest, manifest };
    const published =
      publishers === undefined || (rules.publishers === undefined && rules.packs === undefined)
        ? []
        : publishedIf(rules.publishers !== undefined, () =>
            requirePublished(engine, about, said, publishers),
          );
    const how = requireAllowedPack(rules, pack.digest, published)?.how;
    const by = published[0] && `the key ${published[0].publisher.id} has published it`;
    const held = [by, how].flatMap((text) => text ?? []);
    if (held.length > 0) findings.pass("approved", `as the policy asks: ${held.join("; ")}`);
    else if (policy.yankedPacks !== undefined)
      findings.pass("approved", "the policy does not name it as withdrawn");
    else findings.leave("approved", "the policy does not say which packs may be used");
  });
}

/** The trusted key that signed; the signature says which pack of which version it is. Any of the bundles will do. */
function signedBy(
  engine: Engine,
  file: PackFile,
  trustedKeys: readonly PublicKey[] | undefined,
): PublicKey {
  const bundles = file.bundles.get("pack") ?? [];
  if (bundles.length === 0) throw new EvidenceError("REACH-E5411", "the pack is not signed");
  if (trustedKeys === undefined) {
    throw new EvidenceError("REACH-E5411", "no trusted key was given: anyone may have signed it");
  }
  const refused: unknown[] = [];
  for (const bundle of bundles) {
    try {
      return signerOfBundle(engine, file, bundle, trustedKeys);
    } catch (error) {
      refused.push(error);
    }
  }
  // What is wrong with a bundle of a trusted key says more than that there are those of others.
  throw refused.find((error) => !isStrangers(error)) ?? refused[0];
}

function signerOfBundle(
  engine: Engine,
  { pack, manifest }: PackFile,
  bundle: Uint8Array,
  trustedKeys: readonly PublicKey[],
): PublicKey {
  const { hint } = readBundle(engine, bundle, "the pack bundle");
  const hinted = trustedKeys.filter(({ id }) => id === hint);
  for (const key of hinted) requireAlgorithm(key, "P-256", "a pack");
  const [key, said] = firstSigner(hinted, (each) =>
    verifiedStatement(engine, bundle, pack, "pack", each),
  ) ?? [undefined, {}];
  if (key === undefined) {
    throw new EvidenceError(
      "REACH-E5205",
      `no trusted key is the one that it hints at, ${quoted(hint)}`,
    );
  }
  requireOwnPredicate(manifest, said);
  return key;
}

/**
 * The first of the keys that an id may mean whose signature it is, with what was read by it: an id is a label,
 * and two keys can be made to share one.
 *
 * @throws what `read` throws where it is the signature of none of them
 */
function firstSigner<T>(
  keys: readonly PublicKey[],
  read: (key: PublicKey) => T,
): [PublicKey, T] | undefined {
  for (const [i, key] of keys.entries()) {
    try {
      return [key, read(key)];
    } catch (error) {
      if (!isForged(error) || i === keys.length - 1) throw error;
    }
  }
  return undefined;
}

const isForged = (error: unknown): boolean =>
  error instanceof EvidenceError && error.code === "REACH-E5303";

const isStrangers = (error: unknown): boolean =>
  error instanceof EvidenceError && error.code === "REACH-E5205";

function furtherStatements(
  engine: Engine,
  { pack, bundles }: PackFile,
  key: PublicKey,
): StatementName[] {
  return [...bundles].flatMap(([name, all]) =>
    name !== "pack" && all.some((bytes) => isSignedBy(engine, bytes, pack, name, key))
      ? [name]
      : [],
  );
}

function requireCurrent(
  engine: Engine,
  pack: Pack,
  { version }: PackManifest,
  { trustedKeys = [], yanks = [], minVersion }: PackPolicy,
): void {
  for (const bytes of yanks) {
    const reason = withdrawn(engine, bytes, pack, trustedKeys);
    if (reason === undefined) continue;
    throw new EvidenceError("REACH-E5412", `its publisher has withdrawn it: ${quoted(reason)}`);
  }
  if (minVersion === undefined || compareVersions(version, minVersion) >= 0) return;
  throw new EvidenceError(
    "REACH-E5413",
    `version ${quoted(version)} is older than ${quoted(minVersion)}`,
  );
}

/** A signed withdrawal of a pack, by its digest. */
export function yankPack(
  engine: Engine,
  digest: string,
  { reason, at }: { readonly reason: string; readonly at: string },
  signer: Signer,
): Uint8Array<ArrayBuffer> {
  requireAlgorithm(signer.key, "P-256", "a withdrawal");
  const predicate = inShape(packYank, { at, reason }, "the withdrawal");
  const subjects = [{ name: "pack.json", sha256: digest }];
  return writeBundle(
    engine,
    formatStatement(engine, { subjects, predicateType: YANK, predicate }),
    signer,
  );
}

/** Why a trusted key has withdrawn this pack; undefined for a withdrawal of another, or by a stranger. */
function withdrawn(
  engine: Engine,
  bytes: Uint8Array,
  { digest }: Pack,
  trustedKeys: readonly PublicKey[],
): string | undefined {
  const what = "a withdrawal";
  const bundle = readBundle(engine, bytes, what);
  const hinted = trustedKeys.filter(({ id }) => id === bundle.hint);
  const [, payload] = firstSigner(hinted, (key) => verifiedPayload(bundle, key)) ?? [];
  if (payload === undefined) return undefined;
  const sha256 = parseForeign(engine, payload).subject[0]?.digest.sha256 ?? "";
  const subjects = [{ name: "pack.json", sha256 }];
  const about = { subjects, predicateType: YANK, isForeign: true };
  const predicate = readStatement(engine, payload, about);
  const { reason } = inShape(packYank, predicate, what);
  return sha256 === digest ? reason : undefined;
}
