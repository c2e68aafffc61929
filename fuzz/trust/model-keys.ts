// Which keys count, for what and when: docs/spec/keys.md in plain TypeScript over facts. It shares nothing with
// evidence/src, and collects every reason against something where the code stops at the first.
import { nameOfRoot } from "./facts.ts";
import type { Case, KeyName, Policy, Ring, Role, Root, RootChange, State, Time } from "./facts.ts";

/** A code of evidence, or "" for what is not checked without one. */
export type Reason = string;

export const SKEW = 5 * 60_000;
const DAY = 86_400_000;

/** The first and the last millisecond of a time that somebody says. */
export interface Span {
  readonly first: Time;
  readonly last: Time;
}
export const instant = (time: Time): Span => ({ first: time, last: time });
/** Of what witnesses say the second alone is known. */
export const second = (at: number): Span => ({ first: at * 1000, last: at * 1000 + 999 });

const isIn = ({ last }: Span, from: Time, to: Time): boolean => from <= last && last < to;

/** Why these signatures are not those of enough keys of each root, and of no one else. KEY-13 */
function whyUnsigned(roots: readonly Root[], by: readonly KeyName[]): Reason[] {
  const isStranger = by.some((key) => !roots.some(({ keys }) => keys.includes(key)));
  const isDouble = new Set(by).size < by.length;
  const isFew = roots.some(
    ({ keys, threshold }) => keys.filter((key) => by.includes(key)).length < threshold,
  );
  return isStranger || isDouble || isFew ? ["REACH-E5210"] : [];
}

/** The roots from the pinned one on, and why the changes do not lead on from it. KEY-14 */
function followed(pinned: Root, changes: readonly RootChange[]): [Root[], Reason[]] {
  const roots = [pinned];
  const why: Reason[] = changes.some(({ serial }, i) => serial !== i + 1) ? ["REACH-E5234"] : [];
  const begin = changes.findIndex(({ from }) => nameOfRoot(from) === nameOfRoot(pinned));
  for (const { from, to, by } of begin < 0 ? [] : changes.slice(begin)) {
    const before = roots.at(-1) ?? pinned;
    if (nameOfRoot(from) !== nameOfRoot(before)) why.push("REACH-E5234");
    why.push(...whyUnsigned([before, to], by));
    roots.push(to);
  }
  return [roots, why];
}

/** The roots that lead to a keyring, and why it is none of the pinned root's. KEY-8, KEY-9 */
export function opened(ring: Ring, pinned: Root): [roots: readonly Root[], why: Reason[]] {
  const [roots, why] = followed(pinned, ring.changes);
  const last = roots.at(-1) ?? pinned;
  if (ring.by.length > last.keys.length) why.push("REACH-E5209");
  why.push(...whyUnsigned([last], ring.by));
  if ((ring.serial === 1) !== (ring.previous === undefined)) why.push("REACH-E5209");
  if (ring.expiresAt <= ring.issuedAt) why.push("REACH-E5209");
  if (ring.keys.some(({ from, to }) => to < from)) why.push("REACH-E5209");
  const names = ring.keys.map(({ key }) => key);
  const isRoot = names.some((key) => roots.some(({ keys }) => keys.includes(key)));
  if (isRoot || new Set(names).size < names.length) why.push("REACH-E5219");
  return [roots, why];
}

/** Why a keyring does not continue another one. KEY-10 */
export function whyNotNext(older: Ring, newer: Ring): Reason[] {
  if (older === newer) return [];
  const isKept = older.keys.every((before, i) => {
    const after = newer.keys[i];
    return (
      after !== undefined &&
      after.key === before.key &&
      after.role === before.role &&
      after.tenant === before.tenant &&
      after.from === before.from &&
      after.to <= before.to &&
      (after.compromisedAt ?? Infinity) <= (before.compromisedAt ?? Infinity)
    );
  });
  const isNext =
    newer.serial > older.serial &&
    newer.issuedAt >= older.issuedAt &&
    (newer.serial > older.serial + 1 || newer.previous === older);
  return isKept && isNext ? [] : ["REACH-E5211"];
}

/** Why nothing follows from what a keyring says: it is out of date, or not what this verifier has seen. KEY-12, KEY-15 */
export function whyNotRelied(
  { policy: { root, minSerial = 1, maxAgeDays = Infinity }, now, state }: Case,
  ring: Ring,
): { readonly old: Reason[]; readonly other: Reason[] } {
  const isOld =
    ring.serial < minSerial ||
    now < ring.issuedAt ||
    now >= ring.expiresAt ||
    now - ring.issuedAt > maxAgeDays * DAY;
  const other: Reason[] = [];
  const names = root === undefined ? [] : opened(ring, root)[0].map(nameOfRoot);
  for (const kept of names.flatMap((name) => state?.keyrings.get(name) ?? [])) {
    if (ring.serial < kept.ring.serial) other.push("REACH-E5235");
    const isFork =
      (ring.serial === kept.ring.serial && ring !== kept.ring) ||
      (ring.serial === kept.ring.serial + 1 && ring.previous !== kept.ring);
    if (isFork || !names.includes(kept.signedBy)) other.push("REACH-E5236");
  }
  return { old: isOld ? ["REACH-E5212"] : [], other };
}

/** What a verifier keeps of a keyring that it relies on. */
export function withRing(state: State, ring: Ring, root: Root): State {
  const names = opened(ring, root)[0].map(nameOfRoot);
  const signedBy = names.at(-1) ?? "";
  const keyrings = new Map(state.keyrings);
  for (const name of names) keyrings.set(name, { ring, signedBy });
  return { ...state, keyrings };
}

/** A signature by a key, and when. */
export interface Claim {
  readonly key: KeyName;
  readonly role: Role;
  readonly at: Span;
  readonly tenant: string;
  /** When witnesses had seen it. */
  readonly seen?: Span | undefined;
}

/** Why a keyring does not trust a signature. KEY-12 */
export function whyNotCounted(
  ring: Ring,
  { tenant: only }: Policy,
  { key, role, at, tenant, seen }: Claim,
): Reason[] {
  const entry = ring.keys.find((one) => one.key === key);
  if (entry === undefined) return ["REACH-E5205"];
  const why: Reason[] = [];
  if (entry.role !== role) why.push("REACH-E5213");
  if (!isIn(at, entry.from, entry.to)) why.push("REACH-E5215");
  if ([entry.tenant, only].some((wanted) => (wanted ?? tenant) !== tenant)) why.push("REACH-E5214");
  const lost = entry.compromisedAt;
  const wasSeen = seen !== undefined && lost !== undefined && seen.last < lost;
  if (lost !== undefined && !wasSeen) why.push("REACH-E5216");
  return why;
}
