// Stores of runs, and who has a run.
import type { Defence } from "./defence.ts";

const SQLITE = "host/test/store/sqlite.test.ts";
const MESSAGES = "host/test/store/messages.test.ts";
const PROCESSES = "host/test/store/sqlite-process.test.ts";

export const stores: readonly Defence[] = [
  {
    attack: "a run that is taken from a process that was idle before",
    file: "host/src/store/sqlite/owners.ts",
    take: "this.#statements.run(text, until, this.id, until - this.#lease / 3);",
    put: 'if (text === "") this.#statements.run(text, until, this.id, until - this.#lease / 3);',
    test: "host/test/store/sqlite.test.ts",
    name: "STORE-6 attack: who had no run for longer than a lease has the one that it claims then",
  },
  {
    attack: "a file of a store that was laid there before, for others to read",
    file: "host/src/store/sqlite/open-database.ts",
    take: "keepFromOthers(file);",
    put: "if (!file) keepFromOthers(file);",
    test: SQLITE,
    name: "STORE-10 only its owner may read a file that was there before, empty or by a link",
  },
  {
    attack:
      "a message that is too large to be read again, and so ends each process that goes on with the run",
    file: "host/src/store/message.ts",
    take: "Buffer.byteLength(text) <= LARGEST_MESSAGE",
    put: "text.length > 0",
    test: MESSAGES,
    name: "STORE-8 takes nothing that could not be read again, or that no record could hold",
  },
  {
    attack: "an event that is nested so deep that the run which takes it can never go on",
    file: "host/src/run/inbox.ts",
    take: "if (isTooDeep(event)) return;",
    put: "if (isTooDeep(undefined)) return;",
    test: "host/test/run/events.test.ts",
    name: "attack: one that is nested too deep for a run to go on is passed over",
  },
  {
    attack: "a clock that is set back, so that a command is taken for one that was obeyed before",
    file: "host/src/store/folder-inbox.ts",
    take: "before >= Date.parse(at)",
    put: "before > Infinity",
    test: MESSAGES,
    name: "STORE-8 gives messages in the order in which they came where the clock was set back meanwhile",
  },
  {
    attack: "a message that comes in the last moment before a run is left, and wakes nothing",
    file: "host/src/store/run-folder.ts",
    take: "const read = given > before ? given : before;",
    put: 'const read = given > before ? "9" : "8";',
    test: MESSAGES,
    name: "STORE-7 a message that came just before the run was left, and was not read, makes it due once",
  },
  {
    attack: "a process that was overtaken and goes on writing",
    file: "host/src/store/sqlite/writes.ts",
    take: "WHERE n = ? AND epoch = ? AND lines = ? AND owner = ?",
    put: "WHERE n = ? AND ? > 0 AND lines = ? AND ? <> ''",
    test: PROCESSES,
    name: "STORE-6 a process that stands still loses its runs by time, and appends nothing afterwards",
  },
  {
    attack: "two processes that claim one run of a store",
    file: "host/src/store/sqlite/claims.ts",
    take: "if (isHeld(row, owners.alive())) throw inUse(where(id));",
    put: "",
    test: PROCESSES,
    name: "STORE-5 processes that race to claim one run: one wins, and nothing is lost",
  },
  {
    attack: "a process that is gone and keeps its runs",
    file: "host/src/store/sqlite/owners.ts",
    take: "until > now && isLocked(this.#pathOf(id))",
    put: "until > now",
    test: PROCESSES,
    name: "STORE-6 a run whose process was killed can be claimed at once",
  },
  {
    attack: "a process that stands still and keeps its runs",
    file: "host/src/store/sqlite/owners.ts",
    take: "until > now && isLocked(this.#pathOf(id))",
    put: "now > 0 && until > 0 && isLocked(this.#pathOf(id))",
    test: PROCESSES,
    name: "STORE-6 a process that stands still loses its runs by time, and appends nothing afterwards",
  },
  {
    attack: "a disk that says that it has synced, and has not been asked",
    file: "host/src/store/sqlite/open-database.ts",
    take: "if (!unchecked) requireDurable(statements, file);",
    put: "void [unchecked, requireDurable];",
    test: SQLITE,
    name: "STORE-9 a file that would not keep what it is given is refused",
  },
  {
    attack: "an acknowledgement before what it acknowledges",
    file: "host/src/store/sqlite/store-thread.ts",
    take: 'if ("commit" in call) return reply({ number, ...commit(parts, call.commit) });',
    put: `if ("commit" in call) {
        const value = { id: "", n: 1, epoch: 1 };
        reply({ number, results: call.commit.map(() => ({ value })), changed: true });
        commit(parts, call.commit);
        return;
      }`,
    test: SQLITE,
    name: "STORE-9 what is acknowledged is in the file",
  },
  {
    attack: "the key of a run that was forgotten",
    file: "host/src/store/sqlite/seals.ts",
    take: "UPDATE slot SET key = zeroblob(32) WHERE n = ?",
    put: "UPDATE slot SET key = key WHERE n = ?",
    test: SQLITE,
    name: "STORE-13 nothing of a run that was forgotten, or removed, is in a byte of its files",
  },
  {
    attack: "what was forgotten, in the log before the database",
    file: "host/src/store/sqlite/sqlite-store.ts",
    take: 'await thread.write("forget", () => ({ id, evidence, at }));\n      await emptyLog();',
    put: 'await thread.write("forget", () => ({ id, evidence, at }));',
    test: SQLITE,
    name: "STORE-13 nothing of a run that was forgotten, or removed, is in a byte of its files",
  },
  {
    attack: "rows of one run that are put into another's place",
    file: "host/src/store/sqlite/seals.ts",
    take: "Buffer.from(JSON.stringify(place))",
    put: "Buffer.from(place[0])",
    test: SQLITE,
    name: "STORE-12 a row that is missing, and one at another place, are found",
  },
];
