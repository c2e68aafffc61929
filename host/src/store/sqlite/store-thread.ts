// The thread of a store: SQLite does its work while its caller waits, and a sync of the disk may take long.
import { existsSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { ReachError } from "../../files/error.ts";
import { claimDueRows, claimRow } from "./claims.ts";
import { storeFailureOf } from "./failure.ts";
import { forgetRow, removeOldHeads, removeRow } from "./forgetting.ts";
import { openDatabase } from "./open-database.ts";
import { Owners } from "./owners.ts";
import type { ThreadParts } from "./parts.ts";
import type {
  Call,
  ThreadOpened,
  ReadCall,
  Reads,
  Reply,
  ThreadOptions,
  WriteCall,
  WriteResult,
  Writes,
} from "./protocol.ts";
import {
  emptyLog,
  readHead,
  readKeptPack,
  readMail,
  readMessages,
  readRowsPage,
  readStored,
} from "./reads.ts";
import { Seals } from "./seals.ts";
import { appendRows, createRow, putRow, releaseRow } from "./writes.ts";

type WriteTable = { [W in keyof Writes]: (parts: ThreadParts, args: Writes[W][0]) => Writes[W][1] };
type ReadTable = { [R in keyof Reads]: (parts: ThreadParts, args: Reads[R][0]) => Reads[R][1] };

const writes: WriteTable = {
  create: createRow,
  append: appendRows,
  release: releaseRow,
  claim: claimRow,
  claimDue: claimDueRows,
  put: putRow,
  forget: forgetRow,
  remove: removeRow,
};

const reads: ReadTable = {
  head: readHead,
  file: readStored,
  pack: readKeptPack,
  list: readRowsPage,
  mail: readMail,
  messages: readMessages,
  empty: emptyLog,
  compact: ({ statements }) => statements.database.exec("VACUUM"),
  close: ({ statements, owners }) => {
    try {
      owners.leave();
    } finally {
      statements.database.close();
    }
  },
};

/** One transaction. What one of them refuses is the matter of that one; what the disk refuses is that of all. */
function commit(
  parts: ThreadParts,
  calls: readonly WriteCall[],
): { results: WriteResult[]; changed: boolean } {
  const { statements, seals, file } = parts;
  const changes = (): number | undefined =>
    statements.get<{ n: number }>("SELECT total_changes() AS n")?.n;
  const before = changes();
  const write = ({ name, args }: WriteCall): WriteResult => {
    try {
      return {
        value: (writes[name] as (parts: ThreadParts, args: unknown) => unknown)(parts, args),
      };
    } catch (error) {
      if (!(error instanceof ReachError)) throw error;
      return { failure: storeFailureOf(file, error) };
    }
  };
  try {
    const results = statements.together(() => calls.map(write));
    return { results, changed: changes() !== before };
  } catch (error) {
    seals.forgetKeys();
    throw error;
  }
}

const read = (parts: ThreadParts, { name, args }: ReadCall): unknown =>
  (reads[name] as (parts: ThreadParts, args: unknown) => unknown)(parts, args);

async function open(options: ThreadOptions): Promise<ThreadParts> {
  const { file } = options;
  const isLeft = existsSync(`${file}-wal`);
  const statements = openDatabase(file, options);
  try {
    const owners = new Owners(statements, options);
    const seals = new Seals(statements);
    const parts = { file, statements, seals, owners, where: (id: string) => `${file}, run ${id}` };
    await owners.enter();
    statements.together(() => removeOldHeads(parts, options.before));
    // What was forgotten just before a process was killed.
    if (isLeft && (JSON.parse(owners.alive()) as unknown[]).length === 1) emptyLog(parts);
    return parts;
  } catch (error) {
    statements.database.close();
    throw error;
  }
}

/** Does what the port says, one after the other, until it says that this is the end. */
async function serve(port: MessagePort, options: ThreadOptions): Promise<void> {
  const parts = await open(options);
  const renewal = setInterval(() => {
    try {
      parts.owners.renewQuietly();
    } catch {
      // Where it cannot be made longer, another process may claim its runs, and the epoch refuses what this one appends.
    }
  }, options.lease / 3);
  port.on("message", (call: Call) => {
    const { number } = call;
    const reply = (said: Reply): void => port.postMessage(said);
    try {
      if ("commit" in call) return reply({ number, ...commit(parts, call.commit) });
      const value = read(parts, call.read);
      reply({ number, value });
      if (call.read.name !== "close") return;
      clearInterval(renewal);
      port.close();
    } catch (error) {
      reply({ number, failure: storeFailureOf(options.file, error) });
    }
  });
  port.postMessage({ opened: true } satisfies ThreadOpened);
}

if (parentPort !== null) {
  const options = workerData as ThreadOptions;
  try {
    await serve(parentPort, options);
  } catch (error) {
    const failure = storeFailureOf(options.file, error);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    parentPort.postMessage({ opened: false, failure } satisfies ThreadOpened);
    parentPort.close();
  }
}
