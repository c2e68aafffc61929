// Loaded before a command (--import): ends the process without warning before one of its steps that change the
// file system, the one of the number in REACH_KILL_AT. Without a number it counts them into REACH_KILL_COUNT.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const at = Number(process.env["REACH_KILL_AT"] ?? Infinity);
const counted = process.env["REACH_KILL_COUNT"];
const { writeFileSync } = fs;
let steps = 0;

function step(): void {
  steps += 1;
  if (steps === at) process.kill(process.pid, "SIGKILL");
}

type Calls = Record<string, ((...args: unknown[]) => unknown) | undefined>;

function count(on: object, names: readonly string[]): void {
  const calls = on as Calls;
  for (const name of names) {
    const call = calls[name];
    if (call === undefined) throw new TypeError(`there is no ${name}`);
    calls[name] = function (this: unknown, ...args: unknown[]): unknown {
      step();
      return call.apply(this, args);
    };
  }
}

const CHANGES = ["mkdir", "rename", "rm", "rmdir", "unlink", "truncate", "writeFile", "copyFile"];
count(fs.promises, CHANGES);
count(
  fs,
  [...CHANGES, "write", "fsync"].map((name) => `${name}Sync`),
);

// Opening for writing makes a file; a handle's own calls are in its prototype.
const opens = fs.promises as unknown as { open: (...args: unknown[]) => Promise<object> };
const { open } = opens;
const handle = await open(process.execPath, "r");
count(Object.getPrototypeOf(handle) as object, ["write", "sync", "datasync", "truncate"]);
await (handle as unknown as { close(): Promise<void> }).close();
opens.open = async (path, flags, ...more) => {
  if (flags !== "r" && flags !== fs.constants.O_RDONLY) step();
  return open(path, flags, ...more);
};
const openSync = fs.openSync.bind(fs);
fs.openSync = (path, flags, mode) => {
  if (flags !== "r" && flags !== fs.constants.O_RDONLY) step();
  return openSync(path, flags, mode);
};
syncBuiltinESMExports();

process.on("exit", () => {
  if (counted !== undefined) writeFileSync(counted, String(steps));
});
