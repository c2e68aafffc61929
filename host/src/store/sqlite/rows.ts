// A run's row, and its head.
import { ENDED } from "../store.ts";
import type { AwaitedHead, RunHead, RunState } from "../store.ts";
import type { SqlStatements } from "./statements.ts";
import { TENANT } from "./tables.ts";

export interface RunRow {
  readonly n: number;
  readonly id: string;
  readonly attempt: number;
  readonly started_at: string;
  readonly engine: string;
  readonly pack: string;
  readonly workflow: string | null;
  readonly labels: string;
  readonly pool: string | null;
  readonly priority: number | null;
  readonly state: RunState;
  readonly epoch: number;
  readonly owner: string | null;
  readonly crashes: number;
  readonly lines: number;
  readonly claimed_lines: number;
  readonly messages: number;
  readonly rested_at: string | null;
  readonly awaits: string;
  readonly wake_at: string | null;
  readonly why: string | null;
  readonly evidence: string | null;
  /** Null once it is forgotten. */
  readonly slot: number | null;
  readonly sealed: Uint8Array | null;
}

export const rowOf = (statements: SqlStatements, id: string): RunRow | undefined =>
  statements.get<RunRow>("SELECT * FROM run WHERE tenant = ? AND id = ?", TENANT, id);

/** The states of ends, for statements. */
export const ENDS: string = JSON.stringify([...ENDED]);

/** @param isAlive whether its owner is */
export function headOfRow(row: RunRow, isAlive: boolean): RunHead {
  const labels = JSON.parse(row.labels) as Record<string, string>;
  const some = (name: string, value: string | number | null): object =>
    value === null ? {} : { [name]: value };
  return {
    id: row.id,
    attempt: row.attempt,
    startedAt: row.started_at,
    engine: row.engine,
    pack: row.pack,
    ...some("workflow", row.workflow),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...some("pool", row.pool),
    ...some("priority", row.priority),
    state: row.owner !== null && !isAlive ? "interrupted" : row.state,
    epoch: row.epoch,
    awaits: JSON.parse(row.awaits) as AwaitedHead[],
    ...some("restedAt", row.rested_at),
    ...some("wakeAt", row.wake_at),
    ...some("why", row.why),
    ...some("evidence", row.evidence),
  };
}
