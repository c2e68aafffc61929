// What is given to a run from outside: files in its folder, which stay as long as the run does. docs/spec/run-folder.md, RUN-9.
import { canonicalize, fromUtf8, utf8 } from "@reach-fabric/engine";
import { runCommand } from "@reach-fabric/schema";
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { hostCode } from "../files/codes.ts";
import { readJson } from "../files/document.ts";
import { ReachError } from "../files/error.ts";
import { lockFile } from "../files/lock.ts";
import { makeFolder, readRegularFile, writeFileAtomic } from "../files/files.ts";
import { requireEvent } from "../effects/event.ts";
import { IN_USE, inboxFull } from "./errors.ts";
import { LARGEST_MESSAGE, textOfMessage } from "./message.ts";
import { MOST_MESSAGES } from "./store.ts";
import type { InboxReader, Message } from "./store.ts";

/** Where messages lie, by their kind. */
const FOLDERS = { event: "signals", command: "commands" } as const;
/** Held by who writes a message. */
const LOCK = "messages.lock";
/** Milliseconds that others write at most, one message each. */
const LONGEST_WAIT = 10_000;

type Kind = Message["kind"];

/** Names end with what a message is told apart by, and begin with when it came. */
const nameOf = (message: Message, at: string): string =>
  `${at.replaceAll(":", "")}-${idOf(message)}.json`;

const idOf = (message: Message): string => {
  const parts = message.kind === "event" ? [message.event.source, message.event.id] : [message.id];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
};

const messageNames = async (folder: string, kind: Kind): Promise<string[]> => {
  const found = await readdir(join(folder, FOLDERS[kind])).catch(() => []);
  return found.filter((name) => name.endsWith(".json") && !name.startsWith("."));
};

const allNames = (folder: string): Promise<[string[], string[]]> =>
  Promise.all([messageNames(folder, "event"), messageNames(folder, "command")]);

/**
 * Writes a message down for the process that executes the run.
 *
 * @returns false where it is there
 * @throws ReachError `REACH-E3005` it is no event, `REACH-E4103` it is too large, `REACH-E3011`, `REACH-E411x` it cannot be written
 */
export async function putMessage(folder: string, message: Message, at: string): Promise<boolean> {
  const bytes = canonicalize(utf8(textOfMessage(message)));
  // Of two that give the same at once, one finds what the other has written.
  const lock = await lockFile(join(folder, LOCK), LONGEST_WAIT, IN_USE);
  try {
    return await putAlone(folder, message, { at, bytes });
  } finally {
    lock.release();
  }
}

async function putAlone(
  folder: string,
  message: Message,
  { at, bytes }: { readonly at: string; readonly bytes: Uint8Array },
): Promise<boolean> {
  const [events, commands] = await allNames(folder);
  const there = message.kind === "event" ? events : commands;
  const end = `-${idOf(message)}.json`;
  if (there.some((name) => name.endsWith(end))) return false;
  if (there.length >= MOST_MESSAGES) throw inboxFull(folder);
  const below = join(folder, FOLDERS[message.kind]);
  await makeFolder(below);
  const name = nameOf(message, behind(lastOf([...events, ...commands]), at));
  await writeFileAtomic(join(below, name), bytes, 0o600);
  return true;
}

/** The name of the last message of a run; empty where no message is. */
export const lastMessage = async (folder: string): Promise<string> =>
  lastOf((await allNames(folder)).flat());

const lastOf = (names: readonly string[]): string =>
  names.reduce((last, name) => (name > last ? name : last), "");

/** The order of names is that in which messages came, also where the clock was set back in between. */
function behind(last: string, at: string): string {
  const [, date, hour, minute, rest] = /^(\d{4}-\d\d-\d\dT)(\d\d)(\d\d)([\d.]+Z)-/.exec(last) ?? [];
  const before = Date.parse(`${date ?? ""}${hour ?? ""}:${minute ?? ""}:${rest ?? ""}`);
  return before >= Date.parse(at) ? new Date(before + 1).toISOString() : at;
}

/** What readers in this process have been given of runs that it executes: the last name, by the folder. */
const given = new Map<string, string>();

/** From now on what readers are given of the run is noted. */
export const beginReading = (folder: string): void => void given.set(resolve(folder), "");

/** The name of the last message of the run that a reader was given; empty for none. */
export function endReading(folder: string): string {
  const last = given.get(resolve(folder)) ?? "";
  given.delete(resolve(folder));
  return last;
}

/** Gives the messages of a run in the order of their names. */
export class FolderInbox implements InboxReader {
  readonly #folder: string;
  readonly #known = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async next(): Promise<readonly Message[]> {
    const found: [string, Message][] = [];
    for (const kind of ["event", "command"] as const) {
      for (const name of await messageNames(this.#folder, kind)) {
        const path = join(this.#folder, FOLDERS[kind], name);
        if (this.#known.has(path)) continue;
        this.#known.add(path);
        found.push([name, await readMessage(path, kind)]);
      }
    }
    found.sort(([a], [b]) => (a < b ? -1 : 1));
    const path = resolve(this.#folder);
    const last = found.at(-1)?.[0] ?? "";
    if (last > (given.get(path) ?? last)) given.set(path, last);
    return found.map(([, message]) => message);
  }
}

async function readMessage(path: string, kind: Kind): Promise<Message> {
  const read = readJson(await readRegularFile(path, { limit: LARGEST_MESSAGE }), path);
  const value = JSON.parse(fromUtf8(read.canonical)) as {
    id?: unknown;
    by?: unknown;
    command?: unknown;
  };
  if (kind === "event") {
    requireEvent(value, path);
    return { kind, event: value };
  }
  const { id, by, command } = value;
  const { success, data } = runCommand.safeParse(command);
  if (success && typeof id === "string" && typeof by === "string") {
    return { kind, id, by, command: data };
  }
  throw new ReachError(hostCode.badCommand, "This is not a command.", { where: path });
}
