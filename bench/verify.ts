// verify() of signed evidence of ten steps, with replay: warm, beside Temporal's replayer of ten activities,
// which checks no signature, no commitment and no answer; and as a whole process, beside the whole process of
// that replayer. Sizes: the same steps as evidence, as Temporal's history, as LangGraph's checkpoints.
import { createEngine, toHex } from "@reach-fabric/engine";
import { createEvidence, newKey, publicKeyOf, redact, signerOf } from "@reach-fabric/evidence";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Contest } from "./harness.ts";
import { record } from "./replay.ts";
import { cpuOf, install } from "./temporal.ts";
import { bundleCli } from "../tools/bundle.ts";

const STEPS = 10;
const home = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const bytes = (seed: number) => (size: number) =>
  Uint8Array.from({ length: size }, (_, i) => (i * 7 + seed) % 251);

/** Signed evidence of ten sequential requests. */
function evidence(): { file: Uint8Array; key: ReturnType<typeof newKey>["private"] } {
  const engine = createEngine();
  const { pack, records } = record(engine, STEPS, 1e8);
  const key = newKey(bytes(1)).private;
  const run = {
    id: "0191b0c0-0000-4000-8000-000000000001",
    tenant: "acme",
    actor: "ops-7",
    attempt: 1,
    startedAt: "2026-11-23T07:00:00.000Z",
    endedAt: "2026-11-23T07:00:01.250Z",
  };
  const signer = signerOf(key);
  return {
    file: createEvidence({ engine, pack, records, runSecret: bytes(2)(32), signer, run }),
    key,
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

export async function verifyContests(): Promise<Contest[]> {
  install("temporal");
  const { file, key } = evidence();
  const folder = mkdtempSync(join(tmpdir(), "reach-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "ten.reach");
  writeFileSync(path, file);
  // As the package has it: a checkout's own command starts a second Node.
  const reach = join(folder, "cli/bundle/main.js");
  await bundleCli(join(folder, "cli/bundle"));
  cpSync(home("../cli/package.json"), join(folder, "cli/package.json"));
  return [
    {
      name: `warm verify of signed evidence of ${STEPS} steps, with replay`,
      unit: "files",
      amount: 1,
      contenders: [
        {
          name: "reach verify()",
          run: () => undefined,
          elsewhere: () =>
            cpuOf(home("warm-process.ts"), [path, toHex(publicKeyOf(key).bytes), 1000]),
        },
        {
          name: `@temporalio/worker, replay of ${STEPS} activities`,
          run: () => undefined,
          elsewhere: () => cpuOf(home("temporal/replay.mjs"), ["sequential", STEPS, 40]),
        },
      ],
      rounds: 5,
    },
    {
      name: "the same as a whole process, by the clock",
      unit: "files",
      amount: 1,
      rounds: 7,
      contenders: [
        {
          name: "reach verify FILE",
          run: () => undefined,
          elsewhere: () => wholeProcess(process.execPath, [reach, "verify", path], folder),
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

/** Sizes of the same ten steps, plain and gzipped, as lines of a table. */
export function sizes(): string {
  install("temporal");
  install("langgraph");
  const folder = mkdtempSync(join(tmpdir(), "reach-sizes-"));
  try {
    const engine = createEngine();
    const { file } = evidence();
    const made = (peer: string, program: string, node: string): Uint8Array => {
      const path = join(folder, peer);
      wholeProcess(node, [program, path, String(STEPS)], home(`${peer}/`));
      return readFileSync(path);
    };
    const rows: [string, Uint8Array][] = [
      ["reach, signed evidence, whole", file],
      ["reach, without the pack", redact(engine, file, { drop: [], detached: true }).file],
      [
        "reach, the input and its copies taken out",
        redact(engine, file, { drop: ["/0/input"] }).file,
      ],
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
