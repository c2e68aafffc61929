// Runs whose evidence is measured: signed, and with answers that a script gives.
import { makePack, parseRecord } from "@reach-fabric/engine";
import type { Engine, Pack } from "@reach-fabric/engine";
import { createEvidence, newKey, signerOf } from "@reach-fabric/evidence";
import type { PublicKey } from "@reach-fabric/evidence";
import { prng } from "./prng.ts";

/** A run that has ended, by what entered it. */
export interface Driven {
  readonly pack: Pack;
  readonly inputs: readonly Uint8Array[];
}

const bytes = (seed: number) => (size: number) =>
  Uint8Array.from({ length: size }, (_, i) => (i * 7 + seed) % 251);
const signer = signerOf(newKey(bytes(1)).private);
/** The key that all of the evidence is signed with. */
export const key: PublicKey = signer.key;

/** Signed evidence of a run, by all of its records or by those that entered. */
export const evidenceOf = (
  engine: Engine,
  pack: Pack,
  records: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> =>
  createEvidence({
    engine,
    pack,
    records,
    runSecret: bytes(2)(32),
    signer,
    run: {
      id: "0191b0c0-0000-4000-8000-000000000001",
      tenant: "acme",
      actor: "ops-7",
      attempt: 1,
      startedAt: "2026-11-23T07:00:00.000Z",
      endedAt: "2026-11-23T07:00:01.250Z",
    },
  });

/** Drives a workflow to its end. Nothing but what entered is kept, as a host does it. */
export function drive(
  engine: Engine,
  tasks: readonly object[],
  input: unknown,
  answer: (turn: number) => string = () => "{}",
): Driven {
  const document = { dsl: "1.0.3", namespace: "bench", name: "run", version: "1.0.0" };
  const pack = makePack(engine, {
    id: "bench/run",
    version: "1.0.0",
    workflows: { "run.json": JSON.stringify({ document, do: tasks }) },
  });
  engine.load(pack);
  const http = [{ origin: ORIGIN, methods: ["GET", "POST"], paths: ["/v1/*"] }];
  const limits = { fuel: FUEL };
  const first = engine.admitStart({ grant: { http }, limits }, JSON.stringify(input));
  const inputs = [first];
  let step = engine.start(first);
  for (let turn = 0; step.status === "waiting"; turn++) {
    const asked = parseRecord(step.records.at(-1) ?? first);
    if (asked.kind !== "request") throw new Error(`expected a request, found ${asked.kind}`);
    const result = engine.admitResult(asked.key, { status: 200, headers: {} }, answer(turn));
    inputs.push(result);
    step = engine.advance(result);
  }
  if (step.status !== "completed") throw new Error(`the run ${step.status}`);
  return { pack, inputs };
}

/** Units of fuel that each of these runs may use. */
export const FUEL = 1e12;
const ORIGIN = "https://bureau.example";

/** A list that grows by a number in each turn of a loop: every record has all of it. */
export const growingLoop = (engine: Engine, turns: number): Driven =>
  drive(
    engine,
    [
      {
        grow: {
          for: { each: "i", in: `\${ [range(${turns})] }` },
          do: [{ add: { set: { n: "${ .n + [$i] }" } } }],
        },
      },
    ],
    { n: [] },
  );

/** An agent that sends all messages so far in each turn, and appends the answer of 2,000 bytes. */
export function agent(engine: Engine, turns: number): Driven {
  const next = prng(7);
  const letters = "abcdefghijklmnopqrstuvwxyz     ";
  const text = (): string =>
    Array.from({ length: 1960 }, () => letters[Math.floor(next() * letters.length)]).join("");
  const ask = {
    call: "http",
    with: {
      method: "post",
      endpoint: `${ORIGIN}/v1/chat`,
      body: { messages: "${ $context.messages }" },
    },
    export: { as: "${ {messages: ($context.messages + [.])} }" },
  };
  return drive(
    engine,
    [
      { init: { set: { messages: [] }, export: { as: "${ {messages: []} }" } } },
      { each: { for: { each: "i", in: `\${ [range(${turns})] }` }, do: [{ ask }] } },
    ],
    {},
    () => JSON.stringify({ role: "assistant", content: text() }),
  );
}

/** One answer of some 5 MB, which is the outcome as well; and its canonical size. */
export function largeAnswer(engine: Engine): Driven & { readonly size: number } {
  const item = (i: number): object => ({
    id: i,
    name: `customer ${(i * 7919) % 50_000}`,
    amount: (i * 7919) % 1000,
    tags: ["new", "north"],
    open: i % 3 === 0,
  });
  const answer = JSON.stringify(Array.from({ length: 59_000 }, (_, i) => item(i)));
  const ask = { call: "http", with: { method: "get", endpoint: `${ORIGIN}/v1/all` } };
  const driven = drive(engine, [{ ask }], {}, () => answer);
  return { ...driven, size: engine.canonicalize(answer).length };
}
