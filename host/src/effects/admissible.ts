// Whatever an effect gives is something that a record can hold, or the failure `protocol` (GRANT-18): a service, or an
// embedder's own code, cannot leave a run without an outcome.
import { hostCode } from "../files/codes.ts";
import type { SecretGuard } from "../secrets/guard.ts";
import { cut, wellFormed } from "./egress/text.ts";
import type { EffectNote, Performed } from "./egress/performed.ts";
import { HostTrouble, throwTrouble } from "./egress/trouble.ts";

/** The failure that is recorded in place of an answer which no record can hold. */
export const unfit = (why: string): Performed => ({
  result: { failure: "protocol" },
  note: { code: hostCode.unfit, why },
});

/** What was given, if it has the form of a result and is JSON; the engine checks the rest when it takes it. */
function checkedResult(given: unknown): Performed {
  try {
    const { result, body, note } = given as Partial<Performed>;
    if (typeof result !== "object" || result === null || Array.isArray(result)) {
      return unfit("the effect gave no result");
    }
    if (body !== undefined && !(body instanceof Uint8Array)) {
      return unfit("the effect gave a body that is not bytes");
    }
    JSON.stringify(result, finite);
    return {
      result,
      ...(body === undefined ? {} : { body }),
      ...(note === undefined ? {} : { note: noteOf(note) }),
    };
  } catch (error) {
    return unfit(`the effect gave what is not JSON (${nameOf(error)})`);
  }
}

/**
 * What some work gives, as it may be recorded: no secret of the guard is in it.
 *
 * @param own what this machine alone gives: there is nothing to find in it, and no failure of the world
 * @throws the signal's reason if it was aborted: an interruption is no answer; HostTrouble
 */
export async function guardedResult(
  work: () => Promise<Performed>,
  signal: AbortSignal,
  guard: SecretGuard | undefined,
  own?: "clock" | "random" | "timer",
): Promise<Performed> {
  try {
    const given = checkedResult(await work());
    const isOpen = own !== undefined || guard === undefined;
    return withShortNote(isOpen ? given : guard.admissible(given));
  } catch (error) {
    signal.throwIfAborted();
    throwTrouble(error, guard);
    if (own !== undefined) throw new HostTrouble(`its ${own} has failed`, error);
    return unfit(`the effect has failed with an error (${nameOf(error)})`);
  }
}

/** What has thrown, in a word: what errors say may hold what was sent. */
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);

/** JSON has no number for these, and would have null. */
function finite(_: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError("Not a number");
  return value;
}

/** A note is in the evidence, too. */
const noteOf = ({ code, why }: EffectNote): EffectNote => ({
  code: wellFormed(code),
  why: wellFormed(why),
});

/** The same with a note that is short: only what was guarded as a whole may be cut. */
const withShortNote = <T extends Performed>(performed: T): T =>
  performed.note === undefined
    ? performed
    : { ...performed, note: { ...performed.note, why: cut(performed.note.why, 1000) } };
