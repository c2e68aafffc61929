// The compile step (WF-49 to WF-51, WF-64, WF-66, WF-67, WF-70): what the engine does not know is rewritten into what it does, from
// files that are part of the pack.
import { problemCode } from "@reach-fabric/schema";
import type { Path, TaskList } from "@reach-fabric/schema";
import { callAgents } from "./a2a.ts";
import { callChannels } from "./asyncapi.ts";
import { applyExtensions } from "./extensions.ts";
import { inlineFunctions } from "./functions.ts";
import { pinProtos } from "./grpc.ts";
import { callOfOperation } from "./openapi.ts";
import type { Read, Resource } from "./read.ts";
import { takeSecretsOut } from "./secrets.ts";
import { CompileError, mapTasks } from "./tasks.ts";
import type { Fields } from "./tasks.ts";

/**
 * The document with functions, extensions and the calls that documents describe rewritten; the same one
 * where there is nothing to rewrite.
 *
 * @throws CompileError
 */
export async function compile(given: Fields, read: Read): Promise<Fields> {
  const { $schema, ...document } = given;
  const use = (document["use"] ?? {}) as Fields;
  const {
    functions = {},
    extensions = [],
    catalogs = {},
    ...left
  } = use as {
    functions?: Readonly<Record<string, Fields>>;
    extensions?: TaskList;
    catalogs?: Readonly<Record<string, Fields>>;
  };
  const list = document["do"] as TaskList;
  // First, for the tasks of a subscription are tasks like any other from here on.
  const heard = await callChannels(list, read);
  const everything: TaskList = [
    ...heard,
    ...Object.entries(functions).map(([name, task]) => ({ [name]: task })),
    ...extensions.flatMap((item) =>
      (Object.values(item) as Fields[]).flatMap(({ before, after }) => [
        ...((before ?? []) as TaskList),
        ...((after ?? []) as TaskList),
      ]),
    ),
  ];
  const cataloged = await readFunctions(everything, functions, catalogs, read);
  const lookup = (name: string): Fields | undefined =>
    Object.hasOwn(functions, name) ? functions[name] : cataloged.get(name);
  const inlined = inlineFunctions(heard, ["do"], lookup);
  const inlinedTasks = (tasks: unknown): TaskList =>
    inlineFunctions(tasks as TaskList, ["use", "extensions"], lookup);
  const extended = extensions.map((item) =>
    mapValues(item, (extension) => ({
      ...(extension as Fields),
      ...mapValues(pickLists(extension as Fields), inlinedTasks),
    })),
  );
  const whole = applyExtensions(inlined, extended);
  let called = await callOperations(whole, read);
  for (const rewrite of [callChannels, callAgents, pinProtos]) called = await rewrite(called, read);
  called = takeSecretsOut(called);
  const isSame = Object.keys(left).length === Object.keys(use).length;
  const isWritten = isSame && JSON.stringify(called) === JSON.stringify(list);
  if (isWritten) return $schema === undefined ? given : document;
  return { ...document, ...(document["use"] === undefined ? {} : { use: left }), do: called };
}

const mapValues = (object: Fields, change: (value: unknown) => unknown): Fields =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
const pickLists = ({ before, after }: Fields): Fields => ({
  ...(before === undefined ? {} : { before }),
  ...(after === undefined ? {} : { after }),
});

/** Functions that calls name by a URI, or in a catalog, and those that they call. */
async function readFunctions(
  list: TaskList,
  own: Readonly<Record<string, Fields>>,
  catalogs: Readonly<Record<string, Fields>>,
  read: Read,
): Promise<Map<string, Fields>> {
  const found = new Map<string, Fields>();
  const open: [TaskList, Path][] = [[list, ["do"]]];
  for (let next = open.pop(); next; next = open.pop()) {
    const wanted: [string, Path][] = [];
    mapTasks(next[0], next[1], (task, path) => {
      const { call } = task;
      if (typeof call !== "string" || Object.hasOwn(own, call) || found.has(call)) return task;
      if (/^[a-z][a-z0-9+.-]*:\/\//i.test(call) || call.includes("@")) {
        wanted.push([call, [...path, "call"]]);
      }
      return task;
    });
    for (const [name, path] of wanted) {
      const { document } = await read.document(addressOf(name, catalogs, path), path);
      found.set(name, document);
      open.push([[{ [name]: document }], path]);
    }
  }
  return found;
}

/** NAME:VERSION@CATALOG is a file of the catalog, in the layout that catalogs have. */
function addressOf(name: string, catalogs: Readonly<Record<string, Fields>>, path: Path): string {
  const match = /^([^:@]+):([^@]+)@(.+)$/.exec(name);
  if (match === null) return name;
  const [, fn = "", version = "", catalog = ""] = match;
  const endpoint = Object.hasOwn(catalogs, catalog) ? catalogs[catalog]?.["endpoint"] : undefined;
  const uri = typeof endpoint === "string" ? endpoint : (endpoint as Fields | undefined)?.["uri"];
  if (typeof uri === "string") {
    return `${uri.replace(/\/$/, "")}/functions/${fn}/${version}/function.yaml`;
  }
  throw new CompileError(path, {
    code: problemCode.unknownName,
    what: `There is no catalog ${catalog}.`,
    hint: "Define it in `use.catalogs`.",
  });
}

async function callOperations(list: TaskList, read: Read): Promise<TaskList> {
  const documents = new Map<string, Resource>();
  const endpointOf = (task: Fields): string | undefined => {
    if (task["call"] !== "openapi") return undefined;
    const { endpoint } = ((task["with"] as Fields)["document"] ?? {}) as Fields;
    return (typeof endpoint === "string" ? endpoint : (endpoint as Fields)["uri"]) as string;
  };
  const wanted: [string, Path][] = [];
  mapTasks(list, ["do"], (task, path) => {
    const endpoint = endpointOf(task);
    if (endpoint !== undefined) wanted.push([endpoint, [...path, "with", "document", "endpoint"]]);
    return task;
  });
  for (const [endpoint, path] of wanted) {
    if (!documents.has(endpoint)) documents.set(endpoint, await read.document(endpoint, path));
  }
  return mapTasks(list, ["do"], (task, path) => {
    const resource = documents.get(endpointOf(task) ?? "");
    return resource === undefined ? task : callOfOperation(task, path, resource);
  });
}
