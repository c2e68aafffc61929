// run.json: what one signature is about. docs/spec/evidence.md, EVID-6 to EVID-8.
import { toHex } from "@reach-fabric/engine";
import type { Engine, Recomputed } from "@reach-fabric/engine";
import { exactBase64 } from "../encoding/bytes.ts";
import { parseCanonical } from "../encoding/json.ts";
import { digest, instant, integer, isObject, matching, object, oneOf } from "../encoding/shape.ts";
import { requireShape, text } from "../encoding/shape.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import type { EvidenceCode } from "../errors/errors.ts";
import { publicKey } from "../keys/key.ts";
import type { PublicKey } from "../keys/key.ts";

/** The version of the format that this program writes, and the one that it reads. */
export const EVIDENCE_FORMAT = "reach/evidence/v4";

/** The head of a tree of RFC 6962, its root in hex. */
export interface HexTreeHead {
  readonly root: string;
  readonly size: number;
}

/** run.json as it is signed. What may be about persons is there by its commitment, in hex. */
export interface EvidenceRun {
  readonly format: typeof EVIDENCE_FORMAT;
  /** The run's random id, a lower-case UUID. */
  readonly id: string;
  readonly attempt: number;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly tenant: string;
  readonly actor: string;
  /** Commits to `{"decision","fingerprint"}`, both in hex. */
  readonly decision: string;
  /** Commits to the host's stamps, an array that is in neither digest. */
  readonly annotations?: string;
  readonly workflow: string;
  readonly semantics: number;
  /** SHA-256 of the scalar engine.wasm that ran, and of pack.json. */
  readonly engine: string;
  readonly pack: string;
  /** Over all records. */
  readonly trace: HexTreeHead;
  /** Over the records that entered, and the outcome. */
  readonly entered: HexTreeHead;
  readonly key: { readonly alg: "Ed25519"; readonly public: string };
}

/** Both trees of a run that was computed, as run.json holds them. */
export const treesOf = ({
  root = NONE,
  size = 0,
  entered = { root: NONE, size: 0 },
}: Recomputed): Pick<EvidenceRun, "trace" | "entered"> => ({
  trace: { root: toHex(root), size },
  entered: { root: toHex(entered.root), size: entered.size },
});
const NONE = new Uint8Array();

const treeHead = object({ root: digest, size: integer(1, 0xffffffff) });

const members = {
  id: matching(
    /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
    "a lower-case UUID",
  ),
  attempt: integer(1, 0xffffffff),
  startedAt: instant,
  endedAt: instant,
  tenant: digest,
  actor: digest,
  decision: digest,
  workflow: text("1 to 512 characters", ({ length }) => length > 0 && length <= 512),
  semantics: integer(1, 0xffffffff),
  engine: digest,
  pack: digest,
  trace: treeHead,
  entered: treeHead,
  key: object({
    alg: oneOf("Ed25519"),
    public: text("44 characters", ({ length }) => length === 44),
  }),
};
const current = object({ ...members, format: oneOf(EVIDENCE_FORMAT) }, { annotations: digest });
const anyFormat = object({ ...members, format: text("a format") }, { annotations: digest });

/**
 * Reads run.json.
 *
 * @throws EvidenceError `REACH-E5107` for an older version of the format, `REACH-E5104` for a later one, which could
 *   not be checked; `REACH-E5101` to `REACH-E5103` for anything else
 */
export function readRun(engine: Engine, bytes: Uint8Array): EvidenceRun {
  const value = parseCanonical(engine, bytes, "run.json");
  requireVersion(value);
  return requireRun(value, "run.json");
}

/** Requires the form of run.json; also of what a host says of its run. */
export function requireRun(
  value: unknown,
  what: string,
  code: EvidenceCode = "REACH-E5103",
): EvidenceRun {
  requireShape(current, value, what, code);
  const run = value as EvidenceRun;
  if (run.endedAt >= run.startedAt) return run;
  throw new EvidenceError(code, `${what}: the run ended before it started`);
}

/** Versions that there were before the first release, and those that there may be. */
function requireVersion(value: unknown): void {
  const format = isObject(value) ? value["format"] : undefined;
  if (typeof format !== "string" || format === EVIDENCE_FORMAT) return;
  const [, version] = /^reach\/evidence\/v([1-9]\d{0,8})$/.exec(format) ?? [];
  if (version === undefined) return;
  if (Number(version) < 4) {
    const what = `the file has format ${format}, which is from before the first release`;
    throw new EvidenceError("REACH-E5107", what);
  }
  // All that this version has and nothing else, under another name: no later version is meant to be that.
  if (anyFormat(value) === undefined) {
    throw new EvidenceError(
      "REACH-E5103",
      `run.json is one of ${EVIDENCE_FORMAT} that says ${format}`,
    );
  }
  const what = `the file has format ${format}, this program reads ${EVIDENCE_FORMAT}`;
  throw new EvidenceError("REACH-E5104", what);
}

/**
 * The key that run.json names as its signer's. That a signature is valid under it says that nothing
 * was changed since; whose key it is, run.json cannot say.
 *
 * @throws EvidenceError `REACH-E5201`, `REACH-E5202`
 */
export function namedKey({ key }: EvidenceRun): PublicKey {
  const bytes = exactBase64(key.public);
  if (bytes === undefined) {
    throw new EvidenceError("REACH-E5201", `run.json: ${quoted(key.public)} is not a public key`);
  }
  return publicKey(bytes);
}
