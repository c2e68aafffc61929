// Effects by their type: what the engine asks for and the host performs (TRACE-5, TRACE-6).
import type { EffectType, RequestRecord } from "@reach-fabric/engine";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { guardedResult } from "./admissible.ts";
import { clock } from "./clock.ts";
import type { EffectContext, EffectKind } from "./effect.ts";
import type { Performed } from "./egress/performed.ts";
import { emit } from "./emit.ts";
import { file } from "./file.ts";
import { grpc } from "./grpc.ts";
import { http } from "./http.ts";
import { llm } from "./llm.ts";
import { mcp } from "./mcp.ts";
import type { Effects, Outside } from "./outside.ts";
import { random } from "./random.ts";
import { timer } from "./timer.ts";

/** All that are performed; an event is waited for (run/inbox.ts). */
const kinds: Readonly<Record<Exclude<EffectType, "event">, EffectKind<Effects>>> = {
  http,
  clock,
  random,
  timer,
  emit,
  llm,
  mcp,
  grpc,
  file,
};

/** What only this machine gives: no failure of the world is recorded of it. */
const OWN = ["clock", "random", "timer"] as const;

/** What a type of effect is; undefined for one that this host does not have. */
export const kindOf = (type: string): EffectKind<Effects> | undefined =>
  Object.hasOwn(kinds, type) ? kinds[type as keyof typeof kinds] : undefined;

/** What comes of an effect at once: of the clock, of randomness, of a timer whose time has come. */
export function answerNow(
  record: RequestRecord,
  outside: Effects,
  context: EffectContext,
): Performed | undefined {
  try {
    return kindOf(record.type)?.now?.(record, outside, context);
  } catch {
    // perform() says what is the matter with it.
    return undefined;
  }
}

/**
 * Performs one effect. What it gives can be recorded, but for what only the engine knows of its form (GRANT-18), and
 * holds no secret of the run (GRANT-20).
 *
 * @throws the signal's reason if it was aborted; HostTrouble; ReachError `REACH-E3003` for an unknown effect
 */
export async function perform(
  record: RequestRecord,
  outside: Outside,
  context: EffectContext,
): Promise<Performed> {
  const { key, type } = record;
  const kind = kindOf(type);
  if (kind === undefined) throw unknownEffect(key);
  const work = (): Promise<Performed> => kind.perform(record, outside, context);
  const own = OWN.find((one) => one === type);
  const came = await guardedResult(work, context.signal, outside.guard, own);
  outside.watch?.effect(record, came);
  return came;
}

const unknownEffect = (key: string): ReachError =>
  new ReachError(
    hostCode.unknownEffect,
    "The engine asks for an effect that this host does not have.",
    {
      where: `effect ${key}`,
      hint: "The engine and the host are of different versions.",
    },
  );

/** True for what may be performed although no decision depends on it. */
export const isReadOnly = ({ type, request }: RequestRecord): boolean =>
  kindOf(type)?.isReadOnly(request) ?? false;

/** `POST https://host/path`, `tools/call NAME`: what an operator declares safe. */
export const operationOf = ({ type, request }: RequestRecord): string =>
  kindOf(type)?.operation(request) ?? type;
