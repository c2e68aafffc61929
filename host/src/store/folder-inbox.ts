// What is given to a run from outside: files in its folder, which stay as long as the run does. docs/spec/run-folder.md, RUN-9.
import { canonicalize, fromUtf8, utf8 } from "@reach-fabric/engine";
import { runCommand } from "@reach-fabric/schema";
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { hostCode } from "../files/codes.ts";
import { readJson } from "../files/document.ts";
import { ReachError } from "../files/error.ts";
import { lockFile } from "../files/lock.ts";
import { makeFolder, readRegularFile, writeFileAtomic } from "../files/files.ts";
import { requireEvent } from "../effects/event.ts";
import { IN_USE, inboxFull } from "./errors.ts";
import { MOST_MESSAGES } from "./store.ts";
import type { InboxReader, Message } from "./store.ts";

/** Where messages lie, by their kind. */
const FOLDERS = { event: "signals", command: "commands" } as const;
/** Held by who writes a message. */
const LOCK = "messages.lock";
/** Milliseconds that others write at most, one message each. */
const LONGEST_WAIT = 10_000;
/** Bytes of a message. */
const MOST_BYTES = 1024 * 1024;

type Kind = Message["kind"];

/** Names end with what a message is told apart by, and begin with when it came. */
const nameOf = (message: Message, at: string): string =>
  `${at.replaceAll(":", "")}-${idOf(message)}.json`;

const idOf = (message: Message): string => {
  const parts = message.kind === "event" ? [message.event.source, message.event.id] : [message.id];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
};

const bytesOf = (message: Message): Uint8Array => {
  const { kind: _, ...command } = message;
  return canonicalize(utf8(JSON.stringify(message.kind === "event" ? message.event : command)));
};

const messageNames = async (folder: string, kind: Kind): Promise<string[]> => {
  const found = await readdir(join(folder, FOLDERS[kind])).catch(() => []);
  return found.filter((name) => name.endsWith(".json") && !name.startsWith("."));
};

/**
 * Writes a message down for whoever executes the run.
 *
 * @returns false where it is there
 * @throws ReachError `REACH-E3005` it is no event, `REACH-E3011`, `REACH-E411x` it cannot be written
 */
export async function putMessage(folder: string, message: Message, at: string): Promise<boolean> {
  if (message.kind === "event") requireEvent(message.event, "the event");
  // Of two that give the same at once, one finds what the other has written.
  const lock = await lockFile(join(folder, LOCK), LONGEST_WAIT, IN_USE);
  try {
    return await putAlone(folder, message, at);
  } finally {
    lock.release();
  }
}

async function putAlone(folder: string, message: Message, at: string): Promise<boolean> {
  const there = await messageNames(folder, message.kind);
  const end = `-${idOf(message)}.json`;
  if (there.some((name) => name.endsWith(end))) return false;
  if (there.length >= MOST_MESSAGES) throw inboxFull(folder);
  const below = join(folder, FOLDERS[message.kind]);
  await makeFolder(below);
  await writeFileAtomic(join(below, nameOf(message, at)), bytesOf(message), 0o600);
  return true;
}

/** When the last message came, as far as its name says; undefined where none has. */
export async function lastMessageAt(folder: string): Promise<string | undefined> {
  const names = await Promise.all([messageNames(folder, "event"), messageNames(folder, "command")]);
  const last = names.flat().sort().at(-1);
  const [, date, hour, minute, rest] =
    /^(\d{4}-\d\d-\d\dT)(\d\d)(\d\d)([\d.]+Z)-/.exec(last ?? "") ?? [];
  return date === undefined ? undefined : `${date}${hour}:${minute}:${rest}`;
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
    return found.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, message]) => message);
  }
}

async function readMessage(path: string, kind: Kind): Promise<Message> {
  const read = readJson(await readRegularFile(path, { limit: MOST_BYTES }), path);
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
