// Opening a store's file, and requiring that it keeps what it is given. docs/spec/runs.md, STORE-9 and STORE-10.
import { chmodSync, realpathSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { hostCode } from "../../files/codes.ts";
import { ReachError } from "../../files/error.ts";
import { cannotWrite } from "../../files/files.ts";
import { isBusy } from "./failure.ts";
import { SqlStatements } from "./statements.ts";
import { STORE_FORM, STORE_ID, TABLES } from "./tables.ts";

/** Milliseconds that one process waits for another one's commit. */
const PATIENCE = 10_000;

/** What every connection is told, in this order. */
const PRAGMAS = [
  "secure_delete = ON",
  "journal_mode = WAL",
  "synchronous = FULL",
  // Where a sync of the system's does not reach the disk (macOS).
  "fullfsync = ON",
  "checkpoint_fullfsync = ON",
  "foreign_keys = ON",
  "trusted_schema = OFF",
  "cell_size_check = ON",
  // Sorting a list writes no file.
  "temp_store = MEMORY",
];

/** What must be so afterwards: another file system, or another build of SQLite, may do something else without a word. */
const READ_BACK = {
  journal_mode: "wal",
  synchronous: 2,
  secure_delete: 1,
  foreign_keys: 1,
  trusted_schema: 0,
} as const;

/** Pragmas of a test or a measurement. */
export interface Unsafe {
  /** After our own. */
  readonly pragmas?: readonly string[];
  /** Does not look what came of them. */
  readonly unchecked?: boolean;
}

/**
 * Opens a store's file, and makes its tables in an empty one.
 *
 * @throws ReachError `REACH-E4111` others may read it and this user cannot change that, `REACH-E4117` it would not keep what it is given, `REACH-E4130` it is no store, or one of another form;
 *   an error of SQLite's
 */
export function openDatabase(
  file: string,
  { pragmas = [], unchecked = false }: Unsafe = {},
): SqlStatements {
  const database = new DatabaseSync(file, { timeout: PATIENCE, allowExtension: false });
  try {
    // SQLite does not wait where two processes turn a new file into one with a WAL.
    patiently(() => {
      for (const pragma of [...PRAGMAS, ...pragmas]) database.exec(`PRAGMA ${pragma}`);
    });
    const statements = new SqlStatements(database);
    if (!unchecked) requireDurable(statements, file);
    patiently(() => requireForm(statements, file));
    keepFromOthers(file);
    return statements;
  } catch (error) {
    database.close();
    throw error;
  }
}

function patiently(work: () => void): void {
  const end = performance.now() + PATIENCE;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() > end) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

/**
 * A file that was there before may be one that others read. It is not opened for that: closing it would end the locks of
 * this process on it (POSIX).
 */
function keepFromOthers(file: string): void {
  if (process.platform === "win32") return;
  // SQLite's other files lie beside the file that a link leads to.
  const own = realpathSync(file);
  for (const path of [own, `${own}-wal`, `${own}-shm`]) {
    const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
    if ((mode & 0o077) === 0) continue;
    try {
      chmodSync(path, 0o600);
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }
}

function requireDurable(statements: SqlStatements, file: string): void {
  for (const [name, wanted] of Object.entries(READ_BACK)) {
    const found = pragmaOf(statements, name);
    if (found === wanted) continue;
    throw new ReachError(hostCode.notDurable, "The store would not keep what it is given.", {
      where: file,
      why: `SQLite has ${name} = ${String(found)} here, and not ${wanted}`,
      hint: "Keep it on a disk of this machine.",
    });
  }
}

export const pragmaOf = (statements: SqlStatements, name: string): unknown =>
  Object.values(statements.get<object>(`PRAGMA ${name}`) ?? {})[0];

function requireForm(statements: SqlStatements, file: string): void {
  if (isOurs(statements, file)) return;
  statements.together(() => {
    if (isOurs(statements, file)) return;
    statements.database.exec(TABLES);
    statements.database.exec(`PRAGMA application_id = ${STORE_ID}`);
    statements.database.exec(`PRAGMA user_version = ${STORE_FORM}`);
  });
}

/** Whether it has the tables; false for a file without any. */
function isOurs(statements: SqlStatements, file: string): boolean {
  const id = pragmaOf(statements, "application_id");
  const form = pragmaOf(statements, "user_version");
  if (id === STORE_ID && form === STORE_FORM) return true;
  const { tables } = statements.get<{ tables: number }>(
    "SELECT count(*) AS tables FROM sqlite_schema",
  ) ?? { tables: 0 };
  if (id === 0 && form === 0 && tables === 0) return false;
  throw id === STORE_ID
    ? new ReachError(hostCode.notARun, "This version does not read stores of this form.", {
        where: file,
        why: `it has form ${String(form)}, and this version reads ${STORE_FORM}`,
        hint: "It is from another version of Reach: take that one.",
      })
    : new ReachError(hostCode.notARun, "This is not a store of runs.", {
        where: file,
        why: "it is a database of another program",
        hint: "Name a file that does not exist yet.",
      });
}
