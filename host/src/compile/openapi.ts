// call openapi: the operation of a pinned document, as the http call that it stands for (WF-51).
// OpenAPI 3 and Swagger 2.
import { pathOf, valueAt } from "@reach-fabric/engine";
import { problemCode } from "@reach-fabric/schema";
import type { Path } from "@reach-fabric/schema";
import { CompileError, pick } from "./tasks.ts";
import type { Fields } from "./tasks.ts";

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch"];

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly collectionFormat?: string;
  readonly explode?: boolean;
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly hasBody: boolean;
}

/**
 * The task with its call made an http call.
 *
 * @param document the document that it names, and the URI that it was fetched from, if it was
 * @throws CompileError for an operation that is not there, or parameters that it does not have
 */
export function callOfOperation(
  task: Fields,
  path: Path,
  { document, uri }: { readonly document: Fields; readonly uri?: string },
): Fields {
  const args = task["with"] as Fields;
  const refuse = (place: Path, what: string, hint?: string): never => {
    throw new CompileError([...path, "with", ...place], {
      code: problemCode.badValue,
      what,
      ...(hint === undefined ? {} : { hint }),
    });
  };
  const id = args["operationId"] as string;
  const operation = operationOf(document, id);
  if (operation === undefined) return refuse(["operationId"], `The document has no ${id}.`);
  const base = baseOf(document, uri);
  if (base === undefined) return refuse(["document"], "The document names no server.");
  const given = (args["parameters"] ?? {}) as Fields;
  const parts: string[] = [];
  const query: Record<string, unknown> = {};
  const headers: Record<string, unknown> = {};
  let body: unknown;
  const known = new Map(operation.parameters.map((one) => [one.name, one]));
  for (const [name, value] of Object.entries(given)) {
    const parameter = known.get(name);
    const place = ["parameters", name];
    if (parameter === undefined && name === "body" && operation.hasBody) body = value;
    else if (parameter?.in === "body") body = value;
    else if (parameter?.in === "query") query[name] = listed(value, parameter);
    else if (parameter?.in === "header") headers[name] = value;
    else if (parameter === undefined) {
      const names = [...known.keys(), ...(operation.hasBody ? ["body"] : [])].join(", ");
      refuse(place, `${id} has no parameter ${name}.`, names && `It has ${names}.`);
    } else if (parameter.in !== "path") {
      refuse(place, `Parameters in ${parameter.in} are not built yet.`);
    }
  }
  for (const { name, required = false, in: where } of operation.parameters) {
    if ((required || where === "path") && given[name] === undefined) {
      refuse(["parameters"], `${id} needs the parameter ${name}.`);
    }
  }
  for (const [i, text] of operation.path.split(/\{([^{}]*)\}/).entries()) {
    if (i % 2 === 0) parts.push(JSON.stringify(i === 0 ? base + text : text));
    else parts.push(segmentOf(given[text], () => refuse(["parameters", text], "Expected a text.")));
  }
  const isFixed = parts.every((part) => part.startsWith('"'));
  const endpoint = isFixed
    ? parts.map((part) => JSON.parse(part) as string).join("")
    : `\${ ${parts.join(" + ")} }`;
  const { authentication, output, redirect } = args;
  return {
    ...pick(task, true),
    call: "http",
    with: {
      method: operation.method,
      endpoint: authentication === undefined ? endpoint : { uri: endpoint, authentication },
      ...(Object.keys(query).length > 0 ? { query } : {}),
      ...(Object.keys(headers).length > 0 ? { headers } : {}),
      ...(body === undefined ? {} : { body }),
      ...(output === undefined ? {} : { output }),
      ...(redirect === undefined ? {} : { redirect }),
    },
  };
}

/** A part of the path, as a jq expression. */
function segmentOf(value: unknown, refuse: () => never): string {
  if (typeof value === "number" || typeof value === "boolean") return JSON.stringify(String(value));
  if (typeof value !== "string") return refuse();
  const inner = /^\s*\$\{([\s\S]*)\}\s*$/.exec(value)?.[1];
  return inner === undefined
    ? JSON.stringify(encodeURIComponent(value))
    : `((${inner}) | tostring | @uri)`;
}

/** A list of values is repeated, or joined where the parameter says so. */
function listed(value: unknown, { collectionFormat, explode }: Parameter): unknown {
  const separators: Record<string, string> = { csv: ",", ssv: " ", tsv: "\t", pipes: "|" };
  const between = explode === false ? "," : separators[collectionFormat ?? ""];
  const isPlain = Array.isArray(value) && value.every((one) => typeof one !== "object");
  return between !== undefined && isPlain ? value.join(between) : value;
}

/** The operation with this id. */
function operationOf(document: Fields, id: string): Operation | undefined {
  for (const [path, item] of Object.entries((document["paths"] ?? {}) as Record<string, Fields>)) {
    for (const method of METHODS) {
      const operation = item[method] as Fields | undefined;
      if (operation?.["operationId"] !== id) continue;
      const own = (operation["parameters"] ?? []) as readonly Fields[];
      const shared = ((item["parameters"] ?? []) as readonly Fields[]).map((one) =>
        followed(document, one),
      );
      const parameters = own.map((one) => followed(document, one)) as unknown as Parameter[];
      const isOver = ({ name, in: where }: Parameter): boolean =>
        parameters.some((one) => one.name === name && one.in === where);
      return {
        method,
        path,
        parameters: [
          ...(shared as unknown as Parameter[]).filter((one) => !isOver(one)),
          ...parameters,
        ],
        hasBody: operation["requestBody"] !== undefined,
      };
    }
  }
  return undefined;
}

/** What a reference inside the document stands for. */
export function followed(document: Fields, value: Fields): Fields {
  const reference = value["$ref"];
  if (typeof reference !== "string" || !reference.startsWith("#/")) return value;
  return (valueAt(document, pathOf(reference.slice(1))) ?? {}) as Fields;
}

/** Where the service is: without a slash at its end. */
function baseOf(document: Fields, uri: string | undefined): string | undefined {
  const from = uri === undefined ? undefined : URL.parse(uri);
  if (document["swagger"] !== undefined) {
    const {
      schemes,
      host,
      basePath = "",
    } = document as {
      schemes?: readonly string[];
      host?: string;
      basePath?: string;
    };
    const named = host ?? from?.host;
    if (named === undefined) return undefined;
    const scheme = schemes?.includes("https") === false ? "http" : "https";
    return `${scheme}://${named}${basePath}`.replace(/\/$/, "");
  }
  const [server] = (document["servers"] ?? [{ url: "/" }]) as readonly {
    url: string;
    variables?: Readonly<Record<string, { default: string }>>;
  }[];
  const url = server?.url.replaceAll(
    /\{([^{}]*)\}/g,
    (_, name: string) => server.variables?.[name]?.default ?? "",
  );
  return URL.parse(url ?? "", from ?? undefined)?.href.replace(/\/$/, "");
}
