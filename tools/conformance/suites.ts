// Every suite, in the order in which they are run. Bundled for the browser from here.
import { createEngine } from "@reach-fabric/engine";
import * as hash from "./hash.ts";
import * as jq from "./jq.ts";
import * as json from "./json.ts";
import * as jsonSchema from "./json-schema.ts";
import * as log from "./log.ts";
import * as merkle from "./merkle.ts";
import * as numbers from "./numbers.ts";
import * as signatures from "./signatures.ts";
import { vectorsOf } from "./suite.ts";
import * as witness from "./witness.ts";
import type { Effort, Suite, SuiteResult } from "./suite.ts";

export const suites: readonly Suite[] = [
  ...hash.suites,
  ...jq.suites,
  ...json.suites,
  ...jsonSchema.suites,
  ...merkle.suites,
  ...numbers.suites,
  ...signatures.suites,
  ...log.suites,
  ...witness.suites,
];

/** One suite, on vectors that were handed over: what a page is asked. */
export async function runHere(
  name: string,
  files: Readonly<Record<string, string>>,
  effort: Effort,
): Promise<SuiteResult> {
  const suite = suites.find((each) => each.name === name);
  if (suite === undefined) throw new Error(`no suite ${name}`);
  // A new engine for each: what one suite does to it must not matter to the next.
  return suite.run(createEngine(), vectorsOf(files), effort);
}
