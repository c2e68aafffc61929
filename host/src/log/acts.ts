// Acts in an audit log: noted before they are done, and again when they are. Who is stopped between the two does
// the same again: the act is ended, and its entry is not missing. docs/spec/log.md, LOG-50 and LOG-51.
import { createEngine, fromUtf8 } from "@reach-fabric/engine";
import type { NewLogEntry } from "@reach-fabric/schema";
import { parseEntry } from "@reach-fabric/evidence";
import type { Log } from "./log.ts";
import { readLog } from "./reader.ts";

type ActBody = Extract<NewLogEntry, { type: "act" }>["body"];

/** What is said of an act besides its type and who does it: texts and whole numbers, of no person and no secret. */
export type ActDetails = NonNullable<ActBody["details"]>;

/** Something that security depends on, as it is about to be done. */
export interface IntendedAct {
  readonly type: string;
  readonly actor: string;
  readonly details: ActDetails;
  /** The details that say which act it is: another try of it has the same ones. Default: all. */
  readonly same?: readonly string[];
}

/** What came of an act, and what of it is known only now. */
export interface DoneAct<T> {
  readonly result: T;
  readonly details?: ActDetails;
}

/** So many entries are looked through for an earlier try: more than a second of work. */
const LOOKED_THROUGH = 1_000_000;

/**
 * Does something between two entries of a log: that it is intended, and that it was done, or tried and not done.
 *
 * Guarantees: nothing is done that is not noted before. If the process ends in between, the same act finds its intent
 * and ends it.
 *
 * @param found is given what an earlier try has noted; what it gives is what came of that one, if all is still as that one
 *   has left it, and nothing is done
 * @throws ReachError as Log.append() and readLog() do; what `work` throws, once it is noted as a failure
 *
 * @example
 * const act = { type: "door.locked", actor: "ops-7", details: { door: "north" } };
 * await noteAct(log, act, async () => ({ result: "locked" })); // → "locked"
 */
export async function noteAct<T>(
  log: Log,
  act: IntendedAct,
  work: () => Promise<DoneAct<T>>,
  found?: (details: ActDetails) => DoneAct<T> | undefined,
): Promise<T> {
  const { type, actor, details } = act;
  const note = async (body: Omit<ActBody, "type" | "actor">): Promise<number> =>
    (await log.append({ type: "act", body: { type, actor, ...body } })).index;
  const earlier = await lastOf(log, act);
  const done = earlier && found?.(earlier.details);
  if (done !== undefined) {
    const { index: intent, details: noted, isOpen } = earlier as EarlierTry;
    if (isOpen) await note({ outcome: "success", intent, details: { ...noted, ...done.details } });
    return done.result;
  }
  const intent =
    earlier?.isOpen === true ? earlier.index : await note({ outcome: "intended", details });
  let did: DoneAct<T>;
  try {
    did = await work();
  } catch (error) {
    await note({ outcome: "failure", intent, details }).catch(() => undefined);
    throw error;
  }
  // What was done did not fail because it could not be noted: then its intent stays open.
  await note({ outcome: "success", intent, details: { ...details, ...did.details } });
  return did.result;
}

interface EarlierTry {
  /** Where it was intended. */
  readonly index: number;
  /** Whether no end of it was noted. */
  readonly isOpen: boolean;
  readonly details: ActDetails;
}

/** The last time that this act was intended, but for those that failed. */
async function lastOf(
  log: Log,
  { type, details, same = Object.keys(details) }: IntendedAct,
): Promise<EarlierTry | undefined> {
  const engine = createEngine();
  const reader = await readLog(log.folder);
  const ends = new Map<number, ActBody>();
  const first = Math.max(0, reader.size - LOOKED_THROUGH);
  for (let index = reader.size - 1; index >= first; index--) {
    const bytes = await reader.entry(index);
    // Most entries are about runs, and are not read.
    if (!fromUtf8(bytes).includes(`"${type}"`)) continue;
    const { type: kind, body } = parseEntry(engine, bytes);
    if (kind !== "act" || body.type !== type) continue;
    if (body.intent !== undefined) ends.set(body.intent, body);
    const end = ends.get(index);
    const noted = { ...body.details, ...end?.details };
    const isSame = same.every((name) => noted[name] === details[name]);
    if (body.outcome === "intended" && end?.outcome !== "failure" && isSame) {
      return { index, isOpen: end === undefined, details: noted };
    }
  }
  return undefined;
}
