// appends.ts RUNS APPENDS FOLDER [off]: so many runs that append to one store in SQLite, each so often and a record of 500 bytes at a
// time, and nothing else: what a commit costs, and how many runs share one. `off`: without a sync of the disk. Said as
// load.ts says it.
import { createEngine, makePack, utf8 } from "@reach-fabric/engine";
import { sqliteStoreWith } from "@reach-fabric/host/testing";
import { randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";

const [count = "1", size = "1", folder = "", off] = process.argv.slice(2);
const appends = Number(size);

const pack = makePack(createEngine(), {
  id: "bench/appends",
  version: "1.0.0",
  workflows: {
    "w.json": JSON.stringify({
      document: { dsl: "1.0.3", namespace: "bench", name: "appends", version: "1.0.0" },
      do: [{ a: { set: { done: true } } }],
    }),
  },
});
const startedAt = "2026-11-30T12:00:00.000Z";
const record = utf8(JSON.stringify({ kind: "result", text: "x".repeat(470) }));
const left = new Uint8Array(32);

const unsafe = off === undefined ? {} : { pragmas: ["synchronous = OFF"], unchecked: true };
const store = await sqliteStoreWith(join(folder, "runs.db"), unsafe);
const leases = await Promise.all(
  Array.from({ length: Number(count) }, () => {
    const run = { id: randomUUID(), attempt: 1, secret: new Uint8Array(randomBytes(32)) };
    return store.create({ run, pack, engine: "e".repeat(64), startedAt });
  }),
);
const start = { time: performance.now(), cpu: process.cpuUsage(), ...store.stats() };
await Promise.all(
  leases.map(async (lease) => {
    for (let seq = 0; seq < appends; seq += 1) {
      await lease.append(seq, [{ record, left, stamp: { seq, at: startedAt } }]);
    }
  }),
);
const seconds = (performance.now() - start.time) / 1000;
const { user, system } = process.cpuUsage(start.cpu);
const commits = store.stats().commits - start.commits;
await store.close();
process.stdout.write(
  `${JSON.stringify({ steps: leases.length * appends, seconds, cpu: user + system, syncs: 0, commits })}\n`,
);
