// The tree over the leaves of a run of which the last ones are hidden: of those there are the hashes of their largest
// subtrees (RFC 6962), so that neither their number nor one of them can be guessed. docs/spec/evidence.md, EVID-40.
import { concat } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";

/** Leaves from `from` up to before `to`. */
interface Part {
  readonly from: number;
  readonly to: number;
}

/** The two subtrees of one with more than one leaf. */
function halves({ from, to }: Part): [Part, Part] {
  let width = 1;
  while (width * 2 < to - from) width *= 2;
  return [
    { from, to: from + width },
    { from: from + width, to },
  ];
}

/** The hashes of the largest subtrees over all leaves from one on, from the left to the right. */
export function subtreesFrom(
  engine: Engine,
  leaves: readonly Uint8Array[],
  first: number,
): Uint8Array[] {
  const over = (part: Part): Uint8Array[] => {
    if (part.to <= first) return [];
    if (part.from < first) return halves(part).flatMap(over);
    return [engine.merkleTree().appendHashes(leaves.slice(part.from, part.to)).root()];
  };
  return over({ from: 0, to: leaves.length });
}

/**
 * The root of a tree of so many leaves, the first of which are known; undefined where the hashes of the others are too
 * few or too many.
 *
 * @param others as subtreesFrom() gives them
 */
export function rootWith(
  engine: Engine,
  known: readonly Uint8Array[],
  size: number,
  others: readonly Uint8Array[],
): Uint8Array | undefined {
  if (known.length > size) return undefined;
  let next = 0;
  const over = (part: Part): Uint8Array | undefined => {
    if (part.from >= known.length) return others[next++];
    if (part.to <= known.length) {
      return engine.merkleTree().appendHashes(known.slice(part.from, part.to)).root();
    }
    const [left, right] = halves(part).map(over);
    return left && right && engine.sha256(concat([NODE, left, right]));
  };
  const root = over({ from: 0, to: size });
  return next === others.length ? root : undefined;
}
const NODE = Uint8Array.of(1);
