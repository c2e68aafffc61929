// Runs whose secrets are others when they go on: a real vault, a run that waits, a rotation in between (VAULT-9, VAULT-11, VAULT-12).
import { existsSync } from "node:fs";
import { readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  canonicalize,
  createEngine,
  fromUtf8,
  makePack,
  parseRecord,
  utf8,
} from "@reach-fabric/engine";
import {
  createVault,
  folderRecorder,
  memoryRecorder,
  openVault,
  readKept,
  resolveEffect,
  resume,
  run,
  runFolder,
  signalRun,
} from "@reach-fabric/host";
import type { RunOptions, RunResult, Vault } from "@reach-fabric/host";
import { errorOf, newFolder, serve } from "../helpers.ts";

const A = "https://a.example";
const T = "https://login.example";
const passphrase = utf8("correct horse battery staple");
const at = "2026-11-30T12:00:00.000Z";
const [OLD, NEW] = ["tok-0123456789abcdef", "tok-fedcba9876543210"];
const event = { specversion: "1.0", id: "1", source: "/desk", type: "go" };

async function vaultOf(secrets: Record<string, object>): Promise<{ path: string; vault: Vault }> {
  const path = join(await newFolder(), "secrets.vault");
  const vault = await createVault(path, { passphrase });
  for (const [name, secret] of Object.entries(secrets)) await vault.set(name, { ...secret }, at);
  return { path, vault };
}

const get = (path: string, authentication?: object): object => ({
  call: "http",
  with: {
    method: "get",
    endpoint: { uri: `${A}${path}`, ...(authentication && { authentication }) },
  },
});
const bearer = { bearer: { use: "key" } };
const listen = { listen: { to: { one: { with: { type: "go" } } } } };

function packOf(tasks: readonly object[]) {
  const document = { dsl: "1.0.3", namespace: "test", name: "rotated", version: "1.0.0" };
  const content = JSON.stringify({ document, use: { secrets: ["key", "app"] }, do: tasks });
  return makePack(createEngine(), {
    id: "test/rotated",
    version: "1.0.0",
    workflows: { "w.json": content },
  });
}

const grant = {
  http: [A, T].map((origin) => ({
    origin,
    methods: ["GET" as const, "POST" as const],
    paths: ["/*"],
  })),
  secrets: [
    { name: "key", origins: [A] },
    { name: "app", origins: [A, T] },
  ],
};
const started = (
  tasks: readonly object[],
  origin: string,
  more: Partial<RunOptions>,
): Promise<RunResult> =>
  run({
    engine: createEngine(),
    pack: packOf(tasks),
    input: canonicalize("{}"),
    recorder: memoryRecorder(),
    grant,
    addresses: { [A]: origin, [T]: origin },
    ...more,
  });
const textOf = ({ records, annotations }: Pick<RunResult, "records" | "annotations">): string =>
  records.map((bytes) => fromUtf8(bytes)).join("\n") + JSON.stringify(annotations);
const results = ({ records }: Pick<RunResult, "records">): object[] =>
  records
    .map((bytes) => parseRecord(bytes))
    .flatMap((record) => (record.kind === "result" ? [record.result] : []));

it("VAULT-11: a run that waits while its secret is rotated goes on with the new value, and guards the former one", async () => {
  const { origin, requests } = await serve((request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(request.url === "/echo" ? { old: OLD } : { ok: true }));
  });
  const { path, vault } = await vaultOf({ key: { token: OLD } });
  const folder = join(await newFolder(), "run");
  const tasks = [
    { a: get("/x", bearer) },
    { b: listen },
    { c: get("/y", bearer) },
    { d: { try: [{ e: get("/echo") }], catch: {} } },
  ];
  const waits = started(tasks, origin, {
    secrets: vault,
    recorder: folderRecorder(folder),
    patience: 0,
  });
  await expect(waits).rejects.toMatchObject({ code: "REACH-E3004" });
  // Days later, by somebody else.
  await (await openVault(path, { passphrase })).rotate("key", { token: NEW }, at);
  await signalRun(runFolder(folder), event, at);
  const ended = await resume({
    engine: createEngine(),
    run: runFolder(folder),
    secrets: await openVault(path, { passphrase }),
    addresses: { [A]: origin },
  });
  expect(ended.status).toBe("completed");
  expect(requests.map(({ url, headers }) => [url, headers["authorization"]])).toEqual([
    ["/x", `Bearer ${OLD}`],
    ["/y", `Bearer ${NEW}`],
    ["/echo", undefined],
  ]);
  expect(results(ended).at(-1)).toEqual({ failure: "denied" });
  expect(textOf(ended)).not.toMatch(/tok-/);
});

it("VAULT-11: a run that is under way has the new value for its next request", async () => {
  const { path, vault } = await vaultOf({ key: { token: OLD } });
  const other = await openVault(path, { passphrase });
  const { origin, requests } = await serve((request, response) => {
    const rotated =
      request.url === "/x" ? other.rotate("key", { token: NEW }, at) : Promise.resolve();
    response.setHeader("content-type", "application/json");
    void rotated.then(() => response.end(JSON.stringify(request.url === "/echo" ? [OLD] : {})));
  });
  const tasks = [{ a: get("/x", bearer) }, { b: get("/y", bearer) }, { c: get("/echo") }];
  const ended = await started(tasks, origin, { secrets: vault });
  expect(requests.map(({ headers }) => headers["authorization"])).toEqual([
    `Bearer ${OLD}`,
    `Bearer ${NEW}`,
    undefined,
  ]);
  expect(results(ended).at(-1)).toEqual({ failure: "denied" });
});

it("VAULT-9: a token that a process has got is guarded by the next one, and forgotten with the run", async () => {
  let given = 0;
  const tokenOf = (n: number): string => `access-${n}-0123456789abcdef`;
  const { origin } = await serve((request, response) => {
    response.setHeader("content-type", "application/json");
    if (request.url?.endsWith("/token") === true) {
      given += 1;
      const token = { access_token: tokenOf(given), token_type: "Bearer", expires_in: 3600 };
      return response.end(JSON.stringify(token));
    }
    return response.end(JSON.stringify(request.url === "/echo" ? { was: tokenOf(1) } : {}));
  });
  const app = {
    authority: `${T}/realm`,
    grant: "client_credentials",
    client: { id: "me", secret: "the-proof-of-the-client" },
  };
  const { path, vault } = await vaultOf({ app });
  const folder = join(await newFolder(), "run");
  const oauth2 = { oauth2: { use: "app" } };
  const tasks = [{ a: get("/x", oauth2) }, { b: listen }, { c: get("/echo") }];
  const waits = started(tasks, origin, {
    secrets: vault,
    recorder: folderRecorder(folder),
    patience: 0,
  });
  await expect(waits).rejects.toMatchObject({ code: "REACH-E3004" });
  expect(await readFile(`${path}.got`, "utf8")).not.toContain("access-");
  await signalRun(runFolder(folder), event, at);
  const options = { run: runFolder(folder), addresses: { [A]: origin } };
  const again = await openVault(path, { passphrase });
  const ended = await resume({ engine: createEngine(), ...options, secrets: again });
  expect([given, results(ended).at(-1)]).toEqual([1, { failure: "denied" }]);
  expect(textOf(ended)).not.toContain("access-");
  expect(JSON.parse(await readFile(`${path}.got`, "utf8"))).toMatchObject({ runs: [] });
});

it("VAULT-11: a vault that cannot be read meanwhile is trouble of the machine: nothing is recorded of it", async () => {
  const { path, vault } = await vaultOf({ key: { token: OLD } });
  const { origin, requests } = await serve((_, response) => {
    response.setHeader("content-type", "application/json");
    void rename(path, `${path}.away`).then(() => response.end("{}"));
  });
  const folder = join(await newFolder(), "run");
  const tasks = [{ a: get("/x", bearer) }, { b: get("/y", bearer) }];
  const stuck = await errorOf(
    started(tasks, origin, {
      secrets: vault,
      recorder: folderRecorder(folder),
      trouble: { tries: 2, pause: 1 },
    }),
  );
  expect([stuck.code, stuck.why]).toEqual([
    "REACH-E3009",
    "the secrets cannot be read: The file cannot be read. (REACH-E4102); it was tried 2 times",
  ]);
  expect(requests).toHaveLength(1);
  await expect(readKept(createEngine(), runFolder(folder))).resolves.toMatchObject({
    ended: undefined,
  });
  await rename(`${path}.away`, path);
  const fixed = await serve((_, response) => {
    response.setHeader("content-type", "application/json");
    response.end("{}");
  });
  const ended = await resume({
    engine: createEngine(),
    run: runFolder(folder),
    secrets: vault,
    addresses: { [A]: fixed.origin },
  });
  expect(ended.status).toBe("completed");
});

it("VAULT-12: an input that holds a secret of the run is refused, and nothing is recorded", async () => {
  const { origin, requests } = await serve((_, response) => response.end("{}"));
  const { vault } = await vaultOf({ key: { token: OLD } });
  const folder = join(await newFolder(), "run");
  for (const [input, secrets] of [
    [{ note: `call with ${OLD}` }, vault],
    [{ note: Buffer.from(`x${OLD}`).toString("base64") }, { key: { token: OLD } }],
    [{ parts: [OLD.slice(0, 8), OLD.slice(8)] }, { key: { token: OLD } }],
  ] as const) {
    const error = await errorOf(
      started([{ a: get("/x", bearer) }], origin, {
        input: canonicalize(JSON.stringify(input)),
        recorder: folderRecorder(folder),
        secrets,
      }),
    );
    expect([error.code, error.where]).toEqual(["REACH-E3012", "the input"]);
    expect(JSON.stringify(error) + error.stack).not.toContain(OLD);
  }
  expect([existsSync(folder), requests.length]).toEqual([false, 0]);
});

it("VAULT-12: an event or a command that holds one is not taken, and told; the run goes on", async () => {
  const { origin } = await serve((_, response) => response.end("{}"));
  const told: object[] = [];
  const data = (text: string) => ({ ...event, id: text.slice(0, 5), data: { text } });
  const ended = await started([{ a: listen }], origin, {
    secrets: { key: { token: OLD } },
    commands: (async function* () {
      yield { command: "suspend" as const, reason: `found ${OLD}` };
    })(),
    events: (async function* () {
      yield data(`the key is ${OLD}`);
      yield data("all is well");
    })(),
    onRefused: (refused) => told.push(refused),
  });
  expect(ended.status).toBe("completed");
  expect(told).toMatchObject([
    { what: "event", code: "REACH-E3012" },
    { what: "command", code: "REACH-E3012" },
  ]);
  expect(textOf(ended)).toContain("all is well");
  expect(textOf(ended) + JSON.stringify(told)).not.toContain(OLD);
});

it("VAULT-12: so is an answer that a person gives", async () => {
  const { origin } = await serve((_, response) => response.destroy());
  const folder = join(await newFolder(), "run");
  const stop = new AbortController();
  const post = {
    call: "http",
    with: { method: "post", endpoint: { uri: `${A}/x`, authentication: bearer } },
  };
  const key = { token: OLD };
  const work = started([{ a: post }], origin, {
    secrets: { key },
    recorder: folderRecorder(folder),
    signal: stop.signal,
    effects: {
      fetch: () => {
        stop.abort(new Error("enough"));
        return new Promise(() => undefined);
      },
    },
  });
  await expect(work).rejects.toMatchObject({ code: "REACH-E3002" });
  const resolved = (body: string): Promise<unknown> =>
    resolveEffect({
      engine: createEngine(),
      run: runFolder(folder),
      key: "0",
      by: "clerk-7",
      as: { result: { status: 200, headers: {} }, body: utf8(body) },
      at,
      secrets: { key },
    });
  const error = await errorOf(resolved(JSON.stringify({ done: OLD })));
  expect([error.code, error.where]).toEqual(["REACH-E3012", "the answer"]);
  await expect(resolved(JSON.stringify({ done: true }))).resolves.toMatchObject({ key: "0" });
});
