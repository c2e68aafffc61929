// The required cases of JSON-Schema-Test-Suite for draft 2020-12. What it wants to be served at
// http://localhost:1234 is handed over as documents. The dialect's own schema is not among its files:
// two of its groups refer to it.
import { EngineError } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { metaSchema } from "./meta-schema.ts";
import { jsonOf, textOf } from "./suite.ts";
import type { Suite, SuiteResult, Vectors } from "./suite.ts";

interface Group {
  readonly description: string;
  readonly schema: unknown;
  readonly tests: readonly {
    readonly description: string;
    readonly data: unknown;
    readonly valid: boolean;
  }[];
}

const folder = "json-schema-test-suite";
const remotes = `${folder}/remotes/`;
const dialect = "https://json-schema.org/draft/2020-12/schema";

/** The remote documents of this dialect, by the URI at which the suite wants them. */
function documentsOf(vectors: Vectors): Record<string, string> {
  const documents: Record<string, string> = { [dialect]: JSON.stringify(metaSchema) };
  // Ours is not divided into vocabularies: each of them is the whole.
  for (const name of ["core", "applicator", "validation", "format-assertion"]) {
    const uri = dialect.replace(/schema$/, `meta/${name}`);
    documents[uri] = JSON.stringify({ $id: uri, $ref: dialect });
  }
  for (const path of vectors.list(`${folder}/remotes/draft2020-12`)) {
    documents[`http://localhost:1234/${path.slice(remotes.length)}`] = textOf(vectors, path);
  }
  return documents;
}

function run(engine: Engine, vectors: Vectors): SuiteResult {
  const failed: string[] = [];
  let passed = 0;
  const all = documentsOf(vectors);
  for (const path of vectors.list(`${folder}/tests/draft2020-12`)) {
    if (path.includes("/optional/")) continue;
    for (const { description, schema, tests } of jsonOf(vectors, path) as Group[]) {
      const text = JSON.stringify(schema);
      const documents = /localhost|"\$ref":"https:\/\/json-schema\.org/.test(text) ? all : {};
      for (const test of tests) {
        const name = `${path.split("/").at(-1)}: ${description}: ${test.description}`;
        try {
          const failure = engine.validateJson(text, JSON.stringify(test.data), { documents });
          if ((failure === null) === test.valid) passed += 1;
          else failed.push(`${name}: ${failure === null ? "valid" : JSON.stringify(failure)}`);
        } catch (error) {
          if (!(error instanceof EngineError)) throw error;
          failed.push(`${name}: ${error.code} ${error.message}`);
        }
      }
    }
  }
  return { passed, failed, skipped: [] };
}

export const suites: Suite[] = [{ name: "json-schema", run }];
