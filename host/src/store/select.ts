// Which runs of a store are wanted, where all of their heads are at hand.
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { ENDED } from "./store.ts";
import type { DueRuns, Lease, RunFilter, RunHead, RunPage } from "./store.ts";

const DEFAULT_LIMIT = 100;

/** What orders a list: no two runs have the same. */
const orderOf = ({ startedAt, id }: RunHead): string => `${startedAt} ${id}`;
const descending = (a: string, b: string): number => (a < b ? 1 : a > b ? -1 : 0);

/** One page of the runs that are wanted, the newest first. */
export function pageOf(
  heads: readonly RunHead[],
  filter: RunFilter,
  { after, limit = DEFAULT_LIMIT }: { readonly after?: string; readonly limit?: number },
): RunPage {
  const wanted = heads
    .filter((head) => isWanted(head, filter) && (after === undefined || orderOf(head) < after))
    .sort((a, b) => descending(orderOf(a), orderOf(b)));
  const runs = wanted.slice(0, limit);
  const last = runs.at(-1);
  return { runs, next: last === undefined || wanted.length <= limit ? undefined : orderOf(last) };
}

function isWanted(
  head: RunHead,
  { state, workflow, label, from, to, id, isOpen }: RunFilter,
): boolean {
  return (
    (state === undefined || head.state === state) &&
    (workflow === undefined || head.workflow === workflow) &&
    (label === undefined || head.labels?.[label[0]] === label[1]) &&
    (from === undefined || head.startedAt >= from) &&
    (to === undefined || head.startedAt < to) &&
    (id === undefined || head.id.startsWith(id)) &&
    (isOpen === undefined || head.evidence === undefined)
  );
}

/**
 * The ids of runs that may go on now, in the order in which they are claimed.
 *
 * @param news ids of runs that were given a message since they were left
 */
export function dueOf(
  heads: readonly RunHead[],
  news: ReadonlySet<string>,
  { now, pool }: DueRuns,
): string[] {
  const isDue = ({ id, state, wakeAt, ...head }: RunHead): boolean => {
    // Of one that was forgotten there is nothing to go on with.
    if (head.evidence !== undefined) return false;
    if (ENDED.has(state) || state === "running" || state === "stuck") return false;
    if (pool !== undefined && head.pool !== pool) return false;
    if (state === "interrupted") return true;
    return news.has(id) || (state === "waiting" && wakeAt !== undefined && wakeAt <= now);
  };
  return heads
    .filter(isDue)
    .sort(
      (a, b) =>
        (b.priority ?? 0) - (a.priority ?? 0) || ((a.wakeAt ?? "") < (b.wakeAt ?? "") ? -1 : 1),
    )
    .map(({ id }) => id);
}

/** Claims runs until there are so many; one that another process has claimed meanwhile is passed over. */
export async function claimEach(
  ids: readonly string[],
  limit: number,
  claim: (id: string) => Promise<Lease>,
): Promise<Lease[]> {
  const leases: Lease[] = [];
  for (const id of ids) {
    if (leases.length >= limit) break;
    try {
      leases.push(await claim(id));
    } catch (error) {
      if (!(error instanceof ReachError && error.code === hostCode.fileInUse)) throw error;
    }
  }
  return leases;
}
