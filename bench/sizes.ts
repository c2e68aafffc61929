// Evidence is as large as what entered the run, whatever the engine has made of it: how large, and what making,
// verifying and computing it again cost where the state grows. The limits of it are in tools/test/sizes.test.ts.
import { createEngine, recompute } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { commitCalls, Core, engineScalar, runCalls } from "@reach-fabric/engine/testing";
import type { Exports } from "@reach-fabric/engine/testing";
import { redact, openEvidence, replayEvidence, verify } from "@reach-fabric/evidence";
import { gzipSync } from "node:zlib";
import type { Contest } from "./harness.ts";
import { record } from "./replay.ts";
import { agent, evidenceOf, FUEL, growingLoop, largeAnswer } from "./runs.ts";
import type { Driven } from "./runs.ts";

/** What grows, by name. */
const growing: readonly (readonly [name: string, make: (engine: Engine) => Driven])[] = [
  ["a list that grows in 1,000 turns", (engine) => growingLoop(engine, 1000)],
  ["40 steps of an agent that append 2 kB each", (engine) => agent(engine, 40)],
  ["an answer of 5 MB", largeAnswer],
];

/** CPU of what a host and a verifier do. */
export function sizeContests(): Contest[] {
  const engine = createEngine();
  return growing.map(([name, make]) => {
    const { pack, inputs } = make(engine);
    const file = evidenceOf(engine, pack, inputs);
    return {
      name,
      unit: "runs",
      amount: 1,
      rounds: 5,
      contenders: [
        { name: "run", run: () => make(engine) },
        { name: "createEvidence()", run: () => evidenceOf(engine, pack, inputs) },
        { name: "verify()", run: () => verify(engine, file, { fuel: FUEL }) },
        {
          name: "replay",
          run: () => replayEvidence(engine, openEvidence(engine, file), { fuel: FUEL }),
        },
      ],
    };
  });
}

/** Bytes of evidence, plain and gzipped; and of canonical JSON, where there is an answer to compare with. */
export interface Size {
  readonly name: string;
  readonly bytes: number;
  readonly gzipped: number;
}

export function sizesOf(engine: Engine): {
  readonly sizes: readonly Size[];
  readonly answer: number;
} {
  const size = (name: string, file: Uint8Array): Size => ({
    name,
    bytes: file.length,
    gzipped: gzipSync(file, { level: 9 }).length,
  });
  const { pack, records } = record(engine, 10, 9e8);
  const whole = evidenceOf(engine, pack, records);
  const { file } = redact(engine, whole, { drop: ["input"], show: ["outcome/output"] });
  const sizes = [
    size("10 steps", whole),
    size("10 steps, the input hidden and the outcome shown", file),
  ];
  for (const [name, make] of growing) {
    const driven = make(engine);
    sizes.push(size(name, evidenceOf(engine, driven.pack, driven.inputs)));
  }
  return { sizes, answer: largeAnswer(engine).size };
}

/** Bytes of the engine's memory when a list has grown in so many turns of one activation, by what entered. */
export function memoryOf(turns: number): number {
  const { pack, inputs } = growingLoop(createEngine(), turns);
  const module = new WebAssembly.Module(Buffer.from(engineScalar, "base64"));
  const core = new Core(new WebAssembly.Instance(module).exports as unknown as Exports);
  const digest = "0".repeat(64);
  // What recompute() uses of an engine.
  const engine = { ...runCalls(core, digest), ...commitCalls(core), trapped: false } as Engine;
  const { status } = recompute(engine, pack, inputs, { seed: new Uint8Array(32) });
  if (status !== "ended") throw new Error(`the run is ${status}`);
  return core.exports.memory.buffer.byteLength;
}

export function sizeTable(): string {
  const { sizes, answer } = sizesOf(createEngine());
  const rows = sizes.map(({ name, bytes, gzipped }) => `| ${name} | ${bytes} | ${gzipped} |`);
  const memory = (memoryOf(3000) / 2 ** 20).toFixed(1);
  return [
    "| evidence | bytes | gzipped |",
    "| --- | ---: | ---: |",
    ...rows,
    "",
    `The answer has ${answer} bytes as canonical JSON.`,
    `The engine's memory after a list has grown in 3,000 turns of one activation: ${memory} MB.`,
    "",
  ].join("\n");
}
