// node size.mjs FILE STEPS: writes a sequential history of so many activities as protobuf.
import { writeFileSync } from "node:fs";
import { encoded, historyOf } from "./history.mjs";

const [file = "", size = "10"] = process.argv.slice(2);
writeFileSync(file, encoded(historyOf("sequential", Number(size))));
