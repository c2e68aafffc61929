// The disk that is measured on.
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of its own in REACH_BENCH_DIR, or in the system's folder for temporary files. */
export const parent = (): string =>
  mkdtempSync(join(process.env["REACH_BENCH_DIR"] ?? tmpdir(), "reach-"));

/** Microseconds of one write of 4 KiB with its fsync, one after the other, for so many milliseconds. */
export function diskSync(long: number): number {
  const folder = parent();
  const file = openSync(join(folder, "file"), "w");
  const page = new Uint8Array(4096).fill(1);
  try {
    const start = performance.now();
    let count = 0;
    for (; performance.now() - start < long; count++) {
      writeSync(file, page, 0, page.length, 0);
      fsyncSync(file);
    }
    return ((performance.now() - start) * 1000) / count;
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true });
  }
}
