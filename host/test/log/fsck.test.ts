// fsck: docs/spec/log.md, LOG-25. Every flipped bit is found, and named.
import { newKey, signerOf } from "@reach-fabric/evidence";
import { fsck, initLog, openLog } from "@reach-fabric/host";
import type { NewLogEntry } from "@reach-fabric/schema";
import { beforeAll, describe, expect, test } from "vitest";
import { dropsAll, SimulatedDisk } from "./simulated-disk.ts";

const signer = signerOf(
  newKey((size) => Uint8Array.from({ length: size }, (_, i) => 3 * i + 1)).private,
);
const FOLDER = "/log";
let time = 1_795_000_000_000;
const now = (): number => (time += 7);
const isLong = process.env["REACH_LONG"] !== undefined;

const started = (n: number): NewLogEntry => ({
  type: "started",
  body: {
    run: `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`,
    attempt: 1,
    pack: "ab".repeat(32),
    engine: "cd".repeat(32),
    commitment: "23".repeat(32),
  },
});

/** All files below a folder. */
async function filesOf(disk: SimulatedDisk, folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await disk.list(folder)) {
    const path = `${folder}/${name}`;
    if ((await disk.read(path)) === undefined) found.push(...(await filesOf(disk, path)));
    else found.push(path);
  }
  return found;
}

describe("a log of 10,000 entries", () => {
  let disk: SimulatedDisk;
  let files: string[];
  beforeAll(async () => {
    disk = new SimulatedDisk();
    await initLog(FOLDER, { signer, disk, now, origin: "example.com/log" });
    const log = await openLog(FOLDER, { signer, disk, now });
    await Promise.all(Array.from({ length: 9990 }, (_, i) => log.append(started(i))));
    // The last ones by themselves, so that parts of tiles are there.
    for (let i = 9990; i < 9999; i++) await log.append(started(i));
    await log.close();
    files = await filesOf(disk, FOLDER);
  }, 60_000);

  test("is as it should be", async () => {
    expect(await fsck(FOLDER, { disk })).toMatchObject({
      ok: true,
      size: 10_000,
      faults: [],
      notes: [],
    });
    expect(files.length).toBeGreaterThan(140);
  });

  test("a flipped bit in any file is found, in the file and at the byte", async () => {
    // A slice by default: every file takes a minute.
    const chosen = files.filter((_, i) => isLong || i % 9 === 0 || i > files.length - 6);
    for (const [i, path] of chosen.entries()) {
      const broken = disk.afterCrash(dropsAll);
      const bytes = (await broken.read(path)) as Uint8Array;
      const offset = (i * 7919) % bytes.length;
      bytes[offset] = (bytes[offset] ?? 0) ^ (1 << (i % 8));
      await broken.write(path, bytes);
      const { ok, faults } = await fsck(FOLDER, { disk: broken });
      const [first] = faults;
      expect([ok, first?.file], path).toEqual([false, path.slice(FOLDER.length + 1)]);
      const isTile = path.includes("/tile/");
      if (isTile) expect(first?.offset, path).toBe(offset);
    }
  }, 300_000);

  test.each([
    ["a missing tile", (d: SimulatedDisk) => d.remove(`${FOLDER}/tile/0/003`), "tile/0/003"],
    [
      "a missing bundle",
      (d: SimulatedDisk) => d.remove(`${FOLDER}/tile/entries/007`),
      "tile/entries/007",
    ],
    [
      "a missing tile above",
      (d: SimulatedDisk) => d.remove(`${FOLDER}/tile/1/000.p/39`),
      "tile/1/000.p/39",
    ],
    [
      "a stranger",
      (d: SimulatedDisk) => d.write(`${FOLDER}/notes.txt`, new Uint8Array(3)),
      "notes.txt",
    ],
    [
      "a cut bundle",
      async (d: SimulatedDisk) => {
        const path = `${FOLDER}/tile/entries/005`;
        await d.write(path, ((await d.read(path)) as Uint8Array).slice(0, -1));
      },
      "tile/entries/005",
    ],
    ["no checkpoint", (d: SimulatedDisk) => d.remove(`${FOLDER}/checkpoint`), "checkpoint"],
  ])("%s is found", async (_name, harm, file) => {
    const broken = disk.afterCrash(dropsAll);
    await harm(broken);
    const { ok, faults } = await fsck(FOLDER, { disk: broken });
    expect(ok).toBe(false);
    expect(faults[0]?.file).toBe(file);
  });

  test("an older checkpoint put back does not pass for the log", async () => {
    const broken = disk.afterCrash(dropsAll);
    const log = await openLog(FOLDER, { signer, disk: broken, now });
    const old = log.last.note;
    await log.append(started(20_000));
    await log.close();
    expect((await fsck(FOLDER, { disk: broken })).ok).toBe(true);
    await broken.write(`${FOLDER}/checkpoint`, old);
    // What is beyond it could be of an interrupted append; whoever has the newer checkpoint knows better.
    expect((await fsck(FOLDER, { disk: broken })).notes.join()).toContain("beyond the checkpoint");
  });
});
