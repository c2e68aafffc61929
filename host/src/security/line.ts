// A record of the security log as one line: what is in it can be read as nothing else. docs/spec/security-log.md, SEC-2.
import { problemsOf, securityRecord } from "@reach-fabric/schema";
import type { SecurityEvent, SecurityRecord } from "@reach-fabric/schema";
import { wellFormed } from "../effects/egress/text.ts";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { redact } from "../secrets/redact.ts";

/** Fields that people and programs have made up: all others have a form in which no secret is. */
export const FREE: readonly string[] = ["actor", "origin", "secret", "task"];

/** Bytes that a free text has at most in a line. */
const LONGEST_TEXT = 600;

/** A line, its end included: within what a pipe takes as a whole (PIPE_BUF). */
const LONGEST_LINE = 4096;

/**
 * What a log keeps of an event.
 *
 * @param scrubbed takes out what the caller knows to be secret
 * @throws ReachError `REACH-E4181` a field that the type does not have, or a value that the field cannot have
 */
export function recordOf(
  event: SecurityEvent & { readonly actor: string },
  at: string,
  scrubbed: (text: string) => string = (text) => text,
): SecurityRecord {
  const given = Object.entries(event).map(([name, value]: [string, unknown]) => [
    name,
    FREE.includes(name) && typeof value === "string" ? plain(redact(scrubbed(value))) : value,
  ]);
  const made: unknown = { ...Object.fromEntries(given), v: 1, at };
  const read = securityRecord.safeParse(made);
  if (read.success) return read.data;
  const [problem] = problemsOf(securityRecord, made);
  throw new ReachError(hostCode.badSecurityEvent, "The security log takes no such event.", {
    where: ["event", ...(problem?.path ?? [])].join("/"),
    ...(problem === undefined ? {} : { why: problem.what }),
    hint: "docs/spec/security-log.md lists the types, and the fields of each.",
  });
}

/** The record in ASCII, in the order of its fields, with a line feed. */
export function lineOf(record: SecurityRecord): string {
  const line = `${escaped(JSON.stringify(record))}\n`;
  if (line.length > LONGEST_LINE) throw new TypeError("A line of the security log is too long");
  return line;
}

/** What a terminal or a reader of lines might take for something else is written as an escape of JSON. */
const escaped = (json: string): string =>
  json.replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** A text of one line that can be shown, no longer than a field may be. */
function plain(text: string): string {
  const shown = wellFormed(text).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd");
  let kept = "";
  let bytes = 0;
  for (const character of shown) {
    bytes += escaped(JSON.stringify(character)).length - 2;
    if (bytes > LONGEST_TEXT) break;
    kept += character;
  }
  return kept === "" ? "\ufffd" : kept;
}
