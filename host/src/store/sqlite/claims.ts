// Who may execute a run: each claim has another epoch, and what an older one writes is refused. docs/spec/runs.md, STORE-5.
import { forgotten, inUse, noSuchRun } from "../errors.ts";
import type { ThreadParts } from "./parts.ts";
import type { Claimed, Writes } from "./protocol.ts";
import { rowOf } from "./rows.ts";
import type { RunRow } from "./rows.ts";
import { TENANT } from "./tables.ts";

export function claimRow(parts: ThreadParts, { id }: Writes["claim"][0]): Claimed {
  const { statements, owners, where } = parts;
  const row = rowOf(statements, id);
  if (row === undefined) throw noSuchRun(where(id));
  if (isHeld(row, owners.alive())) throw inUse(where(id));
  if (row.slot === null) throw forgotten(where(id), row.evidence ?? "");
  return take(parts, row);
}

/** Whether an owner that is there has it. */
export const isHeld = ({ owner }: Pick<RunRow, "owner">, alive: string): boolean =>
  owner !== null && (JSON.parse(alive) as string[]).includes(owner);

/** What has come up to now counts as seen: it made the run due, and does so once. */
const CLAIM = `
  UPDATE run SET epoch = epoch + 1, owner = ?, state = 'running', crashes = ?, claimed_lines = lines,
    awaits = '[]', wake_at = NULL, due_at = NULL, why = NULL, rested_at = NULL,
    seen = coalesce((SELECT max(number) FROM message WHERE tenant = ? AND run = run.n), 0)
  WHERE n = ?`;

function take({ statements, owners }: ThreadParts, row: RunRow): Claimed {
  // Its last owner ended without a word.
  const isCrash = row.owner !== null && row.lines === row.claimed_lines;
  const crashes = isCrash ? row.crashes + 1 : 0;
  statements.run(CLAIM, owners.id, crashes, TENANT, row.n);
  owners.renew();
  const before = {
    state: row.owner === null ? row.state : "interrupted",
    awaits: row.awaits,
    wakeAt: row.wake_at,
    why: row.why,
    restedAt: row.rested_at,
  };
  return { id: row.id, n: row.n, epoch: row.epoch + 1, crashes, before };
}

const DUE = `
  SELECT * FROM (
    SELECT * FROM run
      WHERE tenant = :tenant AND due_at <= :now AND owner IS NULL AND slot IS NOT NULL
    UNION ALL
    SELECT * FROM run
      WHERE tenant = :tenant AND owner IS NOT NULL AND slot IS NOT NULL
        AND owner NOT IN (SELECT value FROM json_each(:alive))
  )
  WHERE :pool IS NULL OR pool = :pool
  ORDER BY coalesce(priority, 0) DESC, coalesce(due_at, ''), started_at
  LIMIT :limit`;

export function claimDueRows(parts: ThreadParts, due: Writes["claimDue"][0]): Claimed[] {
  const { statements, owners } = parts;
  const values = { ...due, tenant: TENANT, alive: owners.alive() };
  const found = statements.allNamed<RunRow>(DUE, values);
  return found.map((row) => take(parts, row));
}
