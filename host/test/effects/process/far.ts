// The process that has the secrets: it sends what the runs of its parent ask for (process.test.ts), and says at its end what
// it had in its memory.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeHeapSnapshot } from "node:v8";
import { createOutside, serveOutside } from "@reach-fabric/host/testing";

const [, , folder = ""] = process.argv;
const given = JSON.parse(readFileSync(join(folder, "far.json"), "utf8")) as Parameters<
  typeof createOutside
>[0];

/** What a machine without descriptors says. */
const lacking = (): Promise<never> =>
  Promise.reject(Object.assign(new Error("getaddrinfo EMFILE"), { code: "EMFILE" }));

const outside = createOutside({ ...given, lookup: lacking });
writeFileSync(join(folder, "far.pid"), String(process.pid));
serveOutside(
  {
    send: (message) => process.send?.(message),
    onMessage: (take) => process.on("message", take),
    onClose: (gone) => process.once("disconnect", gone),
    close: () => process.disconnect?.(),
  },
  outside,
);
process.once("disconnect", () => {
  void outside.close();
  if (readFileSync(join(folder, "near.json"), "utf8").includes(`"snapshot":true`)) {
    writeHeapSnapshot(join(folder, "far.heapsnapshot"));
  }
  process.exit();
});
