// What a report comes to in one word, for people: no green without a signer. docs/spec/policy.md, POL-17.
import type { Judgement } from "./verdicts.ts";

/**
 * - `verified`: all that is required passed, and so did the signer
 * - `signer not checked`: all else that is required passed, and whose key that is was asked of no one
 * - `failed`, `not checked`: a required verdict failed, or could not be checked
 */
export type Standing = "verified" | "signer not checked" | "failed" | "not checked";

/**
 * What a report comes to. It is not `verified` while nothing says whose the signature is, whatever was required:
 * anyone can make such a file with a key of their own.
 *
 * @example
 * standingOf(verify(engine, bytes)); // → "signer not checked"
 * standingOf(verify(engine, bytes, { trustedKeys })); // → "verified"
 */
export function standingOf({
  verdicts,
  required,
  exitCode,
}: Pick<Judgement<"authentic" | "trusted">, "verdicts" | "exitCode"> & {
  readonly required: readonly string[];
}): Standing {
  if (exitCode === 1) return "failed";
  const { trusted, authentic } = verdicts;
  if (trusted.result === "pass") return exitCode === 0 ? "verified" : "not checked";
  const others = required.filter((name) => name !== "trusted");
  const found: Readonly<Record<string, { readonly result: string }>> = verdicts;
  const isLeft = others.some((name) => found[name]?.result !== "pass");
  // A code says why it could not be checked; without one no key was named.
  const isUnnamed = trusted.code === undefined || exitCode === 0;
  return authentic.result === "pass" && !isLeft && isUnnamed ? "signer not checked" : "not checked";
}
