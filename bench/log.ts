// Durable appends to a log, beside what the disk can do at all: by the clock on the wall, because a
// sync waits and computes nothing.
import { newKey, signerOf } from "@reach-fabric/evidence";
import { initLog, openLog } from "@reach-fabric/host";
import type { NewLogEntry } from "@reach-fabric/schema";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { diskSync, parent } from "./durable/disk.ts";
import type { Contest } from "./harness.ts";

/** Milliseconds of one measurement. */
const LONG = 1500;
const signer = signerOf(
  newKey((size) => Uint8Array.from({ length: size }, (_, i) => i + 1)).private,
);

const entry: NewLogEntry = {
  type: "started",
  body: {
    run: "00000000-0000-4000-8000-000000000001",
    attempt: 1,
    pack: "ab".repeat(32),
    engine: "cd".repeat(32),
    commitment: "23".repeat(32),
  },
};

/** Microseconds of one append, with so many writers of which each waits for its answer. */
async function appends(writers: number): Promise<number> {
  const folder = parent();
  const path = join(folder, "log");
  try {
    await initLog(path, { signer });
    const log = await openLog(path, { signer });
    const start = performance.now();
    let count = 0;
    const write = async (): Promise<void> => {
      while (performance.now() - start < LONG) {
        await log.append(entry);
        count += 1;
      }
    };
    await Promise.all(Array.from({ length: writers }, write));
    const took = performance.now() - start;
    await log.close();
    return (took * 1000) / count;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function logContests(): Contest[] {
  const nothing = (): number => 0;
  return [
    {
      name: "durable appends, by the clock",
      unit: "appends",
      amount: 1,
      rounds: 5,
      contenders: [
        { name: "4 KiB and fsync, nothing else", run: nothing, elsewhere: () => diskSync(LONG) },
        ...[1, 16, 256].map((writers) => ({
          name: `reach log, ${writers} ${writers === 1 ? "writer" : "writers"}`,
          run: nothing,
          elsewhere: () => appends(writers),
        })),
      ],
    },
  ];
}
