// What a person says of an effect that may have been performed, or not. docs/spec/run-folder.md, RUN-7.
import type { EffectResult, Engine, RequestRecord } from "@reach-fabric/engine";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { leased } from "../pool/lease.ts";
import type { SecurityLog } from "../security/security-log.ts";
import { computeAgain } from "./so-far.ts";
import type { Line } from "../record/journal.ts";
import type { KeptRun, Rest } from "../store/store.ts";

export interface ResolveOptions {
  readonly engine: Engine;
  /** The run where it is kept. */
  readonly run: KeptRun;
  /** The effect's key. */
  readonly key: string;
  /** Who says so, as the evidence will have it. */
  readonly by: string;
  /** What came of it; or that it is to be performed again. */
  readonly as: EffectResult | "retry";
  /** The host's time in UTC with milliseconds. */
  readonly at: string;
  /** Where it is noted who has said so. */
  readonly security?: SecurityLog;
}

/**
 * Takes down what came of an effect that had begun when the run was interrupted: its answer, its failure, or that it is
 * to be performed again. The run goes on with resume().
 *
 * Guarantees: it is durable when this resolves, who said it is signed with the evidence, and nothing is asked of the world.
 *
 * @throws ReachError as readKept() does; `REACH-E3008` no such effect is open, `REACH-E4114` another process executes the
 *   run; EngineError for an answer that the effect cannot have
 *
 * @example
 * await run({ engine, pack, input, recorder: folderRecorder("runs/3") });
 * const at = new Date().toISOString();
 * const said = { engine, run: runFolder("runs/3"), key: "0", by: "clerk-7", as: "retry" as const, at };
 * await resolveEffect(said).catch(({ code }: ReachError) => code); // → "REACH-E3008"
 */
export async function resolveEffect(options: ResolveOptions): Promise<RequestRecord> {
  const { security, engine, as, by, key } = options;
  const { id } = await options.run.head();
  const said = as === "retry" ? as : "failure" in as.result ? "failure" : "answer";
  const effect = /^\d{1,10}(?:\.\d{1,10}){0,20}$/.test(key) ? { effect: key } : {};
  const event = { type: "effect.resolved", actor: by, run: id, ...effect, as: said } as const;
  try {
    const request = await leased(engine, () => resolved(options));
    security?.note({ ...event, outcome: "success" });
    return request;
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    const why = typeof code === "string" && /^REACH-E\d{4}$/.test(code) ? { code } : {};
    security?.note({ ...event, outcome: "failure", ...why });
    throw error;
  }
}

async function resolved(options: ResolveOptions): Promise<RequestRecord> {
  const { engine, run: kept, key, by, as, at } = options;
  const { state, awaits, wakeAt } = await kept.head();
  const lease = await kept.claim();
  // Where nothing can be said, it is as it was.
  let rest: Rest = {
    state: state === "running" ? "interrupted" : state,
    awaits,
    ...(wakeAt === undefined ? {} : { wakeAt }),
  };
  try {
    if (lease.file === undefined) throw new TypeError("A lease of a run that is new");
    const found = computeAgain(engine, lease.file, kept.where);
    const effect = found.waiting.find(({ request }) => request.key === key);
    if (effect?.hasBegun !== true) throw notOpen(kept.where, key, effect !== undefined);
    let line: Line;
    if (as === "retry") line = { at, by, retried: key };
    else {
      const record = engine.admitResult(key, as.result, as.body);
      const seq = found.records.length;
      engine.advance(record);
      line = { record, stamp: { seq, at, resolvedBy: by }, left: engine.commitments().left };
    }
    await lease.append(found.lines.length, [line]);
    // It can go on now.
    rest = { state: "waiting", wakeAt: at };
    return effect.request;
  } finally {
    if (!engine.trapped) engine.commit(null);
    await lease.release(rest);
  }
}

const notOpen = (where: string, key: string, isOpen: boolean): ReachError =>
  new ReachError(hostCode.notOpen, "There is nothing to say of this effect.", {
    where: `${where}, effect ${key}`,
    why: isOpen
      ? "it has not begun: the run performs it when it goes on"
      : "the run does not wait for it",
  });
