// call grpc against a real gRPC server on loopback (WF-64, WF-65).
import { Metadata, Server, ServerCredentials, status } from "@grpc/grpc-js";
import type { sendUnaryData, ServerUnaryCall } from "@grpc/grpc-js";
import { writeFile } from "node:fs/promises";
import { constants, createServer } from "node:http2";
import { connect, createServer as createTcpServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import { canonicalize, createEngine, fromUtf8, replay } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import { createPerformer, loadPack, memoryRecorder, run } from "@reach-fabric/host";
import { methodOf, MOST_VALUES } from "@reach-fabric/host/testing";
import type { Performer, RunOptions, RunResult } from "@reach-fabric/host";
import { errorOf, later, newFolder } from "../helpers.ts";

/** Two bytes of a message, and a hundred values of what is made of it. */
const WIDE = Array.from({ length: 100 }, (_, i) => `int32 f${i} = ${i + 1};`).join(" ");
const proto = `
syntax = "proto3";
package greeter.v1;
import "google/protobuf/timestamp.proto";
enum Tone { PLAIN = 0; WARM = 1; }
message HelloRequest { string name = 1; int64 count = 2; Tone tone = 3; bytes seal = 4; }
message HelloReply {
  string message = 1; int64 count = 2; Tone tone = 3; repeated string tags = 4; bytes seal = 5;
  google.protobuf.Timestamp at = 6;
  repeated Wide wide = 7;
}
message Wide { ${WIDE} }
service Greeter {
  rpc SayHello (HelloRequest) returns (HelloReply);
  rpc Chat (stream HelloRequest) returns (stream HelloReply);
}`;
const origin = "https://greeter.example:5011";
const path = "/greeter.v1.Greeter/SayHello";
const grant = { http: [{ origin, methods: ["POST" as const], paths: [path] }] };

interface Told {
  readonly name: string;
  readonly metadata: Metadata;
}

/** A server that greets, or does what a name asks for. */
async function greeter(): Promise<{ address: string; told: Told[] }> {
  const root = protobuf.parse(proto, new protobuf.Root(), { keepCase: true }).root;
  root.addJSON(
    (protobuf.common.get("google/protobuf/timestamp.proto") as { nested: never }).nested,
  );
  const [request, reply] = ["HelloRequest", "HelloReply"].map((name) =>
    root.lookupType(`greeter.v1.${name}`),
  ) as [protobuf.Type, protobuf.Type];
  const told: Told[] = [];
  const server = new Server();
  const sayHello = (
    call: ServerUnaryCall<Record<string, unknown>, object>,
    answer: sendUnaryData<object>,
  ): void => {
    const name = String(call.request["name"]);
    told.push({ name, metadata: call.metadata });
    if (name === "nobody") return answer({ code: status.NOT_FOUND, details: "no such person" });
    if (name === "slow") return;
    if (name === "cut") {
      const [proof = ""] = call.metadata.get("authorization").map(String);
      return answer({ code: status.UNAUTHENTICATED, details: `${"x".repeat(980)}${proof}` });
    }
    const [, kind, count = ""] = /^(empty|wide) (\d+)$/.exec(name) ?? [];
    if (kind !== undefined) {
      const list = Array.from({ length: Number(count) }, () => (kind === "wide" ? {} : ""));
      return answer(null, kind === "wide" ? { wide: list } : { tags: list });
    }
    const [proof = ""] = call.metadata.get("authorization").map(String);
    const said = name === "echo" ? proof : `Hello ${name}`;
    const message = name === "long" ? "x".repeat(5000) : said;
    answer(null, { ...call.request, message, at: { seconds: 7 } });
  };
  server.addService(
    {
      sayHello: {
        path,
        requestStream: false,
        responseStream: false,
        requestSerialize: (value: object) =>
          Buffer.from(request.encode(request.fromObject(value)).finish()),
        requestDeserialize: (bytes: Buffer) => request.decode(bytes),
        responseSerialize: (value: object) =>
          Buffer.from(reply.encode(reply.fromObject(value)).finish()),
        responseDeserialize: (bytes: Buffer) => reply.decode(bytes),
      },
    },
    { sayHello },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  later(() => server.forceShutdown());
  return { address: `http://127.0.0.1:${port}`, told };
}

async function packOf(args: object = {}, definition = proto): Promise<Pack> {
  const folder = await newFolder();
  await writeFile(join(folder, "greeter.proto"), definition);
  const document = { dsl: "1.0.3", namespace: "test", name: "grpc", version: "1.0.0" };
  const given = {
    proto: { endpoint: "greeter.proto" },
    service: { name: "greeter.v1.Greeter", host: "greeter.example", port: 5011 },
    method: "SayHello",
    arguments: { name: "${ .name }", count: "9007199254740993", tone: "WARM", seal: "AAEC" },
    ...args,
  };
  const list = [{ greet: { call: "grpc", with: given } }];
  await writeFile(
    join(folder, "w.json"),
    JSON.stringify({ document, use: { secrets: ["key"] }, do: list }),
  );
  return loadPack(join(folder, "w.json"));
}

async function runWith(
  address: string,
  name: string,
  more: Partial<RunOptions> = {},
  args: object = {},
): Promise<RunResult> {
  const pack = await packOf(args);
  const result = await run({
    engine: createEngine(),
    pack,
    input: canonicalize(JSON.stringify({ name })),
    recorder: memoryRecorder(),
    grant,
    addresses: { [origin]: address },
    ...more,
  });
  expect(replay(createEngine(), pack, result.records).status).toBe("reproduced");
  return result;
}

describe("a call of a gRPC service", () => {
  it("gives the message in ProtoJSON, with all its fields", async () => {
    const { address, told } = await greeter();
    const { output } = await runWith(address, "Ada");
    expect(output).toEqual({
      message: "Hello Ada",
      count: "9007199254740993",
      tone: "WARM",
      tags: [],
      seal: "AAEC",
      at: { seconds: "7", nanos: 0 },
      wide: [],
    });
    expect(told[0]?.metadata.get("idempotency-key")).toEqual([
      expect.stringMatching(/^[0-9a-f]{64}$/),
    ]);
    expect(told[0]?.metadata.get("x-reach-attempt")).toEqual(["1"]);
  });

  it("is a failure, and no code of the service's, where the stream is reset", async () => {
    const server = createServer();
    server.on("stream", (stream) => {
      stream.on("error", () => undefined);
      stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    later(() => server.close());
    const { port } = server.address() as AddressInfo;
    const result = await runWith(`http://127.0.0.1:${port}`, "Ada");
    expect(result.error).toMatchObject({ status: 503, detail: "reset" });
  });

  it("sends a secret to its service, and records it nowhere", async () => {
    const { address, told } = await greeter();
    const service = {
      name: "greeter.v1.Greeter",
      host: "greeter.example",
      port: 5011,
      authentication: { bearer: { use: "key" } },
    };
    const more = {
      grant: { ...grant, secrets: [{ name: "key", origins: [origin] }] },
      secrets: { key: { token: "tok-abcdef" } },
    };
    const result = await runWith(address, "Ada", more, { service });
    expect(result.status).toBe("completed");
    expect(told[0]?.metadata.get("authorization")).toEqual(["Bearer tok-abcdef"]);
    expect(result.records.map((bytes) => fromUtf8(bytes)).join()).not.toContain("tok-abcdef");
    const denied = await runWith(address, "Ada", { secrets: more.secrets }, { service });
    expect(denied.error).toMatchObject({ status: 403 });
    const echoed = await runWith(address, "echo", more, { service });
    expect(echoed.error).toMatchObject({ status: 403, detail: "denied" });
    const beyond = await runWith(address, "cut", more, { service });
    expect(beyond.error).toMatchObject({ status: 403, detail: "denied" });
  });

  it("faults with the service's status", async () => {
    const { address } = await greeter();
    expect((await runWith(address, "nobody")).error).toMatchObject({
      status: 404,
      title: "The gRPC service answered with an error",
      detail: "5 no such person",
    });
  });

  it.each([
    ["refused", "Ada", {}, "http://127.0.0.1:9"],
    ["timeout", "slow", { egress: { total: 300 } }, undefined],
    ["tooLarge", "long", { egress: { bytes: 1000 } }, undefined],
  ])("faults when there is no answer: %s", async (failure, name, more, elsewhere) => {
    const { address } = await greeter();
    const { error } = await runWith(elsewhere ?? address, name, more);
    expect(error).toMatchObject({ detail: failure });
    expect(JSON.stringify(error)).not.toContain("127.0.0.1");
  });

  it("is denied where the grant does not name its method, and goes to no private address", async () => {
    const { address, told } = await greeter();
    const other = {
      http: [{ origin, methods: ["POST" as const], paths: ["/greeter.v1.Greeter/Other"] }],
    };
    expect((await runWith(address, "Ada", { grant: other })).error).toMatchObject({
      status: 403,
      detail: `POST ${origin}${path}`,
    });
    const inside = "https://127.0.0.1:5011";
    const open = { http: [{ origin: inside, methods: ["POST" as const], paths: [path] }] };
    const service = { name: "greeter.v1.Greeter", host: "127.0.0.1", port: 5011 };
    const { error } = await runWith(address, "Ada", { grant: open }, { service });
    expect(error).toMatchObject({ status: 403, detail: "denied" });
    expect(told).toHaveLength(0);
  });

  it.each([
    ["a field that the message does not have", { nam: "x" }],
    ["a value that its field cannot have", { name: 5, tone: "LOUD" }],
  ])("is not made with %s", async (_, given) => {
    const { address, told } = await greeter();
    const { error } = await runWith(address, "Ada", {}, { arguments: given });
    expect(error).toMatchObject({ detail: "protocol" });
    expect(told).toHaveLength(0);
  });

  it.each([
    ["a method that is not defined", { method: "SayBye" }, proto, /no method SayBye/],
    [
      "a service that is not defined",
      { service: { name: "greeter.v1.None", host: "a.example" } },
      proto,
      /None/,
    ],
    ["a definition that cannot be read", {}, "syntax = proto3", /./],
    ["a definition with other files", {}, `import "other.proto";${proto}`, /other\.proto|syntax/],
  ])("is refused when the pack is made: %s", async (_, args, definition, words) => {
    const error = await errorOf(packOf(args, definition));
    expect(error.code).toBe("REACH-E4215");
    expect(error.why).toMatch(words);
  });

  it("is not built for a method that streams", async () => {
    const error = await errorOf(packOf({ method: "Chat" }, proto));
    expect([error.code, error.message]).toEqual([
      "REACH-E4214",
      "The method greeter.v1.Greeter/Chat, which streams: not built yet.",
    ]);
  });
});

/** A way to an address that counts the connections that are made. */
async function gate(address: string, at = 0): Promise<{ address: string; made: Socket[] }> {
  const made: Socket[] = [];
  const server = createTcpServer((socket) => {
    made.push(socket);
    const to = connect(Number(new URL(address).port), "127.0.0.1");
    for (const [one, other] of [
      [socket, to],
      [to, socket],
    ] as const) {
      one.pipe(other);
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(at, "127.0.0.1", resolve));
  later(() => {
    for (const socket of made) socket.destroy();
    server.close();
  });
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, made };
}

describe("what an answer may cost", () => {
  it.each([
    ["values in a list", "empty 300000", "tooLarge"],
    ["fields that are only defaults", "wide 3000", "tooLarge"],
    ["fewer of both", "wide 2000", undefined],
  ])("GRANT-10: is bounded by %s", async (_, name, failure) => {
    const { address } = await greeter();
    const { status, error } = await runWith(address, name);
    if (failure === undefined) expect(status).toBe("completed");
    else expect(error).toMatchObject({ detail: failure });
  });

  it("GRANT-10: decoding stops at the field that is one too many", () => {
    const method = methodOf(proto, "greeter.v1.Greeter", "SayHello");
    if ("why" in method) throw new Error(method.why);
    // What is behind it would be found to be no message.
    const bytes = new Uint8Array(2 * MOST_VALUES + 3).fill(0xff);
    for (let i = 0; i <= MOST_VALUES; i += 1) bytes.set([0x3a, 0], 2 * i);
    expect(() => method.decode(bytes)).toThrow(
      expect.objectContaining({ failure: "tooLarge" }) as Error,
    );
    expect(() => method.decode(new Uint8Array([0xff]))).toThrow(RangeError);
  });

  it("GRANT-21: and by what the entry of the grant says", async () => {
    const { address } = await greeter();
    const entry = { origin, methods: ["POST" as const], paths: [path], limits: { bytes: 1000 } };
    const large = await runWith(address, "long", { bounds: { http: [entry] } });
    expect(large.error).toMatchObject({ detail: "tooLarge" });
    const quick = { ...entry, limits: { total: 300 } };
    const late = await runWith(address, "slow", { bounds: { http: [quick] } });
    expect(late.error).toMatchObject({ detail: "timeout" });
  });
});

describe("connections to a gRPC service", () => {
  const record = (name: string): object => ({
    kind: "request",
    type: "grpc",
    key: "k",
    seq: 1,
    request: {
      uri: origin + path,
      proto: "greeter.proto",
      service: "greeter.v1.Greeter",
      method: "SayHello",
      arguments: { name },
    },
  });
  const performed = async (performer: Performer, name: string): Promise<object> =>
    (await performer.perform(record(name) as never, new AbortController().signal)).result;

  it("are one for all calls of a run, and end with it", async () => {
    const { address, made } = await gate((await greeter()).address);
    const addresses = { [origin]: address };
    const performer = createPerformer({ pack: await packOf(), grant, addresses });
    const results = await Promise.all(
      ["Ada", "Bob", "nobody"].map((name) => performed(performer, name)),
    );
    expect(results).toMatchObject([
      { value: { message: "Hello Ada" } },
      { value: { message: "Hello Bob" } },
      { code: 5 },
    ]);
    expect(await performed(performer, "Eve")).toMatchObject({ value: { message: "Hello Eve" } });
    expect(made).toHaveLength(1);
    const ended = new Promise((resolve) => made[0]?.once("close", resolve));
    await performer.close();
    await ended;
    expect(await performed(performer, "Ada")).toMatchObject({ failure: "protocol" });
    expect(made).toHaveLength(1);
  });

  it("are made anew for the next call where the service was not there", async () => {
    const { address } = await greeter();
    const server = createTcpServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const addresses = { [origin]: `http://127.0.0.1:${port}` };
    const performer = createPerformer({ pack: await packOf(), grant, addresses });
    later(() => performer.close());
    expect(await performed(performer, "Ada")).toEqual({ failure: "refused" });
    await gate(address, port);
    expect(await performed(performer, "Ada")).toMatchObject({ value: { message: "Hello Ada" } });
  });
});
