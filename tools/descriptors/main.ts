// npm run descriptors                              a decision under 18, 20, ... 64 descriptors
// npm run descriptors -- --from N --to N --step N
//
// A run of the packaged command asks a service that is well, a dozen requests at a time. With few descriptors it may come to no
// decision; that it comes to another one than with all of them is a fault, and so is none with the most.
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bundleCli } from "../bundle.ts";
import { decide, openDesk } from "./decide.ts";
import type { Decided } from "./decide.ts";

const { values } = parseArgs({
  options: {
    from: { type: "string", default: "18" },
    to: { type: "string", default: "64" },
    step: { type: "string", default: "2" },
  },
});

/** Two at a time: most of them wait for descriptors. */
const AT_ONCE = 2;

const folder = mkdtempSync(join(tmpdir(), "reach-descriptors-"));
const desk = await openDesk(folder);
try {
  await bundleCli(join(folder, "cli/bundle"));
  for (const part of ["bin", "package.json"]) {
    const from = fileURLToPath(new URL(`../../cli/${part}`, import.meta.url));
    cpSync(from, join(folder, "cli", part), { recursive: true });
  }
  const reach = [join(folder, "cli/bin/reach.cjs")];
  const healthy = (await decide(desk, reach, undefined)).decision;
  if (healthy === undefined) throw new Error("there is no decision with all descriptors");
  process.stdout.write(`with all descriptors: ${healthy}\n`);

  const [from, to, step] = [values.from, values.to, values.step].map(Number) as [
    number,
    number,
    number,
  ];
  const limits = Array.from(
    { length: Math.floor((to - from) / step) + 1 },
    (_, i) => from + i * step,
  );
  const found = new Map<number, Decided>();
  const left = limits.toReversed();
  const work = async (): Promise<void> => {
    for (let limit = left.pop(); limit !== undefined; limit = left.pop()) {
      const decided = await decide(desk, reach, limit);
      found.set(limit, decided);
      process.stdout.write(`${String(limit).padStart(4)}  ${words(decided, healthy)}\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));

  const faults = limits.filter((limit) => isFault(found.get(limit), healthy));
  const from0 = limits.findLastIndex((limit) => found.get(limit)?.decision === undefined) + 1;
  const least = limits[from0];
  process.stdout.write(
    least === undefined
      ? `no decision with ${to} descriptors: FAULT\n`
      : `healthy from ${least} descriptors on; ${faults.length} faults\n`,
  );
  if (faults.length > 0 || least === undefined) process.exitCode = 1;
} finally {
  desk.stop();
  rmSync(folder, { recursive: true, force: true });
}

function isFault(decided: Decided | undefined, healthy: string): boolean {
  return decided?.decision !== undefined && decided.decision !== healthy;
}

function words(decided: Decided, healthy: string): string {
  if (decided.decision === undefined) return `no decision (${decided.ended})`;
  return isFault(decided, healthy) ? `FAULT: ${decided.decision}` : "decision";
}
