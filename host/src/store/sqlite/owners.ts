// Who has leases: each open store is an owner, with a lock of the system's on a file of its own beside the database. It ends
// with the process, however that ends, and then its runs can be claimed at once. A process that stands still keeps its lock:
// its leases end by time, and the epoch refuses what it appends when it goes on. docs/spec/runs.md, STORE-6.
import { closeSync, existsSync, openSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { hostCode } from "../../files/codes.ts";
import { lockFile } from "../../files/lock.ts";
import type { Lock } from "../../files/lock.ts";
import { sqliteCode } from "./failure.ts";
import type { SqlStatements } from "./statements.ts";
import { TENANT } from "./tables.ts";

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Milliseconds of this machine's own time, the same for all of its processes: it cannot be set. */
const machineTime = (): number => Number(process.hrtime.bigint() / 1_000_000n);

export class Owners {
  /** This store's. */
  readonly id: string;
  readonly #statements: SqlStatements;
  readonly #file: string;
  readonly #lease: number;
  #lock: Lock | undefined;

  constructor(
    statements: SqlStatements,
    {
      file,
      owner,
      lease,
    }: { readonly file: string; readonly owner: string; readonly lease: number },
  ) {
    this.#statements = statements;
    this.#file = file;
    this.#lease = lease;
    this.id = owner;
  }

  /**
   * Takes this store's lock, and removes those of owners that are no more. The database is locked meanwhile: a file that
   * is not locked is then none that is about to be.
   */
  async enter(): Promise<void> {
    this.#statements.run("BEGIN IMMEDIATE");
    try {
      this.#sweep();
      closeSync(openSync(this.#pathOf(this.id), "wx", 0o600));
      this.#lock = await lockFile(this.#pathOf(this.id), 0, {
        code: hostCode.fileInUse,
        what: "The store has two owners of one name.",
        why: "another process has its lock",
        hint: "Try again.",
      });
      this.#statements.run("INSERT INTO owner (id, until) VALUES (?, ?)", this.id, this.#until());
      this.#statements.run("COMMIT");
    } catch (error) {
      this.#lock?.release();
      if (this.#statements.database.isTransaction) this.#statements.run("ROLLBACK");
      throw error;
    }
  }

  /** Gives up what it has: its runs are interrupted. */
  leave(): void {
    try {
      this.#statements.run("DELETE FROM owner WHERE id = ?", this.id);
    } finally {
      this.#lock?.release();
      rmSync(this.#pathOf(this.id), { force: true });
    }
  }

  /** The owners that are there and have not stood still: JSON, for statements. */
  alive(): string {
    const now = machineTime();
    const all = this.#statements.all<{ id: string; until: number }>("SELECT id, until FROM owner");
    const isAlive = (id: string, until: number): boolean =>
      id === this.id || (until > now && isLocked(this.#pathOf(id)));
    return JSON.stringify(all.filter(({ id, until }) => isAlive(id, until)).map(({ id }) => id));
  }

  /** Makes all leases of this store longer, where a third of their time is over: what the file says counts, and no transaction that failed. */
  renew(): void {
    const until = this.#until();
    const text = "UPDATE owner SET until = ? WHERE id = ? AND until < ?";
    this.#statements.run(text, until, this.id, until - this.#lease / 3);
  }

  /** As renew(), where it has a lease at all; by itself. */
  renewQuietly(): void {
    const text =
      "UPDATE owner SET until = ? WHERE id = ? AND EXISTS (SELECT 1 FROM run WHERE tenant = ? AND owner = ?)";
    this.#statements.run(text, this.#until(), this.id, TENANT, this.id);
  }

  #until(): number {
    return machineTime() + this.#lease;
  }

  #sweep(): void {
    const begin = this.#nameOf("");
    const dead = readdirSync(dirname(this.#file))
      .filter((name) => name.startsWith(begin) && UUID.test(name.slice(begin.length)))
      .map((name) => name.slice(begin.length))
      .filter((id) => !isLocked(this.#pathOf(id)));
    for (const id of dead) rmSync(this.#pathOf(id), { force: true });
    for (const { id } of this.#statements.all<{ id: string }>("SELECT id FROM owner")) {
      if (!isLocked(this.#pathOf(id))) this.#statements.run("DELETE FROM owner WHERE id = ?", id);
    }
  }

  #nameOf(id: string): string {
    return `${basename(this.#file)}-owner-${id}`;
  }

  /** An id that is none, as the file may say anything, is that of no file. */
  #pathOf(id: string): string {
    return join(dirname(this.#file), this.#nameOf(UUID.test(id) ? id : "none"));
  }
}

/** Whether a process that is there has locked the file. It is not changed, and not made. */
function isLocked(path: string): boolean {
  if (!existsSync(path)) return false;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true, timeout: 0 });
    database.exec("SELECT 1 FROM sqlite_schema");
    return false;
  } catch (error) {
    // What cannot be opened, for lack of descriptors, may be locked; what is gone meanwhile is not.
    return sqliteCode(error) !== undefined && existsSync(path);
  } finally {
    database?.close();
  }
}
