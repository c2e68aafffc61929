// Another process on a store: it does what it is told on stdin, and says what came of it.
import { createInterface } from "node:readline";
import { folderStore, ReachError, sqliteStore } from "@reach-fabric/host";
import type { Lease, RunStore } from "@reach-fabric/host";
import { at, event, lines, newRun } from "./kept.ts";

const [kind = "", path = "", lease = ""] = process.argv.slice(2);
const store: RunStore =
  kind === "folder"
    ? folderStore(path)
    : await sqliteStore(path, lease === "" ? {} : { lease: Number(lease) });

const held = new Map<string, Lease>();
const leaseOf = (id: string): Lease => {
  const found = held.get(id);
  if (found === undefined) throw new TypeError("not held");
  return found;
};

const commands: Readonly<Record<string, (id: string, ...more: never[]) => Promise<unknown>>> = {
  create: async (id) => {
    held.set(id, await store.create(newRun({ id })));
    return "created";
  },
  claim: async (id) => {
    const lease = await store.run(id).claim();
    held.set(id, lease);
    return { epoch: lease.epoch, crashes: lease.crashes, lines: lease.file?.lines.length };
  },
  append: async (id, from: number, to: number) => {
    await leaseOf(id).append(from, lines(from, to));
    return "appended";
  },
  release: async (id) => {
    await leaseOf(id).release({ state: "waiting" });
    return "released";
  },
  put: (id, name: string) => store.run(id).put(event(name), at(0)),
  claimDue: async (_, limit: number) => {
    const leases = await store.claimDue({ now: at(1000), limit });
    for (const lease of leases) held.set(lease.run.id, lease);
    return leases.map(({ run }) => run.id);
  },
  /** Claims the run at a moment: its epoch, or what refuses it. */
  claimAt: async (id, moment: number) => {
    await new Promise((resolve) => setTimeout(resolve, Math.max(1, moment - Date.now() - 3)));
    while (Date.now() < moment);
    const lease = await store.run(id).claim();
    held.set(id, lease);
    return lease.epoch;
  },
  close: async () => {
    await store.close();
    return "closed";
  },
};

const say = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value ?? null)}\n`);
};
say("open");
for await (const text of createInterface(process.stdin)) {
  const [name, ...args] = JSON.parse(text) as [string, ...never[]];
  const command = commands[name] as ((...args: never[]) => Promise<unknown>) | undefined;
  try {
    say(await command?.(...args));
  } catch (error) {
    say(error instanceof ReachError ? error.code : String(error));
  }
}
