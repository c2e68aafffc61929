// What must hold whatever the specification says: judged by what has happened in truth, by no rule of a verdict. Who
// reads a rule wrongly, and writes it so into code and model, is found here.
import { isBeginning } from "./facts.ts";
import type { Case, Group, KeyName, LogRule, Ring, Run, Tree, Witness } from "./facts.ts";
import { Finding } from "./judge.ts";
import type { Judged } from "./judge.ts";
import { SKEW } from "./model-keys.ts";
import { asksWitnesses, nameOfLog } from "./model-log.ts";
import { DAY, HOUR, SECOND } from "./stage.ts";
import type { FileAt, Stage, Verifier } from "./stage.ts";

interface Told {
  readonly its: Case;
  readonly judged: Judged;
  readonly verifier: Verifier;
  readonly file: FileAt;
}

/** Whether the keys of these witnesses alone make a quorum. */
export function canAgree(quorum: number | Group, keys: ReadonlySet<string>): boolean {
  if (typeof quorum === "number") return keys.size >= quorum;
  const there = quorum.members.filter((one) =>
    typeof one === "string" ? keys.has(one) : canAgree(one, keys),
  );
  return there.length >= quorum.threshold;
}

const ruleOf = ({ policy, proof }: Case) =>
  policy.logs?.find(({ origin }) => origin === proof?.checkpoint.origin);

/** Witnesses that may say an earlier time than it is: who lie, whose key is stolen, whose clock is behind. */
function mayBackdate({ witnesses, stolen }: Stage): Set<string> {
  const bad = witnesses.filter(({ isLiar, key, clock }) => isLiar || stolen.has(key) || clock < 0);
  return new Set(bad.map(({ key }) => key));
}

/** What a thief has signed is not trusted once it is known that the key was stolen, nor after the end of the key. */
function requireNoThief(stage: Stage, { its, judged }: Told): void {
  const { run, ring, policy } = its;
  const { said } = judged;
  if (said?.trusted !== "pass" || policy.root === undefined || ring === undefined) return;
  const entry = ring.keys.find(({ key }) => key === run.key);
  if (entry === undefined) throw new Finding(`${run.key} is trusted, and no root has named it`);
  const rule = ruleOf(its);
  const isSeen = said.witnessed === "pass" && rule !== undefined && asksWitnesses(rule);
  const { compromisedAt: lost } = entry;
  const stolen = stage.stolen.get(run.key);
  if (isSeen && canAgree(rule.quorum, mayBackdate(stage))) return;
  // Without witnesses nobody knows when it was signed, and of a compromised key nothing counts.
  if (lost !== undefined && !isSeen)
    throw new Finding(`${run.key} is trusted, and was compromised`);
  if (run.isThief)
    stage.tally.add("truth", "what a thief has signed is trusted, as nobody knows of it");
  if (lost !== undefined && run.isThief && stolen !== undefined && lost <= stolen) {
    throw new Finding(
      `what a thief has signed with ${run.key} is trusted, and it is known that it was stolen`,
    );
  }
  if (isSeen && run.signedAt >= entry.to + SECOND) {
    throw new Finding(`${run.key} is trusted for what it has signed after its end`);
  }
}

/** What the verifier has once relied on, it does not forget: no older keyring of the root is trusted again. */
function requireMemory({ its, judged, verifier }: Told): void {
  const { ring, policy } = its;
  const { root } = policy;
  if (judged.said?.trusted !== "pass" || ring === undefined || root === undefined) return;
  if (verifier.kept === undefined) return;
  // Who pins a later root, and then the one before it again, has begun anew.
  const newer = verifier.trusted.find((one) => one.ring.serial > ring.serial && one.root === root);
  if (newer !== undefined)
    throw new Finding(`keyring ${ring.serial} is trusted after ${newer.ring.serial}`);
}

/** Two trees of one log that honest witnesses have seen are one, while liars cannot make two quorums meet. */
function requireOneTree(stage: Stage, { its, judged }: Told): void {
  const rule = ruleOf(its);
  const tree = its.proof?.checkpoint.tree;
  if (judged.said?.witnessed !== "pass" || rule === undefined || tree === undefined) return;
  if (typeof rule.quorum !== "number") return;
  const bad = stage.witnesses.filter(
    ({ key, isLiar, hasForgotten }) => isLiar || hasForgotten || stage.stolen.has(key),
  );
  const liars = new Set(bad.map(({ key }) => key)).size;
  const keys = new Set(rule.witnesses.map(({ key }) => key)).size;
  if (2 * rule.quorum - keys <= liars) return;
  const known = witnessedTrees(stage).get(`${nameOfLog(rule)} ${rule.quorum}`) ?? [];
  const other = known.find((each) => !isBeginning(each, tree) && !isBeginning(tree, each));
  if (other !== undefined) throw new Finding(`witnesses have seen two trees of ${rule.origin}`);
  known.push(tree);
  witnessedTrees(stage).set(`${nameOfLog(rule)} ${rule.quorum}`, known);
  stage.tally.add("truth", "trees of one log compared");
}

const trees = new WeakMap<Stage, Map<string, Tree[]>>();
function witnessedTrees(stage: Stage): Map<string, Tree[]> {
  const known = trees.get(stage) ?? new Map<string, Tree[]>();
  trees.set(stage, known);
  return known;
}

/** Whether a quorum has honestly cosigned, and those who may not have are fewer than one. */
function isSeenInTruth({ witnesses }: Stage, { proof }: Case, rule: LogRule): boolean {
  // A key that has two names is honest if it is so under both.
  const bad = witnesses.filter(({ isLiar, clock }) => isLiar || clock !== 0).map(({ key }) => key);
  const isNamed = ({ name }: Witness): boolean => rule.witnesses.some((one) => one.name === name);
  const signed = new Set(proof?.checkpoint.cosigned.filter(isNamed).map(({ key }) => key));
  const honest = new Set([...signed].filter((key) => !bad.includes(key)));
  const others = new Set([...signed].filter((key) => !honest.has(key)));
  return canAgree(rule.quorum, honest) && !canAgree(rule.quorum, others);
}

/** Whether the keyring has a key in no other way than the honest run needs it. */
function isFree(ring: Ring, key: KeyName, { tenant, startedAt, endedAt }: Run): boolean {
  const entry = ring.keys.find((one) => one.key === key);
  if (entry === undefined) return true;
  const { role, from, to, compromisedAt: lost } = entry;
  const isIn = from <= startedAt - HOUR && endedAt + HOUR < to;
  return lost === undefined && isIn && key.startsWith(role) && (entry.tenant ?? tenant) === tenant;
}

/** Whether this verifier asks for nothing that an honest run has not. */
function isPlain({ policy, now, run, ring, seen }: Case, rule: LogRule): boolean {
  const {
    minSerial = 1,
    maxAgeDays = 90,
    tenant = run.tenant,
    maxLag = HOUR,
    trustedKeys,
  } = policy;
  const isNew =
    ring !== undefined && minSerial <= ring.serial && now - ring.issuedAt < maxAgeDays * DAY;
  const isFor = tenant === run.tenant && trustedKeys === undefined && maxLag >= HOUR;
  return isNew && isFor && rule.final === undefined && seen === undefined && now >= run.endedAt;
}

/** An honest run, in an honest log, that a quorum has honestly seen is not refused, whatever thieves and liars do. */
function requireNoRefusal(stage: Stage, { its, judged, file, verifier }: Told): void {
  const { run, ring, policy, now, proof } = its;
  const { said } = judged;
  const rule = ruleOf(its);
  if (!file.isHonest || said === undefined || proof === undefined || ring === undefined) return;
  if (rule === undefined || file.proof !== proof || file.start !== its.start) return;
  const log = stage.logs.find(({ origin }) => origin === rule.origin);
  const isCalm = log?.clock === 0 && !log.isUpset && !stage.stolen.has(log.key);
  const isNewest = ring === stage.ring && now < ring.expiresAt && now >= ring.issuedAt;
  const isRoot =
    policy.root === stage.pinned && verifier.policy.root === policy.root && !stage.isUpset;
  // As far as clocks of honest machines differ.
  if (verifier.clock < -SKEW) return;
  if (!isCalm || !isNewest || !isRoot || !isPlain(its, rule)) return;
  const keys = [run.key, rule.key, ...proof.checkpoint.cosigned.map(({ key }) => key)];
  const isKnown = ring.keys.some(({ key }) => key === run.key);
  if (!isKnown || !keys.every((key) => isFree(ring, key, run))) return;
  if (asksWitnesses(rule) && !isSeenInTruth(stage, its, rule)) return;
  const wanted = [
    "trusted",
    "logged",
    ...(asksWitnesses(rule) ? (["witnessed"] as const) : []),
  ] as const;
  for (const name of wanted) {
    if (said[name] !== "pass") throw new Finding(`${name} is ${said[name]} for an honest run`);
  }
  stage.tally.add("truth", "an honest run is not refused");
}

/** Requires of what was said that it is so. */
export function requireTruth(stage: Stage, told: Told): void {
  requireNoThief(stage, told);
  requireMemory(told);
  requireOneTree(stage, told);
  requireNoRefusal(stage, told);
}
