// call asyncapi, of an AsyncAPI 2 or 3 document: a message is the http call that publishes it (WF-67), a
// subscription a listen for what a connector hands on (WF-70).
import { problemCode } from "@reach-fabric/schema";
import type { Path, TaskList } from "@reach-fabric/schema";
import type { Read } from "./read.ts";
import { followed } from "./openapi.ts";
import { CompileError, mapTasks, pick } from "./tasks.ts";
import type { Fields } from "./tasks.ts";

/** The list with every message made an http call, and every subscription a listen. */
export async function callChannels(list: TaskList, read: Read): Promise<TaskList> {
  const documents = new Map<string, Fields>();
  const wanted: { endpoint: string; path: Path }[] = [];
  mapTasks(list, ["do"], (task, path) => {
    if (task["call"] === "asyncapi") {
      wanted.push({ endpoint: documentOf(task), path: [...path, "with", "document", "endpoint"] });
    }
    return task;
  });
  for (const { endpoint, path } of wanted) {
    if (documents.has(endpoint)) continue;
    documents.set(endpoint, (await read.document(endpoint, path)).document);
  }
  return mapTasks(list, ["do"], (task, path) => {
    if (task["call"] !== "asyncapi") return task;
    const document = documents.get(documentOf(task)) ?? {};
    const { subscription } = task["with"] as Fields;
    return subscription === undefined
      ? callOfMessage(task, [...path, "with"], document)
      : listenTo(task, [...path, "with"], document);
  });
}

function documentOf(task: Fields): string {
  const { endpoint } = (task["with"] as Fields)["document"] as Fields;
  return (typeof endpoint === "string" ? endpoint : (endpoint as Fields)["uri"]) as string;
}

function callOfMessage(task: Fields, path: Path, document: Fields): Fields {
  const args = task["with"] as Fields;
  const refuse = (place: string, what: string, code: string = problemCode.badValue): never => {
    throw new CompileError([...path, place], { code, what });
  };
  const found = channelOf(document, args, "send");
  if (found === undefined) {
    return refuse(
      args["operation"] === undefined ? "channel" : "operation",
      "The document has no such operation that sends.",
    );
  }
  const server = serverOf(document, args);
  if (server === undefined) return refuse("server", "The document has no such server.");
  const { base, protocol } = server;
  if (protocol !== "http" && protocol !== "https") {
    return refuse(
      "protocol",
      `Messages by ${protocol}: not built yet; by http they are.`,
      problemCode.notBuiltYet,
    );
  }
  const { payload, headers } = (args["message"] ?? {}) as Fields;
  const { authentication } = args;
  const endpoint = `${base}/${found.address.replace(/^\//, "")}`;
  return {
    ...pick(task, true),
    call: "http",
    with: {
      method: found.method,
      endpoint: authentication === undefined ? endpoint : { uri: endpoint, authentication },
      ...(headers === undefined ? {} : { headers }),
      ...(payload === undefined ? {} : { body: payload }),
    },
  };
}

/** The CloudEvents that messages are handed on as. */
export const MESSAGE = "asyncapi.message";

function listenTo(task: Fields, path: Path, document: Fields): Fields {
  const args = task["with"] as Fields;
  const refuse = (place: string, what: string): never => {
    throw new CompileError([...path, place], { code: problemCode.badValue, what });
  };
  const found = channelOf(document, args, "receive");
  if (found === undefined) {
    return refuse(
      args["operation"] === undefined ? "channel" : "operation",
      "The document has no such operation that receives.",
    );
  }
  const server = serverOf(document, args);
  if (server === undefined) return refuse("server", "The document has no such server.");
  const { filter, consume, foreach } = args["subscription"] as Fields;
  const { amount, while: going, until } = consume as Record<string, string | number | undefined>;
  const inner = (text: string | number | undefined): string =>
    /^\s*\$\{([\s\S]*)\}\s*$/.exec(String(text))?.[1] ?? String(text);
  const end =
    amount === undefined
      ? until === undefined
        ? `(${inner(going)}) | not`
        : inner(until)
      : `length >= ${amount}`;
  const event = {
    with: {
      type: MESSAGE,
      source: server.base,
      subject: found.address,
      ...(filter === undefined ? {} : { data: `\${ ${inner(filter as string)} }` }),
    },
  };
  return {
    ...pick(task, true),
    listen: { to: { any: [event], until: end } },
    ...(foreach === undefined ? {} : { foreach }),
  };
}

interface Channel {
  readonly address: string;
  readonly method: string;
}

/** Where the messages of an operation, or of a channel of AsyncAPI 2, go. */
function channelOf(
  document: Fields,
  args: Fields,
  action: "send" | "receive",
): Channel | undefined {
  const name = args["operation"] as string | undefined;
  const channels = (document["channels"] ?? {}) as Record<string, Fields>;
  const methodOf = (operation: Fields): string => {
    const http = ((operation["bindings"] ?? {}) as Record<string, Fields>)["http"];
    return typeof http?.["method"] === "string" ? http["method"].toLowerCase() : "post";
  };
  const operation = ((document["operations"] ?? {}) as Record<string, Fields>)[name ?? ""];
  if (operation !== undefined) {
    if (operation["action"] !== action) return undefined;
    const channel = followed(document, (operation["channel"] ?? {}) as Fields);
    const { address } = channel;
    return typeof address === "string" ? { address, method: methodOf(operation) } : undefined;
  }
  for (const [address, channel] of Object.entries(channels)) {
    // What an application publishes, AsyncAPI 2 says from its users' side.
    const side = channel[action === "send" ? "publish" : "subscribe"] as Fields | undefined;
    const isMeant =
      name === undefined ? args["channel"] === address : side?.["operationId"] === name;
    if (side !== undefined && isMeant) return { address, method: methodOf(side) };
  }
  return undefined;
}

/** The server that is named, the first of a protocol, or the first. */
function serverOf(
  document: Fields,
  args: Fields,
): { readonly base: string; readonly protocol: string } | undefined {
  const servers = (document["servers"] ?? {}) as Record<string, Fields>;
  const { name, variables = {} } = (args["server"] ?? {}) as {
    name?: string;
    variables?: Record<string, string | number>;
  };
  const protocol = args["protocol"];
  const found =
    name === undefined
      ? Object.values(servers).find((one) => protocol === undefined || one["protocol"] === protocol)
      : servers[name];
  if (found === undefined || typeof found["protocol"] !== "string") return undefined;
  const { url, host, pathname = "" } = found as { url?: string; host?: string; pathname?: string };
  const known = (found["variables"] ?? {}) as Record<string, { default?: string }>;
  const filled = (text: string): string =>
    text.replaceAll(/\{([^{}]*)\}/g, (_, key: string) =>
      String(variables[key] ?? known[key]?.default ?? ""),
    );
  const written = filled(url ?? `${host ?? ""}${pathname}`);
  const whole = written.includes("://") ? written : `${found["protocol"]}://${written}`;
  return { base: whole.replace(/\/$/, ""), protocol: found["protocol"] };
}
