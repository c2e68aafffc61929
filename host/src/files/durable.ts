// Bytes of a file, on the disk. On a fast disk that takes less time than to ask a thread of the system for it and to be
// woken again, and is done in place: nothing else of the process waits longer for it than for a step of a run.
import { fdatasyncSync, writeSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { writeAll } from "./files.ts";

/** Milliseconds within which bytes are on a fast disk. */
const FAST = 2;
/** Bytes above which a write may take longer whatever the disk is. */
const MOST_IN_PLACE = 64 * 1024;

/** Whether the last write of this process was that fast: of a disk of which nothing is known, nothing is expected. */
let isFast = false;

/**
 * Writes bytes into a file and waits until they are on the disk.
 *
 * @param at where they begin
 * @param isAlone no other file of the process is written to: several are made durable at once by threads
 */
export async function writeDurably(
  file: FileHandle,
  bytes: Uint8Array,
  at: number,
  isAlone: boolean,
): Promise<void> {
  const begin = performance.now();
  if (isAlone && isFast && bytes.length <= MOST_IN_PLACE) {
    for (let done = 0; done < bytes.length;) {
      done += writeSync(file.fd, bytes, done, bytes.length - done, at + done);
    }
    fdatasyncSync(file.fd);
  } else {
    await writeAll(file, bytes, at);
    await file.datasync();
  }
  isFast = performance.now() - begin < FAST;
}
