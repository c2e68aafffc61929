// What a store takes as a message of a run: nothing that could not be read again. docs/spec/runs.md, STORE-8.
import { requireEvent } from "../effects/event.ts";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import type { Message } from "./store.ts";

/** Bytes of an event, and of a command. */
export const LARGEST_MESSAGE: number = 1024 * 1024;

/**
 * The JSON text of the event or command that a message is.
 *
 * @throws ReachError `REACH-E3005` it is no event, `REACH-E4103` it is too large
 */
export function textOfMessage(message: Message): string {
  const { kind: _, ...command } = message;
  if (message.kind === "event") requireEvent(message.event, "the event");
  const text = JSON.stringify(message.kind === "event" ? message.event : command);
  if (Buffer.byteLength(text) <= LARGEST_MESSAGE) return text;
  throw new ReachError(hostCode.tooLarge, "The message is too large.", {
    where: `the ${message.kind}`,
    why: `the limit is ${LARGEST_MESSAGE} bytes`,
    hint: "Put large data where the run can get it, and say where that is.",
  });
}
