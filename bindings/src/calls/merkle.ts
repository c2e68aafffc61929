/** Merkle trees and proofs as in RFC 9162 and RFC 6962 (docs/spec/merkle.md). */

import { concat } from "../core/bytes.ts";
import { ArgumentError, requireByteArrays } from "../core/arguments.ts";
import type { Core, DataExports } from "../core/core.ts";
import { codeName, EngineError } from "../core/errors.ts";
import { E_PROOF, E_TREE, STATUS_OK } from "../generated/codes.ts";
import { batches, split } from "./hash.ts";
import { SharedState } from "../core/shared-state.ts";

type Hash = Uint8Array<ArrayBuffer>;

/** A number of leaves, or the place of one. */
export type LeafCount = number | bigint;

/** A tree that grows: only what its root needs is kept, 32 bytes for each bit of its size. */
export interface MerkleTree {
  /** Leaves so far. */
  readonly size: bigint;
  /** Takes more leaves; returns itself. */
  append(leaves: readonly Uint8Array[]): MerkleTree;
  /** Takes more leaves by their hashes, SHA-256(00 || leaf), 32 bytes each. */
  appendHashes(hashes: readonly Uint8Array[]): MerkleTree;
  /** The root of the leaves so far, 32 bytes. */
  root(): Hash;
  /** All that is kept, for merkleTree(state) to go on from. */
  state(): Uint8Array<ArrayBuffer>;
}

/** What an inclusion proof says, and the proof. */
export interface InclusionClaim {
  /** SHA-256(00 || leaf). */
  readonly leafHash: Uint8Array;
  /** The leaf's place, from 0. */
  readonly index: LeafCount;
  /** Leaves of the tree. */
  readonly size: LeafCount;
  /** Its root. */
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** What a consistency proof says, and the proof. */
export interface ConsistencyClaim {
  readonly oldSize: LeafCount;
  readonly oldRoot: Uint8Array;
  readonly size: LeafCount;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** What a subtree proof says, and the proof. */
export interface SubtreeClaim {
  /** The leaves [start, end) are the subtree. */
  readonly start: LeafCount;
  readonly end: LeafCount;
  readonly hash: Uint8Array;
  readonly size: LeafCount;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

export interface MerkleCalls {
  /**
   * The root of the tree over leaves, 32 bytes; for no leaves the SHA-256 of nothing.
   *
   * @example merkleRoot([leaf]); // → sha256(concat([Uint8Array.of(0), leaf]))
   */
  merkleRoot(leaves: readonly Uint8Array[]): Hash;
  /**
   * A tree that grows, as many at a time as are wanted. With a state it goes on where that was
   * taken; a state is as trustworthy as where it was kept.
   *
   * @throws EngineError `REACH-E1004` for bytes that are no state
   *
   * @example merkleTree().append([a, b]).append([c]).root(); // → merkleRoot([a, b, c])
   */
  merkleTree(state?: Uint8Array): MerkleTree;
  /**
   * The proof that `leafHashes[index]` is in the tree over all of them (RFC 9162 section 2.1.3.1).
   *
   * @param leafHashes SHA-256(00 || leaf) each, as hashFrames(leaves, 0) gives them; 2,097,152 at most
   * @throws EngineError `REACH-E1701` for an index outside the tree
   */
  inclusionProof(leafHashes: readonly Uint8Array[], index: number): Hash[];
  /**
   * The proof that the tree over the first `oldSize` leaves has grown into the tree over all of
   * them (RFC 9162 section 2.1.4.1). For 0 and for all leaves it is empty.
   *
   * @throws EngineError `REACH-E1701` for more leaves than there are
   */
  consistencyProof(leafHashes: readonly Uint8Array[], oldSize: number): Hash[];
  /**
   * The proof that the leaves [start, end) are a subtree of the tree over all of them
   * (draft-ietf-plants-merkle-tree-certs section 4.4).
   *
   * @throws EngineError `REACH-E1701` for leaves that are no subtree: `start` must be a multiple of
   *   the smallest power of two that is not below `end - start`
   */
  subtreeProof(leafHashes: readonly Uint8Array[], start: number, end: number): Hash[];
  /**
   * Whether a leaf is in a tree. False for anything else than a proof of this claim: every field may
   * come from an attacker, and of any type. Only `size` and `root` are believed: they belong
   * together, and a proof cannot tell a wrong size of that root where the path is the same.
   *
   * @example
   * const hashes = hashFrames([a, b, c], 0);
   * const claim = { leafHash: hashes[2]!, index: 2, size: 3, root: merkleRoot([a, b, c]) };
   * verifyInclusion({ ...claim, proof: inclusionProof(hashes, 2) }); // → true
   */
  verifyInclusion(claim: InclusionClaim): boolean;
  /**
   * Whether one tree has grown into another: everything in the old one is in the new one, at the
   * same place. False for anything else, as verifyInclusion(). That nothing has grown into
   * something holds by itself: from the size 0 any root follows.
   */
  verifyConsistency(claim: ConsistencyClaim): boolean;
  /** Whether leaves are a subtree of a tree. False for anything else, as verifyInclusion(). */
  verifySubtree(claim: SubtreeClaim): boolean;
}

export function merkleCalls(core: Core<DataExports>): MerkleCalls {
  const { exports } = core;
  const trees = new SharedState(core, exports.treeSave, exports.treeRestore);

  const merkleTree = (state?: Uint8Array): MerkleTree => {
    const append = (items: readonly Uint8Array[], hashed: 0 | 1): MerkleTree => {
      if (hashed === 1) requireByteArrays("hashes", items, 32);
      else requireByteArrays("leaves", items);
      trees.enter(self);
      for (const batch of batches(items)) {
        const length = hashed === 1 ? core.placeOne(concat(batch)) : core.placeFrames(batch);
        core.checked(exports.treeAppend, length, hashed);
      }
      return self;
    };
    const saved = (): Uint8Array<ArrayBuffer> => {
      trees.enter(self);
      core.checked(exports.treeSave);
      return core.output();
    };
    const self: MerkleTree = {
      get size(): bigint {
        return new DataView(saved().buffer).getBigUint64(0, true);
      },
      append: (leaves) => append(leaves, 0),
      appendHashes: (hashes) => append(hashes, 1),
      root: () => {
        trees.enter(self);
        core.checked(exports.treeRoot);
        return core.digest();
      },
      state: saved,
    };
    trees.begin(self, () => {
      if (state === undefined) core.checked(exports.treeReset);
      else core.checked(exports.treeRestore, core.placeOne(state, "state"));
    });
    return self;
  };

  const subtreeProof = (leafHashes: readonly Uint8Array[], start: number, end: number): Hash[] => {
    requireByteArrays("leafHashes", leafHashes, 32);
    for (const place of [start, end]) {
      if (!Number.isInteger(place) || place < 0 || place > leafHashes.length) {
        throw new EngineError(E_TREE, `no such subtree in a tree of this size: ${String(place)}`);
      }
    }
    core.checked(exports.merkleProof, core.placeOne(concat(leafHashes)), start, end);
    return split(core.output());
  };

  const verifySubtree = (claimed: SubtreeClaim): boolean => {
    requireClaim(claimed);
    const { start, end, size, hash, root, proof } = claimed;
    const numbers = [u64(start), u64(end), u64(size)];
    if (!Array.isArray(proof) || proof.length > LONGEST) return false;
    const hashes = [hash, root, ...(proof as readonly Uint8Array[])];
    if (!hashes.every(isHash)) return false;
    const claim = new Uint8Array(24 + 32 * hashes.length);
    const view = new DataView(claim.buffer);
    for (const [i, number] of numbers.entries()) {
      if (number === undefined) return false;
      view.setBigUint64(8 * i, number, true);
    }
    for (const [i, bytes] of hashes.entries()) claim.set(bytes, 24 + 32 * i);
    const status = core.call(exports.merkleVerify, core.placeOne(claim));
    if (status === STATUS_OK) return true;
    const error = core.error();
    if (error.code === codeName(E_PROOF)) return false;
    throw error;
  };

  return {
    merkleTree,
    merkleRoot: (leaves) => {
      requireByteArrays("leaves", leaves);
      if (batches(leaves).length > 1) return merkleTree().append(leaves).root();
      core.checked(exports.merkleRoot, core.placeFrames(leaves));
      return core.digest();
    },
    subtreeProof,
    inclusionProof: (leafHashes, index) => subtreeProof(leafHashes, index, index + 1),
    consistencyProof: (leafHashes, oldSize) =>
      oldSize === 0 ? [] : subtreeProof(leafHashes, 0, oldSize),
    verifySubtree,
    verifyInclusion: (claim) => {
      requireClaim(claim);
      const { index, size, leafHash, root, proof } = claim;
      const start = u64(index);
      if (start === undefined) return false;
      return verifySubtree({ start, end: start + 1n, size, hash: leafHash, root, proof });
    },
    verifyConsistency: (claim) => {
      requireClaim(claim);
      const { oldSize, oldRoot, size, root, proof } = claim;
      return verifySubtree({ start: 0, end: oldSize, size, hash: oldRoot, root, proof });
    },
  };
}

/** No tree has more levels: 64 halvings of 2^64 leaves, and the subtree's own part. */
const LONGEST = 65;

/** A number of leaves as the engine takes it; undefined for anything else. */
function u64(count: unknown): bigint | undefined {
  if (typeof count === "number" && Number.isSafeInteger(count) && count >= 0) return BigInt(count);
  if (typeof count === "bigint" && count >= 0n && count < 1n << 64n) return count;
  return undefined;
}

const isHash = (bytes: unknown): bytes is Uint8Array =>
  bytes instanceof Uint8Array && bytes.length === 32;

/** A claim may hold anything; what is not a claim at all is a mistake of the calling program. */
function requireClaim(claim: unknown): void {
  if (typeof claim !== "object" || claim === null) {
    throw new ArgumentError("claim", "an object", claim);
  }
}
