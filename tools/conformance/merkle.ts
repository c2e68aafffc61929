// Trees and proofs against the RFC 6962 vectors of transparency-dev/merkle.
import { fromBase64, fromHex, sha256, toBase64, toHex } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { textOf } from "./suite.ts";
import type { Suite, SuiteResult, Vectors } from "./suite.ts";

/** The leaves behind the vectors: those of the reference tests of Certificate Transparency. */
const LEAVES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
].map((hex) => fromHex(hex));

/** Hashes are base64. Numbers are decimal texts: some of them no double holds. */
interface Case {
  readonly wantErr: boolean;
  readonly proof: readonly string[] | null;
  readonly leafIdx?: string;
  readonly leafHash?: string;
  readonly treeSize?: string;
  readonly root?: string;
  readonly size1?: string;
  readonly root1?: string;
  readonly size2?: string;
  readonly root2?: string;
  readonly start?: string;
  readonly end?: string;
  readonly size?: string;
}

const ROOT = "rfc6962-merkle/testdata";

/** The cases of a folder, by the rest of their path. */
function cases(vectors: Vectors, kind: string): [name: string, proof: Case][] {
  return vectors
    .list(`${ROOT}/${kind}`)
    .filter((path) => path.endsWith(".json"))
    .map((path) => {
      const text = textOf(vectors, path).replaceAll(/: (\d+)/g, ': "$1"');
      return [path.slice(ROOT.length + 1), JSON.parse(text) as Case];
    });
}

/** Every tree head that a valid proof of the vectors is about. */
function treeHeads(engine: Engine, vectors: Vectors): SuiteResult {
  const failed: string[] = [];
  const skipped: string[] = [];
  let passed = 0;
  for (const [name, proof] of [...cases(vectors, "inclusion"), ...cases(vectors, "consistency")]) {
    if (proof.wantErr) continue;
    for (const [size, root] of [
      [proof.treeSize, proof.root],
      [proof.size1, proof.root1],
      [proof.size2, proof.root2],
    ] as const) {
      if (size === undefined || root === undefined) continue;
      const leaves = LEAVES.slice(0, Number(size));
      if (!/^\w+\/\d/.test(name)) skipped.push(`${name}: about other leaves, which it lacks`);
      else if (toHex(engine.merkleRoot(leaves)) === toHex(fromBase64(root))) passed++;
      else failed.push(`${name}: size ${size}`);
    }
  }
  return { passed, failed, skipped };
}

/** What is asked: three numbers, two hashes, a proof. */
interface Claim {
  readonly start: bigint;
  readonly end: bigint;
  readonly size: bigint;
  readonly hash: Uint8Array;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

const bytes = (base64: string | null | undefined): Uint8Array => fromBase64(base64 ?? "");

const kinds: Readonly<Record<string, (proof: Case) => Claim>> = {
  inclusion: ({ leafIdx = "0", treeSize = "0", leafHash, root, proof }) => ({
    start: BigInt(leafIdx),
    end: BigInt(leafIdx) + 1n,
    size: BigInt(treeSize),
    hash: bytes(leafHash),
    root: bytes(root),
    proof: (proof ?? []).map(bytes),
  }),
  consistency: ({ size1 = "0", size2 = "0", root1, root2, proof }) => ({
    start: 0n,
    end: BigInt(size1),
    size: BigInt(size2),
    hash: bytes(root1),
    root: bytes(root2),
    proof: (proof ?? []).map(bytes),
  }),
  subtreeconsistency: ({ start = "0", end = "0", size = "0", root1, root2, proof }) => ({
    start: BigInt(start),
    end: BigInt(end),
    size: BigInt(size),
    hash: bytes(root1),
    root: bytes(root2),
    proof: (proof ?? []).map(bytes),
  }),
};

/**
 * Vectors that hold although their roots are no hashes: texts of 12 bytes. Reach refuses those, and
 * holds the same claim with the roots made hashes.
 */
const NO_HASHES = new Set([
  "consistency/additional/sizes-are-equal-one-and-proof-is-empty.json",
  "subtreeconsistency/additional/sizes-are-equal-one-and-proof-is-empty.json",
  "subtreeconsistency/additional/subtree-is-empty-sizes-are-equal-one-subtree-root-valid-tree-root-random-proof-is-empty.json",
  "subtreeconsistency/additional/subtree-is-empty-sizes-are-equal-zero-subtree-root-valid-tree-root-random-proof-is-empty.json",
]);

function proofs(kind: string): (engine: Engine, vectors: Vectors) => SuiteResult {
  return (engine, vectors) => {
    const failed: string[] = [];
    let [passed, refused] = [0, 0];
    const odd = new Set([...NO_HASHES].filter((name) => name.startsWith(`${kind}/`)));
    const count = odd.size;
    for (const [name, proof] of cases(vectors, kind)) {
      const held = holds(engine, kind, proof);
      if (!held) refused++;
      const strict = odd.delete(name);
      const right = strict ? !held && holds(engine, kind, asHashes(proof)) : held !== proof.wantErr;
      if (right) passed++;
      else failed.push(`${name}: ${held ? "held" : "refused"}`);
    }
    for (const name of odd) failed.push(`${name}: not among the vectors`);
    const notes = [`${refused} refused`];
    if (count > 0) notes.push(`${count} with roots of 12 bytes: held with hashes only`);
    return { passed, failed, skipped: [], notes };
  };
}

function holds(engine: Engine, kind: string, proof: Case): boolean {
  if (kind === "subtreeinclusion") return holdsInSubtree(engine, proof);
  const claim = kinds[kind]?.(proof);
  if (claim === undefined) throw new Error(`no kind ${kind}`);
  const { start, end, size, hash, root, proof: path } = claim;
  if (kind === "inclusion") {
    return engine.verifyInclusion({ leafHash: hash, index: start, size, root, proof: path });
  }
  if (kind === "consistency") {
    return engine.verifyConsistency({ oldSize: end, oldRoot: hash, size, root, proof: path });
  }
  return engine.verifySubtree(claim);
}

/**
 * A leaf in the subtree [start, end), which must be one (draft-ietf-plants-merkle-tree-certs
 * section 4): the subtree is a tree of its own, in which the leaf's place counts from `start`.
 */
function holdsInSubtree(engine: Engine, proof: Case): boolean {
  const [start, end, at] = [proof.start, proof.end, proof.leafIdx].map((text) => BigInt(text ?? 0));
  if (start === undefined || end === undefined || at === undefined) return false;
  if (start >= end || at < start) return false;
  let room = 1n;
  while (room < end - start) room *= 2n;
  if (start % room !== 0n) return false;
  return engine.verifyInclusion({
    leafHash: bytes(proof.leafHash),
    index: at - start,
    size: end - start,
    root: bytes(proof.root),
    proof: (proof.proof ?? []).map(bytes),
  });
}

/** The same case with roots that are hashes: of their bytes, or the one root of an empty tree. */
function asHashes(proof: Case): Case {
  const hash = (root: string | undefined, size: string | undefined): string => {
    const content = bytes(root);
    if (content.length === 32) return root ?? "";
    return toBase64(sha256(size === "0" ? new Uint8Array() : content));
  };
  return {
    ...proof,
    root1: hash(proof.root1, proof.end ?? proof.size1),
    root2: hash(proof.root2, proof.size ?? proof.size2),
  };
}

export const suites: Suite[] = [
  { name: "rfc6962-tree-heads", run: treeHeads },
  { name: "rfc6962-inclusion", run: proofs("inclusion") },
  { name: "rfc6962-consistency", run: proofs("consistency") },
  { name: "rfc6962-subtree-inclusion", run: proofs("subtreeinclusion") },
  { name: "rfc6962-subtree-consistency", run: proofs("subtreeconsistency") },
];
