// What a person says of an effect that may have been performed, or not. docs/spec/run-folder.md, RUN-7.
import { parseRecord } from "@reach-fabric/engine";
import type { EffectResult, Engine, RequestRecord, StartRecord } from "@reach-fabric/engine";
import type { Grant } from "@reach-fabric/schema";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { leased } from "../pool/lease.ts";
import type { SecurityLog } from "../security/security-log.ts";
import { RunSecrets } from "../secrets/run-secrets.ts";
import type { SecretSource } from "../secrets/source.ts";
import type { Secrets } from "../secrets/texts.ts";
import { requireNoSecret } from "../secrets/given.ts";
import { computeAgain } from "./so-far.ts";
import type { RunSoFar } from "./so-far.ts";
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
  /** Those of the run: an answer that holds one of them is refused. */
  readonly secrets?: Secrets | SecretSource;
}

/**
 * Takes down what came of an effect that had begun when the run was interrupted: its answer, its failure, or that it is
 * to be performed again. The run goes on with resume().
 *
 * Guarantees: it is durable when this resolves, who said it is signed with the evidence, and nothing is asked of the world.
 *
 * @throws ReachError as readKept() does; `REACH-E3012` the answer holds a secret; `REACH-E3008` no such effect is open, `REACH-E4114` another process executes the
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
      await requireGuarded(found, as, options.secrets);
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

/** What a person says is recorded as an answer is: no secret that the run may use, and no token that it has got, is in it. */
async function requireGuarded(
  { records, run }: Pick<RunSoFar, "records" | "run">,
  { result, body }: EffectResult,
  secrets: ResolveOptions["secrets"],
): Promise<void> {
  const [first] = records;
  if (secrets === undefined || first === undefined) return;
  const { grant } = parseRecord(first) as StartRecord;
  const names = ((grant ?? {}) as Grant).secrets?.map(({ name }) => name);
  const own = new RunSecrets(secrets, names, run.id);
  await own.open();
  for (const said of [result, body ?? null]) requireNoSecret(own.guard, said, "the answer");
}

const notOpen = (where: string, key: string, isOpen: boolean): ReachError =>
  new ReachError(hostCode.notOpen, "There is nothing to say of this effect.", {
    where: `${where}, effect ${key}`,
    why: isOpen
      ? "it has not begun: the run performs it when it goes on"
      : "the run does not wait for it",
  });
