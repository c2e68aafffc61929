import { mayEmit } from "@reach-fabric/schema";
import { systemCode } from "../files/files.ts";
import { clockTime } from "./clock.ts";
import type { EffectContext, EffectKind } from "./effect.ts";
import type { Performed } from "./egress/performed.ts";
import { throwTrouble } from "./egress/trouble.ts";
import { needsOfEmit } from "./needs.ts";

/** A CloudEvent 1.0 in its JSON form. */
export type CloudEvent = Readonly<Record<string, unknown>>;

/** What takes events. */
interface Sink {
  readonly clock: () => number;
  readonly emit?: (event: CloudEvent, signal: AbortSignal) => Promise<void>;
}

/** emit: a CloudEvent is handed on (WF-39). */
export const emit: EffectKind<Sink> = {
  perform: ({ request }, sink, context) => send(request["event"] as CloudEvent, sink, context),
  isReadOnly: () => false,
  // Its id is the same: who gets it twice knows it.
  isIdempotent: () => true,
  needs: needsOfEmit,
  operation: () => "emit",
};

/** GRANT-11 again, then the sink; the event's id is the same when it has to be sent again. */
async function send(
  event: CloudEvent,
  sink: Sink,
  { grant, idempotencyKey, signal }: EffectContext,
): Promise<Performed> {
  if (!mayEmit(grant, String(event["type"]))) return { result: { failure: "denied" } };
  if (sink.emit === undefined) {
    return {
      result: { failure: "refused" },
      note: { code: "NO_SINK", why: "this run has no sink for events" },
    };
  }
  const ms = clockTime(sink);
  const given = {
    ...(event["id"] === undefined ? { id: idempotencyKey } : {}),
    ...(event["time"] === undefined ? { time: new Date(ms).toISOString() } : {}),
  };
  try {
    await sink.emit({ ...event, ...given }, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    throwTrouble(error);
    return {
      result: { failure: "reset" },
      note: { code: systemCode(error), why: "the sink did not take the event" },
    };
  }
  return {
    result: {
      ...("id" in given ? { id: given.id } : {}),
      ...("time" in given ? { ms } : {}),
    },
  };
}
