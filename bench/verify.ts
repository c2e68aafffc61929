// What verify() and createEvidence() cost beside replay() and merkleRoot() of the same records. And verify() of signed
// evidence of ten steps: warm, beside Temporal's replayer of ten activities, which checks no signature, no commitment
// and no answer; and as a whole process, beside the whole process of that replayer. Sizes: the same steps as evidence,
// as Temporal's history, as LangGraph's checkpoints.
import { createEngine, replay, toHex } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { publicKeyFile, stripPack, verify } from "@reach-fabric/evidence";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Contest } from "./harness.ts";
import { packaged, verifying } from "./packaged.ts";
import { record } from "./replay.ts";
import { evidenceOf, key } from "./runs.ts";
import { install } from "./peers/install.ts";
import { cpuOf } from "./temporal.ts";

const STEPS = 10;
const home = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Fuel that a run of so many steps needs, and that a verifier gives it. */
const FUEL = 9e8;

/** Signed evidence of sequential requests. */
function evidence(engine: Engine, steps: number): Uint8Array<ArrayBuffer> {
  const { pack, records } = record(engine, steps, FUEL);
  return evidenceOf(engine, pack, records);
}

/** All that verifying and making evidence cost, beside driving the engine and hashing the records. */
function contest(build: "simd" | "scalar", steps: number): Contest {
  const engine = createEngine({ build });
  const { pack, records } = record(engine, steps, FUEL);
  const file = evidenceOf(engine, pack, records);
  const driven = (): void => {
    if (replay(engine, pack, records).status !== "reproduced") throw new Error("no replay");
    engine.merkleRoot(records);
  };
  const verified = (): void => {
    if (!verify(engine, file).ok) throw new Error("it does not verify");
  };
  return {
    name: `signed evidence of ${steps.toLocaleString("en-US")} steps, ${build} build`,
    unit: "steps",
    amount: steps,
    rounds: 9,
    contenders: [
      { name: "replay() and merkleRoot()", run: () => (driven(), true) },
      { name: "verify()", run: () => (verified(), true) },
      { name: "createEvidence()", run: () => evidenceOf(engine, pack, records) },
    ],
  };
}

/** Microseconds by the clock of a whole process. */
function wholeProcess(program: string, args: readonly string[], cwd: string): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(program, args, { cwd, stdio: ["ignore", "ignore", "pipe"] });
  if (status !== 0)
    throw new Error(`${program} ended with ${status}: ${String(stderr).slice(-300)}`);
  return (performance.now() - start) * 1000;
}

/** A whole process that verifies ten steps, by the clock, beside the whole process of Temporal's replayer. */
export async function coldContests(): Promise<Contest[]> {
  install("temporal");
  const { folder, reach, used } = await packaged();
  const path = join(folder, "ten.reach");
  writeFileSync(path, evidence(createEngine(), STEPS));
  const trusting = [reach, ...verifying(folder, path)];
  // packaged() has the configuration of its processes there: without --trust, their own key is what is trusted.
  mkdirSync(join(folder, "config/reach"), { recursive: true });
  writeFileSync(join(folder, "config/reach/key.json"), JSON.stringify(publicKeyFile(key)));
  return [
    {
      name: `a whole process that verifies ${STEPS} steps, by the clock`,
      unit: "files",
      amount: 1,
      rounds: 15,
      contenders: [
        {
          name: "reach verify FILE --trust KEY",
          run: () => undefined,
          elsewhere: () => used(trusting).time,
        },
        {
          name: "reach verify FILE, by one's own key",
          run: () => undefined,
          elsewhere: () => used([reach, "verify", path]).time,
        },
        {
          name: "node replay.mjs, once",
          run: () => undefined,
          elsewhere: () =>
            wholeProcess(
              process.execPath,
              ["replay.mjs", "sequential", String(STEPS), "1"],
              home("temporal/"),
            ),
        },
      ],
    },
  ];
}

export async function verifyContests(): Promise<Contest[]> {
  const path = join(mkdtempSync(join(tmpdir(), "reach-verify-")), "ten.reach");
  process.once("exit", () => rmSync(dirname(path), { recursive: true, force: true }));
  writeFileSync(path, evidence(createEngine(), STEPS));
  const contests = (["simd", "scalar"] as const).flatMap((build) =>
    [1000, 10_000].map((steps) => contest(build, steps)),
  );
  return [
    ...contests,
    {
      name: `warm verify of signed evidence of ${STEPS} steps, with replay`,
      unit: "files",
      amount: 1,
      contenders: [
        {
          name: "reach verify()",
          run: () => undefined,
          elsewhere: () => cpuOf(home("warm-process.ts"), [path, toHex(key.bytes), 2500]),
        },
        {
          name: `@temporalio/worker, replay of ${STEPS} activities`,
          run: () => undefined,
          elsewhere: () => cpuOf(home("temporal/replay.mjs"), ["sequential", STEPS, 40]),
        },
      ],
      rounds: 5,
    },
    ...(await coldContests()),
  ];
}

/** What a process of the packaged CLI takes that verifies 10,000 steps, as a sentence. */
export async function peak(): Promise<string> {
  const { folder, reach, used } = await packaged();
  const path = join(folder, "long.reach");
  writeFileSync(path, evidence(createEngine(), 10_000));
  const args = [reach, ...verifying(folder, path)];
  const megabytes = [1, 2, 3].map(() => used(args).peak / 2 ** 20);
  return `A process that verifies 10,000 steps: ${Math.max(...megabytes).toFixed(0)} MB resident at most.\n`;
}

/** Sizes of the same ten steps, plain and gzipped, as lines of a table. */
export function peerSizes(): string {
  install("temporal");
  install("langgraph");
  const folder = mkdtempSync(join(tmpdir(), "reach-sizes-"));
  try {
    const engine = createEngine();
    const file = evidence(engine, STEPS);
    const made = (peer: string, program: string, node: string): Uint8Array => {
      const path = join(folder, peer);
      wholeProcess(node, [program, path, String(STEPS)], home(`${peer}/`));
      return readFileSync(path);
    };
    const rows: [string, Uint8Array][] = [
      ["reach, signed evidence, whole", file],
      ["reach, without the pack", stripPack(engine, file)],
      ["Temporal, history as protobuf", made("temporal", "size.mjs", process.execPath)],
      // Its SQLite is built for the Node that npm runs on.
      [
        "LangGraph, checkpoints in SQLite",
        made("langgraph", "checkpoint.mjs", process.env["npm_node_execpath"] ?? "node"),
      ],
    ];
    const lines = rows.map(
      ([name, content]) =>
        `| ${name} | ${content.length} | ${gzipSync(content, { level: 9 }).length} |`,
    );
    return ["| ten steps | bytes | gzipped |", "| --- | --- | --- |", ...lines, ""].join("\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
