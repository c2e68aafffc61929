import { fromUtf8 } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import { mayEmit } from "@reach-fabric/schema";
import type { Grant } from "@reach-fabric/schema";
import { taskName } from "./names.ts";
import { CODE, EXIT } from "./problem.ts";
import type { Problem } from "./problem.ts";

/** A request that a workflow's text shows, as far as it shows it. */
interface Asked {
  readonly task: string;
  readonly method: string;
  readonly origin: string;
  /** Exact, or up to the first part that is computed, followed by `*`. */
  readonly path: string;
}

/**
 * What a grant would have to say for a run to get further than it can, or undefined where nothing
 * that the workflow's text shows is missing. The engine decides about each request for itself.
 *
 * @param grant undefined where no grant was given
 */
export function missingGrant(
  pack: Pack,
  grant: Grant | undefined,
  file: string,
): Problem | undefined {
  const tasks = tasksIn(pack);
  const requests = askedBy(tasks).filter((one) => !mayBeGranted(grant ?? {}, one));
  const models = namedBy(tasks, modelOf).filter(({ name }) => !grant?.models?.includes(name));
  const events = namedBy(tasks, eventOf).filter(({ name }) => !mayEmit(grant ?? {}, name));
  const lacking = [
    ...requests.map(({ task, method, origin, path }) => ({
      task,
      what: `${method} ${origin}${path}`,
    })),
    ...models.map(({ task, name }) => ({ task, what: `the model ${name}` })),
    ...events.map(({ task, name }) => ({ task, what: `events of type ${name}` })),
  ];
  const [first] = lacking;
  if (first === undefined) return undefined;
  return {
    code: grant === undefined ? CODE.noGrant : CODE.notGranted,
    what:
      grant === undefined
        ? `This workflow ${requests.length > 0 ? "contacts other hosts" : `asks for ${first.what}`}, and no grant was given`
        : `The grant does not allow ${first.what}`,
    where: `${file}, task ${taskName(first.task)}`,
    why: "nothing is granted by default, so nothing was run",
    hint: grantHint(requests, models, events),
    exitCode: EXIT.denied,
  };
}

/** Something that a task names in its text. */
interface Named {
  readonly task: string;
  readonly name: string;
}

const isExpression = (text: string): boolean => text.trim().startsWith("${");

const modelOf = ({ call, with: args }: Loose): unknown =>
  call === "llm" ? (args as Loose | undefined)?.["model"] : undefined;
const eventOf = ({ emit }: Loose): unknown =>
  ((emit as { event?: { with?: Loose } } | undefined)?.event?.with ?? {})["type"];

function namedBy(tasks: readonly Placed[], nameOf: (task: Loose) => unknown): Named[] {
  return tasks.flatMap(({ path, task }) => {
    const name = nameOf(task);
    return typeof name === "string" && !isExpression(name) ? [{ task: path, name }] : [];
  });
}

/** What the engine has denied in a run, in the same words. */
export function deniedProblem(
  file: string,
  task: string | undefined,
  detail: string | undefined,
): Problem {
  return {
    code: CODE.denied,
    what: "The run asked for something that the grant does not allow",
    ...(task === undefined ? { where: file } : { where: `${file}, task ${taskName(task)}` }),
    ...(detail === undefined ? {} : { why: detail }),
    hint: "The grant file (--grant) must hold the origin, the method and the path that it asked for.",
    exitCode: EXIT.denied,
  };
}

function grantHint(
  lacking: readonly Asked[],
  models: readonly Named[],
  events: readonly Named[],
): string {
  const byOrigin = new Map<string, Asked[]>();
  for (const one of lacking) byOrigin.set(one.origin, [...(byOrigin.get(one.origin) ?? []), one]);
  const http = [...byOrigin].map(([origin, all]) =>
    JSON.stringify({
      origin,
      methods: [...new Set(all.map(({ method }) => method))].sort(),
      paths: [...new Set(all.map(({ path }) => path))].sort(),
    }),
  );
  const lines = http.map((entry, at) => `  ${entry}${at === http.length - 1 ? "" : ","}`);
  const list = (name: string, all: readonly Named[]): string[] =>
    all.length === 0
      ? []
      : [`"${name}": ${JSON.stringify([...new Set(all.map((one) => one.name))].sort())}`];
  const parts = [
    ...list("models", models),
    ...list("emit", events),
    ...(lines.length === 0 ? [] : [`"http": [\n${lines.join("\n")}\n]`]),
  ];
  return ["--grant FILE, with at least", `{"format": "reach/grant/v1", ${parts.join(", ")}}`].join(
    "\n",
  );
}

interface Placed {
  readonly path: string;
  readonly task: Loose;
}

/** Every task of the pack's workflows. */
function tasksIn(pack: Pack): Placed[] {
  const { workflows } = JSON.parse(fromUtf8(pack.manifest)) as { workflows: readonly string[] };
  return pack.files
    .filter(({ path }) => workflows.includes(path))
    .flatMap(({ bytes }) => {
      const { do: tasks } = JSON.parse(fromUtf8(bytes)) as { do?: unknown };
      return [...tasksOf("/do", tasks)];
    });
}

/** Every http call whose endpoint begins with a literal origin. */
function askedBy(tasks: readonly Placed[]): Asked[] {
  return tasks.flatMap(({ path, task }) => {
    const { call, with: args } = task as { call?: unknown; with?: HttpArguments };
    if (call !== "http" || args === undefined) return [];
    const { endpoint, method } = args;
    const uri = typeof endpoint === "string" ? endpoint : endpoint?.uri;
    const literal = /^(https?:\/\/[^/?#{}$\s]+)(\/[^?#]*)?/.exec(uri ?? "");
    if (literal === null || method === undefined) return [];
    const [, written = "", whole = "/"] = literal;
    const origin = URL.canParse(written) ? new URL(written).origin : written;
    const at = whole.indexOf("{");
    return [
      {
        task: path,
        method: method.toUpperCase(),
        origin,
        path: at < 0 ? whole : `${whole.slice(0, at)}*`,
      },
    ];
  });
}

/** Every task below a list, with its pointer, in document order. */
function* tasksOf(path: string, list: unknown): Generator<Placed> {
  if (!Array.isArray(list)) return;
  for (const [index, item] of (list as Loose[]).entries()) {
    for (const [name, value] of Object.entries(item)) {
      const task = value as Loose;
      const here = `${path}/${index}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      yield { path: here, task };
      yield* tasksOf(`${here}/do`, task["do"]);
      yield* tasksOf(`${here}/try`, task["try"]);
      yield* tasksOf(`${here}/catch/do`, (task["catch"] as Loose | undefined)?.["do"]);
      yield* tasksOf(`${here}/foreach/do`, (task["foreach"] as Loose | undefined)?.["do"]);
      const branches = (task["fork"] as Loose | undefined)?.["branches"];
      yield* tasksOf(`${here}/fork/branches`, branches);
    }
  }
}

type Loose = Readonly<Record<string, unknown>>;

interface HttpArguments {
  readonly method?: string;
  readonly endpoint?: string | { readonly uri?: string };
}

/** False only where no entry can match, whatever the computed parts turn out to be. */
function mayBeGranted({ http = [] }: Grant, { method, origin, path }: Asked): boolean {
  return http.some(
    (entry) =>
      entry.origin === origin &&
      entry.methods.some((granted) => granted === method) &&
      entry.paths.some((pattern) => mayMatch(pattern, path)),
  );
}

function mayMatch(pattern: string, path: string): boolean {
  const [granted, asked] = [pattern, path].map((text) => text.replace(/\*$/, "")) as [
    string,
    string,
  ];
  const [open, computed] = [pattern.endsWith("*"), path.endsWith("*")];
  if (open && computed) return granted.startsWith(asked) || asked.startsWith(granted);
  if (open) return asked.startsWith(granted);
  return computed ? granted.startsWith(asked) : granted === asked;
}
