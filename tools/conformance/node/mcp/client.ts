// The client that the conformance suite of MCP runs: a workflow for each scenario, whose calls the host performs as it does
// for any run. The suite gives the server's URL as the last argument, and the scenario in the environment.
import { randomUUID, sign } from "node:crypto";
import { createEngine, makePack, utf8 } from "@reach-fabric/engine";
import { memoryRecorder, run } from "@reach-fabric/host";
import type { RunOptions } from "@reach-fabric/host";

type Task = Record<string, unknown>;

const [scenario = "", revision = ""] = [
  process.env["MCP_CONFORMANCE_SCENARIO"],
  process.env["MCP_CONFORMANCE_PROTOCOL_VERSION"],
];
const context = JSON.parse(process.env["MCP_CONFORMANCE_CONTEXT"] ?? "{}") as {
  readonly toolCalls?: readonly object[];
  readonly client_id?: string;
  readonly client_secret?: string;
  readonly private_key_pem?: string;
};
const url = new URL(process.argv.at(-1) ?? "");
const endpoint = url.origin + (url.pathname === "/" ? "/" : url.pathname);
// With `auto` the host finds the revision out, which is what a workflow without a pin does.
const pinned = scenario === "tools_call" ? {} : { protocolVersion: revision };

let count = 0;
const isClient = context.client_id !== undefined;
const http = {
  endpoint: isClient ? { uri: endpoint, authentication: { oauth2: { use: "client" } } } : endpoint,
};
const call = (method: string, parameters: object | string = {}): Task => ({
  [`call${(count += 1)}`]: {
    call: "mcp",
    with: { method, parameters, ...pinned, transport: { http } },
  },
});
/** What fails is caught: a model that calls tools goes on with the next one. */
const anyway = (task: Task): Task => ({
  [`try${(count += 1)}`]: { try: [task], catch: { do: [{ [`done${count}`]: { set: {} } }] } },
});
const list = call("tools/list");
const keep = (task: Task): Task =>
  Object.fromEntries(
    Object.entries(task).map(([name, body]) => [
      name,
      { ...(body as object), export: { as: "${ . }" } },
    ]),
  );
/** Every tool that the server lists, as something that takes its word would call them. */
const callAll = {
  all: {
    for: { each: "tool", in: "${ $context.tools }" },
    do: [anyway(call("tools/call", { name: "${ $tool.name }", arguments: {} }))],
  },
};

const workflows: Readonly<Record<string, readonly Task[]>> = {
  initialize: [list],
  tools_call: [list, call("tools/call", { name: "add_numbers", arguments: { a: 5, b: 3 } })],
  "sse-retry": [call("tools/call", { name: "test_reconnection", arguments: {} })],
  "request-metadata": [anyway(list), anyway(list)],
  "http-standard-headers": [
    list,
    keep(call("tools/list")),
    callAll,
    keep(call("resources/list")),
    {
      read: {
        for: { each: "one", in: "${ $context.resources }" },
        do: [anyway(call("resources/read", { uri: "${ $one.uri }" }))],
      },
    },
    keep(call("prompts/list")),
    {
      get: {
        for: { each: "one", in: "${ $context.prompts }" },
        do: [anyway(call("prompts/get", { name: "${ $one.name }" }))],
      },
    },
  ],
  "http-custom-headers": [list, ...(context.toolCalls ?? []).map((one) => call("tools/call", one))],
  "http-invalid-tool-headers": [keep(list), callAll],
  "json-schema-ref-no-deref": [list],
  "json-schema-2020-12-preservation": [
    keep(list),
    call("tools/call", {
      name: "${ $context.tools[1].name }",
      arguments: { schema: "${ $context.tools[0].inputSchema }" },
    }),
  ],
};
/** Whatever the scenario: list the tools, and call each. */
const rest = [keep(list), callAll];

const here = (origin: string): string => `http://127.0.0.1:${new URL(origin).port}`;

/** What an operator does who knows the server's authority: it is granted, and the client's secret may go there. */
async function operatorOf(): Promise<Pick<RunOptions, "grant" | "addresses" | "secrets">> {
  const metadata = `${here(url.origin)}/.well-known/oauth-protected-resource${url.pathname}`;
  const said = (await (await fetch(metadata)).json()) as { authorization_servers: [string] };
  const { origin } = new URL(said.authorization_servers[0]);
  const { client_id: id = "", client_secret: secret, private_key_pem: pem } = context;
  const client =
    secret === undefined
      ? { id, authentication: "private_key_jwt", assertion: assertionOf(id, origin, pem ?? "") }
      : { id, authentication: "client_secret_basic", secret };
  return {
    grant: {
      http: [
        { origin, methods: ["GET", "POST"], paths: ["/*"] },
        { origin: url.origin, methods: ["GET"], paths: ["/.well-known/*"] },
      ],
      secrets: [{ name: "client", origins: [url.origin, origin] }],
    },
    addresses: { [origin]: here(origin) },
    secrets: { client: { grant: "client_credentials", client } },
  };
}

/** RFC 7523, 2.2, as whoever holds the key makes it. */
function assertionOf(id: string, issuer: string, pem: string): string {
  const encoded = (value: object): string =>
    Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: id, sub: id, aud: issuer, jti: randomUUID(), iat: now, exp: now + 300 };
  const text = `${encoded({ alg: "ES256", typ: "JWT" })}.${encoded(claims)}`;
  const key = { key: pem, dsaEncoding: "ieee-p1363" as const };
  return `${text}.${sign("sha256", Buffer.from(text), key).toString("base64url")}`;
}

const operator = isClient ? await operatorOf() : {};
const engine = createEngine();
const use = { secrets: ["client"] };
const document = { dsl: "1.0.3", namespace: "conformance", name: "client", version: "1.0.0" };
const pack = makePack(engine, {
  id: "conformance/client",
  version: "1.0.0",
  workflows: { "w.json": JSON.stringify({ document, use, do: workflows[scenario] ?? rest }) },
});
const options: RunOptions = {
  engine,
  pack,
  input: utf8("{}"),
  recorder: memoryRecorder(),
  grant: { mcp: [{ server: endpoint, calls: ["*"] }], ...(isClient ? operator.grant : {}) },
  addresses: { [url.origin]: here(url.origin), ...(isClient ? operator.addresses : {}) },
  ...(operator.secrets ? { secrets: operator.secrets } : {}),
  egress: { total: 10_000 },
};
const { status, error } = await run(options);
process.stdout.write(`${status} ${JSON.stringify(error ?? null)}\n`);
process.exitCode = status === "completed" ? 0 : 1;
