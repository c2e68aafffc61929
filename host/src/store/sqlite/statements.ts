// SqlStatements of SQLite, each prepared once. No text of a statement is made from a value.
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";

export class SqlStatements {
  readonly database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.database = database;
  }

  #of(text: string): StatementSync {
    const found = this.#prepared.get(text);
    if (found !== undefined) return found;
    const made = this.database.prepare(text);
    this.#prepared.set(text, made);
    return made;
  }

  /** How many rows it has changed. */
  run(text: string, ...values: readonly SQLInputValue[]): number {
    return Number(this.#of(text).run(...values).changes);
  }

  /** The key of the row that it has put in. */
  insert(text: string, ...values: readonly SQLInputValue[]): number {
    return Number(this.#of(text).run(...values).lastInsertRowid);
  }

  /** The columns of a row are what its statement names, which no type can follow: the caller says them. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
  get<Row>(text: string, ...values: readonly SQLInputValue[]): Row | undefined {
    return this.#of(text).get(...values) as Row | undefined;
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
  all<Row>(text: string, ...values: readonly SQLInputValue[]): readonly Row[] {
    return this.#of(text).all(...values) as unknown as readonly Row[];
  }

  runNamed(text: string, values: Readonly<Record<string, SQLInputValue>>): number {
    return Number(this.#of(text).run(values).changes);
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
  allNamed<Row>(text: string, values: Readonly<Record<string, SQLInputValue>>): readonly Row[] {
    return this.#of(text).all(values) as unknown as readonly Row[];
  }

  /** All of it or nothing: what throws has changed nothing. */
  together<T>(work: () => T, begin: "BEGIN" | "BEGIN IMMEDIATE" = "BEGIN IMMEDIATE"): T {
    this.run(begin);
    try {
      const result = work();
      this.run("COMMIT");
      return result;
    } catch (error) {
      // A full disk may have ended it already.
      if (this.database.isTransaction) this.run("ROLLBACK");
      throw error;
    }
  }
}
