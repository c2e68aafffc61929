// Logs and disks that fail: docs/spec/log.md, LOG-20 to LOG-23. Every call that the log makes of its
// disk is once the last one before a crash, and once the one that fails.
import { createEngine, hashFrames, merkleRoot, sameBytes } from "@reach-fabric/engine";
import { newKey, signerOf } from "@reach-fabric/evidence";
import { fsck, initLog, openLog } from "@reach-fabric/host";
import type { Disk } from "@reach-fabric/host";
import { readIdentity, readLast } from "@reach-fabric/host/testing";
import type { NewLogEntry } from "@reach-fabric/schema";
import { describe, expect, test } from "vitest";
import {
  byChance,
  dropsAll,
  dropsBytes,
  dropsNames,
  SimulatedDisk,
  watched,
} from "./simulated-disk.ts";
import type { Fate } from "./simulated-disk.ts";

const engine = createEngine();
const FOLDER = "/log";
const signer = signerOf(
  newKey((size) => Uint8Array.from({ length: size }, (_, i) => 7 * i + 1)).private,
);
const now = (): number => 1_795_000_000_000;
const act = (n: number): NewLogEntry => ({
  type: "act",
  body: { type: "key.trusted", actor: "operator", outcome: "success", details: { n } },
});

class Stop extends Error {}

/** What somebody outside has seen of a log. */
class Witness {
  readonly acknowledged = new Map<number, Uint8Array>();
  /** Roots that were visible, by size. */
  readonly shown = new Map<number, Uint8Array>();

  async look(disk: Disk): Promise<void> {
    const identity = await readIdentity(engine, disk, FOLDER);
    const { size, root } = await readLast(disk, FOLDER, identity);
    this.shown.set(Number(size), root);
  }
}

/** A disk with a log that has so many entries. */
async function logOf(size: number): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  await disk.makeFolder("/");
  const random = (n: number): Uint8Array => new Uint8Array(n).fill(5);
  await initLog(FOLDER, { signer, disk, now, origin: "example.com/log", random });
  const log = await openLog(FOLDER, { signer, disk, now });
  await Promise.all(Array.from({ length: size - 1 }, (_, i) => log.append(act(i))));
  await log.close();
  return disk;
}

/** Appends in bursts until the disk stops it; what is acknowledged is noted. */
async function load(disk: Disk, seen: Witness, bursts: readonly number[]): Promise<void> {
  const log = await openLog(FOLDER, { signer, disk, now });
  for (const burst of bursts) {
    const appended = await Promise.allSettled(
      Array.from({ length: burst }, (_, i) => log.append(act(1000 + i))),
    );
    for (const each of appended) {
      if (each.status === "fulfilled") seen.acknowledged.set(each.value.index, each.value.entry);
    }
    await seen.look(disk);
  }
  await log.close();
}

/** Runs a load that stops before its call number `last`; false if there was no such call. */
async function stopAt(
  disk: SimulatedDisk,
  seen: Witness,
  bursts: readonly number[],
  last: number,
  skips: (call: string, path: string) => boolean = () => false,
): Promise<boolean> {
  let calls = 0;
  let isOver = false;
  const stopping = watched(disk, (call, path) => {
    if (call === "read" || call === "list") return undefined;
    if (isOver || calls === last) {
      isOver = true;
      throw new Stop();
    }
    calls += 1;
    return skips(call, path) ? "skip" : undefined;
  });
  await load(stopping, seen, bursts).catch((error: unknown) => {
    if (!isOver) throw error;
  });
  // What was visible at the end was visible to somebody.
  await seen.look(disk);
  return isOver;
}

/** All that must hold of a log after whatever has happened. Undefined if it does, or what does not. */
async function whatIsWrong(disk: SimulatedDisk, seen: Witness): Promise<string | undefined> {
  let entries: Uint8Array[];
  try {
    const log = await openLog(FOLDER, { signer, disk, now });
    await log.append(act(9999));
    await log.close();
    const { ok, faults, notes } = await fsck(FOLDER, { disk });
    if (!ok || notes.length > 0) return `fsck: ${JSON.stringify([faults, notes])}`;
    entries = await entriesOf(disk, Number(log.last.size));
  } catch (error) {
    return `it cannot be opened: ${String(error)}`;
  }
  for (const [index, entry] of seen.acknowledged) {
    if (!sameBytes(entries[index] ?? new Uint8Array(), entry)) return `entry ${index} is lost`;
  }
  for (const [size, root] of seen.shown) {
    const isPrefix = size <= entries.length && sameBytes(merkleRoot(entries.slice(0, size)), root);
    if (!isPrefix) return `the checkpoint of ${size} was taken back`;
  }
  return undefined;
}

async function entriesOf(disk: Disk, size: number): Promise<Uint8Array[]> {
  const { entriesPath, parseEntries } = await import("@reach-fabric/evidence");
  const entries: Uint8Array[] = [];
  for (let at = 0; at < size; at += 256) {
    const width = Math.min(256, size - at);
    const bytes = await disk.read(`${FOLDER}/${entriesPath(BigInt(at / 256), width)}`);
    entries.push(...parseEntries(bytes ?? new Uint8Array(), width));
  }
  expect(hashFrames(entries, 0)).toHaveLength(size);
  return entries;
}

/** Fates by chance at each crash point; REACH_LONG=1 for many. */
const CHANCES = process.env["REACH_LONG"] === undefined ? 2 : 40;

/** A process ends, the machine goes on. */
const keepsAll: Fate = { keepsNames: () => true, bytes: (written) => written };

const seeded = (seed: number) => (): number => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
  return seed / 2 ** 32;
};
const fates = (seed: number): Fate[] => [
  dropsAll,
  dropsBytes,
  dropsNames,
  ...Array.from({ length: CHANCES }, (_, i) => byChance(seeded(1000 * seed + i))),
];

/** Sizes before, and bursts: within a tile, into a new one, over its end, the first tile of a level. */
const scenes: readonly (readonly [before: number, bursts: readonly number[]])[] = [
  [1, [1, 2, 1]],
  [254, [1, 1, 1]],
  [255, [3, 1]],
  [511, [256, 2]],
];

type Skips = (call: string, path: string) => boolean;

/** The first thing that goes wrong in any scene, for any crash point and any fate. */
async function search(skips?: () => Skips): Promise<string | undefined> {
  for (const [before, bursts] of scenes) {
    const fresh = await logOf(before);
    for (let last = 0, isStopped = true; isStopped; last++) {
      for (const kind of ["power", "process"] as const) {
        const disk = fresh.afterCrash(dropsAll);
        const seen = new Witness();
        isStopped = await stopAt(disk, seen, bursts, last, skips?.());
        // After the end of a process alone, the next one works on, and then the power is cut.
        if (kind === "process") await stopAt(disk, seen, bursts, (7 * last) % 60, skips?.());
        for (const [i, fate] of fates(last).entries()) {
          const wrong = await whatIsWrong(disk.afterCrash(fate), seen);
          if (wrong !== undefined) return `${before}, ${kind}, call ${last}, fate ${i}: ${wrong}`;
        }
      }
    }
  }
  return undefined;
}

describe("a disk that drops what was not synced", () => {
  test("at every call: nothing acknowledged is lost, no checkpoint is taken back", async () => {
    expect(await search()).toBeUndefined();
  }, 120_000);

  /** The syncs of the log, each by what it is for. `trail` holds the calls before it. */
  const atRoot = (call: string, path: string): boolean => call === "syncFolder" && path === FOLDER;
  const isNext = (call: string, path: string): boolean =>
    call === "sync" && path.endsWith("checkpoint.next");
  const endsWith = (trail: readonly string[], ...calls: readonly string[]): boolean =>
    calls.every((call, i) => trail[trail.length - calls.length + i] === call);
  const syncs: Record<string, (call: string, path: string, trail: readonly string[]) => boolean> = {
    entries: (call, path) => call === "sync" && path.includes("/tile/entries/"),
    hashes: (call, path) => call === "sync" && /\/tile\/\d/.test(path),
    "the names of tiles": (call, path) => call === "syncFolder" && /\/tile\/.*\/|\.p$/.test(path),
    "the names of levels": (call, path) => call === "syncFolder" && /\/tile(\/[^/]+)?$/.test(path),
    "the next checkpoint": (call, path, trail) => isNext(call, path) && endsWith(trail, "write"),
    "its name": (call, path, trail) => atRoot(call, path) && endsWith(trail, "write", "sync"),
    "its new name": (call, path, trail) => atRoot(call, path) && endsWith(trail, "rename"),
    "a checkpoint that is found": (call, path, trail) =>
      isNext(call, path) && !endsWith(trail, "write"),
    "its name, when it is found": (call, path, trail) =>
      atRoot(call, path) && endsWith(trail, "sync") && !endsWith(trail, "write", "sync"),
    "the log's folder before the first commit": (call, path, trail) =>
      atRoot(call, path) && !endsWith(trail, "rename") && !endsWith(trail, "write", "sync"),
  };
  for (const [what, isMeant] of Object.entries(syncs)) {
    test(`without the sync of ${what}, something is lost`, async () => {
      const wrong = await search(() => {
        const trail: string[] = [];
        return (call, path) => {
          const isSkipped = isMeant(call, path, trail);
          trail.push(call);
          return isSkipped;
        };
      });
      expect(wrong).toBeDefined();
    }, 120_000);
  }
});

describe("a disk of which one call fails", () => {
  test("at every call: nothing acknowledged is lost, and nothing is written after it", async () => {
    for (const [before, bursts] of scenes.slice(0, 3)) {
      const fresh = await logOf(before);
      for (let failing = 0, hasFailed = true; hasFailed; failing++) {
        const disk = fresh.afterCrash(dropsAll);
        const seen = new Witness();
        let calls = 0;
        hasFailed = false;
        const broken = watched(disk, (call) => {
          if (call === "read" || call === "list") return;
          if (calls++ !== failing) return;
          hasFailed = true;
          throw Object.assign(new Error("EIO: the disk says no"), { code: "EIO" });
        });
        await load(broken, seen, bursts).catch(() => undefined);
        await seen.look(disk);
        for (const fate of [keepsAll, dropsAll, dropsBytes, byChance(seeded(failing))]) {
          expect(await whatIsWrong(disk.afterCrash(fate), seen)).toBeUndefined();
        }
      }
    }
  }, 120_000);

  test("after an error the log has stopped, and says so", async () => {
    const disk = await logOf(3);
    let isBroken = false;
    const log = await openLog(FOLDER, {
      signer,
      now,
      disk: watched(disk, (call) => {
        if (isBroken && call === "sync") throw Object.assign(new Error("EIO"), { code: "EIO" });
      }),
    });
    isBroken = true;
    await expect(log.append(act(1))).rejects.toMatchObject({ code: "REACH-E4111" });
    isBroken = false;
    await expect(log.append(act(2))).rejects.toMatchObject({ code: "REACH-E4166" });
    await log.close();
    expect((await readLast(disk, FOLDER, log)).size).toBe(3n);
  });
});
