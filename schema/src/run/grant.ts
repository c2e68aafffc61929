// What an operator gives a run: docs/spec/grant.md. Nothing is granted by default.
import * as z from "zod";
import { besideUnknown, problemCode, report, strict } from "../fields/problem.ts";
import { requestBounds } from "./bounds.ts";
import type { RequestBounds } from "./bounds.ts";
import { directory, folders } from "./folders.ts";
import { models, provider, spending, wronglyPriced } from "./models.ts";

const METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"] as const;

/** GRANT-2: a logical origin in the one spelling that every URL parser agrees on. */
const origin: z.ZodString = z.string().check((context) => {
  const why = whyNotOrigin(context.value);
  if (why) report(context, [], { code: problemCode.badValue, what: `Not an origin: ${why}.` });
});

function whyNotOrigin(text: string): string | undefined {
  const match = /^(https?):\/\/([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::([1-9][0-9]*))?$/.exec(text);
  if (!match) {
    return /[A-Z]/.test(text)
      ? "write it in lower case"
      : "expected https://host or https://host:port without a path";
  }
  const [, scheme, host = "", port] = match;
  if (port === (scheme === "https" ? "443" : "80")) return "leave the scheme's own port out";
  if (Number(port ?? 1) > 65535) return "its port is above 65535";
  return host.startsWith("[") ? undefined : whyNotHost(host);
}

/** URL parsers read a last label that looks like a number as an IPv4 address in disguise. */
function whyNotHost(host: string): string | undefined {
  const labels = host.split(".");
  if (host.length > 253 || !labels.every((part) => /^(?!-)[a-z0-9-]{1,63}(?<!-)$/.test(part))) {
    return "its host is not a name";
  }
  if (!/^(?:[0-9]+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? "")) return undefined;
  const isByte = (part: string): boolean => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && +part < 256;
  return labels.length === 4 && labels.every(isByte)
    ? undefined
    : "write an IPv4 address as four decimal numbers";
}

/** GRANT-3: a path, or a path's beginning followed by `*`. */
const pathPattern: z.ZodString = z.string().check((context) => {
  const why = whyNotPattern(context.value);
  if (why) report(context, [], { code: problemCode.badValue, what: `Not a path: ${why}.` });
});

function whyNotPattern(text: string): string | undefined {
  if (!text.startsWith("/")) return "it must begin with `/`";
  const path = text.endsWith("*") ? text.slice(0, -1) : text;
  if (path.includes("*")) return "`*` stands at the end only";
  if (path.includes("?") || path.includes("#")) return "a query is not part of it";
  return whyNotPath(path);
}

/**
 * GRANT-4: why a request's path is denied whatever the grant says, or undefined.
 *
 * What is left has one meaning to every server and proxy, however often one decodes it: no dot segments, no empty
 * segments, no encoded slash, backslash or control character, no bytes that are not UTF-8, and no character that must
 * have been encoded.
 */
export function whyNotPath(path: string): string | undefined {
  if (!/^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*$/.test(path)) {
    return "it has a character that a path must encode";
  }
  if (path.includes("//")) return "it has an empty segment";
  for (let layer = path, round = 1; ; round += 1) {
    if (/%(?:2f|5c)/i.test(layer) || (round > 1 && /%2e/i.test(layer))) {
      return "it has an encoded slash, backslash or dot";
    }
    if (/%(?:0[0-9a-f]|1[0-9a-f]|7f)/i.test(layer)) return "it has an encoded control character";
    if (layer.split("/").some((segment) => /^(?:\.|%2e){1,2}(?:;.*)?$/i.test(segment))) {
      return "it has a `.` or `..` segment";
    }
    // Of ASCII alone, as it was looked at above.
    if (round === 1 && !layer.includes("%")) return undefined;
    const within = decodedOnce(layer);
    if (within === undefined) return "it is not UTF-8";
    if (within === layer) return undefined;
    if (round > MOST_LAYERS) return "it is encoded more than three times";
    layer = within;
  }
}

const MOST_LAYERS = 3;

/** A path's bytes, of which each is a character, with its percent signs read once; undefined where they are not UTF-8. */
function decodedOnce(layer: string): string | undefined {
  const byte = (_: string, pair: string): string => String.fromCharCode(Number.parseInt(pair, 16));
  const text = layer.replaceAll(/%([0-9a-f]{2})/gi, byte);
  try {
    // It throws where the bytes are no UTF-8.
    decodeURIComponent(
      text.replaceAll(/[^]/g, (one) => `%${one.charCodeAt(0).toString(16).padStart(2, "0")}`),
    );
    return text;
  } catch {
    return undefined;
  }
}

/** GRANT-22: a header's name in lower case. */
const headerName = z.string().regex(/^[a-z0-9!.~_-]{1,100}$/, {
  error: "Expected the name of a header in lower case.",
});

const http = strict({
  origin,
  methods: z
    .array(z.enum(METHODS, { error: `Expected one of ${METHODS.join(", ")}.` }))
    .min(1, { error: "Name at least one method." }),
  paths: z.array(pathPattern).min(1, { error: "Name at least one path; /* is every path." }),
  /** Of headers that override the request, those that it may have. */
  headers: z.array(headerName).min(1, { error: "Name at least one header." }).optional(),
});

/**
 * GRANT-16: an entry of a grant file. Where it is `repeatable`, the operator vouches that what it allows may be done
 * twice.
 */
const httpEntry = http.extend({
  repeatable: z.boolean().optional(),
  limits: requestBounds.optional(),
});

/** GRANT-11: a type of CloudEvents, or the beginning of some, followed by `*`. */
const eventType: z.ZodString = z.string().check((context) => {
  const { value } = context;
  if (value !== "" && !value.slice(0, -1).includes("*") && value.length <= 1000) return;
  report(context, [], {
    code: problemCode.badValue,
    what: "Not a type of events: `*` is allowed only at the end.",
  });
});
/** GRANT-11: true if events of this type may be emitted. */
export const mayEmit = ({ emit: types = [] }: Pick<Grant, "emit">, type: string): boolean =>
  types.some((one) => matchesPattern(one, type));
const emit = z.array(eventType).min(1, { error: "Name at least one type; * is every type." });

/** GRANT-12: where a secret may go. */
const secrets = z.array(
  strict({
    name: z.string().min(1, { error: "Name the secret." }),
    origins: z.array(origin).min(1, { error: "Name at least one origin." }),
  }),
);

/** GRANT-14: an MCP server, by its URI without a query. */
const server: z.ZodString = z.string().check((context) => {
  const match = /^(https?:\/\/[^/]*)(\/[^?#]*)$/.exec(context.value);
  const [, of = "", path = ""] = match ?? [];
  const why =
    match === null ? "expected https://host/path" : (whyNotOrigin(of) ?? whyNotPath(path));
  if (why) report(context, [], { code: problemCode.badValue, what: `Not a server: ${why}.` });
});
/** GRANT-14: `METHOD TARGET`, or the beginning of some followed by `*`. */
const callPattern: z.ZodString = z.string().check((context) => {
  const { value } = context;
  const isPattern =
    /^(?:(?:tools|prompts|resources)\/[a-z/]+(?: .*)?|[a-z/]*\*)$/.test(value) &&
    !value.slice(0, -1).includes("*");
  if (isPattern) return;
  report(context, [], {
    code: problemCode.badValue,
    what: "Not an MCP call: expected for example `tools/call NAME` or `resources/read file:*`.",
  });
});
const mcp = z.array(
  strict({ server, calls: z.array(callPattern).min(1, { error: "Name at least one call." }) }),
);
const mcpEntries = z.array(
  strict({
    server,
    calls: z.array(callPattern).min(1, { error: "Name at least one call." }),
    repeatable: z.boolean().optional(),
    limits: requestBounds.optional(),
  }),
);
/** What a call of MCP says about itself. */
export interface Callable {
  readonly uri: string;
  readonly method: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}
/** GRANT-14: what a call is to a grant: its method, and the tool, prompt or resource. */
export function calledIn({ method, parameters }: Omit<Callable, "uri">): string {
  const target =
    method === "resources/read"
      ? parameters?.["uri"]
      : method === "tools/call" || method === "prompts/get"
        ? parameters?.["name"]
        : undefined;
  return typeof target === "string" ? `${method} ${target}` : method;
}
/** GRANT-14: true if this method of this server may be called, for what its parameters name. */
export function mayCall({ mcp: rules = [] }: Pick<Grant, "mcp">, call: Callable): boolean {
  const { uri } = call;
  const text = calledIn(call);
  return rules.some(
    (rule) => rule.server === uri && rule.calls.some((one) => matchesPattern(one, text)),
  );
}
const matchesPattern = (pattern: string, text: string): boolean =>
  pattern.endsWith("*") ? text.startsWith(pattern.slice(0, -1)) : text === pattern;

/** The effective grant: what the engine sees and every decision digest holds (GRANT-5). */
export const grant = strict({
  http: z.array(http).optional(),
  emit: emit.optional(),
  secrets: secrets.optional(),
  models: models.optional(),
  spending: spending.optional(),
  mcp: mcp.optional(),
  folders: folders.optional(),
});

/** The effective grant. */
export type Grant = z.infer<typeof grant>;
/** What one entry of a grant allows. */
export type HttpGrant = z.infer<typeof http>;

/** What entries of a grant say of time and size, beside what they allow (GRANT-21). */
export interface GrantBounds {
  readonly http?: readonly (HttpGrant & { readonly limits: RequestBounds })[];
  readonly mcp?: readonly (NonNullable<Grant["mcp"]>[number] & {
    readonly limits: RequestBounds;
  })[];
}

const file = strict({
  format: z.literal("reach/grant/v1", { error: "Expected reach/grant/v1." }),
  http: z.array(httpEntry).optional(),
  emit: emit.optional(),
  secrets: secrets.optional(),
  models: models.optional(),
  spending: spending.optional(),
  mcp: mcpEntries.optional(),
  folders: folders.optional(),
  providers: z.record(z.string(), provider).optional(),
  addresses: z.record(z.string(), origin).optional(),
  directories: z.record(z.string(), directory).optional(),
});

/** GRANT-1: the file that an operator writes. */
export const grantFile: typeof file = file.superRefine((_, context) => {
  for (const name of Object.keys(context.value.providers ?? {})) {
    if (context.value.models?.includes(name)) continue;
    report(context, ["providers", name], {
      code: problemCode.unknownName,
      what: "A provider for a model that `models` does not grant.",
    });
  }
  for (const name of Object.keys(context.value.directories ?? {})) {
    if (context.value.folders?.some((one) => one.name === name)) continue;
    report(context, ["directories", name], {
      code: problemCode.unknownName,
      what: "A directory for a folder that `folders` does not grant.",
    });
  }
  const priced = wronglyPriced(context.value);
  if (priced !== undefined) {
    const { name, isMissing } = priced;
    report(context, ["spending", "prices", ...(isMissing ? [] : [name])], {
      code: problemCode.unknownName,
      what: isMissing
        ? `No price for the model ${name}, which \`models\` grants.`
        : "A price for a model that `models` does not grant.",
    });
  }
  const granted = new Set([
    ...(context.value.http ?? []).map((entry) => entry.origin),
    ...(context.value.mcp ?? []).map((entry) => /^\w+:\/\/[^/]*/.exec(entry.server)?.[0] ?? ""),
  ]);
  for (const name of Object.keys(context.value.addresses ?? {})) {
    if (granted.has(name)) continue;
    report(context, ["addresses", name], {
      code: problemCode.unknownName,
      what: "An address for an origin that no entry of `http` or `mcp` grants.",
      hint: granted.size > 0 ? `Granted: ${[...granted].join(", ")}.` : "Nothing is granted.",
    });
  }
}, besideUnknown);

/** The file that an operator writes. */
export type GrantFile = z.infer<typeof grantFile>;
