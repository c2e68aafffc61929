// Two engines at the same work, in turns: what a change of the engine costs, on a machine whose speed drifts.
import { batch, duration, warmUp } from "./harness.ts";
import type { Contest, Effort } from "./harness.ts";

/** One contest's figures. */
export interface Pair {
  readonly name: string;
  readonly pairs: number;
  /** CPU microseconds of one run: medians. */
  readonly ours: number;
  readonly theirs: number;
  /** Ours in relation to theirs, of the batches of one pair: their median, and the middle half of them. */
  readonly ratio: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Measures the first contender of two contests that are alike but for their engine.
 *
 * A pair is a batch of each, as many runs in both; which goes first changes from pair to pair, so that what
 * one leaves behind (a warm cache, garbage) is not always the other's.
 */
export async function measurePairs(ours: Contest, theirs: Contest, effort: Effort): Promise<Pair> {
  const [own] = ours.contenders;
  const [other] = theirs.contenders;
  if (own === undefined || other === undefined || ours.name !== theirs.name) {
    throw new Error(`${ours.name} and ${theirs.name} are no pair`);
  }
  await warmUp(other, effort);
  const count = await warmUp(own, effort);
  const pairs = 3 * effort.rounds;
  const times: { readonly own: number; readonly other: number }[] = [];
  for (let i = 0; i < pairs; i++) {
    if (i % 2 === 0) {
      const first = await batch(own, count);
      times.push({ own: first, other: await batch(other, count) });
    } else {
      const first = await batch(other, count);
      times.push({ own: await batch(own, count), other: first });
    }
  }
  const ratios = times.map((pair) => pair.own / pair.other);
  return {
    name: ours.name,
    pairs,
    ours: at(times.map((pair) => pair.own / count)),
    theirs: at(times.map((pair) => pair.other / count)),
    ratio: at(ratios),
    from: at(ratios, 1 / 4),
    to: at(ratios, 3 / 4),
  };
}

/** The value at a part of a list in order: the median, if nothing else is asked for. */
function at(list: readonly number[], part: number = 1 / 2): number {
  const sorted = list.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN;
}

/** A Markdown table of pairs. */
export const pairTable = (pairs: readonly Pair[]): string =>
  [
    "| what | this engine | the other | pairs | median of ratios | middle half |",
    "|---|---:|---:|---:|---:|---|",
    ...pairs.map(
      (each) =>
        `| ${each.name} | ${duration(each.ours)} | ${duration(each.theirs)} | ${each.pairs} | ${each.ratio.toFixed(3)} | ${each.from.toFixed(3)} to ${each.to.toFixed(3)} |`,
    ),
    "",
  ].join("\n");
