// What each store must do: one test a sentence of the port (host/src/store/store.ts, docs/spec/runs.md).
import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { MOST_MESSAGES } from "@reach-fabric/host/testing";
import type { KeptRun, Lease, RunHead, RunStore } from "@reach-fabric/host";
import { errorOf, later } from "../helpers.ts";
import { at, cancel, event, line, lines, newRun, Other, packWith } from "./kept.ts";

/** A store under test. */
export interface Subject {
  /** A new and empty store. */
  open: () => Promise<RunStore>;
  /** The same again, as another process would open it; undefined for one that does not outlive it. */
  again?: (store: RunStore) => Promise<RunStore>;
  /** Another process on it. */
  other?: (store: RunStore) => Promise<Other>;
  /** Puts so many events to a run, faster than put() does. */
  fill?: (store: RunStore, id: string, count: number) => Promise<void>;
}

const LATER = at(1000);
/** Behind all that a store says of itself. */
const soon = (): string => new Date(Date.now() + 60_000).toISOString();

export function contract(name: string, { open, again, other, fill }: Subject): void {
  const opened = async (): Promise<RunStore> => {
    const store = await open();
    later(() => store.close());
    return store;
  };
  const reopened = async (store: RunStore): Promise<RunStore> => {
    const second = await again?.(store);
    if (second === undefined) return store;
    later(() => second.close());
    return second;
  };
  const ids = (runs: readonly Pick<RunHead, "id">[]): string[] => runs.map(({ id }) => id);
  const codeOf = async (work: Promise<unknown>): Promise<string> => (await errorOf(work)).code;
  /** A run with some lines, left waiting. */
  const left = async (store: RunStore, count = 3, parts = {}): Promise<KeptRun> => {
    const run = newRun(parts);
    const lease = await store.create(run);
    await lease.append(0, lines(0, count));
    await lease.release({ state: "waiting" });
    return store.run(run.run.id);
  };

  describe(`a store of runs: ${name}`, () => {
    test("STORE-1 keeps all of a run from its beginning", async () => {
      const store = await opened();
      const request = {
        format: "reach/run-request/v1" as const,
        workflow: "/w.yaml",
        output: "/w.reach",
        tenant: "acme",
        actor: "ops-7",
      };
      const run = newRun({ workflow: "test/store:1.0.0", labels: { desk: "north" }, request });
      const lease = await store.create(run);
      expect(lease).toMatchObject({ run: run.run, epoch: 1, crashes: 0, file: undefined });
      const kept = (await reopened(store)).run(run.run.id);
      const file = await kept.read();
      expect(file).toEqual({
        run: { ...run.run, startedAt: run.startedAt },
        engine: run.engine,
        pack: run.pack,
        request,
        lines: [],
        torn: 0,
      });
      expect(await kept.head()).toEqual({
        id: run.run.id,
        attempt: 1,
        startedAt: run.startedAt,
        engine: run.engine,
        pack: run.pack.digest,
        workflow: "test/store:1.0.0",
        labels: { desk: "north" },
        state: "running",
        epoch: 1,
        awaits: [],
      });
      await lease.release({ state: "completed" });
    });

    test("STORE-1 says where a run is", async () => {
      const store = await opened();
      const { where } = await left(store);
      expect(where).toContain(store.where);
    });

    test("STORE-1 has one run of an id", async () => {
      const store = await opened();
      const run = newRun();
      const lease = await store.create(run);
      await lease.append(0, [line(0)]);
      expect(await codeOf(store.create(run))).toBe("REACH-E4112");
      const { id } = run.run;
      expect(await codeOf((await reopened(store)).create(newRun({ id })))).toBe("REACH-E4112");
      expect((await store.run(id).read()).lines).toEqual([line(0)]);
      await lease.release({ state: "waiting" });
      expect(await codeOf(store.create(run))).toBe("REACH-E4112");
    });

    test("STORE-2 keeps labels that are short, and few", async () => {
      const store = await opened();
      const many = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`l${i}`, "x"]));
      for (const labels of [many, { a: "x".repeat(65) }, { ["x".repeat(65)]: "a" }, { "": "a" }]) {
        expect(await codeOf(store.create(newRun({ labels })))).toBe("REACH-E4116");
      }
      const most = Object.fromEntries(Object.entries(many).slice(1));
      const run = newRun({ labels: { ...most }, pool: "p", priority: 3 });
      await (await store.create(run)).release({ state: "waiting" });
      expect(await store.run(run.run.id).head()).toMatchObject({
        labels: most,
        pool: "p",
        priority: 3,
      });
    });

    test("STORE-3 appends all lines or none, behind those that are there", async () => {
      const store = await opened();
      const run = newRun();
      const lease = await store.create(run);
      await lease.append(0, lines(0, 2));
      await lease.append(2, [
        line(2),
        { begun: ["k1"], at: at(2) },
        { at: at(3), by: "me", retried: "k1" },
      ]);
      expect(await codeOf(lease.append(4, [line(9)]))).toBe("REACH-E4115");
      expect(await codeOf(lease.append(6, [line(9)]))).toBe("REACH-E4115");
      const kept = await (await reopened(store)).run(run.run.id).read();
      expect(kept.lines).toEqual([
        ...lines(0, 3),
        { begun: ["k1"], at: at(2) },
        { at: at(3), by: "me", retried: "k1" },
      ]);
      await lease.append(5, [line(5)]);
      expect((await store.run(run.run.id).read()).lines).toHaveLength(6);
      await lease.release({ state: "waiting" });
    });

    test("STORE-3 keeps large records as they are", async () => {
      const store = await opened();
      const run = newRun();
      const lease = await store.create(run);
      const large = line(1, "x".repeat(3_000_000));
      await lease.append(0, [line(0), large, line(2)]);
      await lease.append(3, [large]);
      const { lines: kept } = await (await reopened(store)).run(run.run.id).read();
      expect(kept).toEqual([line(0), large, line(2), large]);
      await lease.release({ state: "waiting" });
    });

    test("STORE-3 takes appends that are asked for before the last one is durable", async () => {
      const store = await opened();
      const run = newRun();
      const lease = await store.create(run);
      await Promise.all(Array.from({ length: 20 }, (_, i) => lease.append(i, [line(i)])));
      await lease.release({ state: "waiting" });
      expect((await store.run(run.run.id).read()).lines).toEqual(lines(0, 20));
    });

    test("STORE-5 a lease that was given up is none, and giving it up again does nothing", async () => {
      const store = await opened();
      const run = newRun();
      const lease = await store.create(run);
      await lease.release({ state: "waiting", why: "first" });
      await lease.release({ state: "completed" });
      expect(await codeOf(lease.append(0, [line(0)]))).toBe("REACH-E4115");
      expect(await store.run(run.run.id).head()).toMatchObject({ state: "waiting", why: "first" });
    });

    test("STORE-5 who has claimed a run is the only one who has", async () => {
      const store = await opened();
      const kept = await left(store);
      const first = await kept.claim();
      expect(first).toMatchObject({ epoch: 2, crashes: 0 });
      expect(first.file?.lines).toEqual(lines(0, 3));
      expect(await codeOf(kept.claim())).toBe("REACH-E4114");
      const id = first.run.id;
      expect(await codeOf((await reopened(store)).run(id).claim())).toBe("REACH-E4114");
      expect(await kept.head()).toMatchObject({ state: "running", epoch: 2 });
      await first.append(3, [line(3)]);
      await first.release({ state: "waiting" });
      const second = await kept.claim();
      expect(second.epoch).toBe(3);
      expect(await codeOf(first.append(4, [line(4)]))).toBe("REACH-E4115");
      await second.append(4, [line(4, "second")]);
      await second.release({ state: "waiting" });
      expect((await kept.read()).lines).toEqual([...lines(0, 4), line(4, "second")]);
    });

    test("STORE-4 a head says how the run was left, and a claim takes that back", async () => {
      const store = await opened();
      const run = newRun();
      const kept = store.run(run.run.id);
      const rest = {
        state: "waiting" as const,
        awaits: [{ for: "person" as const, key: "k", type: "call", task: "/do/0/a", until: LATER }],
        wakeAt: LATER,
        why: "a person is asked",
      };
      await (await store.create(run)).release(rest);
      const head = await (await reopened(store)).run(run.run.id).head();
      expect(head).toMatchObject(rest);
      expect(head.restedAt).toMatch(/^\d{4}-\d\d-\d\dT.*\.\d{3}Z$/);
      const lease = await kept.claim();
      const now = await kept.head();
      expect(now).toMatchObject({ state: "running", awaits: [] });
      expect(now).not.toHaveProperty("wakeAt");
      expect(now).not.toHaveProperty("why");
      for (const state of ["suspended", "stuck", "faulted", "cancelled", "completed"] as const) {
        const next = state === "suspended" ? lease : await kept.claim();
        await next.release({ state });
        expect((await kept.head()).state).toBe(state);
      }
    });

    test("STORE-1 there is no run of another id", async () => {
      const store = await opened();
      await left(store);
      const none = store.run(randomUUID());
      expect(await codeOf(none.head())).toBe("REACH-E4130");
      expect(await codeOf(none.read())).toBe("REACH-E4130");
      expect(await codeOf(none.claim())).toBe("REACH-E4130");
      expect(await codeOf(none.put(event("1"), at(0)))).toBe("REACH-E4130");
      expect(await codeOf(none.forget("x.reach"))).toBe("REACH-E4130");
      expect(await codeOf(none.remove())).toBe("REACH-E4130");
    });

    test("STORE-8 gives messages in the order in which they came, each once to a reader", async () => {
      const store = await opened();
      const kept = await left(store);
      const inbox = kept.inbox();
      expect(await inbox.next()).toEqual([]);
      expect(await kept.put(event("1"), at(1))).toBe(true);
      expect(await kept.put(cancel("c1"), at(2))).toBe(true);
      expect(await kept.put(event("2"), at(3))).toBe(true);
      expect(await inbox.next()).toEqual([event("1"), cancel("c1"), event("2")]);
      expect(await inbox.next()).toEqual([]);
      const id = (await kept.head()).id;
      const second = (await reopened(store)).run(id);
      expect(await second.put(event("3"), at(4))).toBe(true);
      expect(await inbox.next()).toEqual([event("3")]);
      const all = [event("1"), cancel("c1"), event("2"), event("3")];
      expect(await second.inbox().next()).toEqual(all);
      expect(await kept.inbox().next()).toEqual(all);
    });

    test("STORE-8 takes messages while a process executes the run, and keeps them over claims", async () => {
      const store = await opened();
      const kept = await left(store);
      const lease = await kept.claim();
      expect(await kept.put(event("1"), at(1))).toBe(true);
      expect(await kept.inbox().next()).toEqual([event("1")]);
      await lease.release({ state: "waiting" });
      const next = await kept.claim();
      expect(await kept.inbox().next()).toEqual([event("1")]);
      await next.release({ state: "waiting" });
    });

    test("STORE-8 has an event once by its source and id, and a command by its id", async () => {
      const store = await opened();
      const kept = await left(store);
      const other = await left(store);
      expect(await kept.put(event("1", "first"), at(1))).toBe(true);
      expect(await kept.put(event("1", "second"), at(2))).toBe(false);
      expect(await kept.put(cancel("1"), at(3))).toBe(true);
      expect(await kept.put(cancel("1"), at(4))).toBe(false);
      const elsewhere = event("1");
      if (elsewhere.kind !== "event") throw new TypeError();
      const from = { ...elsewhere, event: { ...elsewhere.event, source: "/else" } };
      expect(await kept.put(from, at(5))).toBe(true);
      expect(await other.put(event("1"), at(6))).toBe(true);
      expect(await kept.inbox().next()).toEqual([event("1", "first"), cancel("1"), from]);
    });

    test("STORE-8 takes nothing that is no event", async () => {
      const store = await opened();
      const kept = await left(store);
      const bad = { kind: "event" as const, event: { specversion: "1.0", id: "1", type: "t" } };
      expect(await codeOf(kept.put(bad, at(1)))).toBe("REACH-E3005");
      for (const odd of ["id", "source", "type"]) {
        const empty = { kind: "event" as const, event: { ...bad.event, source: "/s", [odd]: "" } };
        expect(await codeOf(kept.put(empty, at(1)))).toBe("REACH-E3005");
      }
      expect(await kept.inbox().next()).toEqual([]);
    });

    test("STORE-8 keeps so many messages, and no more", async () => {
      const store = await opened();
      const kept = await left(store);
      const { id } = await kept.head();
      await fill?.(store, id, MOST_MESSAGES);
      for (let done = 0; done < (fill === undefined ? MOST_MESSAGES : 0); done += 500) {
        await Promise.all(
          Array.from({ length: 500 }, (_, i) => kept.put(event(String(done + i)), at(1))),
        );
      }
      expect(await codeOf(kept.put(event("more"), at(2)))).toBe("REACH-E3011");
      expect(await kept.put(event("7"), at(2))).toBe(false);
      expect(await kept.inbox().next()).toHaveLength(MOST_MESSAGES);
    }, 120_000);

    test("STORE-7 lists the newest first, in pages that a new run does not move", async () => {
      const store = await opened();
      const all: string[] = [];
      for (let i = 0; i < 7; i++) {
        // Two of a time are in the order of their ids.
        const run = newRun({ startedAt: at(Math.floor(i / 2)) });
        await (await store.create(run)).release({ state: "waiting" });
        all.push(`${run.startedAt} ${run.run.id}`);
      }
      const wanted = all
        .sort()
        .reverse()
        .map((key) => key.split(" ")[1]);
      const found: string[] = [];
      let after: string | undefined;
      for (let page = 0; page < 4; page++) {
        const { runs, next } = await store.list(
          {},
          { limit: 2, ...(after === undefined ? {} : { after }) },
        );
        found.push(...ids(runs));
        after = next;
        if (next === undefined) break;
        await (
          await store.create(newRun({ startedAt: at(100 + page) }))
        ).release({ state: "waiting" });
      }
      expect(found).toEqual(wanted);
      expect(after).toBeUndefined();
    });

    test("STORE-7 lists the runs that are wanted", async () => {
      const store = await opened();
      const make = async (
        second: number,
        parts: Partial<Parameters<typeof newRun>[0]>,
        state?: "waiting" | "completed",
      ): Promise<[string, Lease]> => {
        const run = newRun({ startedAt: at(second), ...parts });
        const lease = await store.create(run);
        if (state !== undefined) await lease.release({ state });
        return [run.run.id, lease];
      };
      const [a] = await make(1, { workflow: "one", labels: { desk: "north" } }, "waiting");
      const [b] = await make(2, { workflow: "two", labels: { desk: "south" } }, "waiting");
      const [c] = await make(
        3,
        { workflow: "one", labels: { desk: "north", x: "y" } },
        "completed",
      );
      const [d, lease] = await make(4, { workflow: "one" });
      const list = async (filter: Parameters<RunStore["list"]>[0]): Promise<string[]> =>
        ids((await (await reopened(store)).list(filter)).runs);
      expect(await list({})).toEqual([d, c, b, a]);
      expect(await list({ state: "waiting" })).toEqual([b, a]);
      expect(await list({ state: "running" })).toEqual([d]);
      expect(await list({ state: "interrupted" })).toEqual([]);
      expect(await list({ workflow: "one" })).toEqual([d, c, a]);
      expect(await list({ label: ["desk", "north"] })).toEqual([c, a]);
      expect(await list({ label: ["desk", "nor"] })).toEqual([]);
      expect(await list({ from: at(2), to: at(4) })).toEqual([c, b]);
      expect(await list({ id: a.slice(0, 13) })).toEqual([a]);
      expect(await list({ label: ["desk", "north"], state: "completed", workflow: "one" })).toEqual(
        [c],
      );
      await lease.release({ state: "interrupted" });
      expect(await list({ state: "interrupted" })).toEqual([d]);
    });

    test("STORE-7 claims what is due: time, message, interrupted; no other", async () => {
      const store = await opened();
      const due = (now: string): Promise<readonly Lease[]> => store.claimDue({ now, limit: 10 });
      const make = async (rest: Parameters<Lease["release"]>[0]): Promise<string> => {
        const run = newRun();
        await (await store.create(run)).release(rest);
        return run.run.id;
      };
      await make({ state: "waiting" });
      const timed = await make({ state: "waiting", wakeAt: at(50) });
      const asked = await make({ state: "waiting", wakeAt: at(5000) });
      const broken = await make({ state: "interrupted" });
      const suspended = await make({ state: "suspended" });
      await make({ state: "stuck" });
      await make({ state: "completed" });
      const early = await due(at(49));
      expect(early.map(({ run }) => run.id)).toEqual([broken]);
      for (const lease of early) await lease.release({ state: "waiting" });
      const now = soon();
      await store.run(asked).put(event("1"), now);
      await store.run(suspended).put(cancel("1"), now);
      const late = await due(at(50));
      expect(ids(late.map(({ run }) => run)).sort()).toEqual([timed, asked, suspended].sort());
      expect(await due(at(50))).toEqual([]);
      for (const lease of late) {
        await lease.append(0, [line(0)]);
        await lease.release({ state: "completed" });
      }
      expect(await due(at(9000))).toEqual([]);
    });

    test("STORE-7 claims those of higher priority first, then those that wait longest, of one pool", async () => {
      const store = await opened();
      const make = async (second: number, priority?: number, pool?: string): Promise<string> => {
        const labels = {
          ...(priority === undefined ? {} : { priority }),
          ...(pool === undefined ? {} : { pool }),
        };
        const run = newRun(labels);
        await (await store.create(run)).release({ state: "waiting", wakeAt: at(second) });
        return run.run.id;
      };
      const a = await make(3);
      const b = await make(1);
      const c = await make(9, 5);
      const d = await make(2, -1);
      const e = await make(1, 9, "gpu");
      const take = async (limit: number, pool?: string): Promise<string[]> => {
        const leases = await store.claimDue({
          now: at(10),
          limit,
          ...(pool === undefined ? {} : { pool }),
        });
        for (const lease of leases) await lease.release({ state: "completed" });
        return leases.map(({ run }) => run.id);
      };
      expect(await take(9, "gpu")).toEqual([e]);
      expect(await take(2)).toEqual([c, b]);
      expect(await take(9)).toEqual([a, d].sort((x, y) => (x === a ? -1 : y === a ? 1 : 0)));
    });

    test("STORE-13 forgets all but the head", async () => {
      const store = await opened();
      const kept = await left(store, 3, { workflow: "one", labels: { desk: "north" } });
      const { id } = await kept.head();
      await kept.put(event("1"), at(1));
      const lease = await kept.claim();
      expect(await codeOf(kept.forget("x.reach"))).toBe("REACH-E4114");
      expect(await codeOf(kept.remove())).toBe("REACH-E4114");
      await lease.release({ state: "completed" });
      await kept.forget("/x.reach");
      for (const run of [kept, (await reopened(store)).run(id)]) {
        expect(await run.head()).toMatchObject({
          id,
          state: "completed",
          evidence: "/x.reach",
          workflow: "one",
          labels: { desk: "north" },
        });
        expect(await codeOf(run.read())).toBe("REACH-E4130");
        expect(await codeOf(run.claim())).toBe("REACH-E4130");
        expect(await codeOf(run.put(event("2"), at(2)))).toBe("REACH-E4130");
      }
      expect(ids((await store.list({ workflow: "one" })).runs)).toEqual([id]);
      expect(await codeOf(store.create(newRun({ id })))).toBe("REACH-E4112");
      await kept.remove();
      expect(await codeOf(kept.head())).toBe("REACH-E4130");
      expect((await store.list()).runs).toEqual([]);
    });

    test("STORE-13 what was forgotten is not due, however it was left", async () => {
      const store = await opened();
      const run = newRun();
      const kept = store.run(run.run.id);
      await (await store.create(run)).release({ state: "interrupted" });
      await kept.forget("/x.reach");
      expect(await store.claimDue({ now: LATER, limit: 9 })).toEqual([]);
      expect((await kept.head()).state).toBe("interrupted");
    });

    test("STORE-13 forgetting a run leaves others whole, those of its pack too", async () => {
      const store = await opened();
      const pack = packWith("shared");
      const [one, two, three] = [
        await left(store, 3, { pack }),
        await left(store, 3, { pack }),
        await left(store),
      ];
      await one.forget("/1.reach");
      await three.remove();
      expect(await two.read()).toMatchObject({ pack, lines: lines(0, 3) });
      await two.remove();
      const again = await left(store, 1, { pack });
      expect((await again.read()).pack).toEqual(pack);
      expect((await store.list()).runs).toHaveLength(2);
    });

    test("STORE-8 two put the same event at once: it is there once", async () => {
      const store = await opened();
      const kept = await left(store);
      const second = (await reopened(store)).run((await kept.head()).id);
      const all = await Promise.all(
        Array.from({ length: 10 }, (_, i) => (i % 2 ? kept : second).put(event("1"), at(1))),
      );
      expect(all.filter((was) => was)).toHaveLength(1);
      expect(await kept.inbox().next()).toEqual([event("1")]);
    });

    if (again !== undefined)
      test("STORE-5 two claim at once what is due: no run twice", async () => {
        const store = await opened();
        const second = await reopened(store);
        for (let i = 0; i < 20; i++) await left(store).then((kept) => kept.put(event("1"), soon()));
        const due = { now: LATER, limit: 3 };
        const leases = await Promise.all(
          Array.from({ length: 8 }, (_, i) => (i % 2 ? store : second).claimDue(due)),
        );
        const claimed = leases.flat().map(({ run }) => run.id);
        expect(new Set(claimed).size).toBe(claimed.length);
        expect(claimed).toHaveLength(20);
        for (const lease of leases.flat()) await lease.release({ state: "completed" });
      });

    if (other !== undefined)
      test("STORE-6 a run whose process was killed is interrupted, due, and claimed at once; crashes are counted", async () => {
        const store = await opened();
        const { id } = newRun().run;
        const kept = store.run(id);
        const process = (): Promise<Other> => other(store);
        const first = await process();
        expect(await first.ask("create", id)).toBe("created");
        expect(await first.ask("append", id, 0, 5)).toBe("appended");
        expect(await codeOf(kept.claim())).toBe("REACH-E4114");
        expect(await kept.head()).toMatchObject({ state: "running", epoch: 1 });
        await first.kill();
        expect(await kept.head()).toMatchObject({ state: "interrupted", epoch: 1 });
        // It had got on.
        const second = await process();
        expect(await second.ask("claim", id)).toEqual({ epoch: 2, crashes: 0, lines: 5 });
        await second.kill();
        const third = await process();
        expect(await third.ask("claimDue", "", 5)).toEqual([id]);
        await third.kill();
        const lease = await kept.claim();
        expect(lease).toMatchObject({ epoch: 4, crashes: 2 });
        expect(lease.file?.lines).toEqual(lines(0, 5));
        await lease.append(5, [line(5)]);
        await lease.release({ state: "waiting" });
        const last = await kept.claim();
        expect(last).toMatchObject({ epoch: 5, crashes: 0 });
        await last.release({ state: "completed" });
      });
  });
}
