// Policies: what a verifier asks of evidence. docs/spec/policy.md.
import { fromHex, fromUtf8, sha256, toBase64, toHex } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { lagPattern, namesRules, policyFile, problemCode } from "@reach-fabric/schema";
import type { Path, PolicyFile } from "@reach-fabric/schema";
import { exactBase64 } from "../encoding/bytes.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { fileInShape } from "../encoding/json.ts";
import { openKeyring } from "./keyring.ts";
import type { Keyring } from "./keyring.ts";
import { publicKey, sameKey } from "../keys/key.ts";
import type { PublicKey } from "../keys/key.ts";
import { openCheckpoint, parseCheckpoint } from "../log/checkpoint.ts";
import { parseConsistencyProof } from "../log/consistency.ts";
import type { ConsistencyProof } from "../log/consistency.ts";
import { noteText, parseNoteKey } from "../log/note.ts";
import type { NoteKey } from "../log/note.ts";
import { parseTlogPolicy } from "../log/policy-file.ts";
import type { Quorum } from "../log/quorum.ts";
import { requireRoot, rootOf } from "./roots.ts";
import type { Root } from "./roots.ts";
import type { AllowedPack, Rules } from "./rules.ts";
import type { Freshness } from "./trust.ts";
import type { Verdict } from "./verdicts.ts";

/** What a verifier asks of evidence. */
export interface Policy {
  /**
   * The keys that may have signed. With it, `trusted` is required: a file that another key signed
   * fails, and with no keys every file does. Without it and `signers`, `trusted` is not checked.
   */
  readonly trustedKeys?: readonly PublicKey[];
  /** Who may have signed, for whom and when, by a keyring. With it, `trusted` is required. */
  readonly signers?: Signers;
  /**
   * Keys that are known, as the verifier's own: a signature by one of them is `trusted`, one by another key is not
   * checked, and no fail. With it, even where it is empty, `trusted` is required.
   */
  readonly ownKeys?: readonly PublicKey[];
  /** By which rules a run may have been decided. With it, `approved` is required. */
  readonly rules?: Rules;
  /** The verdicts that must pass; `authentic` always must. Default: and `complete`, `replayed`. */
  readonly required?: readonly Verdict[];
  /**
   * Digests of the engines that may have run it, in hex. With it, `replayed` is required: another
   * engine fails. Without it, any engine may have, provided that this one computes the same.
   */
  readonly engines?: readonly string[];
  /** Digests of engines that are known to compute wrongly. With it, `replayed` is required. */
  readonly faultyEngines?: readonly string[];
  /** Digests of packs that were withdrawn. With it, `replayed` is required. */
  readonly yankedPacks?: readonly string[];
  /** The logs of which one must have the evidence. With it, `logged` is required, or `witnessed`. */
  readonly logs?: readonly LogPolicy[];
  /**
   * Milliseconds after the end of a run by which the policy's witnesses, or its log where it asks for none, must have
   * seen it. Default: a day.
   */
  readonly maxLag?: number;
  /** The verifier's time: no time may lie behind it. With `signers` or `logs` it is needed. */
  readonly now?: string;
  /**
   * Fuel that a replay may use. A run that was allowed more is not replayed: `not checked`. Default:
   * REPLAY_FUEL.
   */
  readonly fuel?: number;
}

/** Who may have signed: a keyring, how new it must be, and the only tenant that counts. */
export interface Signers extends Omit<Freshness, "now"> {
  readonly keyring: Keyring;
  readonly tenant?: string | undefined;
}

/** A log in which evidence may be. */
export interface LogPolicy {
  readonly origin: string;
  readonly key: NoteKey;
  readonly witnesses: readonly NoteKey[];
  /** So many different keys of `witnesses` must have cosigned. */
  readonly quorum: Quorum;
  /** Where it stood when it was closed: no checkpoint of more entries is its own. */
  readonly final?: { readonly size: bigint; readonly root: Uint8Array };
  /** Where it is served: a verifier that has to may ask it there how it has grown. */
  readonly url?: string;
  /** The evidence must have the proof that its run's beginning is in the log, too. */
  readonly started?: boolean;
  /** What the verifier has seen of it before. */
  readonly seen?: { readonly size: bigint; readonly root: Uint8Array };
  /** Proofs that it has grown, between what was seen or kept of it and others. */
  readonly growth?: readonly Pick<ConsistencyProof, "from" | "to" | "hashes">[];
}

/** What a policy is read with. */
export interface PolicyCircumstances {
  /** The keyring as a file; needed if the policy names a root, and refused otherwise. */
  readonly keyring?: Uint8Array | undefined;
  /** The verifier's time. */
  readonly now: string;
  /** Checkpoints of the policy's logs that the verifier has kept, one of a log: signed notes. */
  readonly seen?: readonly Uint8Array[];
  /** Proofs that those logs have grown (LOG-37). */
  readonly growth?: readonly Uint8Array[];
  /** The bytes of a file that the policy names, which lies beside it. */
  readonly fileOf?: (name: string) => Uint8Array | undefined;
}

const MAX_BYTES = 4 * 1024 * 1024;
const notPolicy = (what: string): EvidenceError => new EvidenceError("REACH-E5218", what);

/**
 * The policy in a file: strict JSON in any layout. Its root signed the keyring; no key that it names
 * has two roles.
 *
 * @throws EvidenceError `REACH-E5218` not a policy, or not one for this keyring; `REACH-E5202` a root
 *   that is not safe; `REACH-E5310` an invalid key of a log; as openKeyring() does; `REACH-E5219` a key
 *   in two roles
 *
 * @example
 * const policy = readPolicy(engine, policyBytes, { keyring: keyringBytes, now });
 * verify(engine, bytes, policy).verdicts.trusted.result; // → "pass"
 */
export function readPolicy(
  engine: Engine,
  bytes: Uint8Array,
  { keyring: ring, now, seen = [], growth = [], fileOf }: PolicyCircumstances,
): Policy {
  const { file, policy, root } = checkedPolicy(engine, bytes, fileOf);
  const { keyring: wanted, tenant } = file;
  if ((root === undefined) !== (ring === undefined)) {
    throw notPolicy(root === undefined ? "the policy names no root" : "the policy needs a keyring");
  }
  const keyring = root && ring && openKeyring(engine, ring, root);
  const grown = growth.map((proof) => parseConsistencyProof(engine, proof));
  const logs = withSeen(policy.logs, seen, grown);
  requireRoles(root, keyring, logs ?? []);
  return {
    ...policy,
    now,
    ...(keyring === undefined ? {} : { signers: { keyring, tenant, ...wanted } }),
    ...(logs === undefined ? {} : { logs }),
  };
}

/** A policy as it is written, and what it comes to by itself: without a keyring, a time and what was seen. */
export interface CheckedPolicy {
  readonly file: PolicyFile;
  readonly policy: Policy;
  readonly root: Root | undefined;
}

/**
 * Reads a policy by itself: all that is wrong in it is found here, at its place, whatever keyring it is used with.
 *
 * @throws EvidenceError `REACH-E5202`, `REACH-E5218`, `REACH-E5219`, `REACH-E5310`
 */
export function checkedPolicy(
  engine: Engine,
  bytes: Uint8Array,
  fileOf?: PolicyCircumstances["fileOf"],
): CheckedPolicy {
  const file = parse(engine, bytes);
  const { root: pinned, engines, packs } = file;
  const root = pinned && at(["root"], () => rootIn(pinned));
  const logs = logsOf(file, fileOf);
  requireRoles(root, undefined, logs ?? []);
  const policy = {
    ...(file.required === undefined ? {} : { required: file.required }),
    ...(namesRules(file) ? { rules: rulesOf(file) } : {}),
    ...(engines?.allowed === undefined ? {} : { engines: engines.allowed }),
    ...(engines?.faulty === undefined ? {} : { faultyEngines: engines.faulty }),
    ...(packs?.yanked === undefined ? {} : { yankedPacks: packs.yanked }),
    ...(logs === undefined ? {} : { logs }),
    ...(file.maxLag === undefined ? {} : { maxLag: lagOf(file.maxLag) }),
    ...(file.fuel === undefined ? {} : { fuel: file.fuel }),
  };
  return { file, policy, root };
}

/** What a check of one member gives; its error says where that is. */
function at<T>(path: Path, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    const { code, message: what } = error;
    const problems = [{ code: problemCode.badValue, path, what }];
    throw new EvidenceError(code, what, { problems, cause: error });
  }
}

/** The logs that the policy names itself, and those of the tlog-policy that it refers to. */
function logsOf(
  { logs, tlogPolicy }: PolicyFile,
  fileOf: PolicyCircumstances["fileOf"],
): LogPolicy[] | undefined {
  const own = logs?.map(logOf);
  if (tlogPolicy === undefined) return own;
  const { file, sha256: wanted } = tlogPolicy;
  const bytes = fileOf?.(file);
  if (bytes === undefined) throw notPolicy(`the policy needs the file ${quoted(file)} beside it`);
  if (toHex(sha256(bytes)) !== wanted) {
    throw notPolicy(`the file ${quoted(file)} is not the one whose SHA-256 the policy has`);
  }
  const { logs: keys, witnesses, quorum } = parseTlogPolicy(bytes);
  if (keys.length === 0) throw notPolicy(`the file ${quoted(file)} names no log`);
  const more = keys.map((key) => ({ origin: key.name, key, witnesses, quorum }));
  const all = [...(own ?? []), ...more];
  for (const [i, { origin, key }] of all.entries()) {
    const isSame = (other: LogPolicy): boolean =>
      other.origin === origin || sameKey(other.key.key, key.key);
    if (all.slice(0, i).some(isSame)) throw notPolicy(`the log ${quoted(origin)} is named twice`);
  }
  return all;
}

/** The logs, each with what was seen of it. */
function withSeen(
  logs: readonly LogPolicy[] | undefined,
  notes: readonly Uint8Array[],
  grown: readonly ConsistencyProof[],
): LogPolicy[] | undefined {
  const named = new Map(logs?.map((log) => [log.origin, log]));
  for (const note of notes) {
    const { origin } = parseCheckpoint(noteText(note));
    const log = named.get(origin);
    if (log === undefined) throw notPolicy(`the policy does not name the log ${quoted(origin)}`);
    if (log.seen !== undefined) throw notPolicy(`two checkpoints of ${quoted(origin)} were given`);
    const { size, root } = openCheckpoint(note, origin, log.key, log.witnesses);
    named.set(origin, { ...log, seen: { size, root } });
  }
  return (
    logs &&
    [...named.values()].map((log) => ({
      ...log,
      growth: grown.filter(({ origin }) => origin === log.origin),
    }))
  );
}

/** The policy as it is written. */
function parse(engine: Engine, bytes: Uint8Array): PolicyFile {
  if (bytes.length > MAX_BYTES) throw notPolicy(`a policy has at most ${MAX_BYTES} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(engine.canonicalize(bytes)));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "it is not JSON";
    throw new EvidenceError("REACH-E5218", `not a policy: ${why}`, { cause });
  }
  return fileInShape(policyFile, value, "the policy", "REACH-E5218");
}

/** What a policy says of the rules; none of it where it names none. */
function rulesOf({ packs, workflows, grants, limits, window }: PolicyFile): Rules {
  const signedBy = packs?.signedBy;
  const keys = signedBy?.keys?.map((key, i) =>
    at(["packs", "signedBy", "keys", i, "public"], () => keyOf(key)),
  );
  const publishers = keys ?? (signedBy && "keyring");
  return {
    ...(packs?.allowed && {
      packs: packs.allowed.map((one, i) => at(["packs", "allowed", i], () => allowedPack(one))),
    }),
    ...(publishers && { publishers }),
    ...(workflows && { workflows }),
    ...(grants && { grants }),
    ...(limits && { limits }),
    ...(window && { window }),
  } as Rules;
}

type WrittenPack = NonNullable<NonNullable<PolicyFile["packs"]>["allowed"]>[number];

const allowedPack = ({ digest, name = "", versions, publisher }: WrittenPack): AllowedPack =>
  digest === undefined
    ? {
        name,
        ...(versions === undefined ? {} : { versions }),
        ...(publisher && { publisher: keyOf(publisher) }),
      }
    : { digest };

/** One key, or several of which so many must sign. */
function rootIn(pinned: NonNullable<PolicyFile["root"]>): Root {
  if ("alg" in pinned) return rootOf(keyOf(pinned));
  const root = { threshold: pinned.threshold, keys: pinned.keys.map(keyOf) };
  try {
    requireRoot(root);
    return root;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "";
    throw new EvidenceError("REACH-E5218", `the policy at "/root": ${why}`, { cause });
  }
}

function keyOf({ alg, public: shared }: Pick<PublicKey, "alg"> & { public: string }): PublicKey {
  return publicKey(exactBase64(shared) ?? new Uint8Array(), alg);
}

function logOf(
  { origin, key, witnesses, quorum, url, final, started }: NonNullable<PolicyFile["logs"]>[number],
  i: number,
): LogPolicy {
  const log = {
    origin,
    key: at(["logs", i, "key"], () => noteKeyOf(key, "note")),
    witnesses: witnesses.map((text, n) =>
      at(["logs", i, "witnesses", n], () => noteKeyOf(text, "cosignature")),
    ),
    quorum,
    ...(url === undefined ? {} : { url }),
    ...(started === true ? { started } : {}),
  };
  if (final === undefined) return log;
  return { ...log, final: { size: BigInt(final.size), root: fromHex(final.root) } };
}

/** Milliseconds of an ISO 8601 duration of days, hours, minutes and seconds. */
function lagOf(text: string): number {
  const [, days = 0, hours = 0, minutes = 0, seconds = 0] = (lagPattern.exec(text) ?? []).map(
    (part) => Number(part ?? 0),
  );
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

function noteKeyOf(text: string, kind: NoteKey["kind"]): NoteKey {
  const key = parseNoteKey(text);
  if (key.kind === kind) return key;
  throw notPolicy(
    `the key of ${quoted(key.name)} is not the key of a ${kind === "note" ? "log" : "witness"}`,
  );
}

/** A key that is used for two things can be made to sign one for the other. */
function requireRoles(
  root: Root | undefined,
  keyring: Keyring | undefined,
  logs: readonly LogPolicy[],
): void {
  const shared = (key: PublicKey): EvidenceError =>
    new EvidenceError("REACH-E5219", `the key ${key.id} has two roles`);
  const used = logs.flatMap(({ key, witnesses }) => [
    { key: key.key, role: "log" },
    ...witnesses.map((witness) => ({ key: witness.key, role: "witness" })),
  ]);
  for (const { key, role } of used) {
    const roots = keyring?.rootPath ?? (root === undefined ? [] : [root]);
    if (roots.some(({ keys }) => keys.some((one) => sameKey(one, key)))) throw shared(key);
    const bytes = toBase64(key.bytes);
    const entry = keyring?.keys.find((one) => one.alg === key.alg && one.public === bytes);
    if (entry !== undefined && entry.role !== role) throw shared(key);
    if (used.some((other) => other.role !== role && sameKey(other.key, key))) throw shared(key);
  }
}
