// What the host's sources take from node:fs.
import { existsSync as exists } from "node:fs";
import { life, ROOT } from "./machine.ts";

export * from "node:fs";

export const existsSync = (path: string): boolean => {
  if (!path.startsWith(ROOT)) return exists(path);
  life().look();
  return life().disk.kindOf(path) !== undefined;
};
