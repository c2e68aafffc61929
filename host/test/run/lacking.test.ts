// GRANT-17, with a process that has no descriptor left: no kind of effect takes that for an answer of the world.
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { json, newFolder, serve } from "../helpers.ts";

const A = "https://bureau.example";
const proto = `syntax = "proto3"; package p; message M { string a = 1; } service S { rpc Do (M) returns (M); }`;

/** The calls, all of which go to one server. */
const calls = {
  http: { call: "http", with: { method: "post", endpoint: `${A}/pay`, body: {} } },
  llm: { call: "llm", with: { model: "small", prompt: "Well?" } },
  mcp: {
    call: "mcp",
    with: { method: "tools/list", transport: { http: { endpoint: `${A}/mcp` } } },
  },
  grpc: {
    call: "grpc",
    with: {
      proto: { endpoint: "p.proto" },
      service: { name: "p.S", host: "bureau.example" },
      method: "Do",
      arguments: { a: "x" },
    },
  },
  token: {
    call: "http",
    with: {
      method: "post",
      endpoint: { uri: `${A}/pay`, authentication: { oauth2: { use: "app" } } },
      body: {},
    },
  },
} as const;

/** Runs the workflow: as it is unless it is to be cold, without a descriptor, until there are some again, and as it is. */
const program = `
  import { closeSync, openSync } from "node:fs";
  import { createEngine } from "@reach-fabric/engine";
  import { loadPack, memoryRecorder, run } from "@reach-fabric/host";
  const [workflow, options, cold] = process.argv.slice(1);
  const pack = await loadPack(workflow);
  const go = (trouble) =>
    run({ engine: createEngine(), pack, input: new TextEncoder().encode("{}"),
      recorder: memoryRecorder({ id: "1" }), trouble, ...JSON.parse(options) })
      .then(({ status, decision }) => status + " " + decision, ({ code, why }) => code + " " + why);
  if (cold !== "cold") await go({});
  const taken = [];
  try { for (;;) taken.push(openSync("/dev/null")); } catch {}
  const lacking = await go({ tries: 2, pause: 5 });
  setTimeout(() => { for (const each of taken) closeSync(each); }, 300);
  const later = await go({});
  const usual = await go({});
  console.log(JSON.stringify({ usual, lacking, later }));
  process.exit(0);`;

const unix = describe.skipIf(process.platform === "win32");
unix("GRANT-17: without a descriptor", () => {
  const cases = Object.entries(calls).flatMap(([kind, call]) => [
    { kind, host: "127.0.0.1", call },
    { kind, host: "localhost", call },
  ]);
  // A resolver that has not been asked before says of a name that is there that it is not.
  const cold = { kind: "http", host: "localhost", call: calls.http, before: "cold" };
  const named = [...cases, cold].map((each) => ({ before: "warm", ...each }));
  test.each(named)(
    "$kind to $host, $before, is tried again, and gives no answer",
    async ({ kind, host, call, before }) => {
      const { port } = await serve((request, response, body) => {
        const token = { access_token: "tok-1234567", token_type: "Bearer" };
        json(request.url === "/realm/oauth2/token" ? token : {})(request, response, body);
      });
      const origin = `http://${host}:${port}`;
      const folder = await newFolder();
      const document = { dsl: "1.0.3", namespace: "test", name: "lacking", version: "1.0.0" };
      const refer = { refer: { set: { refer: "${ $error }" } } };
      const tasks = [{ ask: { try: [{ it: call }], catch: { do: [refer] } } }];
      const use = kind === "token" ? { secrets: ["app"] } : {};
      await writeFile(join(folder, "w.json"), JSON.stringify({ document, use, do: tasks }));
      await writeFile(join(folder, "p.proto"), proto);
      const client = { id: "me", secret: "s3cret-of-me" };
      const options = {
        grant: {
          http: [{ origin: A, methods: ["POST"], paths: ["/*"] }],
          mcp: [{ server: `${A}/mcp`, calls: ["*"] }],
          models: ["small"],
          secrets: [{ name: "app", origins: [A] }],
        },
        addresses: { [A]: origin },
        providers: { small: { api: "openai-chat", url: `${origin}/v1`, model: "theirs" } },
        secrets: { app: { authority: `${A}/realm`, grant: "client_credentials", client } },
      };
      const args = ["--conditions=reach-source", "--input-type=module", "-e", program];
      // 60 descriptors are enough for all that such a run needs.
      const child = spawn(
        "/bin/sh",
        [
          "-c",
          'ulimit -n 60; exec "$0" "$@"',
          process.execPath,
          ...args,
          join(folder, "w.json"),
          JSON.stringify(options),
          before,
        ],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      const told = JSON.parse(await textOf(child.stdout)) as Record<string, string>;
      expect(told["usual"]).toMatch(/^completed [0-9a-f]{64}$/);
      expect(told["lacking"]).toMatch(
        /^REACH-E3009 .*(?:EMFILE|could not look up the name).*2 times$/,
      );
      expect(told["later"]).toBe(told["usual"]);
    },
  );
});
