// What load() says of a pack that it refuses: the reason, the file and the pointer, each for itself.
import { createEngine, EngineError } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import { expect, test } from "vitest";
import { allBuilds } from "../../../tools/engine/builds.ts";
import { packOf, workflow } from "./workflows.ts";

const engine = createEngine();

function refusalOf(pack: Pack, of = engine): EngineError {
  try {
    of.load(pack);
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error("it was loaded");
}
const refused = (task: object, more: object = {}): EngineError =>
  refusalOf(packOf(engine, workflow([{ a: task }], more)));

test("an error of a pack has its file and its pointer as data, and both in its message", () => {
  for (const build of allBuilds()) {
    const pack = packOf(engine, workflow([{ "x/y~z": { set: { v: "${ .a | | }" } } }]));
    expect(refusalOf(pack, build.engine)).toMatchObject({
      code: "REACH-E1301",
      reason: "syntax error, unexpected: |",
      file: "w.json",
      pointer: "/do/0/x~1y~0z/set/v",
      message: "syntax error, unexpected: | at /do/0/x~1y~0z/set/v of w.json",
    });
  }
  const table = {
    table: { name: "t", version: "1.0.0" },
    hitPolicy: "last",
    inputs: [],
    rules: [],
  };
  const call = { call: "decide", with: { table: "t.json", input: {} } };
  expect(refusalOf(packOf(engine, workflow([{ a: call }]), { "t.json": table }))).toMatchObject({
    file: "t.json",
    pointer: "/hitPolicy",
  });
});

test("a schema in a workflow has the place in its file, not that in a URI", () => {
  const schema = { document: { properties: { n: { type: 1 } } }, format: "json" };
  expect(refused({ set: { n: 1 }, input: { schema } })).toMatchObject({
    code: "REACH-E1901",
    file: "w.json",
    pointer: "/do/0/a/input/schema/document/properties/n/type",
    message: expect.stringContaining(
      " at pack:///w.json?/do/0/a/input/schema/document#/properties/n/type",
    ) as string,
  });
});

test("a name that says ` at / of ` itself is no place", () => {
  const name = "b at /c of d.json";
  expect(refused({ [name]: 1 })).toMatchObject({
    reason: `unknown kind of task: ${name}`,
    file: "w.json",
    pointer: "/do/0/a",
  });
});

test("the whole pointer is there where the message shows a part", () => {
  const deep = "x".repeat(2000);
  const error = refused({ set: { [deep]: "${ | }" } });
  expect(error.pointer).toBe(`/do/0/a/set/${deep}`);
  expect(error.message.length).toBeLessThan(600);
});

test("all of a file is the empty pointer, and an error that is in no document has neither", () => {
  const pack = packOf(engine, workflow([]));
  expect(refusalOf({ ...pack, manifest: new Uint8Array([1]) })).toMatchObject({
    file: "pack.json",
    pointer: "",
    message: "unexpected character in JSON at / of pack.json",
  });
  const error = refusalOf({ ...pack, digest: "0".repeat(64) });
  expect([error.file, error.pointer, error.reason]).toEqual([undefined, undefined, error.message]);
});

test.each([
  ["timeout", { timeout: { after: { seconds: 1 } } }],
  ["metadata", { metadata: {} }],
  ["what all tasks may have", { if: "${ . }", then: "end", timeout: { after: { seconds: 1 } } }],
])("a task with nothing but %s is told which kinds there are", (_, task) => {
  expect(refused(task)).toMatchObject({
    code: "REACH-E1511",
    reason: expect.stringMatching(/^a task needs one of do, set, /) as string,
  });
});
