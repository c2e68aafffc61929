import { readFileSync } from "node:fs";
import { reach } from "./program.ts";

const { version } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
) as { version: string };

process.exitCode = await reach(process.argv.slice(2), version);
