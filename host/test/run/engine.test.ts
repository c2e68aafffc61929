// Runs on the real engine, with real HTTP servers on loopback.
import { randomBytes } from "node:crypto";
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { concat, createEngine, parseRecord, replay, sha256, toHex } from "@reach-fabric/engine";
import type { Json } from "@reach-fabric/engine";
import { createEvidence, newKey, runSeedOf, signerOf, verify } from "@reach-fabric/evidence";
import {
  effectiveGrant,
  folderRecorder,
  loadPack,
  memoryRecorder,
  readKept,
  runFolder,
  run,
} from "@reach-fabric/host";
import type { RunOptions, RunResult } from "@reach-fabric/host";
import { bytes, errorOf, json, newFolder, serve, text } from "../helpers.ts";

const A = "https://bureau.example";
const head = 'document: {dsl: "1.0.3", namespace: test, name: sample, version: 1.0.0}\n';
const call = "{call: http, with: {method: get, endpoint: 'https://bureau.example/v1/{id}'}}";
const granted = effectiveGrant({
  http: [{ origin: A, methods: ["GET", "POST"], paths: ["/v1/*"] }],
});

async function packOf(tasks: string, files: Record<string, string> = {}) {
  const folder = await newFolder();
  for (const [path, content] of Object.entries({ ...files, "workflow.yaml": head + tasks })) {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return loadPack(join(folder, "workflow.yaml"));
}

async function runOf(
  tasks: string,
  address: string | undefined,
  more: Partial<RunOptions> & { files?: Record<string, string> } = {},
): Promise<RunResult> {
  const { files, ...options } = more;
  const pack = await packOf(tasks, files);
  const result = await run({
    engine: createEngine(),
    pack,
    input: bytes('{"id":"c-1"}'),
    grant: granted,
    addresses: address === undefined ? {} : { [A]: address },
    recorder: memoryRecorder(),
    ...options,
  });
  // Whatever happened can be computed again.
  const again = replay(createEngine({ build: "scalar" }), pack, result.records);
  expect(again).toMatchObject({
    status: "reproduced",
    decision: result.decision,
    end: result.status,
  });
  return result;
}

const problemOf = (result: RunResult): [string, number] => {
  const { type, status } = result.error as { type: string; status: number };
  return [type.split("/").at(-1) ?? "", status];
};
const resultsOf = (result: RunResult): Json[] =>
  result.records.flatMap((record) => {
    const parsed = parseRecord(record);
    return parsed.kind === "result" ? [parsed.result] : [];
  });

const one = `do:\n  - ask: ${call}\n`;

describe("a decision", () => {
  const tasks = `
do:
  - ask: ${call}
  - policy: {call: decide, with: {table: tables/policy.yaml, input: "\${ {score} }"}}
`;
  const policy = `
table: {name: policy, version: 1.0.0}
hitPolicy: first
inputs: [score]
rules: [{id: R1, when: {score: {gte: 700}}, then: accept, reasons: [OK]}]
default: {then: refer}
`;
  const files = { "tables/policy.yaml": policy };

  it("comes out the same whatever the port, the headers, the order of keys and the time", async () => {
    const first = await serve(json({ score: 712, name: "x" }));
    const second = await serve((_, response) =>
      response
        .writeHead(200, { date: "Thu, 01 Jan 1970 00:00:00 GMT", "x-other": "1" })
        .end('{"name":"x",   "score":7.12e2}'),
    );
    const a = await runOf(tasks, first.origin, { files });
    const b = await runOf(tasks, second.origin, { files, effects: { clock: () => 0 } });
    expect(a.output).toMatchObject({ result: "accept", rules: ["R1"], reasons: ["OK"] });
    expect([b.decision, b.fingerprint]).toEqual([a.decision, a.fingerprint]);
    expect(b.records.map(text)).toEqual(a.records.map(text));
    expect(a.run.id).not.toBe(b.run.id);
    expect(first.requests[0]!.url).toBe("/v1/c-1");
    const other = await serve(json({ score: 699, name: "x" }));
    expect((await runOf(tasks, other.origin, { files })).decision).not.toBe(a.decision);
  });
});

describe("what a service does is recorded, and an error of the workflow", () => {
  it("a 500", async () => {
    const { origin } = await serve(json({ oops: 1 }, 500));
    const result = await runOf(one, origin);
    expect([result.status, ...problemOf(result)]).toEqual(["faulted", "communication", 500]);
    expect(resultsOf(result)).toEqual([{ body: { oops: 1 }, headers: {}, status: 500 }]);
  });

  it("connection refused", async () => {
    const result = await runOf(one, "http://127.0.0.1:1");
    expect(problemOf(result)).toEqual(["communication", 503]);
    expect(resultsOf(result)).toEqual([{ failure: "refused" }]);
    expect(result.annotations.at(-1)).toMatchObject({ code: "REACH-E3230" });
  });

  it("an answer over the limit", async () => {
    const { origin } = await serve(json("x".repeat(2000)));
    const result = await runOf(one, origin, { egress: { bytes: 1000 } });
    expect(problemOf(result)).toEqual(["communication", 502]);
    expect(resultsOf(result)).toEqual([{ failure: "tooLarge" }]);
  });

  it("no answer in time", async () => {
    const { origin } = await serve(() => undefined);
    const result = await runOf(one, origin, { egress: { total: 300 } });
    expect(resultsOf(result)).toEqual([{ failure: "timeout" }]);
  });

  it.each(["{", '{"a":1,"a":2}', "9007199254740993", '"\\ud800"', "[1] x", "\u0000"])(
    "an answer that is not JSON: %j",
    async (body) => {
      const { origin } = await serve((_, response) => response.end(body));
      const result = await runOf(one, origin);
      expect(problemOf(result)).toEqual(["communication", 502]);
      expect(resultsOf(result)).toEqual([
        { bytes: Buffer.from(body).toString("base64"), headers: {}, status: 200 },
      ]);
    },
  );

  it("a redirect, followed or not", async () => {
    const { origin } = await serve((request, response) =>
      request.url === "/v1/c-1"
        ? response.writeHead(302, { location: "/v1/new" }).end()
        : response.end('"new"'),
    );
    expect(problemOf(await runOf(one, origin))).toEqual(["communication", 302]);
    const following = one.replace("method: get", "method: get, redirect: true");
    expect((await runOf(following, origin)).output).toBe("new");
    const leaving = await serve((_, response) =>
      response.writeHead(302, { location: "https://c.example/" }).end(),
    );
    expect(resultsOf(await runOf(following, leaving.origin))).toEqual([{ failure: "redirect" }]);
  });

  it("the headers that the workflow names, and no others", async () => {
    const { origin } = await serve((_, response) =>
      response.writeHead(200, { etag: '"v1"', "x-b": "2" }).end("1"),
    );
    const tasks =
      "do:\n  - ask: {call: http, metadata: {reach: {responseHeaders: [etag]}}, with: {method: get, endpoint: 'https://bureau.example/v1/x'}}\n";
    expect(resultsOf(await runOf(tasks, origin))).toEqual([
      { body: 1, headers: { etag: '"v1"' }, status: 200 },
    ]);
  });

  it("an error that is caught, tried again, and answered", async () => {
    let asked = 0;
    const { origin, requests } = await serve((request, response) => {
      asked += 1;
      json(asked < 3 ? {} : { score: 1 }, asked < 3 ? 503 : 200)(request, response, "");
    });
    const tasks = `
do:
  - attempt:
      try: [{ask: ${call.replace("method: get", "method: post, body: '${ . }'")}}]
      catch: {errors: {with: {status: 503}}, retry: {delay: {milliseconds: 5}, backoff: {exponential: {}}, jitter: {from: PT0S, to: PT0.01S}, limit: {attempt: {count: 3}}}}
`;
    const result = await runOf(tasks, origin);
    expect(result.output).toEqual({ score: 1 });
    const kinds = result.records.map((record) => parseRecord(record).kind);
    expect(kinds.filter((kind) => kind === "retry")).toHaveLength(2);
    // Each attempt is an effect of its own.
    expect(new Set(requests.map(({ headers }) => headers["idempotency-key"])).size).toBe(3);
    expect(requests[0]!.body).toBe('{"id":"c-1"}');
  });
});

describe("what is not granted is never sent", () => {
  it.each([
    ["nothing is granted", {}],
    [
      "another origin",
      effectiveGrant({ http: [{ origin: "https://c.example", methods: ["GET"], paths: ["/*"] }] }),
    ],
    ["another method", effectiveGrant({ http: [{ origin: A, methods: ["POST"], paths: ["/*"] }] })],
    ["another path", effectiveGrant({ http: [{ origin: A, methods: ["GET"], paths: ["/v2/*"] }] })],
  ])("%s", async (_, grant) => {
    const { origin, requests } = await serve(json({}));
    const result = await runOf(one, origin, { grant });
    expect([result.status, ...problemOf(result)]).toEqual(["faulted", "authorization", 403]);
    expect(requests).toEqual([]);
    expect(resultsOf(result)).toEqual([]);
  });

  it.each(["../admin", "..", "a/../../b", "%2e%2e", "x?y#z", "a\\b", "a b", "\u00e4", "a\r\nb"])(
    "an input that tries to leave the path: %j",
    async (id) => {
      const { origin, requests } = await serve(json({}));
      await runOf(one, origin, { input: bytes(JSON.stringify({ id })) });
      for (const { url } of requests) expect(url).toMatch(/^\/v1\/[^/?#]*$/);
    },
  );

  it("a host that denies what the engine allowed is believed", async () => {
    const result = await runOf(one, undefined, {
      effects: { fetch: () => Promise.resolve({ result: { failure: "denied" } }) },
    });
    expect(problemOf(result)).toEqual(["authorization", 403]);
  });

  it("a granted name that leads inside", async () => {
    const { port, requests } = await serve(json({}));
    const origin = `http://localhost:${port}`;
    const tasks = `do:\n  - ask: {call: http, with: {method: get, endpoint: '${origin}/'}}\n`;
    const grant = effectiveGrant({ http: [{ origin, methods: ["GET"], paths: ["/*"] }] });
    const result = await runOf(tasks, undefined, { grant });
    expect(problemOf(result)).toEqual(["authorization", 403]);
    expect(resultsOf(result)).toEqual([{ failure: "denied" }]);
    expect(requests).toEqual([]);
  });
});

describe("time and identity", () => {
  it("are what the host stamped and drew", async () => {
    let now = Date.UTC(2026, 10, 23, 7);
    const tasks =
      'do:\n  - s: {set: {id: "${ $workflow.id }", now: "${ now }", at: "${ $workflow.startedAt }"}}\n';
    const result = await runOf(tasks, undefined, { effects: { clock: () => (now += 1000) } });
    expect(result.output).toMatchObject({ id: result.run.id });
    expect(JSON.stringify(result.output)).toContain(result.run.startedAt.slice(0, 19));
  });
});

describe("a folder", () => {
  it("holds the run as it was", async () => {
    const { origin } = await serve(json({ a: 1 }));
    const folder = join(await newFolder(), "run");
    const result = await runOf(one, origin, { recorder: folderRecorder(folder) });
    const found = await readKept(createEngine(), runFolder(folder));
    expect(found.records.map(text)).toEqual(result.records.map(text));
    expect(found.annotations).toEqual(result.annotations);
    expect(found).toMatchObject({ run: { attempt: 1 }, ended: "completed" });
    expect(replay(createEngine(), found.pack, found.records)).toMatchObject({
      status: "reproduced",
    });
  });

  it("RUN-3 has digests over leaves, under the seed of run and attempt; evidence is made of it", async () => {
    const { origin } = await serve(json({ id: "c-2" }));
    const folder = join(await newFolder(), "run");
    const recorder = folderRecorder(folder, { attempt: 2 });
    const { records, run: facts, annotations } = await runOf(one, origin, { recorder });
    const engine = createEngine();
    const { run: kept, pack, inputs, ...found } = await readKept(engine, runFolder(folder));
    const seed = runSeedOf(engine, facts.secret, { id: facts.id, attempt: 2 });
    const { hashes } = engine.leaves(seed, records);
    const lefts = [sha256(hashes[1]!), sha256(concat(hashes.slice(3)))];
    const lines = (await readFile(join(folder, "entered.jsonl"), "utf8")).trimEnd().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { left?: string }).left)).toEqual(
      lefts.map(toHex),
    );
    const signer = signerOf(newKey((size) => randomBytes(size)).private);
    const { secret: runSecret, ...known } = kept;
    const about = { ...known, endedAt: facts.endedAt, tenant: "t", actor: "a" };
    const options = { engine, pack, runSecret, signer, run: about };
    const evidence = createEvidence({
      ...options,
      records: inputs,
      annotations: found.annotations,
    });
    expect(evidence).toEqual(createEvidence({ ...options, records, annotations }));
    expect(verify(engine, evidence)).toMatchObject({ ok: true, run: { attempt: 2 } });
  });

  it("RUN-4 with what the engine refuses is damaged", async () => {
    const { origin } = await serve(json({ a: 1 }));
    const folder = join(await newFolder(), "run");
    await runOf(one, origin, { recorder: folderRecorder(folder) });
    const journal = join(folder, "entered.jsonl");
    const content = await readFile(journal, "utf8");
    for (const [from, to, line] of [
      [/"record":.*?,"stamp"/, '"record":1,"stamp"', 1],
      ['"kind":"start"', '"kind":"stop"', 1],
      ['"kind":"result"', '"kind":"cancel"', 2],
    ] as const) {
      await writeFile(journal, content.replace(from, to));
      const error = await errorOf(readKept(createEngine(), runFolder(folder)));
      expect(error).toMatchObject({ code: "REACH-E4131", where: `${folder}, line ${line}` });
    }
    await writeFile(journal, content);
    await appendFile(join(folder, "pack/pack.json"), " ");
    expect(await errorOf(readKept(createEngine(), runFolder(folder)))).toMatchObject({
      code: "REACH-E4131",
      where: `${folder}, pack`,
    });
  });

  it("of an interrupted run replays as far as it goes", async () => {
    const stop = new AbortController();
    const { origin } = await serve((request, response) => {
      if (request.url === "/v1/c-1") return json({ id: "c-2" })(request, response, "");
      stop.abort();
      return undefined;
    });
    const folder = join(await newFolder(), "run");
    const tasks = `do:\n  - first: ${call}\n  - second: ${call}\n`;
    const running = runOf(tasks, origin, { recorder: folderRecorder(folder), signal: stop.signal });
    expect((await errorOf(running)).code).toBe("REACH-E3002");
    const found = await readKept(createEngine(), runFolder(folder));
    expect(found.summary).toMatch(
      /^The run was interrupted: it had \d+ records and was waiting on effect 1 \(http\) of task \/do\/1\/second\.$/,
    );
    expect(replay(createEngine(), found.pack, found.records)).toMatchObject({
      status: "incomplete",
    });
  });

  it("is not made for an input or a pack that is refused", async () => {
    const folder = join(await newFolder(), "run");
    const recorder = folderRecorder(folder);
    await expect(
      runOf(one, undefined, { recorder, input: bytes('{"a":1,"a":2}') }),
    ).rejects.toThrow();
    await expect(
      runOf("do:\n  - s: {set: '${ .a | '}\n", undefined, { recorder }),
    ).rejects.toThrow();
    expect((await errorOf(readKept(createEngine(), runFolder(folder)))).code).toBe("REACH-E4130");
  });
});

describe("a fork", () => {
  /** The quick branch may only answer when the slow one has been asked. */
  const two = (more: string): string => `
do:
  - both:
      fork:
        ${more}branches:
          - slow: {call: http, with: {method: get, endpoint: "${A}/v1/slow"}}
          - quick: {call: http, with: {method: get, endpoint: "${A}/v1/quick"}}
`;

  it("has its branches' effects performed at the same time", async () => {
    const arrived: string[] = [];
    let open: (() => void) | undefined;
    const { origin } = await serve((request, response) => {
      arrived.push(request.url ?? "");
      const answer = (): void => void response.end(JSON.stringify(request.url));
      response.setHeader("content-type", "application/json");
      // The first one to come is answered after the second.
      if (arrived.length === 1) open = answer;
      else {
        answer();
        setTimeout(() => open?.(), 20);
      }
    });
    const result = await runOf(two(""), origin);
    expect(arrived).toHaveLength(2);
    expect(result.output).toEqual(["/v1/slow", "/v1/quick"]);
  });

  it("that competes stops what it does not wait for", async () => {
    let stopped: (() => void) | undefined;
    const gone = new Promise<void>((resolve) => {
      stopped = resolve;
    });
    const { origin } = await serve((request, response) => {
      if (request.url === "/v1/slow") response.on("close", () => stopped?.());
      // Not before the other one is under way.
      else setTimeout(() => response.end('"won"'), 50);
    });
    const result = await runOf(two("compete: true\n        "), origin);
    expect(result.output).toBe("won");
    await gone;
    const kinds = result.records.map((record) => parseRecord(record));
    expect(kinds.some((r) => r.kind === "task" && r.status === "cancelled")).toBe(true);
  });

  it("keeps an answer that came too late", async () => {
    const order: string[] = [];
    const result = await runOf(
      `${two("compete: true\n        ")}  - after: {wait: {milliseconds: 60}}\n`,
      undefined,
      {
        effects: {
          // Takes no notice of the signal, as a peer whose answer is on its way.
          fetch: async ({ uri }) => {
            order.push(uri);
            const ms = uri.endsWith("slow") ? 20 : 1;
            await new Promise((resolve) => setTimeout(resolve, ms));
            return { result: { status: 200, headers: {} }, body: bytes(JSON.stringify(uri)) };
          },
        },
      },
    );
    expect(order).toHaveLength(2);
    expect(result.output).toBe(`${A}/v1/quick`);
    const late = result.records.map((record) => parseRecord(record)).find((r) => r.kind === "late");
    expect(late).toMatchObject({ key: "0.0.0", result: { body: `${A}/v1/slow` } });
  });
});
