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
  const odd = REQUIRED.find((attribute) => {
    const text = event[attribute];
    return typeof text !== "string" || text === "";
  });
  if (odd !== undefined) {
    throw new ReachError(hostCode.badEvent, `Not an event: it has no \`${odd}\`.`, {
      where,
      hint: 'A CloudEvent has {"specversion": "1.0", "id", "source", "type"}, all of them texts that are not empty.',
    });
  }
  if (isTooDeep(event)) {
    throw new ReachError(hostCode.badEvent, "The event is nested too deep.", {
      where,
      why: `no record can hold more than ${DEEPEST} levels of it`,
    });
  }
}

/** Levels of an event: a record holds it below others (LIMIT-4), and what follows from it must be one, too. */
const DEEPEST = 1000;

/** Whether no run can go on with an event, as it is nested too deep. */
export const isTooDeep = (event: unknown): boolean => isDeeper(event, DEEPEST);

/** Whether a value nests deeper than so many levels. */
const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1)));

/** The attributes without which nothing is a CloudEvent (WF-38). */
const REQUIRED = ["specversion", "id", "source", "type"];
