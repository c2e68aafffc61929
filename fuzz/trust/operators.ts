// What the operators of keys do, as far as they get: they are killed, and their folder is put back to an older day.
import type { KeyName, Ring, RingKey, Root } from "./facts.ts";
import { requireIssued } from "./judge.ts";
import { whyNotNext } from "./model-keys.ts";
import { DAY, HOUR, MINUTE, TENANTS } from "./stage.ts";
import type { Stage } from "./stage.ts";

/** The next keyring with these keys, signed by enough keys of the root. */
function issue(stage: Stage, keys: readonly RingKey[], newRoot?: Root): Ring {
  const { ring, dice } = stage;
  const root = stage.rootOf(ring);
  const issuedAt = Math.max(stage.now, ring.issuedAt);
  const signing = newRoot ?? root;
  const enough = (of: Root): KeyName[] => {
    const more = stage.chance(30) ? dice.below(of.keys.length - of.threshold + 1) : 0;
    return stage.choose(of.keys, of.threshold + more);
  };
  const changes =
    newRoot === undefined
      ? ring.changes
      : [
          ...ring.changes,
          {
            serial: ring.changes.length + 1,
            from: root,
            to: newRoot,
            issuedAt,
            by: [...new Set([...enough(root), ...enough(newRoot)])],
          },
        ];
  return {
    serial: ring.serial + 1,
    previous: ring,
    issuedAt,
    expiresAt: issuedAt + dice.pick([90 * DAY, 90 * DAY, 30 * DAY, DAY]),
    keys,
    changes,
    by: enough(signing),
  };
}

/** Makes the next keyring, and publishes it unless something comes between. */
function publish(stage: Stage, what: string, keys: readonly RingKey[], newRoot?: Root): void {
  const next = issue(stage, keys, newRoot);
  if (whyNotNext(stage.ring, next).length > 0) return;
  if (newRoot === undefined && stage.chance(30)) requireIssued(next, stage.rootOf(stage.ring));
  if (newRoot !== undefined) stage.roots.push(newRoot);
  const isShown = !stage.chance(4);
  const isKept = !stage.chance(4);
  if (isShown) stage.rings.push(next);
  if (isKept) stage.ring = next;
  stage.say(what, `keyring ${next.serial}`);
  if (!isShown || !isKept) {
    stage.isUpset = true;
    stage.say("killed: operator of keys", isKept ? "it is shown to nobody" : "it is forgotten");
  }
}

const changed = (keys: readonly RingKey[], key: KeyName, to: Partial<RingKey>): RingKey[] =>
  keys.map((entry) => (entry.key === key ? { ...entry, ...to } : entry));

export const enrolled = (
  stage: Stage,
  key: KeyName,
  role: RingKey["role"],
  more: Partial<RingKey> = {},
): RingKey => ({
  key,
  role,
  from: stage.now - 30 * DAY,
  to: stage.now + 300 * DAY,
  ...more,
});

export function changeKeys(stage: Stage): void {
  const { dice, ring, now } = stage;
  const { keys } = ring;
  const one = dice.pick(keys);
  const tenant = stage.chance(50) ? dice.pick(TENANTS) : undefined;
  const acts: readonly (() => void)[] = [
    () => {
      // Now and then a key gets a role that is another's.
      const isOther = stage.chance(25);
      const own = [...stage.logs, ...stage.witnesses].map((each) => each.key);
      const free = own.filter((each) => keys.every((entry) => entry.key !== each));
      const isTheirs = isOther && free.length > 0 && stage.chance(50);
      const key = isTheirs ? dice.pick(free) : stage.next("evidence");
      const role = isOther && !isTheirs ? dice.pick(["log", "witness"] as const) : "evidence";
      const to = now + dice.pick([HOUR, DAY, 300 * DAY]);
      publish(stage, "keys: trust", [
        ...keys,
        enrolled(stage, key, role, { tenant, from: now - dice.pick([0, MINUTE, DAY]), to }),
      ]);
    },
    () => {
      if (one.role === "log" || one.role === "witness") return;
      const key = stage.next(one.role === "pack" ? "pack" : "evidence");
      const at = Math.max(one.from, now);
      const ended = changed(keys, one.key, { to: Math.min(one.to, at) });
      const { tenant: own } = one;
      publish(stage, "keys: rotate", [
        ...ended,
        enrolled(stage, key, one.role, { tenant: own, from: at, to: at + 300 * DAY }),
      ]);
    },
    () => {
      const edge = stage.chance(65) ? stage.edge() : undefined;
      const entry = keys.find(({ key }) => key === edge?.key) ?? one;
      const at = Math.max(entry.from, edge?.at ?? (stage.chance(40) ? stage.near() : now));
      publish(stage, "keys: revoke", changed(keys, entry.key, { to: Math.min(entry.to, at) }));
    },
    () => {
      // Who notices says when it may have been: in truth, or before.
      const lost = [...stage.stolen].filter(([key]) => keys.some((entry) => entry.key === key));
      const edge = stage.chance(45) ? stage.edge() : undefined;
      const isIn = keys.some((entry) => entry.key === edge?.key);
      const [stolen, since] = lost.length > 0 ? dice.pick(lost) : [one.key, stage.near()];
      const key = edge !== undefined && isIn ? edge.key : stolen;
      const told = edge !== undefined && isIn ? edge.at : since;
      const known = keys.find((entry) => entry.key === key)?.compromisedAt ?? Infinity;
      const at = Math.min(known, told, stage.chance(20) ? stage.near() : Infinity);
      publish(stage, "keys: compromised", changed(keys, key, { compromisedAt: at }));
    },
    () => publish(stage, "keys: renew", keys),
    () => {
      const count = 1 + dice.below(3);
      const old = stage
        .rootOf(ring)
        .keys.filter(() => stage.chance(30))
        .slice(0, count);
      const names = [
        ...old,
        ...Array.from({ length: count - old.length }, () => stage.next("root")),
      ];
      const root = { threshold: 1 + dice.below(count), keys: names };
      publish(stage, "keys: root", keys, root);
    },
  ];
  const weights = [0, 0, 1, 2, 2, 2, 3, 3, 3, 4, 5, 5];
  acts[dice.pick(weights)]?.();
}

/** The operator's folder is put back, and goes on from there. */
export function restoreRing(stage: Stage): void {
  if (stage.ring.previous === undefined) return;
  stage.ring = stage.ring.previous;
  stage.isUpset = true;
  stage.say("restored: keyring", `number ${stage.ring.serial}`);
}
