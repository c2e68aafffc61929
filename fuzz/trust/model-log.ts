// What a log and its witnesses show: docs/spec/log.md, LOG-29 to LOG-42 and LOG-62, over facts.
import { isBeginning, sameTree } from "./facts.ts";
import type {
  Case,
  Checkpoint,
  Cosignature,
  Group,
  Growth,
  KeyName,
  LogEntry,
  LogRule,
  Proof,
  Run,
  Tree,
} from "./facts.ts";
import { instant, second, SKEW, whyNotCounted } from "./model-keys.ts";
import type { Reason, Span } from "./model-keys.ts";

const DAY = 86_400_000;

export interface Seen {
  readonly logged: readonly Reason[];
  readonly witnessed: readonly Reason[];
  /** Where witnesses have seen it: when. */
  readonly at?: Span | undefined;
  /** What is kept of the log, where all that is asked of it has passed. */
  readonly kept?: { readonly name: string; readonly tree: Tree } | undefined;
}

export const nameOfLog = ({ origin, key }: Pick<LogRule, "origin" | "key">): string =>
  `${origin} ${key}`;

export const asksWitnesses = ({ quorum }: LogRule): boolean => quorum !== 0;

function isEnough(keys: ReadonlySet<string>, quorum: number | Group): boolean {
  if (typeof quorum === "number") return keys.size >= quorum;
  const there = quorum.members.filter((member) =>
    typeof member === "string" ? keys.has(member) : isEnough(keys, member),
  );
  return there.length >= quorum.threshold;
}

/** When a quorum of different keys that count had seen a checkpoint. LOG-29, LOG-30, KEY-20 */
function seenAt({ policy, ring, run }: Case, rule: LogRule, { cosigned }: Checkpoint) {
  const counts = ({ name, key, second: at }: Cosignature): boolean => {
    if (!rule.witnesses.some((one) => one.name === name && one.key === key)) return false;
    if (ring === undefined) return true;
    const claim = { key, role: "witness", at: second(at), tenant: run.tenant } as const;
    return whyNotCounted(ring, policy, claim).every((why) => why === "REACH-E5205");
  };
  if (!asksWitnesses(rule)) return undefined;
  const keys = new Set<string>();
  for (const one of cosigned.filter(counts).sort((a, b) => a.second - b.second)) {
    keys.add(one.key);
    if (isEnough(keys, rule.quorum)) return second(one.second);
  }
  return undefined;
}

/** What is said of the same evidence at another time, or of another, is another entry. */
const isAbout = ({ type, run }: LogEntry, wanted: Run, as: LogEntry["type"]): boolean =>
  type === as &&
  typeof run === "object" &&
  (as === "evidence"
    ? run === wanted
    : run.id === wanted.id &&
      run.secret === wanted.secret &&
      run.pack === wanted.pack &&
      run.startedAt === wanted.startedAt);

/** Whether a proof of growth shows that one tree has become another one. */
function shows({ from, to }: Growth, older: Tree, newer: Tree): boolean {
  if (!isBeginning(older, newer)) return false;
  // Behind a power of two the proof holds no hash of what was there before.
  const isPower = (from & (from - 1)) === 0;
  return sameTree(to, newer) || (isPower && sameTree(to.slice(from), newer.slice(from)));
}

/** Whether two trees of a log are one, the older and the newer: undefined where nothing shows it. LOG-37 */
function isOne({ growth }: Case, origin: string, one: Tree, other: Tree): boolean | undefined {
  if (one.length === other.length) return sameTree(one, other);
  const [older, newer] = one.length < other.length ? [one, other] : [other, one];
  const proof = growth.find(
    (each) =>
      each.origin === origin && each.from === older.length && each.to.length === newer.length,
  );
  return proof && shows(proof, older, newer);
}

function whyAnother(its: Case, rule: LogRule, tree: Tree): Reason[] {
  const why: Reason[] = [];
  const { final, origin } = rule;
  const isClosed =
    final !== undefined &&
    (tree.length > final.length || (tree.length === final.length && !sameTree(tree, final)));
  if (isClosed) why.push("REACH-E5341");
  const { seen, state } = its;
  if (seen !== undefined && seen.origin === origin) {
    const is = isOne(its, origin, seen.tree, tree);
    if (is === undefined) why.push("REACH-E5343");
    if (is === false) why.push("REACH-E5333");
  }
  const kept = state?.logs.get(nameOfLog(rule));
  if (kept !== undefined && isOne(its, origin, kept, tree) === false) why.push("REACH-E5333");
  return why;
}

/** The tree that is kept from now on. LOG-42 */
function keptTree(its: Case, rule: LogRule, tree: Tree): Tree {
  const kept = its.state?.logs.get(nameOfLog(rule));
  if (kept === undefined || tree.length <= kept.length) return kept ?? tree;
  return isOne(its, rule.origin, kept, tree) === true ? tree : kept;
}

const isThere = ({ checkpoint: { tree }, index, entry }: Proof): boolean =>
  tree[index] !== undefined && isBeginning([entry], [tree[index]]);

/** Why the log does not have the run's beginning before its evidence. LOG-62 */
function whyNotBegun({ run, start, proof }: Case, rule: LogRule): Reason[] {
  if (start === undefined || proof === undefined)
    return rule.started === true ? ["REACH-E5346"] : [];
  const why: Reason[] = isAbout(start.entry, run, "started") ? [] : ["REACH-E5344"];
  const [one, other] = [start.checkpoint, proof.checkpoint];
  if (one.origin !== other.origin || !sameTree(one.tree, other.tree)) why.push("REACH-E5346");
  if (!isThere(start)) why.push("REACH-E5333");
  if (start.index > proof.index) why.push("REACH-E5345");
  if (run.startedAt > start.entry.at + SKEW) why.push("REACH-E5345");
  return why;
}

/** What the log and its witnesses show of a run's evidence. LOG-33, LOG-34, LOG-39 to LOG-41 */
export function seenOf(its: Case): Seen {
  const { policy, now, ring, run, proof } = its;
  const { logs, maxLag = DAY } = policy;
  const no = (why: Reason): Seen => ({ logged: [why], witnessed: [""] });
  if (logs === undefined) return no("");
  if (proof === undefined) return no("REACH-E5339");
  const { checkpoint, entry } = proof;
  const rule = logs.find(({ origin }) => origin === checkpoint.origin);
  if (rule === undefined) return no("REACH-E5340");
  const logged: Reason[] = [];
  if (checkpoint.by !== rule.key) logged.push("REACH-E5308");
  if (!isAbout(entry, run, "evidence")) logged.push("REACH-E5338");
  if (!isThere(proof)) logged.push("REACH-E5333");
  logged.push(...whyAnother(its, rule, checkpoint.tree));
  const seen = seenAt(its, rule, checkpoint);
  if (ring !== undefined) {
    const at = seen ?? instant(entry.at);
    const claim = { key: rule.key, role: "log", at, tenant: run.tenant, seen } as const;
    const why = whyNotCounted(ring, policy, claim);
    // One that the keyring does not have is named by the policy alone.
    logged.push(...why.filter((each) => each !== "REACH-E5205"));
  }
  if (entry.at > now + SKEW) logged.push("REACH-E5230");
  if (run.endedAt > entry.at + SKEW) logged.push("REACH-E5342");
  if (seen !== undefined && entry.at > seen.first + SKEW) logged.push("REACH-E5232");
  if (!asksWitnesses(rule) && entry.at > run.endedAt + maxLag) logged.push("REACH-E5231");
  if (logged.length > 0) return { logged, witnessed: [""] };
  const witnessed: Reason[] = [];
  if (!asksWitnesses(rule)) witnessed.push("");
  else if (seen === undefined) witnessed.push("REACH-E5337");
  else {
    if (seen.first > now + SKEW) witnessed.push("REACH-E5230");
    if (run.endedAt > seen.first + SKEW) witnessed.push("REACH-E5342");
    if (seen.first > run.endedAt + maxLag) witnessed.push("REACH-E5231");
  }
  const isSeen = witnessed.length === 0;
  const begun = whyNotBegun(its, rule);
  const isKept = begun.length === 0 && (isSeen || !asksWitnesses(rule));
  return {
    logged: begun,
    witnessed,
    at: isSeen ? seen : undefined,
    kept: isKept
      ? { name: nameOfLog(rule), tree: keptTree(its, rule, checkpoint.tree) }
      : undefined,
  };
}

/** What a witness answers that has cosigned a tree last, by HTTP's numbers. LOG-26 */
export function witnessAnswer(
  last: Tree | undefined,
  { tree, by }: Pick<Checkpoint, "tree" | "by">,
  rule: { readonly key: KeyName; readonly old: number },
): number {
  const { key, old } = rule;
  if (by !== key) return 403;
  if (old > tree.length) return 400;
  if (old !== (last?.length ?? 0)) return 409;
  if (last !== undefined && last.length === tree.length && !sameTree(last, tree)) return 409;
  return isBeginning(last ?? [], tree) ? 200 : 422;
}
