// The JSON of an evidence file, formats reach/evidence/v1 to v3: run.json, the Sigstore bundle, the
// in-toto statement in it, and the leaves of the trace. docs/spec/evidence.md and trace.md.
// Every object is strict: a member that is not named here is an error.
import * as z from "zod";
import { instant } from "../fields/texts.ts";
import { effectTypes } from "../workflow/calls.ts";

const digest = z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits");
const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

/** A salted commitment (TRACE-12) in hex: it stands where a value was. */
const commitment = digest;

/** Which rules the commitments of a file follow: one for each value, or for each field of it. */
const format = z.enum(["reach/evidence/v1", "reach/evidence/v2", "reach/evidence/v3"]);

/** run.json, EVID-6: what one signature is about. Values about persons are commitments. */
export const evidenceRun = z.strictObject({
  format,
  /** The run's random id, a lower-case UUID. */
  id: z
    .string()
    .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, "a lower-case UUID"),
  attempt: z.int().min(1).max(0xffffffff),
  startedAt: instant,
  endedAt: instant,
  tenant: commitment,
  actor: commitment,
  /** Commits to `{"decision","fingerprint"}`, both in hex. */
  decision: commitment,
  /** Commits to the host's stamps, an array that is in neither digest. */
  annotations: commitment.optional(),
  workflow: z.string().min(1).max(512),
  semantics: z.int().min(1).max(0xffffffff),
  /** SHA-256 of the scalar engine.wasm that ran. */
  engine: digest,
  /** SHA-256 of pack.json. */
  pack: digest,
  trace: z.strictObject({ root: digest, size: count }),
  key: z.strictObject({ alg: z.literal("Ed25519"), public: z.string().length(44) }),
});

/** run.json as it is signed. */
export type EvidenceRun = z.infer<typeof evidenceRun>;

/** The value that `decision` in run.json commits to. */
export const evidenceDecision = z.strictObject({ decision: digest, fingerprint: digest });

/** One host stamp: what it is about (a record's number) and what the host noted. */
export const evidenceAnnotations = z.array(z.record(z.string(), z.unknown()));

/** The first line of records.jsonl, EVID-43: the values of run.json, and what all seeds follow from. */
export const evidenceFacts = z.strictObject({
  actor: z.string(),
  annotations: evidenceAnnotations.optional(),
  decision: evidenceDecision,
  seed: digest,
  tenant: z.string(),
});

/** What a run is by its host, with the seed of its values. */
export type EvidenceFacts = z.infer<typeof evidenceFacts>;

/** run.sigstore.json, EVID-9: a Sigstore bundle v0.3 with a key hint and one DSSE signature. */
export const sigstoreBundle = z.strictObject({
  mediaType: z.literal("application/vnd.dev.sigstore.bundle.v0.3+json"),
  verificationMaterial: z.strictObject({ publicKey: z.strictObject({ hint: z.string() }) }),
  dsseEnvelope: z.strictObject({
    payload: z.string(),
    payloadType: z.literal("application/vnd.in-toto+json"),
    signatures: z.array(z.strictObject({ sig: z.string() })),
  }),
});

/** A Sigstore bundle as Reach writes it. */
export type SigstoreBundle = z.infer<typeof sigstoreBundle>;

/** An in-toto Statement v1, EVID-11 and PACK-7; what its predicate is depends on its type. */
export const inTotoStatement = z.strictObject({
  _type: z.literal("https://in-toto.io/Statement/v1"),
  subject: z
    .array(z.strictObject({ name: z.string(), digest: z.strictObject({ sha256: digest }) }))
    .max(16),
  predicateType: z.string().max(256),
  predicate: z.record(z.string(), z.unknown()),
});

/** An in-toto statement. */
export type InTotoStatement = z.infer<typeof inTotoStatement>;

/** What a withdrawal of a pack says, PACK-12. */
export const packYank = z.strictObject({ at: instant, reason: z.string().min(1).max(1000) });

const iteration = z.array(count);
const task = z.string();
const key = z.string().regex(/^(0|[1-9]\d*)(\.(0|[1-9]\d*))*$/, "an effect's key");
const json = z.record(z.string(), z.unknown());

const taskLeaf = z.discriminatedUnion("status", [
  z.strictObject({
    kind: z.literal("task"),
    seq: count,
    task,
    iteration,
    status: z.enum(["completed", "skipped"]),
    next: z.string(),
    input: commitment,
    context: commitment,
    output: commitment,
  }),
  z.strictObject({
    kind: z.literal("task"),
    seq: count,
    task,
    iteration,
    status: z.literal("faulted"),
    next: z.string(),
    input: commitment,
    context: commitment,
    error: commitment,
  }),
  z.strictObject({
    kind: z.literal("task"),
    seq: count,
    task,
    iteration,
    status: z.literal("cancelled"),
    next: z.literal("cancel"),
    input: commitment,
    context: commitment,
  }),
]);

const outcomeLeaf = z.discriminatedUnion("status", [
  z.strictObject({
    kind: z.literal("outcome"),
    seq: count,
    status: z.literal("completed"),
    output: commitment,
  }),
  z.strictObject({
    kind: z.literal("outcome"),
    seq: count,
    status: z.literal("faulted"),
    error: commitment,
  }),
  z.strictObject({ kind: z.literal("outcome"), seq: count, status: z.literal("cancelled") }),
]);

/** A leaf of the trace, TRACE-13: a record whose values are replaced by their commitments. */
export const traceLeaf = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("start"),
    seq: z.literal(0),
    pack: digest,
    workflow: z.string(),
    semantics: count,
    grant: json,
    limits: json,
    input: commitment,
  }),
  z.strictObject({
    kind: z.literal("request"),
    seq: count,
    key,
    task,
    iteration,
    occurrence: z.int().min(1),
    type: z.enum(effectTypes),
    request: commitment,
  }),
  z.strictObject({ kind: z.literal("result"), seq: count, key, result: commitment }),
  z.strictObject({ kind: z.literal("late"), seq: count, key, result: commitment }),
  taskLeaf,
  z.strictObject({
    kind: z.literal("retry"),
    seq: count,
    task,
    iteration,
    attempt: z.int().min(2),
    delay: z.number().min(0),
    error: commitment,
  }),
  z.strictObject({ kind: z.literal("cancel"), seq: count, reason: commitment }),
  z.strictObject({ kind: z.literal("suspend"), seq: count, reason: commitment }),
  z.strictObject({ kind: z.literal("resume"), seq: count, reason: json }),
  outcomeLeaf,
]);

/** A leaf of the trace. */
export type TraceLeaf = z.infer<typeof traceLeaf>;

/** step.json, EVID-40: records of one task, each with the proof that it is in the trace. */
export const stepFile = z.strictObject({
  format: z.literal("reach/step/v1"),
  /** The number of the task's record. */
  step: count,
  records: z
    .array(z.strictObject({ leaf: traceLeaf, proof: z.array(digest).max(64) }))
    .min(1)
    .max(4096),
});

/** step.json. */
export type StepFile = z.infer<typeof stepFile>;
