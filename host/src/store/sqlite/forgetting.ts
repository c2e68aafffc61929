// What is kept of a run goes: its key first, and with it all that was sealed under it. docs/spec/runs.md, STORE-13.
import { inUse, noSuchRun } from "../errors.ts";
import { isHeld } from "./claims.ts";
import type { ThreadParts } from "./parts.ts";
import type { Writes } from "./protocol.ts";
import { ENDS, rowOf } from "./rows.ts";
import type { RunRow } from "./rows.ts";
import { TENANT } from "./tables.ts";

export function forgetRow(parts: ThreadParts, { id, evidence, at }: Writes["forget"][0]): void {
  const row = idleRow(parts, id);
  eraseContent(parts, row);
  parts.statements.run(
    `UPDATE run SET slot = NULL, sealed = NULL, owner = NULL, due_at = NULL, wake_at = NULL, awaits = '[]',
       messages = 0, evidence = ?, rested_at = coalesce(rested_at, ?),
       state = CASE WHEN state IN (SELECT value FROM json_each(?)) THEN state ELSE 'interrupted' END
     WHERE n = ?`,
    evidence,
    at,
    ENDS,
    row.n,
  );
  dropPack(parts, row.pack);
}

export function removeRow(parts: ThreadParts, { id }: Writes["remove"][0]): void {
  const row = idleRow(parts, id);
  eraseContent(parts, row);
  removeHead(parts, row);
  dropPack(parts, row.pack);
}

/** Heads of runs of which nothing else is kept, and that were left before. */
export function removeOldHeads(parts: ThreadParts, before: string): void {
  const { statements } = parts;
  const text = `SELECT * FROM run WHERE tenant = ? AND slot IS NULL AND rested_at < ?
    AND state IN (SELECT value FROM json_each(?)) LIMIT 1000`;
  for (const row of statements.all<RunRow>(text, TENANT, before, ENDS)) removeHead(parts, row);
}

function idleRow({ statements, owners, where }: ThreadParts, id: string): RunRow {
  const row = rowOf(statements, id);
  if (row === undefined) throw noSuchRun(where(id));
  if (isHeld(row, owners.alive())) throw inUse(where(id));
  return row;
}

function eraseContent({ statements, seals }: ThreadParts, { n, slot }: RunRow): void {
  if (slot === null) return;
  seals.dropSlot(slot);
  seals.forgetKeys();
  for (const table of ["segment", "body", "message"] as const) {
    statements.run(DELETE[table], TENANT, n);
  }
}

const DELETE = {
  segment: "DELETE FROM segment WHERE tenant = ? AND run = ?",
  body: "DELETE FROM body WHERE tenant = ? AND run = ?",
  message: "DELETE FROM message WHERE tenant = ? AND run = ?",
} as const;

function removeHead({ statements }: ThreadParts, { n, id, labels, started_at }: RunRow): void {
  const label =
    "DELETE FROM label WHERE tenant = ? AND name = ? AND value = ? AND started_at = ? AND id = ?";
  for (const [name, value] of Object.entries(JSON.parse(labels) as Record<string, string>)) {
    statements.run(label, TENANT, name, value, started_at, id);
  }
  statements.run("DELETE FROM run WHERE n = ?", n);
}

/** With the last run of a pack that is kept, the pack goes. */
function dropPack({ statements, seals }: ThreadParts, digest: string): void {
  const used = "SELECT 1 FROM run WHERE tenant = ? AND pack = ? AND slot IS NOT NULL LIMIT 1";
  if (statements.get<object>(used, TENANT, digest) !== undefined) return;
  const text = "SELECT slot FROM pack WHERE tenant = ? AND digest = ?";
  const pack = statements.get<{ slot: number }>(text, TENANT, digest);
  if (pack === undefined) return;
  seals.dropSlot(pack.slot);
  statements.run("DELETE FROM pack_file WHERE tenant = ? AND pack = ?", TENANT, digest);
  statements.run("DELETE FROM pack WHERE tenant = ? AND digest = ?", TENANT, digest);
}
