// One of several threads that play histories: every so many of them, as it is told.
import { parentPort, workerData } from "node:worker_threads";
import { play } from "./history.ts";
import { Tally } from "./stage.ts";

/** What a thread plays: from a number on, each `step` behind the one before, up to before another. */
export interface Share {
  readonly seed: string;
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** What it says: how far it is, that it has found something, or what it has counted. */
export type Said =
  | { readonly played: number }
  | { readonly number: number; readonly what: string; readonly lines: readonly string[] }
  | { readonly counts: Tally["groups"] };

const { seed, from, to, step } = workerData as Share;
// oxlint-disable-next-line unicorn/require-post-message-target-origin
const say = (said: Said): void => parentPort?.postMessage(said);
const tally = new Tally();
let played = 0;
let isFound = false;
for (let number = from; number < to && !isFound; number += step) {
  const { lines, error } = play(seed, number, tally);
  played += 1;
  isFound = error !== undefined;
  if (isFound) {
    const what = error instanceof Error ? error.message : "something was thrown";
    say({ number, what, lines });
  } else if (played % 20 === 0) say({ played: 20 });
}
say({ counts: tally.groups });
