// What a run writes: its beginning, lines, rest, and messages. Each refuses before it has changed anything, so that what is
// refused does not take back what others write in the same commit.
import { forgotten, inboxFull, isThere, leaseLost, noSuchRun } from "../errors.ts";
import { MOST_MESSAGES } from "../store.ts";
import type { LeaseName, Writes } from "./protocol.ts";
import { ENDS, rowOf } from "./rows.ts";
import type { ThreadParts } from "./parts.ts";
import { sealedName } from "./seals.ts";
import { TENANT } from "./tables.ts";

type Args<W extends keyof Writes> = Writes[W][0];

export function createRow(parts: ThreadParts, row: Args<"create">): LeaseName | "no pack" {
  const { statements, seals, owners, where } = parts;
  if (rowOf(statements, row.id) !== undefined) throw isThere(where(row.id));
  if (!keepPack(parts, row)) return "no pack";
  const { slot, key } = seals.takeSlot();
  const labels = JSON.stringify(row.labels);
  const n = statements.insert(
    `INSERT INTO run (tenant, id, attempt, started_at, engine, pack, workflow, labels, pool, priority,
       state, epoch, owner, crashes, lines, claimed_lines, messages, seen, awaits, slot)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'running', 1, ?, 0, 0, 0, 0, 0, '[]', ?)`,
    TENANT,
    row.id,
    row.attempt,
    row.startedAt,
    row.engine,
    row.pack,
    row.workflow,
    labels,
    row.pool,
    row.priority,
    owners.id,
    slot,
  );
  const sealed = seals.seal(key, ["run", n], Buffer.from(row.secrets));
  statements.run("UPDATE run SET sealed = ? WHERE n = ?", sealed, n);
  for (const [name, value] of Object.entries(row.labels)) {
    const text = "INSERT INTO label (tenant, name, value, started_at, id) VALUES (?, ?, ?, ?, ?)";
    statements.run(text, TENANT, name, value, row.startedAt, row.id);
  }
  owners.renew();
  return { id: row.id, n, epoch: 1 };
}

/** False where the pack is not there, and was not given. */
function keepPack({ statements, seals }: ThreadParts, { pack, content }: Args<"create">): boolean {
  const text = "SELECT slot FROM pack WHERE tenant = ? AND digest = ?";
  if (statements.get<object>(text, TENANT, pack) !== undefined) return true;
  if (content === undefined) return false;
  const { slot, key } = seals.takeSlot();
  statements.run("INSERT INTO pack (tenant, digest, slot) VALUES (?, ?, ?)", TENANT, pack, slot);
  for (const [name, bytes] of [["pack.json", content.manifest] as const, ...content.files]) {
    const sealed = seals.seal(key, ["pack", pack, name], bytes);
    const put = "INSERT OR IGNORE INTO pack_file (tenant, pack, name, bytes) VALUES (?, ?, ?, ?)";
    statements.run(put, TENANT, pack, name, sealed);
  }
  return true;
}

/** The fence: who was overtaken, and who does not know what is there, changes nothing. */
const APPEND =
  "UPDATE run SET lines = lines + ? WHERE n = ? AND epoch = ? AND lines = ? AND owner = ?";

export function appendRows(parts: ThreadParts, appended: Args<"append">): void {
  const { statements, seals, owners, where } = parts;
  const { id, n, epoch, at, lines, bytes, bodies } = appended;
  const key = seals.keyOfRun(n);
  const isOurs = statements.run(APPEND, lines, n, epoch, at, owners.id) === 1;
  if (!isOurs || key === undefined) throw leaseLost(where(id));
  if (lines === 0) return;
  const segment = "INSERT INTO segment (tenant, run, at, lines, bytes) VALUES (?, ?, ?, ?, ?)";
  statements.run(segment, TENANT, n, at, lines, seals.seal(key, ["lines", n, at], bytes));
  for (const [digest, body] of bodies) {
    const put = "INSERT OR IGNORE INTO body (tenant, run, digest, bytes) VALUES (?, ?, ?, ?)";
    statements.run(put, TENANT, n, digest, seals.seal(key, ["body", n, digest], body));
  }
  owners.renew();
}

/**
 * It is due at once where it was interrupted, or has a message that nobody has read: the empty text is before all times, so that
 * no clock keeps it back. One that has ended or is stuck is never due by itself.
 */
const RELEASE = `
  UPDATE run SET owner = NULL, state = :state, awaits = :awaits, wake_at = :wakeAt, why = :why, rested_at = :restedAt,
    crashes = 0, seen = max(seen, :seen),
    due_at = CASE
      WHEN :state = 'stuck' OR :state IN (SELECT value FROM json_each(:ends)) THEN NULL
      WHEN :state = 'interrupted' THEN ''
      WHEN EXISTS (SELECT 1 FROM message WHERE tenant = :tenant AND run = :n AND number > max(seen, :seen)) THEN ''
      WHEN :state = 'waiting' THEN :wakeAt
    END
  WHERE n = :n AND epoch = :epoch AND owner = :owner`;

/** One that another process has claimed has nothing to give up. */
export function releaseRow({ statements, owners }: ThreadParts, args: Args<"release">): void {
  const { id: _, ...rest } = args;
  statements.runNamed(RELEASE, { ...rest, ends: ENDS, tenant: TENANT, owner: owners.id });
}

export function putRow(parts: ThreadParts, { id, name, at, message }: Args<"put">): boolean {
  const { statements, seals, where } = parts;
  const row = rowOf(statements, id);
  if (row === undefined) throw noSuchRun(where(id));
  const key = seals.keyOfRun(row.n);
  if (row.slot === null || key === undefined) throw forgotten(where(id), row.evidence ?? "");
  const hidden = sealedName(key, name);
  const known = "SELECT 1 FROM message WHERE tenant = ? AND run = ? AND name = ?";
  if (statements.get<object>(known, TENANT, row.n, hidden) !== undefined) return false;
  if (row.messages >= MOST_MESSAGES) throw inboxFull(where(id));
  const sealed = seals.seal(key, ["message", row.n], Buffer.from(message));
  const put = "INSERT INTO message (tenant, run, name, at, bytes) VALUES (?, ?, ?, ?, ?)";
  statements.run(put, TENANT, row.n, hidden, at, sealed);
  statements.run(
    `UPDATE run SET messages = messages + 1,
       due_at = CASE WHEN owner IS NULL AND state IN ('waiting', 'suspended') THEN '' ELSE due_at END
     WHERE n = ?`,
    row.n,
  );
  return true;
}
