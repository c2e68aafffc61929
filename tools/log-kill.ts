// npm run log-kill                        300 rounds of kill -9 on a log under a load of appenders
// npm run log-kill -- --rounds N --seed N
//
// Each round starts a process that appends as fast as it can and says what was acknowledged, kills it
// without warning after a random time, and looks at what is there: every acknowledged entry in its
// place, the checkpoint grown from the last one, fsck clean. One log lives through all rounds.
import { createEngine, sameBytes, toHex } from "@reach-fabric/engine";
import { newKey, signerOf } from "@reach-fabric/evidence";
import { fsck, initLog, openLog, readLog } from "@reach-fabric/host";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const WRITERS = 24;
const engine = createEngine();
const signer = signerOf(
  newKey((size) => Uint8Array.from({ length: size }, (_, i) => 5 * i + 2)).private,
);

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "300" },
    seed: { type: "string", default: "20261127" },
    append: { type: "string" },
  },
});

if (values.append === undefined) await rounds(Number(values.rounds), Number(values.seed));
else await appendForEver(values.append);

/** Many writers at once, each of which waits for its answer; each answer is one line. */
async function appendForEver(folder: string): Promise<void> {
  const log = await openLog(folder, { signer });
  const write = async (writer: number): Promise<never> => {
    for (let n = 0; ; n++) {
      const details = { writer, n };
      const body = { type: "load.entry", actor: "load", outcome: "success", details } as const;
      const { index, entry } = await log.append({ type: "act", body });
      process.stdout.write(`${index} ${toHex(engine.sha256(entry))}\n`);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
}

async function rounds(count: number, seed: number): Promise<void> {
  process.stderr.write(`seed ${seed}\n`);
  const parent = mkdtempSync(join(tmpdir(), "reach-log-kill-"));
  const folder = join(parent, "log");
  await initLog(folder, { signer });
  let state = seed >>> 0;
  const random = (): number =>
    (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  let acknowledged = 0;
  let lost = 0;
  let last = { size: 0n, root: new Uint8Array(32) };
  try {
    for (let round = 1; round <= count; round++) {
      const acks = await killedAfter(folder, 5 + random() * 160);
      acknowledged += acks.size;
      const before = await fsck(folder);
      if (!before.ok) throw new Error(`round ${round}: fsck ${JSON.stringify(before.faults)}`);
      // Opening puts right what was interrupted.
      const log = await openLog(folder, { signer });
      await log.close();
      const after = await fsck(folder);
      if (!after.ok || after.notes.length > 0) {
        throw new Error(`round ${round}: after opening, fsck ${JSON.stringify(after)}`);
      }
      const reader = await readLog(folder);
      for (const [index, digest] of acks) {
        const entry = index < reader.size ? await reader.entry(index) : undefined;
        if (entry === undefined || toHex(engine.sha256(entry)) !== digest) lost += 1;
      }
      const { size, root } = reader.note;
      const proof = await reader.consistency(last.size);
      const grown = engine.verifyConsistency({
        oldSize: last.size,
        oldRoot: last.root,
        size,
        root,
        proof,
      });
      if (!grown && last.size > 0n)
        throw new Error(`round ${round}: ${last.size} did not grow into ${size}`);
      if (size === last.size && !sameBytes(root, last.root)) throw new Error("another tree");
      last = { size, root: new Uint8Array(root) };
      if (round % 25 === 0) process.stderr.write(`round ${round}: ${size} entries\n`);
    }
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
  process.stdout.write(
    `${count} rounds, ${acknowledged} acknowledged, ${lost} lost, ${last.size} entries\n`,
  );
  if (lost > 0) process.exitCode = 1;
}

/** Starts the load, kills it so long after its first acknowledgement, and returns what it was told. */
async function killedAfter(folder: string, milliseconds: number): Promise<Map<number, string>> {
  const acks = new Map<number, string>();
  const child = spawn(
    process.execPath,
    ["--conditions=reach-source", new URL(import.meta.url).pathname, "--append", folder],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve());
  });
  let timer: NodeJS.Timeout | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    timer ??= setTimeout(() => child.kill("SIGKILL"), milliseconds);
    const [, index, digest] = /^(\d+) ([0-9a-f]{64})$/.exec(line) ?? [];
    if (index !== undefined && digest !== undefined) acks.set(Number(index), digest);
  }
  await ended;
  clearTimeout(timer);
  return acks;
}
