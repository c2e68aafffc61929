// What the host's sources take from node:fs.
import * as real from "node:fs";
import { handleOf, life, ROOT } from "./machine.ts";

export * from "node:fs";

export const existsSync = (path: string): boolean => {
  if (!path.startsWith(ROOT)) return real.existsSync(path);
  life().look();
  return life().disk.kindOf(path) !== undefined;
};

export const writeSync = (
  fd: number,
  bytes: Uint8Array,
  from = 0,
  length = bytes.length - from,
  place: number | null = null,
): number =>
  handleOf(fd)?.writeNow(bytes, from, length, place) ??
  real.writeSync(fd, bytes, from, length, place);

export const fdatasyncSync = (fd: number): void => {
  const handle = handleOf(fd);
  if (handle === undefined) real.fdatasyncSync(fd);
  else handle.syncNow();
};
