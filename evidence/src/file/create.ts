// Makes a .reach file of a run that has ended. docs/spec/evidence.md, EVID-18.
import { replay as replayOnEngine, toBase64 } from "@reach-fabric/engine";
import type { Engine, Pack, TraceRecord } from "@reach-fabric/engine";
import { evidenceRun, evidenceAnnotations } from "@reach-fabric/schema";
import type { EvidenceFacts, EvidenceRun } from "@reach-fabric/schema";
import { writeBundle } from "../signature/bundle.ts";
import { writeContainer } from "./container.ts";
import { requireName } from "./disclosures.ts";
import { EvidenceError } from "../errors/errors.ts";
import { canonicalBytes, inShape, jsonLines, parseLines } from "../encoding/json.ts";
import type { Line } from "../encoding/json.ts";
import { requireAlgorithm } from "../keys/key.ts";
import type { Signer } from "../keys/key.ts";
import { entriesOf } from "./layout.ts";
import { packBlobs } from "./pack.ts";
import { expand, formatRecords, seedOf } from "./records.ts";
import { FORMAT } from "./run.ts";
import { slotName } from "../commitments/slots.ts";
import { writeStatement } from "../signature/statement.ts";
import { traceRoot } from "./trace.ts";

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

export interface CreateOptions {
  /** Its pack and run are replaced: the run is replayed before it is signed. */
  readonly engine: Engine;
  readonly pack: Pack;
  /** All records of the run, from `start` to `outcome`. */
  readonly records: readonly Uint8Array[];
  /** 32 random bytes for this run alone. Whoever has them and one value can confirm all others. */
  readonly runSecret: Uint8Array;
  readonly signer: Signer;
  readonly run: RunFacts;
  /** The host's stamps: signed, but in neither digest. Nothing where they are absent. */
  readonly annotations?: readonly object[];
}

/**
 * The .reach file of a run, complete: its trace, its values and its pack, signed. The same options
 * give the same bytes.
 *
 * The run is replayed first, and a run that the engine does not reproduce is not signed.
 *
 * @throws EvidenceError `REACH-E5101`, `REACH-E5102` a record that is not canonical; `REACH-E5801` a
 *   trace that is not that of a run which has ended; `REACH-E5802` facts or a secret that do not
 *   fit; `REACH-E5206` a key of another algorithm; `REACH-E5803` a run that does not reproduce; `REACH-E5007` over a limit
 *
 * @example
 * const file = createEvidence({ engine, pack, records, runSecret, signer, run });
 * verify(engine, file).ok; // → true
 */
export function createEvidence(
  options: CreateOptions,
  replay: typeof replayOnEngine = replayOnEngine,
): Uint8Array<ArrayBuffer> {
  const { engine, pack, records, runSecret, signer, run, annotations } = options;
  requireSecret(runSecret);
  requireAlgorithm(signer.key, "Ed25519", "evidence");
  if (records.length === 0) throw new EvidenceError("REACH-E5801", "there are no records");
  const parsed = parseLines(engine, jsonLines(records), "the records");
  const { workflow, semantics, decision } = reproduced(options, parsed, replay);
  const facts: EvidenceFacts = {
    actor: requireName(run.actor, "actor"),
    ...(annotations === undefined
      ? {}
      : { annotations: inShape(evidenceAnnotations, annotations, "annotations") }),
    decision,
    seed: seedOf(engine, runSecret),
    tenant: requireName(run.tenant, "tenant"),
  };
  const { trace, leaves, disclosures } = expand(engine, facts, parsed);
  const ofRun = disclosures.filter(({ pointer }) => pointer.startsWith("/run/"));
  const document: EvidenceRun = inShape(
    evidenceRun,
    {
      format: FORMAT,
      id: run.id,
      attempt: run.attempt,
      startedAt: run.startedAt,
      endedAt: run.endedAt,
      ...Object.fromEntries(
        ofRun.map(({ pointer, commitment }) => [slotName(pointer), commitment]),
      ),
      workflow,
      semantics,
      engine: engine.digest,
      pack: pack.digest,
      trace: traceRoot(
        engine,
        leaves.map(({ bytes }) => bytes),
      ),
      key: { alg: signer.key.alg, public: toBase64(signer.key.bytes) },
    },
    "the facts of the run",
    "REACH-E5802",
  );
  if (run.endedAt < run.startedAt) {
    throw new EvidenceError("REACH-E5802", "the run ended before it started");
  }
  const runJson = canonicalBytes(engine, document);
  const statement = writeStatement(engine, {
    format: FORMAT,
    run: runJson,
    trace,
    pack: pack.digest,
    engine: engine.digest,
  });
  return writeContainer(
    entriesOf({
      run: runJson,
      bundle: writeBundle(engine, statement, signer),
      proof: undefined,
      values: { records: formatRecords(engine, facts, parsed) },
      blobs: packBlobs(engine, pack),
    }),
  );
}

/** Salts are derived from this secret: one that can be guessed makes every value guessable. */
function requireSecret(secret: Uint8Array): void {
  if (secret.length === 32 && secret.some((byte) => byte !== secret[0])) return;
  throw new EvidenceError("REACH-E5802", "the run secret is not 32 random bytes");
}

/** What the run was, by its start record, and what it decided, computed again. */
function reproduced(
  { engine, pack, records }: CreateOptions,
  parsed: readonly Line[],
  replay: typeof replayOnEngine,
): { workflow: string; semantics: number; decision: { decision: string; fingerprint: string } } {
  const start = parsed[0]?.value as TraceRecord | undefined;
  if (start?.kind !== "start") {
    throw new EvidenceError("REACH-E5801", "the first record is not the start of a run");
  }
  const { status, decision, fingerprint, refusal, divergence } = replay(engine, pack, records);
  if (status === "incomplete") {
    throw new EvidenceError("REACH-E5801", "the records end before the run");
  }
  if (status !== "reproduced" || decision === undefined || fingerprint === undefined) {
    const why =
      refusal?.message ??
      (divergence && `record ${divergence.seq}: ${divergence.reason}`) ??
      "it has no decision digest";
    throw new EvidenceError("REACH-E5803", `the run does not reproduce: ${why}`);
  }
  const { workflow, semantics } = start;
  return { workflow, semantics, decision: { decision, fingerprint } };
}
