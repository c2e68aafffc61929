// A history: who acts, when, in an order that follows from its seed alone.
import { dice } from "../tamper/dice.ts";
import { decide, proveAgain, publishPack } from "./hosts.ts";
import { append, restoreLog } from "./logs.ts";
import { changeKeys, enrolled, restoreRing } from "./operators.ts";
import { DAY, HOUR, MINUTE, SECOND, Stage } from "./stage.ts";
import type { Tally } from "./stage.ts";
import { forgeRing } from "./ring-thieves.ts";
import { forgeEvidence, forgePack, fork, recosign, splice, steal } from "./thieves.ts";
import { engage, openRings, restoreState, verifyOne } from "./verifiers.ts";

/** What can happen, and how often. */
const ACTS: readonly (readonly [number, (stage: Stage) => void])[] = [
  [14, decide],
  [12, changeKeys],
  [4, publishPack],
  [4, proveAgain],
  [3, restoreLog],
  [2, restoreRing],
  [3, restoreState],
  [8, steal],
  [8, forgeEvidence],
  [4, forgePack],
  [4, forgeRing],
  [4, fork],
  [5, recosign],
  [6, splice],
  [4, openRings],
];
const BAG = ACTS.flatMap(([count, act]) => Array.from({ length: count }, () => act));

/** Who there is at the beginning: operators, logs, witnesses, and who will judge. */
function begin(stage: Stage): void {
  const { dice: chance } = stage;
  const origins = ["log.example/one", "log.example/two"];
  for (const origin of origins.slice(0, 1 + chance.below(2))) {
    stage.logs.push({
      origin,
      key: stage.next("log"),
      tree: [],
      clock: stage.clock(),
      isUpset: false,
    });
  }
  const count = chance.below(5);
  for (let i = 0; i < count; i++) {
    const isSecondName = i > 0 && stage.chance(10);
    const key = isSecondName ? (stage.witnesses[0]?.key ?? "") : stage.next("witness");
    const isLiar = stage.chance(18);
    stage.witnesses.push({
      name: `witness.example/${i}`,
      key,
      clock: stage.clock(),
      isLiar,
      // Under its other name it remembers the same.
      seen: isSecondName ? (stage.witnesses[0]?.seen ?? new Map()) : new Map(),
      hasForgotten: false,
    });
  }
  const keys = [
    enrolled(stage, stage.next("evidence"), "evidence", {
      tenant: stage.chance(60) ? "acme" : undefined,
    }),
    enrolled(stage, stage.next("evidence"), "evidence"),
    enrolled(stage, stage.next("pack"), "pack", { tenant: stage.chance(15) ? "acme" : undefined }),
    // Two that publish, and one key that is for something else.
    ...(stage.chance(35) ? [enrolled(stage, stage.next("pack"), "pack")] : []),
    ...(stage.chance(20) ? [enrolled(stage, stage.next("evidence"), "log")] : []),
    ...stage.some(stage.logs, 40).map(({ key }) => enrolled(stage, key, "log")),
    ...stage
      .some([...new Set(stage.witnesses.map(({ key }) => key))], 50)
      .map((key) =>
        enrolled(stage, key, "witness", { tenant: stage.chance(10) ? "acme" : undefined }),
      ),
  ];
  const by = stage.choose(stage.pinned.keys, stage.pinned.threshold);
  const issuedAt = stage.now - 4 * DAY;
  stage.ring = {
    serial: 1,
    previous: undefined,
    issuedAt,
    expiresAt: issuedAt + 30 * DAY,
    keys,
    changes: [],
    by,
  };
  stage.rings.push(stage.ring);
  for (const log of stage.logs) append(stage, log, { type: "other", run: 0 });
  const first = stage.chance(85) ? (["first", "second"] as const) : (["first"] as const);
  for (const pack of first) {
    stage.statements.push({ pack, by: "pack:0" });
    if (keys.some(({ key }) => key === "pack:1")) stage.statements.push({ pack, by: "pack:1" });
  }
  const verifiers = 2 + chance.below(2);
  for (let i = 0; i < verifiers; i++) stage.verifiers.push(engage(stage));
  decide(stage);
}

/** What a history was, in lines, and what ended it. */
export interface Played {
  readonly lines: readonly string[];
  readonly error?: unknown;
}

/** Plays one history to its end, or to where the code and the model disagree. */
export function play(seed: string, number: number, tally: Tally): Played {
  const chance = dice(`trust ${seed} ${number}`);
  const size = 1 + chance.below(3);
  const root = {
    threshold: 1 + chance.below(size),
    keys: Array.from({ length: size }, (_, i) => `root:${i}`),
  };
  const stage = new Stage(chance, tally, root);
  root.keys.forEach(() => stage.next("root"));
  try {
    begin(stage);
    const steps = 10 + chance.below(12);
    for (let i = 0; i < steps; i++) {
      stage.now += chance.pick([SECOND, MINUTE, MINUTE, HOUR, DAY]) + chance.below(1000);
      chance.pick(BAG)(stage);
      const isDue = stage.chance(stage.focus === undefined ? 45 : 90);
      if (stage.files.length > 0 && isDue) verifyOne(stage);
    }
  } catch (error) {
    return { lines: stage.lines, error };
  }
  return { lines: stage.lines };
}
