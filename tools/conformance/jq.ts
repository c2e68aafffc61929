// jq's own test suite (cases of jq 1.8, parsed and tagged in the vectors' cases.json).
//
// As in jq's runner, the outputs must be those of the case, in order; an error after the last of
// them is no failure. Cases about modules, I/O, the environment, the local clock and lookaround are
// left out for good: this engine refuses them (docs/spec/expr.md).
import type { Engine, Evaluation } from "@reach-fabric/engine";
import { jsonOf } from "./suite.ts";
import type { Suite, SuiteResult, Vectors } from "./suite.ts";

interface Case {
  readonly file: string;
  readonly line: number;
  /** "ok": it gives `out`; otherwise it must not compile. */
  readonly kind: string;
  readonly program: string;
  readonly input?: string;
  readonly out?: readonly string[];
  readonly tags: readonly string[];
}

const leftOut = new Set(["modules", "io", "env", "local-clock", "lookaround"]);
const notBuilt = "REACH-E1305";
const compileError = /^REACH-E13/;
const raised = "REACH-E1401";

/** Keys sorted, so that two texts of one value are equal. jq compares 0 and -0 as equal. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value === 0 ? 0 : value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, part]) => [key, sorted(part)]));
}

/** An expected output is a JSON text that jq reads: the engine reads it in jq mode. */
function expected(engine: Engine, text: string): string {
  const [output = text] = engine.evaluate(".", text).outputs;
  return JSON.stringify(sorted(JSON.parse(output)));
}

function verdict(engine: Engine, test: Case, { outputs, error }: Evaluation): string | undefined {
  const told = error === null ? "" : ` and ${error.code} ${error.message}`;
  if (test.kind !== "ok") {
    return compileError.test(error?.code ?? "")
      ? undefined
      : `compiles, gives ${outputs.join(" ")}${told}`;
  }
  const wanted = (test.out ?? []).map((text) => expected(engine, text));
  const got = outputs.map((text) => JSON.stringify(sorted(JSON.parse(text))));
  const same = wanted.length === got.length && wanted.every((text, i) => text === got[i]);
  if (same && (error === null || error.code === raised)) return undefined;
  return `wants ${wanted.join(" ")}, gives ${got.join(" ")}${told}`;
}

function run(engine: Engine, vectors: Vectors): SuiteResult {
  const cases = jsonOf(vectors, "jq/cases.json") as Case[];
  const failed: string[] = [];
  const skipped: string[] = [];
  let passed = 0;
  for (const test of cases) {
    const name = `${test.file}:${test.line}`;
    const tag = test.tags.find((each) => leftOut.has(each));
    if (tag !== undefined) {
      skipped.push(`${tag}: ${name}`);
      continue;
    }
    const result = engine.evaluate(test.program, test.input ?? "null");
    if (test.kind === "ok" && result.error?.code === notBuilt) {
      skipped.push(`not built yet: ${name} ${result.error.message}`);
      continue;
    }
    const fault = verdict(engine, test, result);
    if (fault === undefined) passed++;
    else failed.push(`${name} ${test.program.slice(0, 100)} ${fault}`);
  }
  return { passed, failed, skipped };
}

export const suites: Suite[] = [{ name: "jq", run }];
