// The examples of the Open Workflow specification, each by its name: it compiles, or it is refused for a
// reason in the table of docs/spec/workflow.md (WF-2).
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { createEngine } from "@reach-fabric/engine";
import { loadPack, ReachError } from "@reach-fabric/host";
import { newFolder } from "../helpers.ts";

const vectors = new URL("../../../../shared/vectors/openworkflow/", import.meta.url).pathname;
const here = existsSync(vectors);
const page = new URL("../../../docs/spec/workflow.md", import.meta.url).pathname;

const stdio = "`call: mcp` by `stdio`";
const forTime =
  "`call: asyncapi` that publishes by another protocol than http, or that consumes `for` a time";
const foreign = "`run.script`, `run.container`";
const shell = "`run.shell`";
const fine = "";

/** File by file: the row of the table that it is refused for, or that it compiles. */
const examples: Readonly<Record<string, string>> = {
  "accumulate-room-readings.yaml": fine,
  "authentication-bearer-uri-format.yaml": fine,
  "authentication-bearer.yaml": fine,
  "authentication-oauth2-secret.yaml": fine,
  "authentication-oauth2.yaml": fine,
  "authentication-oidc-secret.yaml": fine,
  "authentication-oidc.yaml": fine,
  "authentication-reusable.yaml": fine,
  "call-asyncapi-publish.yaml": fine,
  "call-asyncapi-subscribe-consume-amount.yaml": fine,
  "call-asyncapi-subscribe-consume-forever-foreach.yaml": fine,
  "call-asyncapi-subscribe-consume-until.yaml": forTime,
  "call-asyncapi-subscribe-consume-while.yaml": fine,
  "call-custom-function-cataloged.yaml": fine,
  "call-custom-function-inline.yaml": fine,
  "call-grpc.yaml": fine,
  "call-http-endpoint-interpolation-shorthand.yaml": fine,
  "call-http-endpoint-interpolation.yaml": fine,
  "call-http-query-headers-expressions.yaml": fine,
  "call-http-query-parameters.yaml": fine,
  "call-http-redirect.yaml": fine,
  "call-mcp.yaml": stdio,
  "call-openapi-redirect.yaml": fine,
  "call-openapi.yaml": fine,
  "conditional-task.yaml": fine,
  "do-multiple.yaml": fine,
  "do-single.yaml": fine,
  "emit.yaml": fine,
  "for-inline-array.yaml": fine,
  "for.yaml": fine,
  "fork.yaml": fine,
  "listen-to-all read-envelope.yaml": fine,
  "listen-to-all.yaml": fine,
  "listen-to-any-filter.yaml": fine,
  "listen-to-any-forever-foreach.yaml": fine,
  "listen-to-any-until-condition.yaml": fine,
  "listen-to-any-until-consumed.yaml": fine,
  "listen-to-any.yaml": fine,
  "listen-to-one.yaml": fine,
  "mock-service-extension.yaml": fine,
  "raise-inline.yaml": fine,
  "raise-reusable.yaml": fine,
  "run-container-cleanup-always.yaml": foreign,
  "run-container-cleanup-eventually.yaml": foreign,
  "run-container-stdin-and-arguments.yaml": foreign,
  "run-container-with-name.yaml": foreign,
  "run-container-with-pull-policy.yaml": foreign,
  "run-container.yaml": foreign,
  "run-return-all.yaml": foreign,
  "run-return-code.yaml": foreign,
  "run-return-none.yaml": foreign,
  "run-return-stderr.yaml": foreign,
  "run-script-with-stdin-and-arguments.yaml": foreign,
  "run-shell-stdin-and-arguments.yaml": shell,
  "run-subflow.yaml": fine,
  "schedule-cron.yaml": fine,
  "schedule-event-driven.yaml": fine,
  "set-expression.yaml": fine,
  "set.yaml": fine,
  "star-wars-homeworld.yaml": fine,
  "switch-then-string.yaml": fine,
  "try-catch-retry-inline.yaml": fine,
  "try-catch-retry-reusable.yaml": fine,
  "try-catch-then-directive.yaml": fine,
  "try-catch-then.yaml": fine,
  "try-catch.yaml": fine,
  "wait-duration-inline.yaml": fine,
  "wait-duration-iso8601.yaml": fine,
};
const invalid = [
  "extra-property-in-call.yaml",
  "listen-any-until-any-until.yaml",
  "two-tasks-in-one-item.yaml",
];

/** What the examples name and the vectors do not hold: documents of our own, pinned. */
const operation = (operationId: string): object => ({ operationId, responses: {} });
const resources: Readonly<Record<string, unknown>> = {
  "https://petstore.swagger.io/v2/swagger.json": {
    swagger: "2.0",
    host: "petstore.swagger.io",
    basePath: "/v2",
    paths: {
      "/pet/findByStatus": {
        get: { ...operation("findPetsByStatus"), parameters: [{ name: "status", in: "query" }] },
      },
    },
  },
  "http://myorg.io/ordersservices.json": {
    openapi: "3.1.0",
    servers: [{ url: "/orders" }],
    paths: { "/log": { post: operation("logreading"), get: operation("produceReport") } },
  },
  "https://raw.githubusercontent.com/serverlessworkflow/catalog/main/functions/log/1.0.0/function.yaml":
    { set: { logged: "${ .message }" } },
  "https://fake.com/docs/asyncapi.json": {
    asyncapi: "3.0.0",
    servers: {
      staging: { host: "staging.example", protocol: "https" },
      live: { host: "live.example", protocol: "ws" },
    },
    channels: { pets: { address: "pets" } },
    operations: {
      findPetsByStatus: { action: "send", channel: { $ref: "#/channels/pets" } },
      getNotifications: { action: "receive", channel: { $ref: "#/channels/pets" } },
    },
  },
  "file://app/greet.proto": `
    syntax = "proto3";
    package GreeterApi;
    message Request { string name = 1; }
    message Reply { string message = 1; }
    service Greeter { rpc SayHello (Request) returns (Reply); }`,
};

/** The workflow that one of them runs. */
const child = {
  document: { dsl: "1.0.3", namespace: "test", name: "register-customer", version: "0.1.0" },
  do: [{ registered: { set: "${ .customer }" } }],
};

/** What becomes of a document, in a folder of its own with everything pinned: its code, or null. */
async function outcome(path: string): Promise<ReachError | null> {
  const folder = await newFolder();
  await copyFile(path, join(folder, "workflow.yaml"));
  await writeFile(join(folder, "child.json"), JSON.stringify(child));
  const pins: Record<string, object> = {};
  for (const [index, [uri, document]] of Object.entries(resources).entries()) {
    const file = `pinned/${index}.json`;
    const text = typeof document === "string" ? document : JSON.stringify(document);
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
    pins[uri] = { file, sha256: createHash("sha256").update(text).digest("hex") };
  }
  const format = "reach/pins/v1";
  await writeFile(join(folder, "reach.pins.json"), JSON.stringify({ format, pins }));
  try {
    createEngine().load(await loadPack(join(folder, "workflow.yaml")));
    return null;
  } catch (error) {
    if (error instanceof ReachError) return error;
    throw error;
  }
}

it.skipIf(!here).each(Object.entries(examples))("example %s", async (name, row) => {
  const error = await outcome(join(vectors, "examples", name));
  if (row === fine) {
    expect(error).toBeNull();
    return;
  }
  const line = (await readFile(page, "utf8"))
    .split("\n")
    .find((text) => text.startsWith(`| ${row} |`));
  expect(line, "the table has the row").toBeDefined();
  const codes = new Set([error?.code, ...(error?.problems ?? []).map(({ code }) => code)]);
  for (const code of codes) expect(line).toContain(code?.replace("REACH-", "") ?? "");
});

it.skipIf(!here).each(invalid)("invalid %s", async (name) => {
  expect((await outcome(join(vectors, "invalid", name)))?.code).toMatch(/^REACH-E42/);
});

it("every example and every invalid document is named above", async (context) => {
  if (!here) {
    context.skip("NOT CHECKED: no ../shared/vectors/openworkflow");
    return;
  }
  const names = async (folder: string): Promise<string[]> =>
    (await readdir(join(vectors, folder))).filter((name) => name.endsWith(".yaml")).sort();
  expect(await names("examples")).toEqual(Object.keys(examples).sort());
  expect(await names("invalid")).toEqual(invalid);
  expect(Object.keys(examples)).toHaveLength(68);
});
