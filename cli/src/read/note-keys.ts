// Keys of logs and witnesses as options name them: the text itself, or a file that has it.
import { existsSync } from "node:fs";
import { parseNoteKey, sameKey } from "@reach-fabric/evidence";
import type { NoteKey } from "@reach-fabric/evidence";
import { logFile } from "@reach-fabric/schema";
import type { Machine } from "../ui/machine.ts";
import { CODE, CliError, EXIT, problemOf } from "../ui/problem.ts";
import { readInput } from "./files.ts";

/**
 * The texts of keys that an option means: its own text, or those in a file, which is a log's `log.json` or has one on
 * each line.
 */
export function noteKeyTexts(machine: Machine, given: string, kind: NoteKey["kind"]): string[] {
  // A key has two plus signs, which no one puts into the name of a file.
  if (/^[^+]+\+[0-9a-f]{8}\+/.test(given) || !existsSync(given)) return [given];
  const text = Buffer.from(readInput(machine, given)).toString("utf8");
  if (!text.trimStart().startsWith("{")) {
    return text.split("\n").flatMap((each) => (each.trim() === "" ? [] : [each.trim()]));
  }
  const log = logFile.safeParse(jsonOrNull(text));
  if (log.success) return kind === "note" ? [log.data.key] : log.data.witnesses;
  throw new CliError({
    code: CODE.usage,
    what: "This file has no key of a log or a witness",
    where: given,
    hint: "Take log.json from the folder of the log, or a file with the text of the key, NAME+ID+BASE64.",
    exitCode: EXIT.usage,
  });
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A key of a log or a witness, as its text. */
export function noteKeyOf(text: string, kind: NoteKey["kind"]): NoteKey {
  let key: NoteKey;
  try {
    key = parseNoteKey(text);
  } catch (error) {
    throw new CliError({ ...problemOf(error), exitCode: EXIT.usage });
  }
  if (key.kind === kind) return key;
  throw new CliError({
    code: CODE.usage,
    what:
      kind === "note"
        ? "This is the key of a witness, not of a log"
        : "This is not the key of a witness",
    where: key.name,
    exitCode: EXIT.usage,
  });
}

/** Keys of one option, each another key under another name: names are labels, what counts are keys. */
export function differentNoteKeys(
  texts: readonly string[],
  kind: NoteKey["kind"],
  option: string,
): NoteKey[] {
  const keys = texts.map((text) => noteKeyOf(text, kind));
  for (const [i, one] of keys.entries()) {
    const same = keys
      .slice(0, i)
      .find(({ name, key }) => name === one.name || sameKey(key, one.key));
    if (same === undefined) continue;
    throw new CliError({
      code: CODE.usage,
      what: `${option} names one ${same.name === one.name ? "name" : "key"} twice`,
      where: `${same.name}, ${one.name}`,
      hint: "Two names of one key are one witness, and one log.",
      exitCode: EXIT.usage,
    });
  }
  return keys;
}

/** A whole number of an option. */
export function countOf(text: string, option: string): number {
  const value = Number(text);
  if (/^\d{1,15}$/.test(text)) return value;
  throw new CliError({
    code: CODE.usage,
    what: `${option} is not a whole number: ${JSON.stringify(text)}`,
    exitCode: EXIT.usage,
  });
}
