// Trees that grow, proofs that are made, and claims that an attacker makes, against recursion.
import fc from "fast-check";
import { EngineError, toHex } from "@reach-fabric/engine";
import type { Engine, SubtreeClaim } from "@reach-fabric/engine";
import { agreed, survivors } from "../../tools/engine/builds.ts";
import * as model from "../models/merkle.ts";
import { revived } from "./registry.ts";
import type { Target } from "./registry.ts";

interface Input {
  readonly leaves: readonly Uint8Array[];
  /** Sizes of the parts in which the leaves are appended. */
  readonly parts: readonly number[];
  readonly start: number;
  readonly end: number;
  readonly changes: readonly Change[];
}

/** One thing that an attacker does to a claim. */
type Change =
  | {
      readonly kind: "bit";
      readonly where: "hash" | "root" | "proof";
      readonly at: number;
      readonly bit: number;
    }
  | { readonly kind: "number"; readonly where: "start" | "end" | "size"; readonly to: unknown }
  | { readonly kind: "bitOfNumber"; readonly where: "start" | "end" | "size"; readonly bit: number }
  | { readonly kind: "drop" | "repeat" | "swap"; readonly at: number }
  | {
      readonly kind: "hash";
      readonly where: "hash" | "root" | "proof";
      readonly at: number;
      readonly to: unknown;
    }
  | { readonly kind: "exchange" };

interface Open {
  start: unknown;
  end: unknown;
  size: unknown;
  hash: unknown;
  root: unknown;
  proof: unknown[];
}

function change(claim: Open, { ...how }: Change): void {
  const { proof } = claim;
  const place = (at: number): number => (proof.length === 0 ? 0 : at % proof.length);
  const flipped = (hash: unknown, bit: number): unknown => {
    if (!(hash instanceof Uint8Array) || hash.length === 0) return hash;
    const copy = hash.slice();
    const at = (bit >> 3) % copy.length;
    copy[at] = (copy[at] ?? 0) ^ (1 << (bit & 7));
    return copy;
  };
  switch (how.kind) {
    case "bit":
      if (how.where === "proof") proof[place(how.at)] = flipped(proof[place(how.at)], how.bit);
      else claim[how.where] = flipped(claim[how.where], how.bit);
      return;
    case "number":
      claim[how.where] = how.to;
      return;
    case "bitOfNumber":
      claim[how.where] = BigInt.asUintN(64, big(claim[how.where]) ^ (1n << BigInt(how.bit)));
      return;
    case "drop":
      proof.splice(place(how.at), 1);
      return;
    case "repeat":
      if (proof.length > 0) proof.splice(place(how.at), 0, proof[place(how.at)]);
      else proof.push(claim.root);
      return;
    case "swap":
      [proof[0], proof[place(how.at)]] = [proof[place(how.at)], proof[0]];
      if (proof[0] === undefined) proof.length = 0;
      return;
    case "hash":
      if (how.where === "proof") proof[place(how.at)] = how.to;
      else claim[how.where] = how.to;
      return;
    default:
      [claim.hash, claim.root] = [claim.root, claim.hash];
  }
}

const big = (value: unknown): bigint =>
  typeof value === "bigint"
    ? value
    : typeof value === "number" && Number.isSafeInteger(value)
      ? BigInt(value)
      : 0n;

const outcome = (attempt: () => unknown): unknown => {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof EngineError) return error.code;
    throw error;
  }
};

function claimOf({ leaves, start, end, changes }: Input): Open {
  const hashes = leaves.map((leaf) => model.leafHash(leaf));
  const fits = model.isSubtree(BigInt(start), BigInt(end), BigInt(hashes.length));
  const claim: Open = {
    start,
    end,
    size: hashes.length,
    hash: model.root(hashes.slice(start, end)),
    root: model.root(hashes),
    proof: fits ? model.proof(start, end, hashes) : [],
  };
  for (const each of changes) change(claim, each);
  return claim;
}

function ask(engine: Engine, input: Input, claim: Open): Record<string, unknown> {
  const { leaves, parts, start, end } = input;
  const hashes = engine.hashFrames(leaves, 0);
  let tree = engine.merkleTree();
  const byHashes = engine.merkleTree();
  let at = 0;
  for (const part of [...parts, leaves.length]) {
    tree.append(leaves.slice(at, at + part));
    byHashes.appendHashes(hashes.slice(at, at + part));
    at = Math.min(leaves.length, at + part);
    if (part % 2 === 0) tree = engine.merkleTree(tree.state());
  }
  const asked = claim as unknown as SubtreeClaim;
  return {
    root: toHex(engine.merkleRoot(leaves)),
    grown: toHex(tree.root()),
    byHashes: toHex(byHashes.root()),
    size: String(tree.size),
    proof: outcome(() => engine.subtreeProof(hashes, start, end).map(toHex)),
    holds: engine.verifySubtree(asked),
    inclusion: engine.verifyInclusion({
      leafHash: asked.hash,
      index: asked.start,
      size: asked.size,
      root: asked.root,
      proof: asked.proof,
    }),
    consistency: engine.verifyConsistency({
      oldSize: asked.end,
      oldRoot: asked.hash,
      size: asked.size,
      root: asked.root,
      proof: asked.proof,
    }),
  };
}

const hashes = fc.oneof(
  fc.uint8Array({ minLength: 32, maxLength: 32 }),
  fc.uint8Array({ minLength: 30, maxLength: 34 }),
  fc.constantFrom<unknown>(undefined, null, "a".repeat(32), 32, []),
);
const numbers = fc.oneof(
  fc.nat(80),
  fc.bigInt(0n, (1n << 64n) - 1n),
  fc.constantFrom<unknown>(
    -1,
    0.5,
    Number.NaN,
    Infinity,
    2 ** 53,
    1n << 64n,
    -1n,
    "1",
    null,
    undefined,
  ),
);
const place = fc.constantFrom("hash" as const, "root" as const, "proof" as const);
const field = fc.constantFrom("start" as const, "end" as const, "size" as const);

const changes: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant("bit" as const), where: place, at: fc.nat(9), bit: fc.nat(255) }),
  fc.record({ kind: fc.constant("number" as const), where: field, to: numbers }),
  fc.record({ kind: fc.constant("bitOfNumber" as const), where: field, bit: fc.nat(63) }),
  fc.record({
    kind: fc.constantFrom("drop" as const, "repeat" as const, "swap" as const),
    at: fc.nat(9),
  }),
  fc.record({ kind: fc.constant("hash" as const), where: place, at: fc.nat(9), to: hashes }),
  fc.record({ kind: fc.constant("exchange" as const) }),
);

export function merkleTarget(): Target<Input> {
  const engines = survivors();
  let held = 0;
  return {
    name: "merkle",
    arbitrary: fc
      .record({
        leaves: fc.oneof(
          fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 20 }),
          fc.nat(300).map((n) => Array.from({ length: n }, (_, i) => new Uint8Array([i, i >> 8]))),
        ),
        parts: fc.array(fc.nat(40), { maxLength: 5 }),
        place: fc.tuple(fc.nat(1 << 16), fc.nat(1 << 16), fc.nat(9)),
        changes: fc.array(changes, { maxLength: 2 }),
      })
      .map(({ place: [a, b, level], ...rest }) => {
        // Mostly subtrees: a start that suits the size, and an end that suits the start.
        const n = rest.leaves.length;
        const room = 1 << (level % 9);
        const start = n === 0 ? 0 : Math.floor((a % (n + 1)) / room) * room;
        const end = Math.min(n, start + (b % (room + 1)));
        return { ...rest, start, end };
      }),
    check: (input) => {
      const claim = claimOf(input);
      const found = agreed(engines(), (engine) => ask(engine, input, claim));
      const all = input.leaves.map((leaf) => model.leafHash(leaf));
      const { start, end } = input;
      const fits = model.isSubtree(BigInt(start), BigInt(end), BigInt(all.length));
      const root = toHex(model.root(all));
      const one = typeof claim.start === "bigint" || Number.isSafeInteger(claim.start);
      const wanted = {
        root,
        grown: root,
        byHashes: root,
        size: String(all.length),
        proof: fits ? model.proof(start, end, all).map(toHex) : "REACH-E1701",
        holds: model.holds(claim),
        inclusion: one && model.holds({ ...claim, end: big(claim.start) + 1n }),
        consistency: model.holds({ ...claim, start: 0n }),
      };
      if (wanted.holds) held++;
      for (const [name, value] of Object.entries(wanted)) {
        const [got, right] = [JSON.stringify(found[name]), JSON.stringify(value)];
        if (got !== right) throw new Error(`${name}: ${got}, wanted ${right}`);
      }
    },
    decode: (kept) => revived(kept) as Input,
    known: () => `${held} claims held`,
  };
}
