// JSON against two suites that others wrote: nst/JSONTestSuite and the RFC 8785 test data.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import type { Suite, SuiteResult } from "../conformance.ts";

/** The canonical text of a JSON text, or the code of the error and its offset. */
function outcome(engine: Engine, text: Uint8Array): { text?: string; error?: string } {
  try {
    return { text: new TextDecoder().decode(engine.canonicalize(text)) };
  } catch (error) {
    if (error instanceof EngineError) return { error: `${error.code} at ${error.offset}` };
    throw error;
  }
}

/** RFC 8259 leaves duplicate keys to the reader; RFC 8785 and Reach refuse them. */
const DUPLICATES = new Set([
  "y_object_duplicated_key.json",
  "y_object_duplicated_key_and_value.json",
]);

/** What docs/spec/json.md says about the texts that RFC 8259 leaves open; all others are refused. */
const OPEN_ACCEPTED = new Map([
  ["i_number_double_huge_neg_exp.json", "[0]"],
  ["i_number_real_underflow.json", "[0]"],
  ["i_number_too_big_pos_int.json", "[100000000000000000000]"],
  ["i_structure_500_nested_arrays.json", "[".repeat(500) + "]".repeat(500)],
]);

async function jsonTestSuite(engine: Engine, vectors: string): Promise<SuiteResult> {
  const folder = join(vectors, "json-test-suite/test_parsing");
  const failed: string[] = [];
  const open = { accepted: 0, refused: 0 };
  let passed = 0;
  for (const name of readdirSync(folder).sort()) {
    const { text, error } = outcome(engine, readFileSync(join(folder, name)));
    let right: boolean;
    if (DUPLICATES.has(name)) right = error?.startsWith("REACH-E1109") === true;
    else if (name.startsWith("y_")) right = text !== undefined;
    else if (name.startsWith("n_")) right = error !== undefined;
    else {
      right = text === OPEN_ACCEPTED.get(name);
      open[text === undefined ? "refused" : "accepted"]++;
    }
    if (right) passed++;
    else failed.push(`${name}: ${error ?? text?.slice(0, 60)}`);
  }
  const notes = [`i_: ${open.accepted} accepted, ${open.refused} refused`];
  return { passed, failed, skipped: [], notes };
}

async function rfc8785(engine: Engine, vectors: string): Promise<SuiteResult> {
  const failed: string[] = [];
  let passed = 0;
  for (const origin of ["cyberphone", "gowebpki"]) {
    const folder = join(vectors, "rfc8785-jcs", origin, "testdata");
    for (const name of readdirSync(join(folder, "input")).sort()) {
      const { text, error } = outcome(engine, readFileSync(join(folder, "input", name)));
      // Some of the files end in a line feed that is not part of the result.
      const wanted = readFileSync(join(folder, "output", name), "utf8").trimEnd();
      if (text === wanted) passed++;
      else failed.push(`${origin}/${name}: ${error ?? text}`);
    }
  }
  return { passed, failed, skipped: [] };
}

export const suites: Suite[] = [
  { name: "json-test-suite", run: jsonTestSuite },
  { name: "rfc8785", run: rfc8785 },
];
