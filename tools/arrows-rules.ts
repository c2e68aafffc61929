// What may import what: the rules that dependency-cruiser applies to the arrows between files. Circles between
// folders are not among them: its folders count what is below them, so that two of which one lies in the
// other are never a circle (tools/arrows-graph.ts looks for those).
import type {
  ICruiseOptions,
  IRegularForbiddenRuleType as Rule,
  IResolveOptions,
} from "dependency-cruiser";

/** Packages whose sources are in `src`, the lowest first. */
const SOURCES = "(?:schema|bindings|evidence|host|cli)";

/** A rule that forbids arrows, with its name and the reason that is shown when it is broken. */
function never(name: string, comment: string, from: Rule["from"], to: Rule["to"]): Rule {
  return { name, comment, severity: "error", from, to };
}

const rules: Rule[] = [
  never("no-circle", "Files that import each other are one file.", {}, { circular: true }),
  // An arrow that leads to no file is one that no other rule sees. `util/math` is AssemblyScript's own.
  never(
    "no-unknown",
    "What is imported was not found: run `npm ci`, or mend the path.",
    {},
    { couldNotResolve: true, pathNot: "^util/math$" },
  ),
  never(
    "sources-only",
    "A checkout runs from its sources: import a package by its name.",
    {},
    { path: `^${SOURCES}/(?:dist|bundle)/` },
  ),

  // Between packages: cli -> host -> evidence -> bindings, and schema below them all.
  never(
    "engine-alone",
    "The engine imports itself and nothing else.",
    { path: "^assembly/" },
    { pathNot: "^(?:assembly/|util/math$)" },
  ),
  never(
    "engine-bytes",
    "The engine is reached through what is made from it: @reach-fabric/engine.",
    { pathNot: "^assembly/" },
    { path: "^assembly/" },
  ),
  never(
    "schema-down",
    "Nothing is below schema.",
    { path: "^schema/src/" },
    { path: "^(?:bindings|evidence|host|cli)/" },
  ),
  never(
    "bindings-down",
    "Nothing is below bindings but the types of schema.",
    { path: "^bindings/src/" },
    { path: "^(?:evidence|host|cli)/" },
  ),
  never(
    "bindings-types",
    "The published engine has no dependencies: take types of schema by `import type`.",
    { path: "^bindings/src/" },
    { path: "^schema/", dependencyTypesNot: ["type-only"] },
  ),
  never(
    "evidence-down",
    "Evidence knows neither the host nor the command line.",
    { path: "^evidence/src/" },
    { path: "^(?:host|cli)/" },
  ),
  never(
    "host-down",
    "The host does not know the command line.",
    { path: "^host/src/" },
    { path: "^cli/" },
  ),
  never(
    "cli-top",
    "Only tests and tools use the command line, through @reach-fabric/cli/testing.",
    { pathNot: "^cli/src/" },
    { path: "^cli/src/", pathNot: "^cli/src/testing\\.ts$" },
  ),
  never(
    "no-programs",
    "What is published does not lean on tests, tools and examples.",
    { path: `^(?:assembly/|${SOURCES}/src/)` },
    { path: `^(?:golden|fuzz|bench|tools|examples)/|^${SOURCES}/test/` },
  ),
  never(
    "no-testing",
    "The entries for tests are not published.",
    { path: `^${SOURCES}/src/` },
    { path: `^${SOURCES}/src/testing\\.ts$` },
  ),
  never(
    "examples-alone",
    "An example shows what anybody can write: packages by their names.",
    { path: "^examples/" },
    { path: "^(?:golden|fuzz|bench|tools)/" },
  ),
  // Tests compare the generated module with the builds that it was made from.
  ...[
    { from: `^([^/]+)/`, pathNot: "^$1/" },
    { from: `^(${SOURCES})/test/`, pathNot: "^bindings/src/generated/" },
  ].map(({ from, pathNot }) =>
    never(
      "by-name",
      "Import a package by its name.",
      { path: from },
      {
        path: `^${SOURCES}/src/`,
        pathNot: [pathNot, "^bindings/src/generated/"],
        dependencyTypes: ["local"],
        dependencyTypesNot: ["aliased"],
      },
    ),
  ),

  // Ground floors within packages.
  never(
    "log-ground",
    "The log is C2SP's and knows nothing of evidence.",
    { path: "^evidence/src/log/" },
    { path: "^evidence/src/", pathNot: "^evidence/src/(?:log|encoding|errors|keys)/" },
  ),
  never(
    "trace-ground",
    "The trace writes what the state says, and knows no task.",
    { path: "^assembly/trace/" },
    { path: "^assembly/workflow/", pathNot: "^assembly/workflow/state/" },
  ),
  never(
    "values-ground",
    "Data, expressions and schemas serve without a workflow.",
    { path: "^assembly/(?:bytes|errors|value|json|regex|expr|schema)/" },
    { path: "^assembly/(?:workflow|trace|abi)/" },
  ),
];

/** How every cruise is made; `parser` is there for the test that a cruise without one is red. */
export const options: ICruiseOptions = {
  // dependency-cruiser's own parser needs a TypeScript below 7: without it, files are taken for
  // JavaScript or not at all, and nothing is wrong with what was not read.
  parser: "swc",
  // `import type` counts.
  tsPreCompilationDeps: true,
  // Shown as what is imported, and not read: what is installed or built (the generated module is the engine,
  // in base64), and two programs in JavaScript that have dependencies of their own. What is excluded
  // altogether would not be seen when it is imported.
  doNotFollow: {
    path: [
      "(?:^|/)node_modules/",
      "^build/",
      "^[a-z]+/(?:dist|bundle)/",
      "^bindings/src/generated/",
      "^bench/(?:temporal|langgraph|dbos)/",
    ],
  },
  ruleSet: { forbidden: rules },
  validate: true,
};

/** Programs that load what was made just before, or what a list names: no arrow could be drawn to that. */
export const LOADERS: readonly string[] = [
  "tools/doc-examples/modules.ts",
  "tools/doc-examples/run.ts",
  "tools/test/bundle.test.ts",
  "tools/test/readme.test.ts",
];

/** As every program of this checkout resolves: packages of the workspace to their sources. */
export const resolving: Partial<IResolveOptions> = {
  exportsFields: ["exports"],
  conditionNames: ["reach-source", "node", "import", "default"],
};
