// npm run run-crash                     a run in a folder, on a machine that stops before each call to its disk in turn
// npm run run-crash -- --seed N --chances N
// npm run run-crash -- --forget         the same with syncs that do nothing: it must find faults
//
// The disk forgets what was not synced: all of it, bytes alone, names alone, or by chance. The next life of the machine resolves what is in doubt
// as the world has counted, and goes on to the end, or is stopped as well.
import "./hooks.ts";

// Behind the hooks, which hold for what is loaded later.
await import("./histories.ts");
