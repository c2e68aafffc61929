// The compile step: what functions, OpenAPI calls and extensions become (WF-49 to WF-52).
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { canonicalize, createEngine, fromUtf8 } from "@reach-fabric/engine";
import { loadPack, memoryRecorder, run } from "@reach-fabric/host";
import type { Pack } from "@reach-fabric/engine";
import { errorOf, newFolder } from "../helpers.ts";

const head = { dsl: "1.0.3", namespace: "test", name: "compile", version: "1.0.0" };

interface Given {
  readonly do: unknown;
  readonly use?: unknown;
}

/** The pack of a workflow, with files and pins beside it. */
async function packOf(
  given: Given,
  files: Readonly<Record<string, unknown>> = {},
  pinned: Readonly<Record<string, string>> = {},
): Promise<Pack> {
  const folder = await newFolder();
  const pins: Record<string, object> = {};
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), JSON.stringify(content));
  }
  for (const [uri, file] of Object.entries(pinned)) {
    const text = JSON.stringify(files[file]);
    pins[uri] = { file, sha256: createHash("sha256").update(text).digest("hex") };
  }
  if (Object.keys(pins).length > 0) {
    const format = "reach/pins/v1";
    await writeFile(join(folder, "reach.pins.json"), JSON.stringify({ format, pins }));
  }
  await writeFile(join(folder, "w.json"), JSON.stringify({ document: head, ...given }));
  const pack = await loadPack(join(folder, "w.json"));
  createEngine().load(pack);
  return pack;
}
const tasksOf = (pack: Pack): unknown => {
  const file = pack.files.find(({ path }) => path === "w.json");
  return (JSON.parse(fromUtf8(file?.bytes ?? new Uint8Array())) as { do: unknown }).do;
};
const outputOf = async (pack: Pack, input: unknown = {}): Promise<unknown> =>
  (
    await run({
      engine: createEngine(),
      pack,
      input: canonicalize(JSON.stringify(input)),
      recorder: memoryRecorder(),
    })
  ).output;
const codeOf = async (...given: Parameters<typeof packOf>): Promise<string> =>
  (await errorOf(packOf(...given))).code;

it("a document without any of it is the pack's as it is", async () => {
  const pack = await packOf({ do: [{ a: { set: "1" } }] });
  expect(pack.files.map(({ path }) => path)).toEqual(["w.json"]);
});

describe("functions", () => {
  it("are put where they are called, on the values of `with`", async () => {
    const functions = {
      double: { input: { from: "{n: (.n * 2)}" }, set: { n: "${ .n }" } },
      quadruple: {
        do: [
          { first: { call: "double", with: { n: "${ .n }" } } },
          { second: { call: "double", with: { n: "${ .n }" }, output: { as: ".n" } } },
        ],
      },
    };
    const call = { call: "quadruple", with: { n: "${ .start }" }, output: { as: "{result: .}" } };
    const pack = await packOf({ use: { functions }, do: [{ a: call }] });
    expect(await outputOf(pack, { start: 3 })).toEqual({ result: 12 });
    const paths = pack.files.map(({ path }) => path);
    expect(paths).toEqual(["sources/w.json", "w.json"]);
  });

  it("keep what the call itself says", async () => {
    const functions = { f: { set: "{n: 1}" } };
    const list = [
      { a: { call: "f", if: "false" } },
      { b: { call: "f", then: "end", export: { as: "{was: .}" } } },
      { c: { set: "0" } },
    ];
    expect(await outputOf(await packOf({ use: { functions }, do: list }))).toEqual({ n: 1 });
  });

  it("of a catalog and at a URI are files of the pack", async () => {
    const catalogs = { ours: { endpoint: { uri: "https://a.example/catalog/" } } };
    const uri = "https://b.example/functions/f.json";
    const pack = await packOf(
      { use: { catalogs }, do: [{ a: { call: "log:1.0.0@ours" } }, { b: { call: uri } }] },
      { "pins/log.json": { call: uri }, "pins/f.json": { set: "{f: .}" } },
      {
        "https://a.example/catalog/functions/log/1.0.0/function.yaml": "pins/log.json",
        [uri]: "pins/f.json",
      },
    );
    expect(await outputOf(pack)).toEqual({ f: {} });
    expect(pack.files.map(({ path }) => path)).toEqual([
      "sources/pins/f.json",
      "sources/pins/log.json",
      "sources/w.json",
      "w.json",
    ]);
  });

  it("that are unknown, call themselves or are not pinned are refused", async () => {
    const call = [{ a: { call: "f" } }];
    expect(await codeOf({ do: call })).toBe("REACH-E4216");
    expect(await codeOf({ do: [{ a: { call: "constructor" } }] })).toBe("REACH-E4216");
    const functions = { f: { do: [{ b: { call: "g" } }] }, g: { do: call } };
    expect(await codeOf({ use: { functions }, do: call })).toBe("REACH-E4213");
    expect(await codeOf({ do: [{ a: { call: "f:1@nowhere" } }] })).toBe("REACH-E4216");
    expect(await codeOf({ do: [{ a: { call: "https://a.example/f" } }] })).toBe("REACH-E4213");
  });
});

describe("call openapi (WF-51)", () => {
  const openapi = {
    openapi: "3.1.0",
    servers: [{ url: "https://{region}.a.example/v1/", variables: { region: { default: "eu" } } }],
    components: { parameters: { trace: { name: "x-trace", in: "header" } } },
    paths: {
      "/orders/{id}/lines/{line}": {
        parameters: [{ name: "id", in: "path" }, { $ref: "#/components/parameters/trace" }],
        put: {
          operationId: "putLine",
          parameters: [
            { name: "line", in: "path" },
            { name: "tags", in: "query", explode: false },
            { name: "session", in: "cookie" },
          ],
          requestBody: {},
        },
      },
    },
  };
  const call = (parameters: object, more: object = {}): Given => ({
    do: [
      {
        a: {
          call: "openapi",
          with: { document: { endpoint: "api.json" }, operationId: "putLine", parameters, ...more },
        },
      },
    ],
  });

  it("is the http call that the operation stands for", async () => {
    const parameters = {
      id: "${ .id }",
      line: "a/b",
      tags: ["x", "y"],
      "x-trace": "t",
      body: { n: "${ .n }" },
    };
    const authentication = { bearer: { token: "k" } };
    const given = call(parameters, { authentication, output: "response" });
    const pack = await packOf(given, { "api.json": openapi });
    expect(tasksOf(pack)).toEqual([
      {
        a: {
          call: "http",
          with: {
            method: "put",
            endpoint: {
              uri: '${ "https://eu.a.example/v1/orders/" + (( .id ) | tostring | @uri) + "/lines/" + "a%2Fb" + "" }',
              authentication,
            },
            query: { tags: "x,y" },
            headers: { "x-trace": "t" },
            body: { n: "${ .n }" },
            output: "response",
          },
        },
      },
    ]);
    expect(pack.files.map(({ path }) => path)).toEqual([
      "sources/api.json",
      "sources/w.json",
      "w.json",
    ]);
  });

  it("with an operation or parameters that are not there is refused", async () => {
    const files = { "api.json": openapi };
    const good = { id: 1, line: 2 };
    expect(await codeOf(call(good, { operationId: "nope" }), files)).toBe("REACH-E4215");
    expect(await codeOf(call({ id: 1 }), files)).toBe("REACH-E4215");
    expect(await codeOf(call({ ...good, nope: 1 }), files)).toBe("REACH-E4215");
    expect(await codeOf(call({ ...good, session: 1 }), files)).toBe("REACH-E4215");
    expect(await codeOf(call({ ...good, id: { n: 1 } }), files)).toBe("REACH-E4215");
    expect(await codeOf(call(good))).toBe("REACH-E4102");
  });

  it("a pinned document that has changed is refused", async () => {
    const uri = "https://a.example/api.json";
    const given = call({ id: 1, line: 2 }, { document: { endpoint: uri } });
    const files = { "api.json": openapi, "other.json": { ...openapi, info: {} } };
    await packOf(given, files, { [uri]: "api.json" });
    const folder = await newFolder();
    const wrong = createHash("sha256").update("{}").digest("hex");
    const pins = { [uri]: { file: "api.json", sha256: wrong } };
    await writeFile(join(folder, "api.json"), JSON.stringify(openapi));
    await writeFile(
      join(folder, "reach.pins.json"),
      JSON.stringify({ format: "reach/pins/v1", pins }),
    );
    await writeFile(join(folder, "w.json"), JSON.stringify({ document: head, ...given }));
    expect((await errorOf(loadPack(join(folder, "w.json")))).code).toBe("REACH-E4213");
  });
});

describe("extensions (WF-50)", () => {
  const note = (name: string, more: object = {}): object => ({
    [name]: {
      set: "1",
      export: { as: `$context + {${name}: (($context.${name} // 0) + 1)}` },
      ...more,
    },
  });

  it("stand around what they extend; data goes past them, and not around themselves", async () => {
    const extensions = [
      { all: { extend: "all", before: [note("b")], after: [note("a")] } },
      { sets: { extend: "set", before: [note("s")] } },
    ];
    const list = [
      { x: { set: "{v: ((.v // 0) + 1)}" } },
      { y: { do: [{ z: { set: "{v: (.v + 1), c: $context}" } }] } },
    ];
    const pack = await packOf({ use: { extensions }, do: list });
    // x, y and z are extended, two of them sets; z sees what came before it.
    expect(await outputOf(pack)).toEqual({ v: 2, c: { b: 3, a: 1, s: 2 } });
  });

  it("`when` is about the extended task; `exit` ends it with what was set", async () => {
    const mock = { set: "{mocked: true}", then: "exit" };
    const when = '$task.with.endpoint | startswith("https://mocked")';
    const extensions = [{ mock: { extend: "call", when, before: [{ m: mock }] } }];
    const get = (endpoint: string): object => ({ call: "http", with: { method: "get", endpoint } });
    const list = [
      { a: get("https://mocked.example/x") },
      {
        b: {
          try: [{ c: get("https://real.example/x") }],
          catch: { as: "e", do: [{ d: { set: "{s: $e.status, was: .}" } }] },
        },
      },
    ];
    const pack = await packOf({ use: { extensions }, do: list });
    // The real one is asked for, and not granted.
    expect(await outputOf(pack)).toEqual({ s: 403, was: { mocked: true } });
  });

  it("of a switch are not built yet", async () => {
    const extensions = [{ all: { extend: "all", before: [note("b")] } }];
    const list = [{ a: { switch: [{ c: { then: "exit" } }] } }];
    expect(await codeOf({ use: { extensions }, do: list })).toBe("REACH-E4214");
  });
});
