// What a pack asks of the world, as far as the text of its workflows shows it.
import { fromUtf8, pointerOf } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import { manifestOf } from "@reach-fabric/evidence";
import { tasksBelow } from "@reach-fabric/schema";

/** Something that a grant would have to say, and the task that needs it. */
export type Capability = { readonly file: string; readonly task: string } & (
  | {
      readonly kind: "http";
      readonly method: string;
      readonly origin: string;
      /** Exact, or up to the first part that is computed, followed by `*`. */
      readonly path: string;
    }
  | { readonly kind: "model" | "emit"; readonly name: string }
  | { readonly kind: "folder"; readonly name: string; readonly access: string }
  | { readonly kind: "mcp"; readonly server: string; readonly call: string }
  | { readonly kind: "secret"; readonly name: string; readonly origin: string }
  /** Decided only while it runs. */
  | { readonly kind: "computed"; readonly what: string }
);

/** What is computed where an event has a type that the text does not say. */
export const EVENT_TYPE = "the type of an event";

type Loose = Readonly<Record<string, unknown>>;

/** Every capability that the pack's workflows show, in document order. */
export function capabilitiesOf(pack: Pack): Capability[] {
  const { workflows } = manifestOf(pack);
  return pack.files
    .filter(({ path }) => workflows.includes(path))
    .flatMap(({ path: file, bytes }) => {
      const document = JSON.parse(fromUtf8(bytes)) as { do?: unknown; use?: Loose };
      return [...tasksBelow(document.do, ["do"])].flatMap(({ path, task }) =>
        neededBy(task as Loose, document.use ?? {}).map((need) => ({
          ...need,
          file,
          task: pointerOf(path),
        })),
      );
    });
}

type Need = Capability extends infer C
  ? C extends unknown
    ? Omit<C, "file" | "task">
    : never
  : never;

function neededBy(task: Loose, use: Loose): Need[] {
  const args = (task["with"] ?? {}) as Loose;
  switch (task["call"]) {
    case "http":
      return httpNeeds(args["endpoint"], String(args["method"]).toUpperCase(), use, args);
    case "llm":
      return [named("model", args["model"])];
    case "mcp":
      return mcpNeeds(args, use);
    case "file":
      return [{ kind: "folder", name: String(args["folder"]), access: String(args["method"]) }];
    case "grpc": {
      const { name, host, port, authentication } = args["service"] as {
        name: string;
        host: string;
        port?: number;
        authentication?: unknown;
      };
      const at = port === undefined || port === 443 ? host : `${host}:${port}`;
      const uri = `https://${at}/${name}/${String(args["method"])}`;
      return httpNeeds({ uri, authentication }, "POST", use, args);
    }
    default:
  }
  if (task["emit"] === undefined) return [];
  const { event } = task["emit"] as { event?: { with?: Loose } };
  return [named("emit", event?.with?.["type"])];
}

const isComputed = (text: unknown): boolean =>
  typeof text !== "string" || text.trim().startsWith("${");

const named = (kind: "model" | "emit", name: unknown): Need =>
  isComputed(name)
    ? { kind: "computed", what: kind === "emit" ? EVENT_TYPE : "the name of a model" }
    : { kind, name: name as string };

function httpNeeds(endpoint: unknown, method: string, use: Loose, args: Loose): Need[] {
  const { uri, authentication } = partsOf(endpoint);
  const literal = /^(https?:\/\/[^/?#{}$\s]+)(\/[^?#]*)?/.exec(uri);
  if (literal === null) return [{ kind: "computed", what: `where ${method} goes` }];
  const [, written = "", whole = "/"] = literal;
  const origin = URL.canParse(written) ? new URL(written).origin : written;
  const at = whole.indexOf("{");
  const path = at < 0 ? whole : `${whole.slice(0, at)}*`;
  const secrets = secretNeeds(authentication, origin, use, args);
  return [{ kind: "http", method, origin, path }, ...secrets];
}

function mcpNeeds(args: Loose, use: Loose): Need[] {
  const { http } = (args["transport"] ?? {}) as { http?: { endpoint?: unknown } };
  const { uri, authentication } = partsOf(http?.endpoint);
  const method = String(args["method"]);
  if (isComputed(uri) || uri.includes("{")) {
    return [{ kind: "computed", what: `the MCP server of ${method}` }];
  }
  const parameters = (typeof args["parameters"] === "object" ? args["parameters"] : {}) as Loose;
  const target = method === "resources/read" ? parameters["uri"] : parameters["name"];
  const needsOne = /^(?:tools\/call|prompts\/get|resources\/read)$/.test(method);
  const call = !needsOne
    ? method
    : isComputed(target)
      ? `${method} *`
      : `${method} ${String(target)}`;
  const origin = URL.canParse(uri) ? new URL(uri).origin : uri;
  return [{ kind: "mcp", server: uri, call }, ...secretNeeds(authentication, origin, use, args)];
}

function partsOf(endpoint: unknown): { uri: string; authentication: unknown } {
  if (typeof endpoint === "string") return { uri: endpoint, authentication: undefined };
  const { uri, authentication } = (endpoint ?? {}) as { uri?: unknown; authentication?: unknown };
  return { uri: typeof uri === "string" ? uri : "", authentication };
}

/** The secrets that an authentication names, directly or by `use.authentications`, and the arguments. */
function secretNeeds(authentication: unknown, origin: string, use: Loose, args: Loose): Need[] {
  const places = (args["secrets"] ?? []) as { parts: (string | { name: string })[] }[];
  const inside = places.flatMap(({ parts }) =>
    parts.flatMap((part) => (typeof part === "string" ? [] : [part.name])),
  );
  const given = (authentication ?? {}) as Loose;
  const shared = (use["authentications"] ?? {}) as Loose;
  const policy = typeof given["use"] === "string" ? (shared[given["use"]] ?? {}) : given;
  const named = Object.values(policy as Loose).flatMap((body) => {
    const name = typeof body === "object" && body !== null ? (body as Loose)["use"] : undefined;
    return typeof name === "string" ? [name] : [];
  });
  return [...new Set([...named, ...inside])].map((name) => ({ kind: "secret", name, origin }));
}

const ACCESSING: Readonly<Record<string, string>> = {
  list: "listing",
  read: "reading",
  write: "writing",
};

/** A capability in words. */
export function describe(one: Capability): string {
  switch (one.kind) {
    case "http":
      return `${one.method} ${one.origin}${one.path}`;
    case "model":
      return `the model ${one.name}`;
    case "emit":
      return `events of type ${one.name}`;
    case "mcp":
      return `${one.call} of ${one.server}`;
    case "folder":
      return `${ACCESSING[one.access] ?? one.access} in the folder ${one.name}`;
    case "secret":
      return `the secret ${one.name}, sent to ${one.origin}`;
    default:
      return `${one.what}, which is computed`;
  }
}

/** A grant file that holds what the capabilities ask for and no more; what is computed is missing. */
export function grantFor(capabilities: readonly Capability[]): object {
  const of = <K extends Capability["kind"]>(kind: K): Extract<Capability, { kind: K }>[] =>
    capabilities.filter((one) => one.kind === kind) as Extract<Capability, { kind: K }>[];
  const unique = (texts: readonly string[]): string[] => [...new Set(texts)].sort();
  const grouped = <T, R>(
    all: readonly T[],
    by: (one: T) => string,
    make: (key: string, of: T[]) => R,
  ): R[] =>
    unique(all.map(by)).map((key) =>
      make(
        key,
        all.filter((one) => by(one) === key),
      ),
    );
  const list = (name: string, all: readonly unknown[]): object =>
    all.length === 0 ? {} : { [name]: all };
  return {
    format: "reach/grant/v1",
    ...list("models", unique([...of("model")].map(({ name }) => name))),
    ...list("emit", unique([...of("emit")].map(({ name }) => name))),
    ...list(
      "http",
      grouped(
        of("http"),
        (one) => one.origin,
        (origin, all) => ({
          origin,
          methods: unique(all.map(({ method }) => method)),
          paths: unique(all.map(({ path }) => path)),
        }),
      ),
    ),
    ...list(
      "mcp",
      grouped(
        of("mcp"),
        (one) => one.server,
        (server, all) => ({
          server,
          calls: unique(all.map(({ call }) => call)),
        }),
      ),
    ),
    ...list(
      "folders",
      grouped(
        of("folder"),
        (one) => one.name,
        (name, all) => ({
          name,
          access: unique(all.map(({ access }) => access)),
        }),
      ),
    ),
    ...list(
      "secrets",
      grouped(
        of("secret"),
        (one) => one.name,
        (name, all) => ({
          name,
          origins: unique(all.map(({ origin }) => origin)),
        }),
      ),
    ),
  };
}
