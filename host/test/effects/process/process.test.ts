// What leaves the machine, in a process of its own: the run's process has no secret, opens no connection, and comes to the
// same records, byte for byte.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { canonicalize, createEngine, parseRecord } from "@reach-fabric/engine";
import { memoryRecorder, run } from "@reach-fabric/host";
import type { RunOptions } from "@reach-fabric/host";
import type { Grant, Provider } from "@reach-fabric/schema";
import { later, newFolder, serve } from "../../helpers.ts";
import type { Seen } from "../../helpers.ts";
import { misbehaving, REVISION } from "../mcp/asking.ts";
import { packOf } from "./pack.ts";

const CANARY = "canary-7Zq0aPx4Lw9vT2";
const A = "https://a.example";
const MCP = "https://tools.example";
const secrets = { key: { token: CANARY } };
const identity = { id: "0192f0c1-2d3e-7f40-8a5b-6c7d8e9f0a1b", secret: "07".repeat(32) };
const grant: Grant = {
  http: [{ origin: A, methods: ["GET", "POST"], paths: ["/*"] }],
  mcp: [{ server: `${MCP}/mcp`, calls: ["tools/call add"] }],
  models: ["small"],
  secrets: [{ name: "key", origins: [A, MCP] }],
};
const authentication = { bearer: { use: "key" } };
const get = (path: string): object => ({
  call: "http",
  with: { method: "get", endpoint: { uri: A + path, authentication } },
});
/** Only what another task has caught lets the run go on. */
const tried = (name: string, task: object): object => ({
  [name]: { try: [{ it: task }], catch: { as: "error", do: [{ no: { set: { no: 1 } } }] } },
});
const all = [
  { one: get("/score") },
  {
    two: {
      call: "http",
      with: { method: "post", endpoint: `${A}/order`, body: { n: 1, text: "é" } },
    },
  },
  {
    three: {
      call: "mcp",
      with: {
        method: "tools/call",
        transport: { http: { endpoint: { uri: `${MCP}/mcp`, authentication } } },
        parameters: { name: "add", arguments: { a: 1 } },
        protocolVersion: REVISION,
      },
    },
  },
  { four: { call: "llm", with: { model: "small", prompt: "Well?" } } },
  tried("five", get("/echo")),
  tried("six", { ...get("/slow"), timeout: { after: { milliseconds: 300 } } }),
];

interface World {
  readonly addresses: Readonly<Record<string, string>>;
  readonly providers: Readonly<Record<string, Provider>>;
  readonly requests: readonly Seen[];
  /** What nobody waited for any more. */
  readonly ended: readonly string[];
}

/** Services that answer only to those who have the secret. */
async function world(onGone: () => void = () => undefined): Promise<World> {
  const ended: string[] = [];
  const bearer = `Bearer ${CANARY}`;
  const { origin, requests } = await serve((request, response) => {
    const { url = "", headers } = request;
    const say = (what: object): void => {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(what));
    };
    if (url === "/order") return say({ ok: headers["idempotency-key"] !== undefined });
    if (headers.authorization !== bearer) return void response.writeHead(401).end();
    if (url === "/score") return say({ score: 612 });
    if (url === "/echo") return say({ you: headers.authorization });
    if (url === "/gone") return onGone();
    if (url === "/slow") return void response.once("close", () => ended.push(url));
    return say({
      model: "m",
      choices: [
        { index: 0, finish_reason: "stop", message: { role: "assistant", content: "Yes" } },
      ],
    });
  });
  const tools = await misbehaving(({ request, response, say }) => {
    if (request.headers.authorization === bearer)
      say({ result: { content: [{ type: "text", text: "2" }] } });
    else response.writeHead(401).end();
  });
  return {
    addresses: { [A]: origin, [MCP]: tools.origin },
    providers: { small: { api: "openai-chat", url: origin, model: "m", secret: "key" } },
    requests,
    ended,
  };
}

interface Came {
  readonly folder: string;
  readonly records?: readonly string[];
  readonly code?: string;
  readonly why?: string;
}

const near = fileURLToPath(new URL("near.ts", import.meta.url));

/** Runs tasks in a process that has no secret, and whose requests another one sends. */
async function apart(
  list: readonly object[],
  far: object,
  { folder, snapshot = false }: { folder?: string; snapshot?: boolean } = {},
): Promise<Came> {
  const place = folder ?? (await newFolder());
  writeFileSync(join(place, "far.json"), JSON.stringify({ grant, secrets, ...far }));
  writeFileSync(join(place, "near.json"), JSON.stringify({ list, grant, identity, snapshot }));
  const flags = ["--conditions=reach-source", "--heap-snapshot-string-limit=1000000"];
  const child = spawn(process.execPath, [...flags, near, place], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  later(() => child.kill());
  expect(await once(child, "exit")).toEqual([0, null]);
  const came = JSON.parse(readFileSync(join(place, "came.json"), "utf8")) as Omit<Came, "folder">;
  return { folder: place, ...came };
}

const resultsOf = (records: readonly string[] = []): unknown[] =>
  records.flatMap((hex) => {
    const record = parseRecord(Buffer.from(hex, "hex"));
    return record.kind === "result" ? [record.result] : [];
  });

describe("a run whose requests another process sends", () => {
  it("comes to the same records, byte for byte, and never has a secret in its memory", async () => {
    const there = await world();
    const { addresses, providers } = there;
    const came = await apart(all, { addresses, providers }, { snapshot: true });

    const engine = createEngine();
    const here = await world();
    const options: RunOptions = {
      engine,
      pack: packOf(engine, all),
      input: canonicalize("{}"),
      recorder: memoryRecorder({ id: identity.id, secret: Buffer.from(identity.secret, "hex") }),
      grant,
      secrets,
      addresses: here.addresses,
      providers: here.providers,
    };
    const { records } = await run(options);
    expect(came.records).toEqual(records.map((one) => Buffer.from(one).toString("hex")));

    const kinds = resultsOf(came.records).map((one) => Object.keys(one as object));
    expect(kinds.flat()).toEqual(
      expect.arrayContaining(["status", "failure", "finish"]) as unknown,
    );
    expect(there.ended).toEqual(["/slow"]);
    const sent = ({ requests }: World): object[] =>
      requests.map(({ method, url, body, headers }) => [
        method,
        url,
        body,
        headers["idempotency-key"],
      ]);
    expect(sent(there)).toEqual(sent(here));

    const has = (name: string): boolean => readFileSync(join(came.folder, name)).includes(CANARY);
    expect(statSync(join(came.folder, "channel")).size).toBeGreaterThan(1000);
    expect(has("channel")).toBe(false);
    expect(has("near.heapsnapshot")).toBe(false);
    expect(has("far.heapsnapshot")).toBe(true);
  }, 60_000);

  it("is denied what is not granted there, whatever it grants itself", async () => {
    const there = await world();
    const { addresses, providers } = there;
    const narrow = {
      http: [{ origin: A, methods: ["GET"], paths: ["/other"] }],
      secrets: grant.secrets,
    };
    const list = all.slice(0, 4).map((task, i) => tried(`t${i}`, Object.values(task)[0] as object));
    const came = await apart(list, { addresses, providers, grant: narrow });
    expect(resultsOf(came.records)).toEqual(list.map(() => ({ failure: "denied" })));
    expect(there.requests).toEqual([]);
  }, 30_000);

  it("is stuck where that process has trouble, and says which", async () => {
    const came = await apart([{ one: get("/score") }], {});
    expect(came).toMatchObject({
      code: "REACH-E3009",
      why: "this process has too many open files (EMFILE); it was tried 2 times",
    });
  }, 30_000);

  it("does not try again what may have been sent when that process has gone", async () => {
    const folder = await newFolder();
    const there = await world(() =>
      process.kill(Number(readFileSync(join(folder, "far.pid"), "utf8")), "SIGKILL"),
    );
    const { addresses } = there;
    const came = await apart([{ one: get("/gone") }], { addresses }, { folder });
    expect(came).toMatchObject({
      code: "REACH-E3009",
      why: "the process that sends requests is gone; it was tried once",
    });
    expect(there.requests).toHaveLength(1);
    expect(existsSync(join(folder, "near.heapsnapshot"))).toBe(false);
  }, 30_000);
});
