// The conformance kit of the Open Workflow specification: its .feature files, read by a Gherkin parser,
// each scenario a run of its own, performed by the host, and then replayed.
import { AstBuilder, GherkinClassicTokenMatcher, Parser } from "@cucumber/gherkin";
import { IdGenerator } from "@cucumber/messages";
import type { Scenario, Step } from "@cucumber/messages";
import {
  canonicalize,
  createEngine,
  fromUtf8,
  parseRecord,
  replay,
  utf8,
} from "@reach-fabric/engine";
import type { TaskRecord } from "@reach-fabric/engine";
import { loadPack, memoryRecorder, readDocument, run } from "@reach-fabric/host";
import type { RunResult } from "@reach-fabric/host";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { textOf } from "../suite.ts";
import type { Suite, SuiteResult, Vectors } from "../suite.ts";
import { petstoreDocument, withServices } from "./services.ts";

const folder = "openworkflow/ctk/features";

/** What a scenario has come to. */
interface World {
  definition?: string;
  input: unknown;
  result?: RunResult;
}

/** A value in YAML or JSON, read as workflows are. */
const valueOf = (step: Step): unknown => {
  const { content = "", mediaType = "yaml" } = step.docString ?? {};
  const { canonical } = readDocument(utf8(content), `step.${mediaType}`);
  return JSON.parse(fromUtf8(canonical));
};

function ensure(holds: boolean, why: string): void {
  if (!holds) throw new Error(why);
}

const same = (actual: unknown, expected: unknown): void =>
  ensure(
    isDeepStrictEqual(actual, expected),
    `${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`,
  );

const resultOf = ({ result }: World): RunResult => {
  if (result === undefined) throw new Error("the workflow was not executed");
  return result;
};

const tasksOf = (world: World): TaskRecord[] =>
  resultOf(world)
    .records.map((record) => parseRecord(record))
    .filter((record) => record.kind === "task");

const nameOf = ({ task }: TaskRecord): string => task.split("/").at(-1) ?? "";

/** Where a task comes among those that have run. */
function placeOf(world: World, name: string): number {
  const at = tasksOf(world).findIndex((record) => nameOf(record) === name);
  ensure(at >= 0, `${name} did not run`);
  return at;
}

function taskOf(world: World, name: string, status: string): TaskRecord {
  const record = tasksOf(world).find((one) => nameOf(one) === name);
  if (record === undefined) throw new Error(`${name} did not run`);
  same(record.status, status);
  return record;
}

/** The value at a path with dots. */
function at(value: unknown, path: string): unknown {
  return path.split(".").reduce((inner: unknown, name) => {
    ensure(
      typeof inner === "object" && inner !== null && Object.hasOwn(inner, name),
      `there is no ${path} in ${JSON.stringify(value)}`,
    );
    return (inner as Record<string, unknown>)[name];
  }, value);
}

type Perform = (world: World, step: Step, ...parts: string[]) => void;

/** The steps of the kit's README but for the one that executes. */
const steps: readonly (readonly [RegExp, Perform])[] = [
  [
    /^a workflow with definition:$/,
    (world, step) => (world.definition = step.docString?.content ?? ""),
  ],
  [/^(?:given )?the workflow input is:$/, (world, step) => (world.input = valueOf(step))],
  [/^the workflow should complete$/, (world) => same(resultOf(world).status, "completed")],
  [/^the workflow should cancel$/, (world) => same(resultOf(world).status, "cancelled")],
  [/^the workflow should fault$/, (world) => same(resultOf(world).status, "faulted")],
  [
    /^the workflow should complete with output:$/,
    (world, step) => same(resultOf(world).output, valueOf(step)),
  ],
  [
    /^the workflow should fault with error:$/,
    (world, step) => {
      const { error } = resultOf(world) as { error?: Record<string, unknown> };
      for (const [name, value] of Object.entries(valueOf(step) as object)) {
        same(standard(error?.[name]), standard(value));
      }
    },
  ],
  [
    /^the workflow output should have properties ('.*')$/,
    (world, _, names = "") => {
      for (const [, name = ""] of names.matchAll(/'([^']*)'/g)) at(resultOf(world).output, name);
    },
  ],
  [
    /^the workflow output should have an? '([^']*)' property with value:$/,
    (world, step, name = "") => same(at(resultOf(world).output, name), valueOf(step)),
  ],
  [
    /^the workflow output should have an? '([^']*)' property containing (\d+) items?$/,
    (world, _, name = "", count) =>
      same((at(resultOf(world).output, name) as unknown[]).length, Number(count)),
  ],
  [/^(\S+) should run first$/, (world, _, name = "") => same(placeOf(world, name), 0)],
  [
    /^(\S+) should run last$/,
    (world, _, name = "") => same(placeOf(world, name), tasksOf(world).length - 1),
  ],
  [
    /^(\S+) should run (before|after) (\S+)$/,
    (world, _, name = "", how, other = "") => {
      const isBefore = placeOf(world, name) < placeOf(world, other);
      ensure(isBefore === (how === "before"), `${name} did not run ${how} ${other}`);
    },
  ],
  [/^(\S+) should complete$/, (world, _, name = "") => void taskOf(world, name, "completed")],
  [/^(\S+) should cancel$/, (world, _, name = "") => void taskOf(world, name, "cancelled")],
  [/^(\S+) should fault$/, (world, _, name = "") => void taskOf(world, name, "faulted")],
  [
    /^(\S+) should complete with output:$/,
    (world, step, name = "") => same(taskOf(world, name, "completed").output, valueOf(step)),
  ],
];

/** The four URIs that a standard error has are one (WF-15). */
const standard = (value: unknown): unknown =>
  typeof value === "string"
    ? value.replace(
        /^https:\/\/(?:open-workflow-specification\.org|serverlessworkflow\.io)\/(?:spec\/1\.0\.0\/errors|dsl\/errors\/types)\//,
        "errors/",
      )
    : value;

async function execute(world: World, addresses: Readonly<Record<string, string>>): Promise<void> {
  const engine = createEngine();
  const home = await mkdtemp(join(tmpdir(), "reach-ctk-"));
  try {
    await writeFile(join(home, "workflow.yaml"), world.definition ?? "");
    await pin(home, "https://petstore.swagger.io/v2/swagger.json", petstoreDocument);
    const pack = await loadPack(join(home, "workflow.yaml"));
    world.result = await run({
      engine,
      pack,
      input: canonicalize(JSON.stringify(world.input)),
      grant: {
        http: Object.keys(addresses).map((origin) => ({ origin, methods: ["GET"], paths: ["/*"] })),
        emit: ["*"],
      },
      addresses,
      recorder: memoryRecorder(),
      effects: { emit: () => Promise.resolve() },
    });
    same(replay(createEngine(), pack, world.result.records).status, "reproduced");
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** What a URI stands for, beside the workflow (WF-52). */
async function pin(home: string, uri: string, document: unknown): Promise<void> {
  const text = JSON.stringify(document);
  await mkdir(join(home, "pinned"));
  await writeFile(join(home, "pinned/document.json"), text);
  const sha256 = createHash("sha256").update(text).digest("hex");
  const pins = { [uri]: { file: "pinned/document.json", sha256 } };
  await writeFile(join(home, "reach.pins.json"), JSON.stringify({ format: "reach/pins/v1", pins }));
}

async function perform(
  { steps: list }: Scenario,
  addresses: Readonly<Record<string, string>>,
): Promise<void> {
  const world: World = { input: {} };
  for (const step of list) {
    try {
      if (step.text === "the workflow is executed") {
        await execute(world, addresses);
        continue;
      }
      const found = steps.find(([pattern]) => pattern.test(step.text));
      if (found === undefined) throw new Error("the kit's README has no such step");
      const [pattern, act] = found;
      act(world, step, ...(pattern.exec(step.text) ?? []).slice(1));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`${step.text}: ${why}`, { cause: error });
    }
  }
}

async function ctk(vectors: Vectors): Promise<SuiteResult> {
  const failed: string[] = [];
  let passed = 0;
  await withServices(async (addresses) => {
    for (const path of vectors.list(folder)) {
      const parser = new Parser(
        new AstBuilder(IdGenerator.incrementing()),
        new GherkinClassicTokenMatcher(),
      );
      const { feature } = parser.parse(textOf(vectors, path));
      for (const { scenario } of feature?.children ?? []) {
        if (scenario === undefined) continue;
        try {
          await perform(scenario, addresses);
          passed += 1;
        } catch (error) {
          const name = `${path.split("/").at(-1)}: ${scenario.name}`;
          failed.push(`${name}: ${(error as Error).message}`);
        }
      }
    }
  });
  return { passed, failed, skipped: [] };
}

/** The scenarios of the specification's own kit. They need a host. */
export const openworkflowCtk: Suite = {
  name: "openworkflow-ctk",
  run: (_, vectors) => ctk(vectors),
};
