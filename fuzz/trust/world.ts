// The real things that facts stand for: evidence, logs, proofs and bundles as bytes; keys and keyrings are in world-keys.ts.
import {
  consistencyProof,
  hashFrames,
  inclusionProof,
  merkleRoot,
  utf8,
} from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import {
  evidenceEntryOf,
  formatCheckpoint,
  formatConsistencyProof,
  formatEntry,
  formatTlogProof,
  manifestOf,
  noteKey,
  packPredicate,
  signNote,
  signPack,
  startedEntryOf,
  yankPack,
} from "@reach-fabric/evidence";
import type { NoteKey } from "@reach-fabric/evidence";
import { instantAt, readContainer, writeContainer } from "@reach-fabric/evidence/testing";
import type { NewLogEntry } from "@reach-fabric/schema";
import {
  engine,
  evidence,
  pack,
  packOf,
  pseudoRandom,
  recorded,
  workflowWith,
} from "../../evidence/test/fixtures/fixture.ts";
import type {
  Checkpoint,
  Growth,
  KeyName,
  LogEntry,
  PackName,
  Proof,
  Run,
  Statement,
  Tree,
} from "./facts.ts";
import { VERSIONS } from "./facts.ts";
import { kept, keptOf } from "./kept.ts";
import { keyOf, signer } from "./world-keys.ts";

export * from "./world-keys.ts";
export { engine };

const packs: Readonly<Record<PackName, Pack>> = {
  first: pack,
  second: packOf({ "loan.yaml": workflowWith(650) }, VERSIONS.second),
};
export const digestOf = (name: PackName): string => packs[name].digest;

const records = kept<Uint8Array[]>();
const secretOf = (run: Run): Uint8Array => pseudoRandom(`secret ${run.id} ${run.secret}`)(32);
const factsOf = ({ id, tenant, startedAt, endedAt }: Run) => ({
  id: `0191b0c0-0000-4000-8000-${String(id).padStart(12, "0")}`,
  tenant,
  actor: "decider",
  attempt: 1,
  startedAt: instantAt(startedAt),
  endedAt: instantAt(endedAt),
});
const recordsOf = (name: PackName): Uint8Array[] =>
  records(name, () => recorded(712, { pack: packs[name] }));

const files = kept<Uint8Array>(5000);
/** Evidence about a run, without proofs. */
export const evidenceOf = keptOf<Run, Uint8Array>((run) => {
  const { isThief: _, signedAt: __, ...said } = run;
  return files(JSON.stringify(said), () =>
    evidence({
      pack: packs[run.pack],
      records: recordsOf(run.pack),
      runSecret: secretOf(run),
      signer: signer(run.key),
      run: factsOf(run),
    }),
  );
});

export const logKey = (origin: string, name: KeyName): NoteKey =>
  noteKey(origin, "note", keyOf(name));
export const witnessKey = (name: string, key: KeyName): NoteKey =>
  noteKey(name, "cosignature", keyOf(key));

const entryFact = ({ type, run }: LogEntry): NewLogEntry => {
  if (typeof run === "number") {
    const body = { type: "value.erased", actor: `entry ${run}`, outcome: "success" } as const;
    return { type: "act", body };
  }
  if (type === "evidence") return evidenceEntryOf(engine, evidenceOf(run));
  const { id, attempt, startedAt } = factsOf(run);
  return startedEntryOf(engine, {
    run: { id, attempt, secret: secretOf(run) },
    record: recordsOf(run.pack)[0] as Uint8Array,
    pack: digestOf(run.pack),
    engine: engine.digest,
    startedAt,
  });
};
const entryBytes = keptOf<LogEntry, Uint8Array>((entry) =>
  formatEntry(engine, entryFact(entry), instantAt(entry.at)),
);
const hashesOf = (tree: Tree): Uint8Array[] => hashFrames(tree.map(entryBytes), 0);
export const treeRoot = keptOf<Tree, Uint8Array>((tree) => merkleRoot(tree.map(entryBytes)));

export const checkpointText = ({ origin, tree }: Pick<Checkpoint, "origin" | "tree">): string =>
  formatCheckpoint({ origin, size: BigInt(tree.length), root: treeRoot(tree) });

/** The signed note. */
export const noteOf = keptOf<Checkpoint, Uint8Array<ArrayBuffer>>((checkpoint) => {
  const { origin, by, cosigned } = checkpoint;
  const text = checkpointText(checkpoint);
  const lines = cosigned.map(({ name, key, second }) =>
    signNote(text, witnessKey(name, key), signer(key), BigInt(second)),
  );
  return utf8(`${text}\n${signNote(text, logKey(origin, by), signer(by))}${lines.join("")}`);
});

const proofOf = ({ checkpoint, index, entry }: Proof): Uint8Array =>
  formatTlogProof({
    index: BigInt(index),
    hashes: inclusionProof(hashesOf(checkpoint.tree), index),
    extra: entryBytes(entry),
    checkpoint: noteOf(checkpoint),
  });

/** The hashes that show how a tree has grown from so many of its entries. */
export const growthHashes = (tree: Tree, from: number): Uint8Array[] =>
  from === 0 ? [] : consistencyProof(hashesOf(tree), from);

export const growthBytes = ({ origin, from, to }: Growth): Uint8Array =>
  formatConsistencyProof(engine, {
    origin,
    from: BigInt(from),
    to: BigInt(to.length),
    hashes: growthHashes(to, from),
  });

/** Evidence with proofs, true or not. */
export function fileOf(run: Run, proof: Proof | undefined, start: Proof | undefined): Uint8Array {
  if (proof === undefined) return evidenceOf(run);
  const more = [
    { name: "run.tlog-proof", bytes: proofOf(proof) },
    ...(start === undefined ? [] : [{ name: "start.tlog-proof", bytes: proofOf(start) }]),
  ];
  const parts = readContainer(evidenceOf(run));
  const at = parts.findIndex(({ name }) => name === "run.sig") + 1;
  return writeContainer([...parts.slice(0, at), ...more, ...parts.slice(at)]);
}

const bundles = kept<Uint8Array>();
export const bundleOf = ({ pack: name, by, withdrawnAt }: Statement): Uint8Array =>
  bundles(`${name} ${by} ${withdrawnAt}`, () => {
    if (withdrawnAt === undefined) {
      const of = packs[name];
      return signPack(engine, of, "pack", packPredicate(manifestOf(of)), signer(by));
    }
    const what = { reason: "it is wrong", at: instantAt(withdrawnAt) };
    return yankPack(engine, digestOf(name), what, signer(by));
  });
