// What it costs to go out by the egress: beside undici under the same conditions, which are that each request has a
// connection of its own (docs/decisions.md says why) to the same service in another process, over loopback.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Agent } from "undici";
import { canonicalize, createEngine, makePack } from "@reach-fabric/engine";
import { createEgress, memoryRecorder, run } from "@reach-fabric/host";
import { largeText } from "./large.ts";

const A = "https://bureau.example";
const grant = {
  http: [{ origin: A, methods: ["GET" as const, "POST" as const], paths: ["/v1/*"] }],
};
const body = { applicant: "Ada", income: 5200, asked: [1, 2, 3] };
/** Calls of one run. */
const CALLS = 50;
/** As a run of an operator has them: the guard looks for each in all that comes. */
const secrets = { bureau: { token: "tok-0123456789abcdef" } };

interface EgressContest {
  readonly name: string;
  readonly unit: string;
  readonly amount: number;
  readonly contenders: readonly { readonly name: string; readonly run: () => unknown }[];
}

export async function egressContests(): Promise<EgressContest[]> {
  const address = `http://127.0.0.1:${await port()}`;
  const plain = new Agent({ pipelining: 0, allowH2: false, headersTimeout: 0, bodyTimeout: 0 });
  const asked = async (): Promise<unknown> => {
    const answer = await plain.request({
      origin: address,
      path: "/v1/score",
      method: "POST",
      headers: { accept: "application/json", "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return answer.body.json();
  };
  const egress = createEgress({
    grant: { ...grant, secrets: [{ name: "bureau", origins: [A] }] },
    addresses: { [A]: address },
    secrets,
  });
  const request = { method: "POST", uri: `${A}/v1/score`, headers: {}, body, redirect: false };
  const context = { idempotencyKey: "0".repeat(64), signal: new AbortController().signal };
  const fetched = async (): Promise<unknown> => {
    const { result, body: bytes } = await egress.fetch(request, context);
    if (!("status" in result)) throw new Error(result.failure);
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  };
  const runs = runner(address);
  const text = largeText();
  const bytes = new TextEncoder().encode(text);
  return [
    {
      name: "a request, a connection each",
      unit: "requests",
      amount: 1,
      contenders: [
        { name: "undici", run: asked },
        { name: "egress", run: fetched },
      ],
    },
    {
      name: `${CALLS} requests, a connection each, one after the other`,
      unit: "requests",
      amount: CALLS,
      contenders: [
        {
          name: "undici",
          run: async () => {
            for (let i = 0; i < CALLS; i += 1) await asked();
            return true;
          },
        },
        { name: "one run: asked for, recorded in memory", run: () => runs("calls") },
      ],
    },
    {
      name: `an answer of ${bytes.length.toLocaleString("en-US")} bytes`,
      unit: "bytes",
      amount: bytes.length,
      contenders: [
        { name: "JSON.parse", run: () => JSON.parse(new TextDecoder().decode(bytes)) as unknown },
        {
          name: "undici and JSON.parse",
          run: async () =>
            (
              await plain.request({ origin: address, path: "/v1/large", method: "GET" })
            ).body.json(),
        },
        { name: "a run that asks for it, end to end", run: () => runs("large") },
      ],
    },
  ];
}

/** A service that lasts as long as this process. */
async function port(): Promise<string> {
  const program = fileURLToPath(new URL("service.ts", import.meta.url));
  const service = spawn(process.execPath, ["--conditions=reach-source", program], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [said] = (await once(service.stdout, "data")) as [Buffer];
  service.unref();
  for (const stream of [service.stdin, service.stdout]) {
    (stream as unknown as { unref(): void }).unref();
  }
  return String(said).trim();
}

function runner(address: string): (what: "calls" | "large") => Promise<string> {
  const engine = createEngine();
  const http = (given: object): object => ({ call: "http", with: given });
  const score = http({ method: "post", endpoint: `${A}/v1/score`, body });
  const tasks = {
    calls: [{ all: { for: { each: "i", in: `\${ [range(${CALLS})] }` }, do: [{ ask: score }] } }],
    large: [
      { ask: http({ method: "get", endpoint: `${A}/v1/large` }) },
      { end: { set: { ok: 1 } } },
    ],
  };
  const packOf = (name: "calls" | "large"): ReturnType<typeof makePack> => {
    const document = { dsl: "1.0.3", namespace: "bench", name, version: "1.0.0" };
    const workflow = JSON.stringify({ document, do: tasks[name] });
    return makePack(engine, {
      id: `bench/${name}`,
      version: "1.0.0",
      workflows: { "w.json": workflow },
    });
  };
  const packs = { calls: packOf("calls"), large: packOf("large") };
  return async (what) => {
    const { status } = await run({
      engine,
      pack: packs[what],
      input: canonicalize("{}"),
      recorder: memoryRecorder(),
      grant: { ...grant, secrets: [{ name: "bureau", origins: [A] }] },
      addresses: { [A]: address },
      secrets,
    });
    if (status !== "completed") throw new Error(status);
    return status;
  };
}
