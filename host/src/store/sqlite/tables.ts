// The tables of a store in SQLite. docs/spec/runs.md, STORE-10.
//
// Every key begins with the tenant. `n` is a run's number in this file, which is never given twice, as what still has the
// number of a run that was removed must not write into another. What entered a run is sealed under a key of its own (seals.ts).

/** `application_id`: the file is a store of runs, and no other program's ("RCHR"). */
export const STORE_ID = 0x52434852;

/** `user_version`: the form of the tables. */
export const STORE_FORM = 1;

/** The only one so far. */
export const TENANT = "local";

export const TABLES = `
CREATE TABLE owner (id TEXT PRIMARY KEY, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE slot (n INTEGER PRIMARY KEY, key BLOB NOT NULL) STRICT;
CREATE TABLE free_slot (n INTEGER PRIMARY KEY) STRICT;

CREATE TABLE pack (
  tenant TEXT NOT NULL, digest TEXT NOT NULL, slot INTEGER NOT NULL,
  PRIMARY KEY (tenant, digest)
) STRICT, WITHOUT ROWID;
CREATE TABLE pack_file (
  tenant TEXT NOT NULL, pack TEXT NOT NULL, name TEXT NOT NULL, bytes BLOB NOT NULL,
  PRIMARY KEY (tenant, pack, name),
  FOREIGN KEY (tenant, pack) REFERENCES pack (tenant, digest)
) STRICT;

CREATE TABLE run (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant TEXT NOT NULL, id TEXT NOT NULL, attempt INTEGER NOT NULL, started_at TEXT NOT NULL,
  engine TEXT NOT NULL, pack TEXT NOT NULL,
  workflow TEXT, labels TEXT NOT NULL, pool TEXT, priority INTEGER,
  state TEXT NOT NULL, epoch INTEGER NOT NULL, owner TEXT, crashes INTEGER NOT NULL,
  lines INTEGER NOT NULL, claimed_lines INTEGER NOT NULL,
  messages INTEGER NOT NULL, seen INTEGER NOT NULL,
  rested_at TEXT, awaits TEXT NOT NULL, wake_at TEXT, due_at TEXT, why TEXT, evidence TEXT,
  slot INTEGER, sealed BLOB,
  UNIQUE (tenant, id), UNIQUE (tenant, n)
) STRICT;
CREATE INDEX run_time ON run (tenant, started_at DESC, id DESC);
CREATE INDEX run_state ON run (tenant, state, started_at DESC, id DESC);
CREATE INDEX run_workflow ON run (tenant, workflow, started_at DESC, id DESC);
CREATE INDEX run_due ON run (tenant, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX run_owner ON run (tenant, owner) WHERE owner IS NOT NULL;
CREATE INDEX run_pack ON run (tenant, pack) WHERE slot IS NOT NULL;

CREATE TABLE label (
  tenant TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, started_at TEXT NOT NULL, id TEXT NOT NULL,
  PRIMARY KEY (tenant, name, value, started_at, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE segment (
  tenant TEXT NOT NULL, run INTEGER NOT NULL, at INTEGER NOT NULL, lines INTEGER NOT NULL, bytes BLOB NOT NULL,
  PRIMARY KEY (tenant, run, at),
  FOREIGN KEY (tenant, run) REFERENCES run (tenant, n)
) STRICT;
CREATE TABLE body (
  tenant TEXT NOT NULL, run INTEGER NOT NULL, digest TEXT NOT NULL, bytes BLOB NOT NULL,
  PRIMARY KEY (tenant, run, digest),
  FOREIGN KEY (tenant, run) REFERENCES run (tenant, n)
) STRICT;

CREATE TABLE message (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant TEXT NOT NULL, run INTEGER NOT NULL, name BLOB NOT NULL, at TEXT NOT NULL, bytes BLOB NOT NULL,
  UNIQUE (tenant, run, name),
  FOREIGN KEY (tenant, run) REFERENCES run (tenant, n)
) STRICT;
CREATE INDEX message_order ON message (tenant, run, number);
`;
