// What must come of a case, by the specification: for each verdict all reasons against it. None is a pass. The code may
// give any of them as its own, and must give one where there is one.
import { VERSIONS } from "./facts.ts";
import type { AllowedPack, Case, State } from "./facts.ts";
import { instant, opened, SKEW, whyNotCounted, whyNotRelied, withRing } from "./model-keys.ts";
import type { Reason } from "./model-keys.ts";
import { asksWitnesses, seenOf } from "./model-log.ts";
import type { Seen } from "./model-log.ts";

export const judgedVerdicts = ["trusted", "approved", "logged", "witnessed", "replayed"] as const;
export type JudgedVerdict = (typeof judgedVerdicts)[number];

export interface Expected {
  readonly verdicts: Readonly<Record<JudgedVerdict, readonly Reason[]>>;
  readonly required: readonly JudgedVerdict[];
  readonly state: State | undefined;
  readonly seen: Seen;
}

/** What says neither yes nor no. All else is a fail. */
const OPEN = new Set([
  "",
  "REACH-E5212",
  "REACH-E5235",
  "REACH-E5217",
  "REACH-E5411",
  "REACH-E5339",
  "REACH-E5343",
  "REACH-E5346",
]);
export const resultOf = (why: Reason): "fail" | "not checked" =>
  OPEN.has(why) ? "not checked" : "fail";

/** Why the policy's keyring, or its keys, cannot be used at all. POL-2, KEY-8 */
export function whyRefused({ policy, ring }: Case): Reason[] {
  const { root, logs = [], isFile } = policy;
  if (root === undefined || ring === undefined) return [];
  const [roots, why] = opened(ring, root);
  if (!isFile) return why;
  const used = logs.flatMap(({ key, witnesses }) => [
    { key, role: "log" },
    ...witnesses.map((one) => ({ key: one.key, role: "witness" })),
  ]);
  const isDouble = used.some(
    ({ key, role }) =>
      roots.some(({ keys }) => keys.includes(key)) ||
      ring.keys.some((entry) => entry.key === key && entry.role !== role) ||
      used.some((other) => other.key === key && other.role !== role),
  );
  return isDouble ? [...why, "REACH-E5219"] : why;
}

/** POL-5, KEY-19 */
function whyNotTrusted(its: Case, { at }: Seen): Reason[] {
  const { policy, ring, run, now } = its;
  const { trustedKeys, root } = policy;
  const why: Reason[] = run.endedAt > now + SKEW ? ["REACH-E5230"] : [];
  if (trustedKeys?.includes(run.key) === false) why.push("REACH-E5205");
  if (root !== undefined && ring !== undefined) {
    const { old, other } = whyNotRelied(its, ring);
    const { key, tenant, endedAt } = run;
    const claim = { key, role: "evidence", tenant, at: at ?? instant(endedAt), seen: at } as const;
    why.push(...old, ...other, ...whyNotCounted(ring, policy, claim));
  }
  const isAsked = trustedKeys !== undefined || root !== undefined;
  return isAsked || why.length > 0 ? why : [""];
}

/** Whether a key may publish at all: one that the policy names, or one of the keyring. */
function publisherOf({ policy, ring }: Case): (key: string) => "pinned" | "ring" | undefined {
  const { publishers, allowed = [] } = policy;
  const named = allowed.flatMap((one) =>
    "publisher" in one && one.publisher ? [one.publisher] : [],
  );
  const pinned = Array.isArray(publishers) ? publishers : publishers === undefined ? named : [];
  const isRing = !Array.isArray(publishers) && policy.root !== undefined;
  return (key) => {
    if (pinned.includes(key)) return "pinned";
    const entry = isRing && ring?.keys.find((one) => one.key === key && one.role === "pack");
    return entry ? "ring" : undefined;
  };
}

/** Who has published the pack, and why others have not; a withdrawal that counts. POL-8, PACK-12 */
function publishedBy(its: Case, { at }: Seen) {
  const { policy, ring, run, statements } = its;
  const of = publisherOf(its);
  const by: string[] = [];
  const refused: Reason[] = [];
  let isWithdrawn = false;
  for (const { by: key, withdrawnAt } of statements.filter(({ pack }) => pack === run.pack)) {
    const how = of(key);
    if (how === undefined) continue;
    const claim = { key, role: "pack", tenant: run.tenant } as const;
    if (withdrawnAt !== undefined) {
      const entry = ring?.keys.find((one) => one.key === key);
      const counts =
        how === "pinned" || (entry && entry.from <= withdrawnAt && withdrawnAt < entry.to);
      isWithdrawn ||= counts === true;
      continue;
    }
    const why: Reason[] = [];
    if (how === "ring" && ring !== undefined) {
      // One that is out of date, or older than what was seen, says neither yes nor no.
      const { old, other } = whyNotRelied(its, ring);
      const unsaid = old.length > 0 ? old : other;
      const used = { ...claim, at: at ?? instant(run.startedAt) };
      why.push(...(unsaid.length > 0 ? unsaid : whyNotCounted(ring, policy, used)));
    }
    if (why.length === 0) by.push(key);
    else refused.push(...why);
  }
  return { by, refused, isWithdrawn };
}

/** Comparators as the histories have them. POL-9 */
function isInVersions(version: string, versions: string): boolean {
  return versions === "^1.0.0" || versions === version;
}

/** POL-7 to POL-13 */
function whyNotApproved(its: Case, seen: Seen): Reason[] {
  const { policy, run } = its;
  const { publishers, allowed, yanked = [], window } = policy;
  const why: Reason[] = yanked.includes(run.pack) ? ["REACH-E5221"] : [];
  const { by, refused, isWithdrawn } = publishedBy(its, seen);
  if (isWithdrawn) why.push("REACH-E5412");
  const isPublished = by.length > 0 && !isWithdrawn;
  if (publishers !== undefined && !isPublished)
    why.push(...refused, ...(refused[0] === undefined ? ["REACH-E5411"] : []));
  if (allowed !== undefined) {
    const is = (one: AllowedPack, key?: string): boolean =>
      "digest" in one
        ? one.digest === run.pack
        : key !== undefined &&
          isInVersions(VERSIONS[run.pack], one.versions) &&
          (one.publisher === undefined || one.publisher === key);
    const isAllowed = allowed.some(
      (one) => is(one) || (isPublished && by.some((key) => is(one, key))),
    );
    const isNamed = allowed.some((one) => "versions" in one);
    if (!isAllowed) why.push(isPublished || !isNamed ? "REACH-E5224" : "REACH-E5411");
  }
  const isOutside =
    (window?.from !== undefined && run.startedAt < window.from) ||
    (window?.to !== undefined && run.endedAt >= window.to);
  if (isOutside) why.push("REACH-E5228");
  const isAsked = [publishers, allowed, window].some((rule) => rule !== undefined);
  return isAsked || isPublished || why.length > 0 ? why : [""];
}

/** What must come of it. */
export function expected(its: Case): Expected {
  const { policy, ring, run, state } = its;
  const seen = seenOf(its);
  const verdicts = {
    trusted: whyNotTrusted(its, seen),
    approved: whyNotApproved(its, seen),
    logged: seen.logged,
    witnessed: seen.witnessed,
    replayed: policy.yanked?.includes(run.pack) === true ? ["REACH-E5221"] : [],
  };
  const { root, trustedKeys, publishers, allowed, window, logs } = policy;
  const asked: readonly [JudgedVerdict, boolean][] = [
    ["trusted", root !== undefined || trustedKeys !== undefined],
    ["approved", [publishers, allowed, window].some((rule) => rule !== undefined)],
    ["logged", logs !== undefined],
    ["witnessed", logs?.some(asksWitnesses) === true],
  ];
  const required = [...asked.flatMap(([name, is]) => (is ? [name] : [])), "replayed" as const];
  return { verdicts, required, seen, state: state && nextState(its, state, ring, seen) };
}

function nextState(its: Case, state: State, ring: Case["ring"], { kept }: Seen): State {
  const { root } = its.policy;
  let next = state;
  if (ring !== undefined && root !== undefined) {
    const { old, other } = whyNotRelied(its, ring);
    if (old.length + other.length === 0) next = withRing(state, ring, root);
  }
  if (kept === undefined) return next;
  return { ...next, logs: new Map(next.logs).set(kept.name, kept.tree) };
}
