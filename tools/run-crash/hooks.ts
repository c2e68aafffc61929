// Puts the disk of disk.ts in the place of Node's for the host's sources, and a lock of the process in the place of the system's.
import { registerHooks } from "node:module";

const SIMULATED: Readonly<Record<string, string>> = {
  "node:fs/promises": new URL("fs-promises.ts", import.meta.url).href,
  "node:fs": new URL("fs.ts", import.meta.url).href,
};
const LOCK = new URL("lock.ts", import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) => {
    const isHost = context.parentURL?.includes("/host/src/") === true;
    const url = isHost ? SIMULATED[specifier] : undefined;
    if (url !== undefined) return { url, shortCircuit: true };
    const found = next(specifier, context);
    return isHost && found.url.endsWith("/host/src/files/lock.ts")
      ? { ...found, url: LOCK }
      : found;
  },
});
