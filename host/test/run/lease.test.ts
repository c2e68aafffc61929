// ABI-6: one run at a time on an engine, so that none gets what another was given.
import { describe, expect, it } from "vitest";
import { canonicalize, createEngine, makePack, replay } from "@reach-fabric/engine";
import type { Engine, Pack } from "@reach-fabric/engine";
import {
  folderRecorder,
  memoryRecorder,
  readKept,
  runFolder,
  resume,
  run,
} from "@reach-fabric/host";
import type { RunOptions, RunResult } from "@reach-fabric/host";
import { errorOf, json, newFolder, serve } from "../helpers.ts";

const A = "https://bureau.example";
const call = { call: "http", with: { method: "get", endpoint: `${A}/v1/{who}` } };
const ask = { ...call, output: { as: "${ . + $input }" } };

function packFor(engine: Engine): Pack {
  const document = { dsl: "1.0.3", namespace: "test", name: "sample", version: "1.0.0" };
  const workflows = { "w.json": JSON.stringify({ document, do: [{ ask }] }) };
  return makePack(engine, { id: "test/sample", version: "1.0.0", workflows });
}

async function runFor(
  engine: Engine,
  who: string,
  more: Partial<RunOptions> = {},
): Promise<RunResult> {
  const { origin } = await serve(json({ asked: who }));
  return run({
    engine,
    pack: packFor(createEngine()),
    input: canonicalize(JSON.stringify({ who, ssn: `${who}-secret` })),
    recorder: memoryRecorder(),
    grant: { http: [{ origin: A, methods: ["GET"], paths: ["/*"] }] },
    addresses: { [A]: origin },
    ...more,
  });
}

describe("ABI-6: an engine that a run is using", () => {
  it("is refused to another run, and the first one has its own answer", async () => {
    const engine = createEngine();
    const pack = packFor(engine);
    const alice = runFor(engine, "alice", { pack });
    // Both have loaded the pack by then, or would have.
    const [first, second] = await Promise.allSettled([alice, runFor(engine, "bob", { pack })]);
    expect(second).toMatchObject({ status: "rejected", reason: { code: "REACH-E3010" } });
    if (first.status === "rejected") throw first.reason;
    expect(first.value.output).toEqual({ asked: "alice", ssn: "alice-secret", who: "alice" });
    expect(replay(createEngine(), pack, first.value.records).status).toBe("reproduced");
    // It is free again, after a run that failed as well.
    expect((await runFor(engine, "bob", { pack })).output).toMatchObject({ who: "bob" });
    await errorOf(runFor(engine, "eve", { pack, signal: AbortSignal.abort() }));
    expect((await runFor(engine, "bob", { pack })).status).toBe("completed");
  });

  it("is refused to who reads a folder, or goes on with one", async () => {
    const engine = createEngine();
    const folder = `${await newFolder()}/run`;
    await runFor(engine, "carol", { recorder: folderRecorder(folder) });
    let alice: Promise<RunResult> | undefined;
    await new Promise<void>((begun) => {
      alice = runFor(engine, "alice", { onRecord: () => begun() });
    });
    expect((await errorOf(readKept(engine, runFolder(folder)))).code).toBe("REACH-E3010");
    expect((await errorOf(resume({ engine, run: runFolder(folder) }))).code).toBe("REACH-E3010");
    expect((await alice)?.output).toMatchObject({ ssn: "alice-secret" });
    expect((await readKept(engine, runFolder(folder))).ended).toBe("completed");
  });

  it("and that somebody else begins a run on takes no answer for the run before", async () => {
    const engine = createEngine();
    const pack = packFor(engine);
    const bob = canonicalize('{"who":"bob","ssn":"bob-secret"}');
    const records: string[] = [];
    const alice = runFor(engine, "alice", {
      pack,
      onRecord: ({ kind }, bytes) => {
        records.push(new TextDecoder().decode(bytes));
        // Behind the back of run(): the other run asks for the same effect.
        if (kind === "request")
          engine.start(
            engine.admitStart(
              { grant: { http: [{ origin: A, methods: ["GET"], paths: ["/*"] }] } },
              bob,
            ),
          );
      },
    });
    await expect(alice).rejects.toMatchObject({ code: "REACH-E1001" });
    expect(records.join()).not.toContain("bob-secret");
  });
});
