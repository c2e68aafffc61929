// Makes a .reach file of a run that has ended. docs/spec/evidence.md, EVID-18.
import { isInput, parseRecord, recompute, sameBytes, toBase64, toHex } from "@reach-fabric/engine";
import type { Engine, Pack, RecomputeOptions } from "@reach-fabric/engine";
import { whyNotPlain } from "@reach-fabric/schema";
import { commitRunValues, runSeedOf } from "../commitments/seeds.ts";
import { canonicalBytes, jsonLines, parseCanonical } from "../encoding/json.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { requireAlgorithm } from "../keys/key.ts";
import type { Signer } from "../keys/key.ts";
import { signRun } from "../signature/statement.ts";
import { writeContainer } from "./container.ts";
import { formatEntered, requireHead } from "./entered.ts";
import { BESIDE_BYTES, entriesOf, ENTRY } from "./layout.ts";
import { packBlobs } from "./pack.ts";
import { EVIDENCE_FORMAT, requireRun, treesOf } from "./run.ts";
import type { HexTreeHead } from "./run.ts";

/** Who ran what, when: the part of evidence that the engine does not know. */
export interface RunFacts {
  /** A random lower-case UUID. */
  readonly id: string;
  readonly tenant: string;
  readonly actor: string;
  /** From 1 on. */
  readonly attempt: number;
  /** RFC 3339, UTC, milliseconds: `2026-11-23T07:00:00.000Z`. */
  readonly startedAt: string;
  readonly endedAt: string;
}

export interface CreateOptions extends Pick<RecomputeOptions, "onProgress" | "signal"> {
  /** Its pack and run are replaced: the run is computed again before it is signed. */
  readonly engine: Engine;
  readonly pack: Pack;
  /** The records of the run in order: all of them, or those that entered it. */
  readonly records: readonly Uint8Array[];
  /** 32 random bytes for this run alone. Whoever has them and one value can confirm all others. */
  readonly runSecret: Uint8Array;
  readonly signer: Signer;
  readonly run: RunFacts;
  /** The host's stamps: signed, but in neither digest. Nothing where they are absent. */
  readonly annotations?: readonly object[];
  /** What publishers have signed about the pack, Sigstore bundles: beside what is signed here. */
  readonly packBundles?: readonly Uint8Array[];
}

/**
 * The .reach file of a run of which nothing is hidden: what entered it, its outcome and its pack, signed. The same
 * options give the same bytes.
 *
 * The run is computed first, and a run that the engine does not reproduce is not signed.
 *
 * @throws EvidenceError `REACH-E5101`, `REACH-E5102` a record that is not canonical; `REACH-E5801` records
 *   that are not those of a run which has ended; `REACH-E5802` facts or a secret that do not
 *   fit; `REACH-E5206` a key of another algorithm; `REACH-E5803` a run that does not reproduce; `REACH-E5007` over a limit
 *
 * @example
 * const file = createEvidence({ engine, pack, records, runSecret, signer, run });
 * verify(engine, file).ok; // → true
 */
export function createEvidence(options: CreateOptions): Uint8Array<ArrayBuffer> {
  const { engine, pack, runSecret, signer, run, annotations } = options;
  requireSecret(runSecret);
  requireAlgorithm(signer.key, "Ed25519", "evidence");
  if (typeof run.id !== "string") throw new EvidenceError("REACH-E5802", "the run has no id");
  const { workflow, semantics } = startOf(engine, options.records);
  const seed = runSeedOf(engine, runSecret, run);
  const { trace, entered, decision, inputs, outcome } = reproduced(options, seed);
  const { tenant, actor, ...facts } = run;
  const values = {
    actor,
    ...(annotations === undefined ? {} : { annotations }),
    decision,
    tenant,
  };
  const head = { ...values, seed: toHex(seed) };
  requireHead(head, "the facts of the run", "REACH-E5802");
  const why = whyNotPlain(tenant);
  if (why !== undefined) {
    throw new EvidenceError(
      "REACH-E5802",
      `the tenant ${quoted(tenant)} is no name to compare: ${why}`,
    );
  }
  const bytes = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, canonicalBytes(engine, value)]),
  );
  const document = requireRun(
    {
      format: EVIDENCE_FORMAT,
      ...facts,
      ...commitRunValues(engine, seed, bytes),
      workflow,
      semantics,
      engine: engine.digest,
      pack: pack.digest,
      trace,
      entered,
      key: { alg: signer.key.alg, public: toBase64(signer.key.bytes) },
    },
    "the facts of the run",
    "REACH-E5802",
  );
  const runJson = canonicalBytes(engine, document);
  return writeContainer(
    entriesOf({
      run: runJson,
      signature: signRun(engine, { document, run: runJson }, signer),
      proof: undefined,
      start: undefined,
      publisher: publisherEntry(engine, options.packBundles),
      redaction: undefined,
      values: { entered: formatEntered(engine, head, inputs, outcome) },
      blobs: packBlobs(engine, pack),
    }),
  );
}

/** The bundles, a line each, in the form that lines have; undefined for none. */
function publisherEntry(
  engine: Engine,
  bundles: readonly Uint8Array[] = [],
): Uint8Array | undefined {
  if (bundles.length === 0) return undefined;
  const lines = jsonLines(bundles.map((bytes) => engine.canonicalize(bytes)));
  if (lines.length <= BESIDE_BYTES) return lines;
  throw new EvidenceError("REACH-E5007", `${ENTRY.publisher} would be over the limit of size`);
}

/** Salts are derived from this secret: one that can be guessed makes every value guessable. */
function requireSecret(secret: Uint8Array): void {
  if (secret.length === 32 && secret.some((byte) => byte !== secret[0])) return;
  throw new EvidenceError("REACH-E5802", "the run secret is not 32 random bytes");
}

/** What the first record says of the run. */
function startOf(
  engine: Engine,
  records: readonly Uint8Array[],
): { readonly workflow: string; readonly semantics: number } {
  const [first] = records;
  if (first === undefined) throw new EvidenceError("REACH-E5801", "there are no records");
  parseCanonical(engine, first, "the first record");
  const start = recordOf(first);
  if (start?.kind === "start") return start;
  throw new EvidenceError("REACH-E5801", "the first record is not the start of a run");
}

const recordOf = (bytes: Uint8Array): ReturnType<typeof parseRecord> | undefined => {
  try {
    return parseRecord(bytes);
  } catch {
    return undefined;
  }
};

/** What a run came to, computed again. */
interface Reproduced {
  readonly trace: HexTreeHead;
  readonly entered: HexTreeHead;
  readonly decision: { readonly decision: string; readonly fingerprint: string };
  readonly inputs: readonly Uint8Array[];
  readonly outcome: Uint8Array;
}

/** Drives the run once by its inputs; every record that is given must be as it is computed. */
function reproduced(options: CreateOptions, seed: Uint8Array): Reproduced {
  const { engine, pack, records, onProgress, signal } = options;
  const isComplete = hasLeft(records);
  const inputs: Uint8Array[] = [];
  let at = 0;
  function* given(): Generator<Uint8Array> {
    while (at < records.length) {
      const input = records[at] as Uint8Array;
      inputs.push(input);
      if (!isComplete) at += 1;
      yield input;
    }
  }
  // Inputs are among them, and so the next one is at hand when the engine has given what is between.
  const compare = (computed: Uint8Array): void => {
    const recorded = records[at++];
    if (recorded === undefined) throw unended();
    if (!sameBytes(recorded, computed)) throw differs(engine, recorded, at - 1);
  };
  const result = recompute(engine, pack, given(), {
    seed,
    ...(isComplete && { onRecord: compare }),
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  });
  const { status, refusal, outcome, decision, fingerprint } = result;
  if (status === "incomplete") throw unended();
  if (refusal !== undefined) {
    const last = inputs.at(-1);
    if (last !== undefined) parseCanonical(engine, last, `record ${inputs.length} that entered`);
    throw notReproduced(refusal.message);
  }
  if (outcome === undefined || decision === undefined || fingerprint === undefined) {
    throw notReproduced("it has no decision digest");
  }
  const trees = treesOf(result);
  return { ...trees, decision: { decision, fingerprint }, inputs, outcome };
}

/** What follows the start left the engine, unless what left is not given at all. */
function hasLeft([, second]: readonly Uint8Array[]): boolean {
  const record = second === undefined ? undefined : recordOf(second);
  return record !== undefined && !isInput(record);
}

const unended = (): EvidenceError =>
  new EvidenceError("REACH-E5801", "the records end before the run");

const notReproduced = (why: string): EvidenceError =>
  new EvidenceError("REACH-E5803", `the run does not reproduce: ${why}`);

function differs(engine: Engine, recorded: Uint8Array, at: number): EvidenceError {
  parseCanonical(engine, recorded, `record ${at}`);
  return notReproduced(`record ${at}: the engine gives another one`);
}
