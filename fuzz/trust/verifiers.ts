// Who judges: their policies, what they are given, and what becomes of what they keep.
import type {
  AllowedPack,
  Case,
  Group,
  Growth,
  LogRule,
  Policy,
  Ring,
  State,
  Tree,
} from "./facts.ts";
import { judge, judgeRing, judgeSuccession } from "./judge.ts";
import { opened } from "./model-keys.ts";
import { nameOfLog } from "./model-log.ts";
import { DAY, HOUR, MINUTE } from "./stage.ts";
import type { FileAt, Stage, Verifier } from "./stage.ts";
import { requireTruth } from "./truth.ts";

const emptyFacts: State = { keyrings: new Map(), logs: new Map() };
const emptyKept = { facts: emptyFacts, real: { keyrings: new Map(), logs: new Map() } };

/** Mostly a number; of programs also two groups, one witness in each of which. */
function quorumOf(stage: Stage, isFile: boolean): number | Group {
  const keys = stage.witnesses.map(({ key }) => key);
  const count = new Set(keys).size;
  if (isFile || count < 3 || stage.chance(60))
    return stage.chance(15)
      ? 0
      : Math.min(count, 1 + stage.dice.below(stage.chance(70) ? 2 : count + 1));
  const [first = "", ...rest] = keys;
  return { threshold: 2, members: [first, { threshold: 1 + stage.dice.below(2), members: rest }] };
}

function rulesOf(stage: Stage, isFile: boolean): LogRule[] | undefined {
  if (stage.chance(10)) return undefined;
  const all = stage.witnesses.map(({ name, key }) => ({ name, key }));
  const witnesses = isFile
    ? all.filter(({ key }, i) => all.findIndex((one) => one.key === key) === i)
    : all;
  const named = stage.chance(88) ? stage.logs : stage.logs.slice(0, 1);
  return named.map(({ origin, key }) => ({
    origin,
    key,
    witnesses,
    quorum: quorumOf(stage, isFile),
    started: stage.chance(30) ? true : undefined,
  }));
}

function packsOf(
  stage: Stage,
  isFile: boolean,
  hasRoot: boolean,
): Pick<Policy, "publishers" | "allowed" | "yanked"> {
  const { dice } = stage;
  const publishers =
    hasRoot && stage.chance(35)
      ? "keyring"
      : stage.chance(12)
        ? stage.choose(["pack:0", "pack:1"], 1 + dice.below(2))
        : undefined;
  const digest: AllowedPack = { digest: dice.pick(["first", "second"] as const) };
  const versions = dice.pick(["^1.0.0", "1.0.0", "1.1.0"]);
  const named = Array.isArray(publishers) ? publishers : ["pack:0", "pack:1"];
  const pinned = stage.chance(50) || publishers === undefined ? dice.pick(named) : undefined;
  const byName: AllowedPack = { versions, publisher: pinned };
  const allowed = stage.chance(15) ? [digest] : stage.chance(25) ? [byName] : undefined;
  const isYanked = allowed?.[0] !== digest && stage.chance(isFile ? 8 : 4);
  return {
    publishers,
    allowed,
    yanked: isYanked ? [dice.pick(["first", "second"] as const)] : undefined,
  };
}

/** A verifier with a policy of its own. */
export function engage(stage: Stage): Verifier {
  const { dice } = stage;
  const isFile = stage.chance(30);
  const root = stage.chance(88) ? stage.pinned : undefined;
  const logs = rulesOf(stage, isFile);
  const isWindowed = stage.chance(12);
  const policy: Policy = {
    isFile,
    root,
    trustedKeys:
      !isFile && (root === undefined || stage.chance(5)) ? ["evidence:0", "evidence:1"] : undefined,
    minSerial: root && stage.chance(10) ? 1 + dice.below(3) : undefined,
    maxAgeDays: root && stage.chance(15) ? dice.pick([1, 2, 7, 30]) : undefined,
    tenant: root && stage.chance(35) ? dice.pick(["acme", "acme", "acme", "globex"]) : undefined,
    logs,
    maxLag: logs && stage.chance(40) ? dice.pick([MINUTE, 10 * MINUTE, HOUR, 30 * DAY]) : undefined,
    window: isWindowed
      ? { from: stage.now - DAY, to: stage.now + dice.pick([HOUR, DAY]) }
      : undefined,
    ...packsOf(stage, isFile, root !== undefined),
  };
  const keepsState = stage.chance(80);
  return {
    name: `verifier ${stage.verifiers.length + 1}`,
    policy,
    clock: stage.clock(),
    kept: keepsState ? emptyKept : undefined,
    backups: [],
    trusted: [],
  };
}

/** What a verifier keeps is lost, or put back to what it was. */
export function restoreState(stage: Stage): void {
  const verifier = stage.dice.pick(stage.verifiers);
  if (verifier.kept === undefined) return;
  const older =
    stage.chance(50) && verifier.backups.length > 0 ? stage.dice.pick(verifier.backups) : emptyKept;
  verifier.kept = older;
  verifier.trusted = [];
  stage.say(older === emptyKept ? "lost: state" : "restored: state", verifier.name);
}

/** The policy that a log's end, or another root, has changed since. */
function policyNow(stage: Stage, { policy }: Verifier): Policy {
  const logs = policy.logs?.map((rule) => {
    const tree = stage.logs.find(({ origin }) => origin === rule.origin)?.tree ?? [];
    if (tree.length === 0 || !stage.chance(6)) return rule;
    return { ...rule, final: tree.slice(0, 1 + stage.dice.below(tree.length)) };
  });
  const isNewRoot = policy.root !== undefined && stage.chance(8);
  return { ...policy, logs, ...(isNewRoot && { root: stage.dice.pick(stage.roots) }) };
}

/** Proofs of growth for what this verifier keeps or has seen, of the right log and at times of another. */
function growthOf(stage: Stage, origin: string, trees: readonly Tree[], tree: Tree): Growth[] {
  return trees
    .flatMap((known) => {
      if (known.length === tree.length || known.length === 0 || tree.length === 0) return [];
      const [older, newer] = known.length < tree.length ? [known, tree] : [tree, known];
      return [{ origin, from: older.length, to: newer }];
    })
    .filter(
      ({ from, to }, i, all) =>
        all.findIndex((one) => one.from === from && one.to.length === to.length) === i,
    )
    .filter(() => stage.chance(70));
}

function caseOf(stage: Stage, verifier: Verifier, file: FileAt, isFocus: boolean): Case {
  const { dice, rings } = stage;
  const policy = policyNow(stage, verifier);
  const { run, proof } = file;
  const start = stage.chance(95) ? file.start : undefined;
  const ring: Ring | undefined =
    policy.root &&
    (isFocus || stage.chance(70)
      ? rings.includes(stage.ring)
        ? stage.ring
        : rings.at(-1)
      : dice.pick([...rings, ...rings.slice(-2)]));
  const origin = proof?.checkpoint.origin ?? "";
  const rule = policy.logs?.find((one) => one.origin === origin);
  const kept = rule && verifier.kept?.facts.logs.get(nameOfLog(rule));
  const known = stage.notes.filter(
    (one) => one.origin === origin && one.by === rule?.key && one.tree.length > 0,
  );
  const seen = rule && known.length > 0 && stage.chance(15) ? dice.pick(known) : undefined;
  const saysPacks = policy.publishers !== undefined || policy.allowed !== undefined;
  const trees = [...(kept ? [kept] : []), ...(seen ? [seen.tree] : [])];
  return {
    policy,
    now: stage.now + verifier.clock,
    state: verifier.kept?.facts,
    run,
    proof,
    start: proof && start,
    ring,
    statements: saysPacks || stage.chance(15) ? stage.some(stage.statements, 80).slice(-3) : [],
    growth: rule && proof ? growthOf(stage, origin, trees, proof.checkpoint.tree) : [],
    seen,
  };
}

/** A verifier is given a file, and says what it shows. */
export function verifyOne(stage: Stage): void {
  const { dice, tally } = stage;
  const verifier = dice.pick(stage.verifiers);
  const recent = stage.files.slice(-3);
  const { focus } = stage;
  stage.focus = undefined;
  const file = focus ?? dice.pick(stage.chance(70) ? recent : stage.files);
  if (file === undefined) return;
  const its = caseOf(stage, verifier, file, focus !== undefined);
  const { ring, policy } = its;
  const what = `run ${file.run.id}${ring ? `, keyring ${ring.serial}` : ""}${its.proof ? `, ${its.proof.checkpoint.tree.length} entries of ${its.proof.checkpoint.origin}` : ""}`;
  stage.say("verify", `${verifier.name}: ${what}`);
  const judged = judge(its, verifier.kept?.real, stage.roots);
  if (judged.said === undefined) {
    tally.add("refused", judged.refused ?? "");
    stage.lines.push(`  refused ${judged.refused}`);
    return;
  }
  for (const [name, said] of Object.entries(judged.said)) tally.add(name, said);
  tally.add("all that is required", judged.isGood === true ? "passes" : "does not pass");
  stage.lines.push(
    `  ${Object.entries(judged.said)
      .map(([name, said]) => `${name} ${said}`)
      .join(", ")}`,
  );
  requireTruth(stage, { its, judged, verifier, file });
  verifier.backups.push(verifier.kept);
  // One that is killed before it has written what it keeps has judged, and remembers nothing of it.
  if (stage.chance(4)) stage.say("killed: verifier", `${verifier.name} has kept nothing`);
  else if (verifier.kept !== undefined) {
    verifier.kept = judged.kept;
    if (judged.said.trusted === "pass" && ring !== undefined && policy.root !== undefined) {
      verifier.trusted.push({ ring, root: policy.root });
    }
  }
}

/** Every keyring that goes round is opened, and compared with another. */
export function openRings(stage: Stage): void {
  const { dice, tally, rings } = stage;
  const one = dice.pick([...rings, ...rings.slice(-2)]);
  const other = stage.chance(60) ? (one.previous ?? one) : dice.pick(rings);
  const root = stage.chance(70) ? stage.pinned : dice.pick(stage.roots);
  stage.say(
    "open keyring",
    `number ${one.serial} by ${one.by.join(" ")}, as the next of ${other.serial}`,
  );
  tally.add("keyring opened", judgeRing(one, root) || "opens");
  const isOpen = [one, other].every((ring) => opened(ring, root)[1].length === 0);
  if (isOpen)
    tally.add("keyring continues another", judgeSuccession(other, one, root) || "continues");
}
