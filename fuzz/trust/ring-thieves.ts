// What is made of the keys of a root that are stolen, enough of them or not: keyrings, and roots that take its place.
import type { KeyName, Ring, RingKey, Root, RootChange } from "./facts.ts";
import { DAY } from "./stage.ts";
import type { Stage } from "./stage.ts";

/** What a thief writes into a keyring. */
const WRITTEN: readonly ((keys: readonly RingKey[], stage: Stage, root: Root) => RingKey[])[] = [
  (keys, { now }) =>
    keys.map((entry) => ({ ...entry, compromisedAt: undefined, to: now + 300 * DAY })),
  (keys) => keys.map((entry) => ({ ...entry, compromisedAt: undefined })),
  (keys) => keys.map((entry, i) => (i === 0 ? { ...entry, to: entry.to + 1 } : entry)),
  (keys, { now }) => [...keys.filter(({ key }) => key !== "mallory:0"), mine(now)],
  (keys, { now }) => [...keys.filter(({ key }) => key !== "mallory:0"), mine(now)],
  (keys) => keys.slice(1),
  (keys) => keys.map((entry, i) => (i === 0 ? { ...entry, tenant: "globex" } : entry)),
  (keys) => [...keys, ...keys.slice(0, 1)],
  (keys, { now }, root) => [...keys, { ...mine(now), key: root.keys[0] ?? "" }],
  (keys) => keys.map((entry, i) => (i === 0 ? { ...entry, to: entry.from - 1 } : entry)),
];
const mine = (now: number): RingKey => ({
  key: "mallory:0",
  role: "evidence",
  from: now - 30 * DAY,
  to: now + DAY,
});

/** Signatures as far as the thief has keys for them. */
function signed(stage: Stage, { keys, threshold }: Root): KeyName[] {
  const own = keys.filter((key) => stage.stolen.has(key));
  const enough = stage.choose(own, threshold);
  if (own.length >= threshold && stage.chance(85)) return enough;
  // One signature twice does not make two, and that of a stranger none.
  const first = own[0] ?? "mallory:2";
  const more = [...enough, ...Array.from({ length: keys.length }, () => first)];
  return stage.chance(50) ? more.slice(0, Math.max(threshold, 2)) : [...enough, "mallory:2"];
}

/** Another root in the place of one: by both, by one of them alone, or of something else. */
function changeOf(stage: Stage, from: Root, to: Root, before: readonly RootChange[]): RootChange {
  const { dice } = stage;
  const [old, next] = [from.keys.filter((key) => stage.stolen.has(key)), to.keys];
  const by = dice.pick([[...old, ...next], [...old, ...next], next, old.length > 0 ? old : next]);
  const serial = before.length + (stage.chance(90) ? 1 : 2);
  const of = stage.chance(90) ? from : dice.pick(stage.roots);
  return { serial, from: of, to, issuedAt: stage.now, by: [...new Set(by)] };
}

/** A keyring of the thief's. */
export function forgeRing(stage: Stage): void {
  const { dice } = stage;
  // A root that gave way is not guarded any more.
  const older = stage.rings.filter((ring) => stage.rootOf(ring) !== stage.rootOf(stage.ring));
  const isOld = older.length > 0 && stage.chance(60);
  const before = isOld ? dice.pick(older) : dice.pick([stage.ring, stage.ring, ...stage.rings]);
  const root = stage.chance(85) ? stage.rootOf(before) : dice.pick(stage.roots);
  if (isOld && stage.chance(70)) for (const key of root.keys) stage.stolen.set(key, stage.now);
  const isEnough = root.keys.filter((key) => stage.stolen.has(key)).length >= root.threshold;
  stage.isUpset ||= isEnough;
  const newest = Math.max(...stage.rings.map(({ serial }) => serial));
  const isNext = stage.chance(60);
  const plain: Ring = {
    serial: isNext ? before.serial + 1 : dice.pick([before.serial, before.serial + 2, newest + 2]),
    previous: before,
    issuedAt: stage.chance(92) ? stage.now : before.issuedAt - 1,
    expiresAt: stage.now + 90 * DAY,
    keys: dice.pick(WRITTEN)(before.keys, stage, root),
    changes: before.changes,
    by: signed(stage, root),
  };
  const to = { threshold: 1, keys: ["mallory:2"] };
  const isChange = stage.chance(25);
  const changes = [...plain.changes, changeOf(stage, root, to, plain.changes)];
  stage.rings.push(isChange ? { ...plain, changes, by: to.keys } : plain);
  if (isChange) stage.roots.push(to);
  const who = isEnough ? "enough" : "too few";
  stage.say(`thief: ${isChange ? "root" : "keyring"} by ${who}`, `number ${plain.serial}`);
}
