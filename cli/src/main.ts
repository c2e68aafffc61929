import { reach } from "./program.ts";
import { VERSION } from "./version.ts";

process.exitCode = await reach(process.argv.slice(2), VERSION);
