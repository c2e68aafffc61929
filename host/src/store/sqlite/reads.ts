// What is read of a store.
import { damagedRun, forgotten, noSuchRun } from "../errors.ts";
import { isHeld } from "./claims.ts";
import { isBusy } from "./failure.ts";
import type { ThreadParts } from "./parts.ts";
import type { KeptPack, Reads, StoredRun } from "./protocol.ts";
import { headOfRow, rowOf } from "./rows.ts";
import type { RunRow } from "./rows.ts";
import type { SealedPlace } from "./seals.ts";
import { TENANT } from "./tables.ts";
import type { RunHead } from "../store.ts";

type Args<R extends keyof Reads> = Reads[R][0];

export function readHead(
  { statements, owners, where }: ThreadParts,
  { id }: Args<"head">,
): RunHead {
  const row = rowOf(statements, id);
  if (row === undefined) throw noSuchRun(where(id));
  return headOfRow(row, row.owner !== null && isHeld(row, owners.alive()));
}

/** Bytes of lines that are read back at most. */
const MOST_BYTES = 1024 * 1024 * 1024;

export function readStored(parts: ThreadParts, { id }: Args<"file">): StoredRun {
  return parts.statements.together(() => storedRun(parts, id), "BEGIN");
}

function storedRun(parts: ThreadParts, id: string): StoredRun {
  const { statements, where } = parts;
  const row = rowOf(statements, id);
  if (row === undefined) throw noSuchRun(where(id));
  const { n, slot, sealed } = row;
  if (slot === null || sealed === null) throw forgotten(where(id), row.evidence ?? "");
  const key = parts.seals.keyIn(slot);
  const opened = (place: SealedPlace, bytes: Uint8Array): Uint8Array => {
    const found = parts.seals.open(key, place, bytes);
    if (found === undefined)
      throw damagedRun(where(id), `its ${place[0]} are not as they were written`);
    return found;
  };
  const secrets = Buffer.from(opened(["run", n], sealed)).toString();
  const size =
    "SELECT coalesce(sum(length(bytes)), 0) AS size FROM segment WHERE tenant = ? AND run = ?";
  if ((statements.get<{ size: number }>(size, TENANT, n)?.size ?? 0) > MOST_BYTES) {
    throw damagedRun(where(id), `it has more than ${MOST_BYTES} bytes of lines`);
  }
  const segments = statements.all<{ at: number; lines: number; bytes: Uint8Array }>(
    "SELECT at, lines, bytes FROM segment WHERE tenant = ? AND run = ? ORDER BY at",
    TENANT,
    n,
  );
  let next = 0;
  for (const { at, lines } of segments) {
    if (at !== next) throw damagedRun(where(id), `line ${next + 1} is missing`);
    next += lines;
  }
  if (next !== row.lines) throw damagedRun(where(id), `line ${next + 1} is missing`);
  const bodies = statements.all<{ digest: string; bytes: Uint8Array }>(
    "SELECT digest, bytes FROM body WHERE tenant = ? AND run = ?",
    TENANT,
    n,
  );
  return {
    id,
    attempt: row.attempt,
    startedAt: row.started_at,
    engine: row.engine,
    pack: row.pack,
    secrets,
    lines: row.lines,
    bytes: Buffer.concat(segments.map(({ at, bytes }) => opened(["lines", n, at], bytes))),
    bodies: new Map(
      bodies.map(({ digest, bytes }) => [digest, opened(["body", n, digest], bytes)]),
    ),
  };
}

export function readKeptPack(
  { statements, seals, file }: ThreadParts,
  { digest }: Args<"pack">,
): KeptPack {
  const where = `${file}, pack ${digest}`;
  const text = "SELECT slot FROM pack WHERE tenant = ? AND digest = ?";
  const pack = statements.get<{ slot: number }>(text, TENANT, digest);
  if (pack === undefined) throw damagedRun(where, "it is not there");
  const key = seals.keyIn(pack.slot);
  const files = statements
    .all<{ name: string; bytes: Uint8Array }>(
      "SELECT name, bytes FROM pack_file WHERE tenant = ? AND pack = ?",
      TENANT,
      digest,
    )
    .map(({ name, bytes }) => [name, seals.open(key, ["pack", digest, name], bytes)] as const);
  const opened = new Map(files);
  const manifest = opened.get("pack.json");
  const whole = files.flatMap(([name, bytes]) =>
    bytes === undefined ? [] : [[name, bytes] as const],
  );
  if (manifest === undefined || whole.length < files.length) {
    throw damagedRun(where, "it is not as it was written");
  }
  return { manifest, files: whole.filter(([name]) => name !== "pack.json") };
}

export function readMail({ statements }: ThreadParts, { after }: Args<"mail">): Reads["mail"][1] {
  const found = statements.all<{ id: string; number: number }>(
    `SELECT run.id, max(message.number) AS number FROM message JOIN run ON run.n = message.run
     WHERE message.number > ? GROUP BY run.n`,
    after,
  );
  return new Map(found.map(({ id, number }) => [id, number]));
}

export function readMessages(
  { statements, seals, where }: ThreadParts,
  { id, after }: Args<"messages">,
): Reads["messages"][1] {
  const row = rowOf(statements, id);
  if (row === undefined) return [];
  const key = seals.keyOfRun(row.n);
  const found = statements.all<{ number: number; bytes: Uint8Array }>(
    "SELECT number, bytes FROM message WHERE tenant = ? AND run = ? AND number > ? ORDER BY number",
    TENANT,
    row.n,
    after,
  );
  return found.map(({ number, bytes }) => {
    const message = key && seals.open(key, ["message", row.n], bytes);
    if (message === undefined) throw damagedRun(where(id), "a message is not as it was written");
    return [number, Buffer.from(message).toString()];
  });
}

/** Milliseconds that a checkpoint waits for another process: the commits of this one wait as long. */
const MOMENT = 250;

export function emptyLog({ statements }: ThreadParts): boolean {
  const patience = statements.get<{ timeout: number }>("PRAGMA busy_timeout")?.timeout ?? 0;
  statements.database.exec(`PRAGMA busy_timeout = ${MOMENT}`);
  try {
    return statements.get<{ busy: number }>("PRAGMA wal_checkpoint(TRUNCATE)")?.busy === 0;
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  } finally {
    statements.database.exec(`PRAGMA busy_timeout = ${patience}`);
  }
}

export function readRowsPage(
  { statements, owners }: ThreadParts,
  { filter, after, limit }: Args<"list">,
): Reads["list"][1] {
  const alive = owners.alive();
  const [text, values] = pageQuery(filter, after, alive);
  const rows = statements.all<RunRow>(text, ...values, limit + 1);
  const runs = rows.slice(0, limit).map((row) => headOfRow(row, isHeld(row, alive)));
  const last = runs.at(-1);
  const isMore = rows.length > limit && last !== undefined;
  return { runs, next: isMore ? `${last.startedAt} ${last.id}` : undefined };
}

type Values = (string | number)[];

/** Of fixed parts: what is wanted is in the values. */
function pageQuery(
  { state, workflow, label, from, to, id, isOpen }: Args<"list">["filter"],
  after: string | null,
  alive: string,
): [text: string, values: Values] {
  const parts: string[] = [];
  const values: Values = [];
  const want = (part: string, ...more: Values): void => {
    parts.push(part);
    values.push(...more);
  };
  // The table by whose index the list is ordered.
  const by = label === undefined ? "run" : "label";
  want(`${by}.tenant = ?`, TENANT);
  if (label !== undefined) want("label.name = ? AND label.value = ?", ...label);
  const isAlive = "run.owner IN (SELECT value FROM json_each(?))";
  if (state === "running") want(`run.state = 'running' AND ${isAlive}`, alive);
  else if (state === "interrupted") {
    want(
      `run.state IN ('running', 'interrupted') AND (run.owner IS NULL OR NOT ${isAlive})`,
      alive,
    );
  } else if (state !== undefined) want("run.state = ?", state);
  if (workflow !== undefined) want("run.workflow = ?", workflow);
  if (from !== undefined) want(`${by}.started_at >= ?`, from);
  if (to !== undefined) want(`${by}.started_at < ?`, to);
  if (isOpen !== undefined) want("run.evidence IS NULL");
  if (id !== undefined) want("run.id >= ? AND run.id < ?", id, `${id}~`);
  if (after !== null) {
    const [time = "", last = ""] = after.split(" ");
    want(`(${by}.started_at, ${by}.id) < (?, ?)`, time, last);
  }
  const join =
    label === undefined ? "" : "label JOIN run ON run.tenant = label.tenant AND run.id = label.id";
  const text = `SELECT run.* FROM ${join || "run"} WHERE ${parts.join(" AND ")}
    ORDER BY ${by}.started_at DESC, ${by}.id DESC LIMIT ?`;
  return [text, values];
}
