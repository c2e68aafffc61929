// Parts of a request that its headers repeat (MCP 2026-07-28, "Request Metadata"): its method, what it names, and the arguments
// of a tool that the tool's definition says.
import { fromUtf8 } from "@reach-fabric/engine";
import type { RpcOutcome } from "./exchange.ts";

/** An argument of a tool by its path, and the header that repeats it. */
interface MirroredArgument {
  readonly path: readonly string[];
  readonly header: string;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}$/;
const MIRRORED_TYPES: ReadonlySet<unknown> = new Set(["string", "integer", "boolean"]);
const DEEPEST = 32;
/** Parts of one tool's schema that are looked at. */
const MOST_PARTS = 100_000;
/** What holds values, and no schemas. */
const VALUES: ReadonlySet<string> = new Set(["const", "default", "enum", "examples"]);
/** Tools of one server that are kept in mind. */
const MOST_TOOLS = 10_000;

/** What a tool wants repeated; undefined where its definition breaks the rules for that, so that it must not be called. */
type Mirror = readonly MirroredArgument[] | undefined;

/** What the tools of a server want repeated in headers, as far as their definitions were seen. */
export class ToolHeaders {
  readonly #tools = new Map<string, Mirror>();

  /** Takes a list of tools; gives the cursor of its next page. */
  learn(answered: RpcOutcome): string | undefined {
    if (answered.kind !== "said" || answered.answer.member !== "result") return undefined;
    const list = fieldsOf(JSON.parse(fromUtf8(answered.answer.body)));
    for (const tool of Array.isArray(list["tools"]) ? (list["tools"] as unknown[]) : []) {
      const { name, inputSchema } = fieldsOf(tool);
      if (typeof name !== "string" || this.#tools.size >= MOST_TOOLS) continue;
      this.#tools.set(name, mirroredIn(inputSchema));
    }
    return typeof list["nextCursor"] === "string" ? list["nextCursor"] : undefined;
  }

  has(name: string): boolean {
    return this.#tools.has(name);
  }

  /** Nothing for a tool that was not seen. */
  of(name: string): Mirror {
    return this.#tools.has(name) ? this.#tools.get(name) : [];
  }
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};

interface Part {
  readonly schema: unknown;
  /** The names of properties that lead to it; undefined where something else does, so that no argument is meant. */
  readonly path: readonly string[] | undefined;
}

/** The annotations of a schema: below `properties` alone, of texts, whole numbers and booleans, each of its own name. */
function mirroredIn(schema: unknown): Mirror {
  const found: MirroredArgument[] = [];
  const open: Part[] = [{ schema, path: [] }];
  let seen = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    seen += 1;
    if (seen > MOST_PARTS) return undefined;
    const { "x-mcp-header": header, type } = fieldsOf(next.schema);
    if (header !== undefined) {
      const { path = [] } = next;
      const isFit = typeof header === "string" && TOKEN.test(header) && isPrimitive(type);
      if (!isFit || path.length === 0) return undefined;
      found.push({ path, header: `mcp-param-${header.toLowerCase()}` });
    }
    open.push(...partsOf(next));
  }
  const names = new Set(found.map(({ header }) => header));
  return names.size === found.length ? found : undefined;
}

function partsOf({ schema, path }: Part): Part[] {
  if (Array.isArray(schema))
    return schema.map((one: unknown) => ({ schema: one, path: undefined }));
  return Object.entries(fieldsOf(schema)).flatMap(([name, inner]): Part[] => {
    if (VALUES.has(name)) return [];
    if (name !== "properties") return [{ schema: inner, path: undefined }];
    return Object.entries(fieldsOf(inner)).map(([property, one]) => ({
      schema: one,
      path: path === undefined || path.length === DEEPEST ? undefined : [...path, property],
    }));
  });
}

const isPrimitive = (type: unknown): boolean => MIRRORED_TYPES.has(type);

/** The headers for the arguments of one call. */
export function mirrored(tool: Mirror, given: unknown): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { path, header } of tool ?? []) {
    let value = given;
    for (const name of path) {
      value = Object.hasOwn(fieldsOf(value), name) ? fieldsOf(value)[name] : undefined;
    }
    if (typeof value === "string") headers[header] = headerText(value);
    else if (typeof value === "boolean" || Number.isSafeInteger(value)) {
      headers[header] = String(value);
    }
  }
  return headers;
}

/** The header with what a request is for: the tool, the prompt, the resource. */
export function nameHeader(
  method: string,
  parameters: Readonly<Record<string, unknown>> | undefined,
): Record<string, string> {
  const isNamed = method === "tools/call" || method === "prompts/get";
  const name = isNamed
    ? parameters?.["name"]
    : method === "resources/read"
      ? parameters?.["uri"]
      : undefined;
  return typeof name === "string" ? { "mcp-name": headerText(name) } : {};
}

/** "Value Encoding": a text as it is where a header can hold it, or else in base64 between marks. */
function headerText(text: string): string {
  const isPlain = /^(?:[!-~](?:[\t\x20-\x7e]*[!-~])?)?$/.test(text);
  const isMarked = text.startsWith("=?base64?") && text.endsWith("?=");
  return isPlain && !isMarked ? text : `=?base64?${Buffer.from(text).toString("base64")}?=`;
}
