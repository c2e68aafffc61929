// Paths of files: the engine and the host, each by code of its own, say the same of each, and what passes leads down from where it
// begins. docs/spec/workflow.md, WF-74.
import { posix, win32 } from "node:path";
import { EngineError, makePack } from "@reach-fabric/engine";
import type { Engine, Pack } from "@reach-fabric/engine";
import { whyNotDown } from "@reach-fabric/host/testing";
import fc from "fast-check";
import { agreed, survivors } from "../../../tools/engine/builds.ts";
import type { Target } from "../registry.ts";

const grant = { folders: [{ name: "f", access: ["read"] }] };

const packFor = (engine: Engine): Pack => {
  const call = { call: "file", with: { method: "read", folder: "f", path: "${ .p }" } };
  const document = { dsl: "1.0.3", namespace: "fuzz", name: "case", version: "1.0.0" };
  const workflow = JSON.stringify({ document, do: [{ a: call }] });
  return makePack(engine, { id: "fuzz/case", version: "1.0.0", workflows: { "w.json": workflow } });
};

/** Whether a run asks for the file. */
function asks(engine: Engine, path: string): boolean {
  try {
    engine.load(packFor(engine));
    const { status } = engine.start(engine.admitStart({ grant }, JSON.stringify({ p: path })));
    return status === "waiting";
  } catch (error) {
    // Half a character is no input.
    if (error instanceof EngineError) return false;
    throw error;
  }
}

/** Names, and what is near to one that leads elsewhere. */
const name: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    "a",
    "..",
    ".",
    "",
    "...",
    ".. ",
    "..a",
    "a.",
    " ",
    "C:",
    "a:b",
    "..\\a",
    "%2e%2e",
    ".reach-a",
    ".REACH-",
    ".reach",
    "a.reach-b",
  ),
  fc.constantFrom(
    "\u2024\u2024",
    "\uff0e\uff0e",
    "a\u0000",
    "\u0085",
    "\u009f",
    "\u00a0",
    "\u007f",
    "\n",
  ),
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.integer({ min: 250, max: 258 }).map((size) => "a".repeat(size)),
  fc.integer({ min: 125, max: 129 }).map((size) => "é".repeat(size)),
);
const separator = fc.constantFrom("/", "/", "/", "/", "\\", "//", "\u2215");
const path: fc.Arbitrary<string> = fc
  .array(fc.tuple(name, separator), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.map(([one, between]) => one + between).join(""))
  .chain((text) =>
    fc.constantFrom(
      text,
      text.slice(0, -1),
      text.slice(0, -1),
      `${"a/".repeat(30)}${text.slice(0, -1)}`,
    ),
  );

export function pathsTarget(): Target<string> {
  const engines = survivors();
  return {
    name: "paths",
    arbitrary: path,
    check: (text) => {
      const passes = whyNotDown(text) === undefined;
      const isAsked = agreed(engines(), (engine) => asks(engine, text));
      if (isAsked !== passes) throw new Error(`engine ${isAsked}, host ${passes}`);
      if (!passes) return;
      for (const { resolve, relative, isAbsolute } of [posix, win32]) {
        const down = relative(resolve("/top"), resolve("/top", text));
        const leaves = down === "" || down.startsWith("..") || isAbsolute(down);
        if (leaves && !text.startsWith("..")) throw new Error("it leads out of the folder");
      }
    },
  };
}
