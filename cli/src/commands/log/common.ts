// What the verbs of `reach log` have in common.
import { parseNoteKey, sameKey } from "@reach-fabric/evidence";
import type { NoteKey } from "@reach-fabric/evidence";
import type { Machine } from "../../ui/machine.ts";
import { CliError, CODE, EXIT, problemOf } from "../../ui/problem.ts";

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

/** HOST:PORT or PORT. */
export function listenAddress(text: string): { host: string; port: number } {
  const [, host = "127.0.0.1", port = ""] = /^(?:(.+):)?(\d{1,5})$/.exec(text) ?? [];
  if (port !== "" && Number(port) < 65_536) {
    return { host: host.replace(/^\[(.*)\]$/, "$1"), port: Number(port) };
  }
  throw new CliError({
    code: CODE.usage,
    what: `--listen is not HOST:PORT: ${JSON.stringify(text)}`,
    hint: "For example 127.0.0.1:7380; port 0 takes any free port.",
    exitCode: EXIT.usage,
  });
}

/** Waits until Ctrl-C is pressed or the process is asked to end. */
export function untilStopped(machine: Machine): Promise<void> {
  return new Promise((resolve) => {
    const off = machine.onStop(() => {
      off();
      resolve();
    });
  });
}
