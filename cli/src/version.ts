// Stays beside main.ts: the sources and the bundle are both one folder below package.json.
import { readFileSync } from "node:fs";

/** The version of this program, as package.json has it. */
export const VERSION: string = (
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    version: string;
  }
).version;
