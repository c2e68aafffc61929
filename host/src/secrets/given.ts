// What an operator gives a run is recorded as it is: with a secret of the run in it, it is refused (VAULT-12).
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import type { SecretGuard } from "./guard.ts";

/** Something that was given to a run and that it has not taken. */
export interface RefusedGiven {
  readonly what: "event" | "command";
  /** `REACH-E3012`. */
  readonly code: string;
  readonly why: string;
}

const why = (what: string): string =>
  `${what} holds a secret that the run may use, and would be recorded as it is`;

/**
 * Requires that an input, or what a person says of an effect, holds no secret of the run.
 *
 * @throws ReachError `REACH-E3012`, without a word of it
 */
export function requireNoSecret(
  guard: SecretGuard | undefined,
  given: unknown,
  what: "the input" | "the answer",
): void {
  if (guard?.holds(given) !== true) return;
  throw new ReachError(hostCode.secretGiven, "What is given to the run holds a secret.", {
    where: what,
    why: why(what),
    hint: "Name the secret in the workflow ($secrets, or authentication with use), and leave its value out.",
  });
}

/** What is told of an event or a command that is not taken. */
export const refusedGiven = (what: "event" | "command"): RefusedGiven => ({
  what,
  code: hostCode.secretGiven,
  why: why(`the ${what}`),
});
