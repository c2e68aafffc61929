// What makes a value an event.
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import type { CloudEvent } from "./emit.ts";

/**
 * Requires that a value is an event.
 *
 * @throws ReachError `REACH-E3005`
 */
export function requireEvent(value: unknown, where: string): asserts value is CloudEvent {
  const event = Object(value) as Readonly<Record<string, unknown>>;
  const odd = REQUIRED.find((attribute) => typeof event[attribute] !== "string");
  if (odd === undefined) return;
  throw new ReachError(hostCode.badEvent, `Not an event: it has no \`${odd}\`.`, {
    where,
    hint: 'A CloudEvent has {"specversion": "1.0", "id", "source", "type"}, all of them texts.',
  });
}

/** The attributes without which nothing is a CloudEvent (WF-38). */
const REQUIRED = ["specversion", "id", "source", "type"];
