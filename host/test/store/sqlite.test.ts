// What the store in SQLite promises beside the contract of all stores: docs/spec/runs.md, STORE-9 to STORE-14.
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { sqliteStore } from "@reach-fabric/host";
import type { Lease, RunStore } from "@reach-fabric/host";
import { sqliteStoreWith } from "@reach-fabric/host/testing";
import { toHex } from "@reach-fabric/engine";
import { errorOf, later, newFolder } from "../helpers.ts";
import { at, event, line, lines, newRun, packWith } from "./kept.ts";

type With = Parameters<typeof sqliteStoreWith>[1];

const newFile = async (): Promise<string> => join(await newFolder(), "data", "runs.db");

async function opened(file: string, options: With = {}): ReturnType<typeof sqliteStoreWith> {
  const store = await sqliteStoreWith(file, options);
  later(() => store.close());
  return store;
}

const codeOf = async (work: Promise<unknown>): Promise<string> => (await errorOf(work)).code;

/** Looks into a file as another program does. */
function look<T>(file: string, work: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(file);
  try {
    return work(database);
  } finally {
    database.close();
  }
}

const valueOf = (file: string, query: string): unknown =>
  look(file, (database) => Object.values(database.prepare(query).get() ?? {})[0]);

/** The bytes of all files of a store. They are read by another process: closing one of them here would end SQLite's locks. */
const bytesOf = (file: string): Buffer =>
  Buffer.concat(
    readdirSync(dirname(file)).map((name) =>
      execFileSync("cat", [join(dirname(file), name)], { maxBuffer: 2 ** 30 }),
    ),
  );

const begin = async (store: RunStore, parts = {}): Promise<Lease> => store.create(newRun(parts));

test("STORE-10 only its owner may read a file that was there before, empty or by a link", async () => {
  const folder = await newFolder();
  const [empty, link, other] = ["empty.db", "link.db", "other.db"].map((name) =>
    join(folder, name),
  );
  if (empty === undefined || link === undefined || other === undefined) throw new TypeError();
  writeFileSync(empty, "");
  chmodSync(empty, 0o666);
  symlinkSync("linked.db", link);
  for (const file of [empty, link]) {
    await (await begin(await opened(file))).append(0, [line(0)]);
    for (const path of [file, `${realpathSync(file)}-wal`]) {
      expect([path, statSync(path).mode & 0o777]).toEqual([path, 0o600]);
    }
  }
  // What is no store stays as it is.
  look(other, (database) => database.exec("CREATE TABLE notes (text TEXT)"));
  chmodSync(other, 0o644);
  expect(await codeOf(opened(other))).toBe("REACH-E4130");
  expect(statSync(other).mode & 0o777).toBe(0o644);
});

test("STORE-10 only its owner may read its files", async () => {
  const file = await newFile();
  const store = await opened(file);
  await (await begin(store)).append(0, [line(0)]);
  expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
  const modes = readdirSync(dirname(file)).map((name) => {
    const { mode } = statSync(join(dirname(file), name));
    return [name.replace(/-owner-.*/, "-owner"), mode & 0o777];
  });
  expect(Object.fromEntries(modes)).toEqual({
    "runs.db": 0o600,
    "runs.db-wal": 0o600,
    "runs.db-shm": 0o600,
    "runs.db-owner": 0o600,
  });
});

test("STORE-9 a file that would not keep what it is given is refused", async () => {
  const others = [
    ["synchronous = NORMAL", "synchronous = 1"],
    ["synchronous = OFF", "synchronous = 0"],
    ["journal_mode = DELETE", "journal_mode = delete"],
    ["secure_delete = OFF", "secure_delete = 0"],
    ["foreign_keys = OFF", "foreign_keys = 0"],
    ["trusted_schema = ON", "trusted_schema = 1"],
  ] as const;
  for (const [pragma, said] of others) {
    const error = await errorOf(sqliteStoreWith(await newFile(), { pragmas: [pragma] }));
    expect(error.code).toBe("REACH-E4117");
    expect(error.why).toContain(`SQLite has ${said} here`);
  }
});

test("STORE-10 a file of another form is refused, and is as it was", async () => {
  const file = await newFile();
  await (await sqliteStore(file)).close();
  look(file, (database) => database.exec("PRAGMA user_version = 99"));
  const error = await errorOf(sqliteStore(file));
  expect(error).toMatchObject({ code: "REACH-E4130", where: file });
  expect(error.why).toContain("form 99");
  expect(valueOf(file, "PRAGMA user_version")).toBe(99);
  look(file, (database) => database.exec("PRAGMA user_version = 1"));
  await (await opened(file)).list();
});

test("STORE-10 a database of another program is refused, and gets no table", async () => {
  const file = join(await newFolder(), "places.db");
  look(file, (database) => database.exec("CREATE TABLE places (url TEXT)"));
  expect(await codeOf(sqliteStore(file))).toBe("REACH-E4130");
  expect(valueOf(file, "SELECT count(*) FROM sqlite_schema")).toBe(1);
});

test("STORE-10 a file that is no database is refused, and is as it was", async () => {
  const file = join(await newFolder(), "notes.txt");
  const text = "These are notes, and no database. ".repeat(500);
  writeFileSync(file, text);
  expect(await codeOf(sqliteStore(file))).toBe("REACH-E4130");
  expect(execFileSync("cat", [file]).toString()).toBe(text);
});

test("STORE-10 where no file can be made, it says so", async () => {
  const folder = await newFolder();
  writeFileSync(join(folder, "file"), "");
  expect(await codeOf(sqliteStore(join(folder, "file", "runs.db")))).toBe("REACH-E4111");
  mkdirSync(join(folder, "there"));
  expect(await codeOf(sqliteStore(join(folder, "there")))).toBe("REACH-E4111");
  const store = await opened(join(folder, "runs.db"), { pragmas: ["query_only = OFF"] });
  expect((await store.list()).runs).toEqual([]);
});

test("STORE-10 a folder that cannot be written is told", async (context) => {
  if (process.getuid?.() === 0) context.skip("root may write everywhere");
  const folder = await newFolder();
  chmodSync(folder, 0o500);
  expect(await codeOf(sqliteStore(join(folder, "runs.db")))).toBe("REACH-E4111");
});

test("STORE-3 nothing of a commit that fails counts, and what was before is whole", async () => {
  const file = await newFile();
  const first = await sqliteStore(file);
  const [a, b] = [await begin(first), await begin(first)];
  await a.append(0, lines(0, 3));
  await b.append(0, lines(0, 3));
  for (const lease of [a, b]) await lease.release({ state: "waiting" });
  await first.close();
  const pages = Number(valueOf(file, "PRAGMA page_count"));
  const full = await sqliteStoreWith(file, { pragmas: [`max_page_count = ${pages + 6}`] });
  const [c, d] = [await full.run(a.run.id).claim(), await full.run(b.run.id).claim()];
  // Together in one commit: the small one goes with the large one.
  const large = line(3, "x".repeat(200_000));
  const [one, two] = await Promise.allSettled([c.append(3, [large]), d.append(3, [line(3)])]);
  expect([one.status, two.status]).toEqual(["rejected", "rejected"]);
  expect(await codeOf(c.append(3, [large]))).toBe("REACH-E4110");
  // There is room for this one.
  await d.append(3, [line(3, "small")]);
  await full.close();
  const second = await opened(file);
  expect((await second.run(a.run.id).read()).lines).toEqual(lines(0, 3));
  expect((await second.run(b.run.id).read()).lines).toEqual([...lines(0, 3), line(3, "small")]);
});

test("STORE-9 what is acknowledged is in the file", async () => {
  const file = await newFile();
  const store = await opened(file);
  const lease = await begin(store);
  const other = new DatabaseSync(file);
  later(() => other.close());
  const count = other.prepare("SELECT lines FROM run WHERE id = ?");
  for (let i = 0; i < 200; i++) {
    await lease.append(i, [line(i)]);
    expect(count.get(lease.run.id)?.["lines"]).toBe(i + 1);
  }
});

test.each([1, 16, 256])("STORE-11 %d runs that append at once share each commit", async (runs) => {
  const store = await opened(await newFile());
  const leases = await Promise.all(Array.from({ length: runs }, () => begin(store)));
  const before = store.stats();
  const steps = 20;
  const oneRun = async (lease: Lease): Promise<void> => {
    for (let i = 0; i < steps; i++) {
      await lease.append(i, [line(i)]);
      // As a run does that asks an executor.
      if (i % 2) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await Promise.all(leases.map(oneRun));
  const { commits, appends } = store.stats();
  expect(appends - before.appends).toBe(runs * steps);
  expect((commits - before.commits) / steps).toBeLessThanOrEqual(1.1);
  expect(commits - before.commits).toBeGreaterThanOrEqual(steps);
});

test("STORE-11 acknowledgements of one commit let the loop turn in between", async () => {
  const store = await opened(await newFile());
  const leases = await Promise.all(Array.from({ length: 256 }, () => begin(store)));
  let longest = 0;
  let last = performance.now();
  const watch = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  later(() => clearInterval(watch));
  await Promise.all(
    leases.map(async (lease) => {
      await lease.append(0, [line(0)]);
      // What a run computes then.
      const end = performance.now() + 1;
      while (performance.now() < end);
    }),
  );
  expect(longest).toBeLessThan(100);
});

test("STORE-5 a run that is fenced off does not fail those that are in its commit", async () => {
  const store = await opened(await newFile());
  const [a, b] = [await begin(store), await begin(store)];
  const [one, two] = await Promise.allSettled([a.append(7, [line(7)]), b.append(0, [line(0)])]);
  expect([one.status, two.status]).toEqual(["rejected", "fulfilled"]);
  expect((await store.run(b.run.id).read()).lines).toEqual([line(0)]);
});

test("STORE-5 lines that cannot be written down fail alone, and the store goes on", async () => {
  const store = await opened(await newFile());
  const [a, b] = [await begin(store), await begin(store)];
  const odd = { ...line(0), stamp: { seq: 0, at: at(0), odd: 1n as unknown as number } };
  const [one, two] = await Promise.allSettled([a.append(0, [odd]), b.append(0, [line(0)])]);
  expect([one.status, two.status]).toEqual(["rejected", "fulfilled"]);
  await expect(a.append(0, [odd])).rejects.toThrow("BigInt");
  await a.append(0, [line(0)]);
});

test("STORE-12 a head that is not as it was written is damaged", async () => {
  const file = await newFile();
  const store = await opened(file);
  const lease = await begin(store);
  look(file, (database) => database.exec("UPDATE run SET awaits = '[{'"));
  expect(await codeOf(store.run(lease.run.id).head())).toBe("REACH-E4131");
});

test("STORE-12 a run of which a byte was changed is damaged, and keeps no other back", async () => {
  const file = await newFile();
  const store = await opened(file);
  const [a, b, c] = [await begin(store), await begin(store), await begin(store)];
  for (const lease of [a, b, c]) {
    await lease.append(0, lines(0, 3));
    await lease.release({ state: "interrupted" });
  }
  look(file, (database) => {
    const flip = database.prepare(
      "UPDATE segment SET bytes = CAST(substr(bytes, 1, 20) || x'00' || substr(bytes, 22) AS BLOB) WHERE run = ?",
    );
    const n = database.prepare("SELECT n FROM run WHERE id = ?").get(b.run.id)?.["n"];
    flip.run(Number(n));
  });
  expect(await codeOf(store.run(b.run.id).read())).toBe("REACH-E4131");
  expect(await codeOf(store.run(b.run.id).claim())).toBe("REACH-E4131");
  expect((await store.run(b.run.id).head()).state).toBe("interrupted");
  const due = await store.claimDue({ now: at(1), limit: 9 });
  expect(due.map(({ run }) => run.id).sort()).toEqual([a.run.id, c.run.id].sort());
  expect(await store.run(b.run.id).head()).toMatchObject({ state: "stuck" });
  expect(await store.claimDue({ now: at(1), limit: 9 })).toEqual([]);
});

test("STORE-12 a row that is missing, and one at another place, are found", async () => {
  const file = await newFile();
  const store = await opened(file);
  const [a, b] = [await begin(store), await begin(store)];
  for (const lease of [a, b]) {
    for (let i = 0; i < 3; i++) await lease.append(i, [line(i)]);
    await lease.release({ state: "waiting" });
  }
  const numberOf = (id: string): number =>
    look(file, (database) =>
      Number(database.prepare("SELECT n FROM run WHERE id = ?").get(id)?.["n"]),
    );
  const [an, bn] = [numberOf(a.run.id), numberOf(b.run.id)];
  look(file, (database) => {
    database.prepare("DELETE FROM segment WHERE run = ? AND at = 1").run(an);
    const swap = database.prepare(
      "UPDATE segment SET bytes = (SELECT bytes FROM segment WHERE run = ? AND at = 0) WHERE run = ? AND at = 1",
    );
    swap.run(bn, bn);
  });
  expect(await codeOf(store.run(a.run.id).read())).toBe("REACH-E4131");
  expect(await codeOf(store.run(b.run.id).read())).toBe("REACH-E4131");
});

test("STORE-12 a file whose middle was overwritten is damaged", async () => {
  const file = await newFile();
  const store = await sqliteStore(file);
  for (let i = 0; i < 40; i++) {
    const lease = await begin(store);
    await lease.append(0, [line(0, "x".repeat(3000))]);
    await lease.release({ state: "waiting" });
  }
  await store.close();
  const size = statSync(file).size;
  const noise = ["if=/dev/zero", `of=${file}`, "bs=4096", "seek=1", `count=${size / 4096 - 1}`];
  execFileSync("dd", [...noise, "conv=notrunc"], { stdio: "ignore" });
  const code = await codeOf(sqliteStore(file).then((again) => again.list()));
  expect(code).toBe("REACH-E4131");
});

test("STORE-13 nothing of a run that was forgotten, or removed, is in a byte of its files", async () => {
  const file = await newFile();
  const store = await opened(file);
  const count = 24;
  const packs = Array.from({ length: count }, (_, i) => packWith(`MARK-PACK-${i}-`));
  const runs = await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const request = {
        format: "reach/run-request/v1" as const,
        workflow: `/MARK-REQUEST-${i}-`,
        output: "/x.reach",
        tenant: "acme",
        actor: "ops-7",
      };
      const run = newRun({ pack: packs[i] ?? packWith(""), request });
      return { i, run, lease: await store.create(run) };
    }),
  );
  // Rows of runs lie among those of others, and move as these go.
  for (let step = 0; step < 40; step++) {
    await Promise.all(
      runs.map(async ({ i, lease, run }) => {
        const size = 20 + ((step * 131 + i * 977) % 1800);
        await lease.append(step, [line(step, `MARK-LINE-${i}-`.repeat(Math.ceil(size / 12)))]);
        if (step % 10 === 0)
          await store
            .run(run.run.id)
            .put(event(`MARK-ID-${i}-${step}`, `MARK-MESSAGE-${i}-`), at(step));
      }),
    );
  }
  for (const { i, lease } of runs) {
    await lease.append(40, [line(40, `MARK-BODY-${i}-`.repeat(30_000))]);
    await lease.release({ state: "completed" });
  }
  const keys = runs.map(({ run }) =>
    look(file, (database) => {
      const query = "SELECT key FROM slot JOIN run ON slot.n = run.slot WHERE id = ?";
      return Buffer.from(database.prepare(query).get(run.run.id)?.["key"] as Uint8Array);
    }),
  );
  const secretsOf = (i: number): Buffer[] => {
    const secret = Buffer.from(runs[i]?.run.run.secret ?? []);
    const words = ["PACK", "REQUEST", "LINE", "ID", "MESSAGE", "BODY"];
    return [
      ...words.map((word) => Buffer.from(`MARK-${word}-${i}-`)),
      secret,
      Buffer.from(toHex(secret)),
      keys[i] ?? Buffer.from("none"),
    ];
  };
  const order = [...runs.keys()].sort((a, b) => ((a * 7) % count) - ((b * 7) % count));
  for (const i of order.slice(0, 16)) {
    const kept = store.run(runs[i]?.run.run.id ?? "");
    await (i % 2 ? kept.forget("/x.reach") : kept.remove());
    const bytes = bytesOf(file);
    for (const text of secretsOf(i))
      expect([i, text.toString("latin1"), bytes.includes(text)]).toEqual([
        i,
        text.toString("latin1"),
        false,
      ]);
  }
  // The others are whole.
  for (const i of order.slice(16)) {
    const { lines: kept, pack } = await store.run(runs[i]?.run.run.id ?? "").read();
    expect([kept.length, pack]).toEqual([41, packs[i]]);
  }
  expect(valueOf(file, "SELECT count(*) FROM pack")).toBe(8);
  expect(statSync(`${file}-wal`).size).toBe(0);
}, 60_000);

test("STORE-13 the key of a run is used for no other, and its place is", async () => {
  const file = await newFile();
  const store = await opened(file);
  const seen = new Set<string>();
  for (let i = 0; i < 6; i++) {
    const lease = await begin(store, { pack: packWith("one") });
    await lease.append(0, [line(0)]);
    const key = look(file, (database) => {
      const query = "SELECT hex(key) AS key FROM slot JOIN run ON slot.n = run.slot WHERE id = ?";
      return String(database.prepare(query).get(lease.run.id)?.["key"]);
    });
    expect(seen.has(key)).toBe(false);
    seen.add(key);
    await lease.release({ state: "completed" });
    await store.run(lease.run.id).forget("/x.reach");
  }
  expect(valueOf(file, "SELECT count(*) FROM slot")).toBe(2);
});

test("STORE-13 after compact() no name or label of a run that was removed is in the file", async () => {
  const file = await newFile();
  const store = await opened(file);
  const all = await Promise.all(
    Array.from({ length: 60 }, (_, i) =>
      begin(store, { workflow: `MARK-FLOW-${i}-`, labels: { who: `MARK-WHO-${i}-` } }),
    ),
  );
  for (const lease of all) await lease.release({ state: "completed" });
  for (const lease of all.slice(10)) await store.run(lease.run.id).remove();
  await store.compact();
  const bytes = bytesOf(file);
  for (const i of [10, 33, 59]) {
    expect(bytes.includes(`MARK-FLOW-${i}-`)).toBe(false);
    expect(bytes.includes(`MARK-WHO-${i}-`)).toBe(false);
  }
  expect((await store.list({ label: ["who", "MARK-WHO-3-"] })).runs).toHaveLength(1);
});

test("STORE-14 heads go 90 days after their run was left, where its evidence was written", async () => {
  const file = await newFile();
  const day = 24 * 60 * 60 * 1000;
  let now = Date.UTC(2026, 0, 1);
  const clock = (): number => now;
  const first = await sqliteStore(file, { clock });
  const [old, open, young] = [await begin(first), await begin(first), await begin(first)];
  for (const lease of [old, open]) await lease.release({ state: "completed" });
  await first.run(old.run.id).forget("/x.reach");
  now += 2 * day;
  await young.release({ state: "completed" });
  await first.run(young.run.id).forget("/y.reach");
  await first.close();
  const idsAt = async (time: number): Promise<string[]> => {
    now = time;
    const store = await sqliteStore(file, { clock });
    const { runs } = await store.list();
    await store.close();
    return runs.map(({ id }) => id).sort();
  };
  const begun = now - 2 * day;
  expect(await idsAt(begun + 90 * day - 1)).toEqual(
    [old, open, young].map(({ run }) => run.id).sort(),
  );
  expect(await idsAt(begun + 90 * day + 1)).toEqual([open, young].map(({ run }) => run.id).sort());
  expect(await idsAt(begun + 900 * day)).toEqual([open.run.id]);
});

test("STORE-6 no clock that jumps gives a run to two, or keeps one back", async () => {
  const file = await newFile();
  let now = Date.UTC(2026, 0, 1);
  const store = await opened(file, { clock: () => now, lease: 1000 });
  const other = await opened(file, { clock: () => now, lease: 1000 });
  const lease = await begin(store);
  const { id } = lease.run;
  for (const jump of [1e9, -2e9, 5e10]) {
    now += jump;
    expect(await codeOf(other.run(id).claim())).toBe("REACH-E4114");
  }
  await lease.release({ state: "waiting", wakeAt: at(0) });
  now = 0;
  await other.run(id).put(event("1"), new Date(now).toISOString());
  const due = await other.claimDue({ now: new Date(now).toISOString(), limit: 1 });
  expect(due.map(({ run }) => run.id)).toEqual([id]);
});

test("STORE-7 a message that came while a run was executed, and that nobody has read, makes it due", async () => {
  const store = await opened(await newFile());
  const lease = await begin(store);
  const kept = store.run(lease.run.id);
  const inbox = kept.inbox();
  await kept.put(event("1"), at(1));
  expect(await inbox.next()).toHaveLength(1);
  await kept.put(event("2"), at(2));
  await lease.release({ state: "waiting" });
  const due = async (): Promise<readonly Lease[]> => store.claimDue({ now: at(9), limit: 1 });
  const [second] = await due();
  expect(second?.run.id).toBe(lease.run.id);
  // It is due once for it, even if nobody looks.
  await second?.release({ state: "waiting" });
  expect(await due()).toEqual([]);
});

test("STORE-11 close() waits for what is to be written, and then there is nothing more", async () => {
  const file = await newFile();
  const store = await sqliteStore(file);
  const lease = await begin(store);
  const appended = Promise.all(Array.from({ length: 50 }, (_, i) => lease.append(i, [line(i)])));
  await store.close();
  await appended;
  await expect(store.list()).rejects.toThrow("has stopped");
  await expect(lease.append(50, [line(50)])).rejects.toThrow("has stopped");
  await store.close();
  expect(readdirSync(dirname(file))).toEqual(["runs.db"]);
  const again = await opened(file);
  expect((await again.run(lease.run.id).read()).lines).toHaveLength(50);
  expect((await again.run(lease.run.id).head()).state).toBe("interrupted");
});

test("STORE-6 files of owners that are no more go with the next start, and others stay", async () => {
  const file = await newFile();
  const first = await opened(file);
  const dead = `${file}-owner-${randomUUID()}`;
  const strange = `${file}-owner-notes`;
  writeFileSync(dead, "");
  writeFileSync(strange, "");
  const lease = await begin(first);
  const second = await opened(file);
  expect([existsSync(dead), existsSync(strange)]).toEqual([false, true]);
  expect(await codeOf(second.run(lease.run.id).claim())).toBe("REACH-E4114");
});

test("STORE-6 attack: who had no run for longer than a lease has the one that it claims then", async () => {
  const file = await newFile();
  const [store, other] = [await opened(file, { lease: 900 }), await opened(file, { lease: 900 })];
  const lease = await begin(other);
  await lease.release({ state: "waiting" });
  // Longer than a lease, and behind each look at whether it has to be made longer.
  await new Promise((go) => setTimeout(go, 950));
  const claimed = await store.run(lease.run.id).claim();
  expect(await codeOf(other.run(lease.run.id).claim())).toBe("REACH-E4114");
  await claimed.append(0, lines(0, 1));
  await claimed.release({ state: "waiting" });
});
