// What the thread of a store works with.
import type { Owners } from "./owners.ts";
import type { Seals } from "./seals.ts";
import type { SqlStatements } from "./statements.ts";

export interface ThreadParts {
  readonly file: string;
  readonly statements: SqlStatements;
  readonly seals: Seals;
  readonly owners: Owners;
  /** For messages. */
  readonly where: (id: string) => string;
}
