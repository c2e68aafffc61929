// Runs in one file of SQLite, of several processes. docs/spec/runs.md.
import { randomUUID } from "node:crypto";
import { open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hostCode } from "../../files/codes.ts";
import { ReachError } from "../../files/error.ts";
import { cannotWrite, makeFolder, systemCode } from "../../files/files.ts";
import { textOfMessage } from "../message.ts";
import { requireLabels } from "../store.ts";
import type { KeptRun, Lease, Message, NewRun, RunStore } from "../store.ts";
import { Mail } from "./mail.ts";
import type { Unsafe } from "./open-database.ts";
import type { Claimed, LeaseName, NewRow, RestRow } from "./protocol.ts";
import { SqliteLease } from "./sqlite-lease.ts";
import type { LeaseParts } from "./sqlite-lease.ts";
import { keptPackOf, PackCache, runFileOf, secretsOf } from "./stored.ts";
import { ThreadClient } from "./thread-client.ts";
import type { StoreStats } from "./thread-client.ts";

export interface SqliteStoreOptions {
  /** Milliseconds after which a process that stands still loses its runs: 30,000. One that has ended loses them at once. */
  readonly lease?: number;
  readonly clock?: () => number;
}

/** A store of runs in a file of SQLite. */
export interface SqliteStore extends RunStore {
  stats(): StoreStats;
  /**
   * Writes the file anew, without what is unused in it: after that no name or label of a run that was removed is in it. Other
   * processes wait as long.
   */
  compact(): Promise<void>;
}

/** Heads of runs are kept so long after their evidence was written: 90 days. */
const KEEP_HEADS = 90 * 24 * 60 * 60 * 1000;

/**
 * Opens the store in a file, which is made if it is not there, for its owner alone. Several processes may have it open.
 *
 * What is kept survives the process and the machine: all that runs append at about the same time is one transaction with
 * one sync of the disk, in a thread of its own. A run whose process has ended can be claimed at once, that of one that
 * stands still after `lease` milliseconds.
 *
 * @throws ReachError `REACH-E4117` it would not keep what it is given, `REACH-E4130` the file is no store, or of another form,
 *   `REACH-E4131` it is damaged, `REACH-E4110` disk full, `REACH-E4111` it cannot be written
 *
 * @example
 * const store = await sqliteStore("data/runs.db");
 * await run({ engine, pack, input, recorder: storeRecorder(store) });
 * const { runs } = await store.list({ state: "completed" });
 * await store.close();
 */
export const sqliteStore = (file: string, options: SqliteStoreOptions = {}): Promise<SqliteStore> =>
  sqliteStoreWith(file, options);

/** As sqliteStore(), for tests and measurements: what it is told may make it lose what it is given. */
export async function sqliteStoreWith(
  path: string,
  { lease = 30_000, clock = Date.now, ...unsafe }: SqliteStoreOptions & Unsafe = {},
): Promise<SqliteStore> {
  const file = resolve(path);
  await makeFolder(dirname(file));
  await makeFile(file);
  const before = new Date(clock() - KEEP_HEADS).toISOString();
  const thread = await ThreadClient.open({ file, owner: randomUUID(), lease, before, ...unsafe });
  return storeOf(file, thread, clock);
}

/** SQLite's other files have the permissions of this one. */
async function makeFile(file: string): Promise<void> {
  try {
    await (await open(file, "ax", 0o600)).close();
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw cannotWrite(file, error);
  }
}

function storeOf(file: string, thread: ThreadClient, clock: () => number): SqliteStore {
  const where = (id: string): string => `${file}, run ${id}`;
  const mail = new Mail(thread);
  const parts: LeaseParts = { thread, mail, clock, where };
  const packs = new PackCache(thread, file);
  /** Packs that were in the file when last heard of. */
  const known = new Set<string>();

  /** @param rest how the run is left where what is kept of it cannot be read */
  async function leaseOf(
    { id, n, epoch, crashes, before }: Claimed,
    rest: (before: RestRow, error: unknown) => RestRow = () => before,
  ): Promise<SqliteLease> {
    const name = { id, n, epoch };
    try {
      const file = await runFileOf(await thread.read("file", { id }), where(id), packs);
      const { startedAt: _, ...run } = file.run;
      return new SqliteLease(parts, name, { run, crashes, file });
    } catch (error) {
      const said = { ...name, ...rest(before, error), seen: 0 };
      await thread.write("release", () => said);
      throw error;
    }
  }

  const emptyLog = async (): Promise<void> => {
    for (let tries = 0; tries < 100; tries++) {
      if (await thread.read("empty", {})) return;
      await sleep(50);
    }
    throw new ReachError(hostCode.fileInUse, "What was forgotten is still in the file's log.", {
      where: file,
      why: "another process has been reading it for too long",
      hint: "It goes when that process has ended, and at the latest with the next start.",
    });
  };

  const run = (id: string): KeptRun => ({
    where: where(id),
    head: () => thread.read("head", { id }),
    read: async () => runFileOf(await thread.read("file", { id }), where(id), packs),
    claim: async () => leaseOf(await thread.write("claim", () => ({ id }))),
    put: async (message, at) => {
      textOfMessage(message);
      const put = { id, name: nameOf(message), at, message: JSON.stringify(message) };
      return thread.write("put", () => put, put.message.length);
    },
    inbox: () => mail.reader(id),
    forget: async (evidence) => {
      const at = new Date(clock()).toISOString();
      await thread.write("forget", () => ({ id, evidence, at }));
      await emptyLog();
    },
    remove: async () => {
      await thread.write("remove", () => ({ id }));
      await emptyLog();
    },
  });

  return {
    where: file,
    create: async (beginning) => {
      requireLabels(beginning);
      const name = await createIn(thread, beginning, known);
      return new SqliteLease(parts, name, { run: beginning.run, crashes: 0, file: undefined });
    },
    run,
    list: ({ ...filter } = {}, { after, limit = 100 } = {}) =>
      thread.read("list", { filter, after: after ?? null, limit }),
    claimDue: async ({ now, limit, pool = null }) => {
      const claimed = await thread.write("claimDue", () => ({ now, limit, pool }));
      const leases: Lease[] = [];
      for (const one of claimed) {
        // One that is damaged keeps no other back, and is not claimed again and again.
        const lease = await leaseOf(one, stuckBy).catch((error: unknown) => {
          if (!(error instanceof ReachError)) throw error;
        });
        if (lease !== undefined) leases.push(lease);
      }
      return leases;
    },
    stats: () => thread.stats,
    compact: async () => {
      await thread.read("compact", {});
      await emptyLog();
    },
    close: () => thread.close(),
  };
}

const stuckBy = (before: RestRow, error: unknown): RestRow => ({
  ...before,
  state: "stuck",
  wakeAt: null,
  why: error instanceof ReachError ? (error.why ?? error.message) : "it cannot be read",
});

/** What an event or a command is told apart by. */
const nameOf = (message: Message): string =>
  message.kind === "event"
    ? JSON.stringify(["event", message.event["source"], message.event["id"]])
    : JSON.stringify(["command", message.id]);

async function createIn(
  thread: ThreadClient,
  { run, pack, engine, startedAt, request, ...labels }: NewRun,
  known: Set<string>,
): Promise<LeaseName> {
  const row: NewRow = {
    id: run.id,
    attempt: run.attempt,
    startedAt,
    engine,
    pack: pack.digest,
    workflow: labels.workflow ?? null,
    labels: labels.labels ?? {},
    pool: labels.pool ?? null,
    priority: labels.priority ?? null,
    secrets: secretsOf(run, request),
    content: known.has(pack.digest) ? undefined : keptPackOf(pack),
  };
  let made = await thread.write("create", () => row);
  // Another process has forgotten its last run.
  if (made === "no pack")
    made = await thread.write("create", () => ({ ...row, content: keptPackOf(pack) }));
  if (made === "no pack") throw new TypeError("A pack that is not one");
  known.add(pack.digest);
  return made;
}
