// A run's security events on their way to the log: they know the run, and hold none of its secrets.
import type { RecordHead, RequestRecord } from "@reach-fabric/engine";
import type { SecurityEvent } from "@reach-fabric/schema";
import { hostCode } from "../files/codes.ts";
import { eventOfEffect, eventOfRecord, refusalEvent } from "./effect-events.ts";
import type { SecurityLog } from "./security-log.ts";

/** What a run tells of itself. Nothing of it throws. */
export interface RunWatch {
  /** What came of an effect. */
  effect(
    request: RequestRecord,
    came: { readonly result: object; readonly note?: { readonly code: string } },
  ): void;
  /** A record that has left the engine. */
  record(head: RecordHead, bytes: Uint8Array): void;
  /** A secret is about to be sent somewhere. */
  redeemed(secret: string, origin: string): void;
  /** The engine would not record what an effect gave. */
  unfit(key: string): void;
  /** An event or a command holds a secret of the run. */
  given(what: "event" | "command"): void;
  /** The run ended with an error. */
  ended(error: unknown): void;
}

/** @param scrubbed takes the run's secrets out of a text */
export function watchOf(
  log: SecurityLog,
  run: string | undefined,
  scrubbed: (text: string) => string,
): RunWatch {
  const note = (event: SecurityEvent | undefined): void => {
    if (event === undefined) return;
    try {
      log.note(event, scrubbed);
    } catch (error) {
      // A watcher ends no run.
      process.emitWarning(error instanceof Error ? error.message : "a security event was refused");
    }
  };
  const of = run === undefined ? {} : { run };
  return {
    effect: (request, came) => note(eventOfEffect(run, request, came)),
    record: (head, bytes) => note(eventOfRecord(run, head, bytes)),
    redeemed: (secret, origin) =>
      note({ type: "secret.redeemed", outcome: "success", ...of, secret, origin }),
    unfit: (effect) =>
      note({
        type: "input.refused",
        outcome: "failure",
        ...of,
        effect,
        input: "answer",
        code: hostCode.unfit,
      }),
    given: (input) =>
      note({
        type: "input.refused",
        outcome: "failure",
        ...of,
        input,
        code: hostCode.secretGiven,
      }),
    ended: (error) => {
      const { code } = error as { readonly code?: unknown };
      if (typeof code === "string") note(refusalEvent(code, run));
    },
  };
}
