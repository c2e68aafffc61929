// warm-process.ts FILE KEY TIMES: CPU microseconds of one verify() of a file in a process of its own, as
// temporal/replay.mjs measures a replay. The first fortieth warms up, as the first of forty replays does.
import { readFileSync } from "node:fs";
import { createEngine, fromHex } from "@reach-fabric/engine";
import { publicKey, verify } from "@reach-fabric/evidence";

const [path = "", key = "", times = "1"] = process.argv.slice(2);
const file = readFileSync(path);
const engine = createEngine();
const policy = { trustedKeys: [publicKey(fromHex(key))], engines: [engine.digest] };

function cpuOf(runs: number): number {
  const before = process.cpuUsage();
  for (let i = 0; i < runs; i++) {
    if (!verify(engine, file, policy).ok) throw new Error("it does not verify");
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / runs;
}

cpuOf(Number(times) / 40);
process.stdout.write(`${cpuOf(Number(times))}\n`);
