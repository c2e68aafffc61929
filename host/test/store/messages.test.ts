// Messages of runs, for each store: what is taken, in which order, and what they wake. docs/spec/runs.md, STORE-7 and STORE-8.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderStore, memoryStore, sqliteStore } from "@reach-fabric/host";
import type { KeptRun, Lease, RunStore } from "@reach-fabric/host";
import { errorOf, later, newFolder } from "../helpers.ts";
import { at, cancel, event, newRun } from "./kept.ts";

const stores: Readonly<Record<string, () => Promise<RunStore>>> = {
  memory: async () => memoryStore(),
  folder: async () => folderStore(join(await newFolder(), "runs")),
  SQLite: async () => sqliteStore(join(await newFolder(), "data", "runs.db")),
};

const codeOf = async (work: Promise<unknown>): Promise<string> => (await errorOf(work)).code;

describe.each(Object.keys(stores))("messages of a run: %s", (name) => {
  const opened = async (): Promise<RunStore> => {
    const store = await stores[name]?.();
    if (store === undefined) throw new TypeError();
    later(() => store.close());
    return store;
  };
  const left = async (store: RunStore): Promise<KeptRun> => {
    const run = newRun();
    await (await store.create(run)).release({ state: "waiting" });
    return store.run(run.run.id);
  };

  test("STORE-8 gives messages in the order in which they came where the clock was set back meanwhile", async () => {
    const store = await opened();
    const kept = await left(store);
    const inbox = kept.inbox();
    await kept.put(cancel("c1"), at(500));
    expect(await inbox.next()).toEqual([cancel("c1")]);
    for (const id of ["c2", "c3", "c4"]) await kept.put(cancel(id), at(1));
    await kept.put(event("1"), at(0));
    const later = [cancel("c2"), cancel("c3"), cancel("c4"), event("1")];
    expect(await inbox.next()).toEqual(later);
    expect(await kept.inbox().next()).toEqual([cancel("c1"), ...later]);
  });

  test("STORE-7 a message that came just before the run was left, and was not read, makes it due once", async () => {
    const store = await opened();
    const run = newRun();
    const lease = await store.create(run);
    const kept = store.run(run.run.id);
    const due = (): Promise<readonly Lease[]> => store.claimDue({ now: at(50), limit: 10 });
    await kept.put(event("1"), at(1));
    const inbox = kept.inbox();
    expect(await inbox.next()).toEqual([event("1")]);
    await kept.put(event("2"), at(2));
    await lease.release({ state: "waiting" });
    const [again] = await due();
    expect(again?.run.id).toBe(run.run.id);
    expect(await kept.inbox().next()).toEqual([event("1"), event("2")]);
    await again?.release({ state: "waiting" });
    expect(await due()).toEqual([]);
    // The clock was set back since.
    await kept.put(event("3"), at(-9000));
    expect(await due()).toHaveLength(1);
  });

  test("STORE-8 takes nothing that could not be read again, or that no record could hold", async () => {
    const store = await opened();
    const kept = await left(store);
    const large = event("1", "a".repeat(1024 * 1024));
    expect(await codeOf(kept.put(large, at(1)))).toBe("REACH-E4103");
    const command = { ...cancel("1"), by: "a".repeat(1024 * 1024) };
    expect(await codeOf(kept.put(command, at(1)))).toBe("REACH-E4103");
    const deep = JSON.parse(`${"[".repeat(1000)}${"]".repeat(1000)}`) as unknown;
    const message = event("2");
    if (message.kind !== "event") throw new TypeError();
    const deepOne = { ...message, event: { ...message.event, data: deep } };
    expect(await codeOf(kept.put(deepOne, at(1)))).toBe("REACH-E3005");
    expect(await kept.put(event("3", "a".repeat(1_000_000)), at(2))).toBe(true);
    expect(await kept.inbox().next()).toHaveLength(1);
  });
});
