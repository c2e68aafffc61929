import { reach } from "./program.ts";
import { VERSION } from "./ui/version.ts";

process.exitCode = await reach(process.argv.slice(2), VERSION);
