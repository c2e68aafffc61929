// The smallest grant that recorded runs needed: permissions put together, sorted and each once.
import type { RequestRecord } from "@reach-fabric/engine";
import { mayCall } from "@reach-fabric/schema";
import type { Grant, GrantFile } from "@reach-fabric/schema";
import type { Secrets } from "../secrets/texts.ts";
import { whyNotGranted } from "./egress/grant.ts";
import type { EffectiveGrant } from "./egress/grant.ts";
import { NEEDS_NOTHING, together } from "./needs.ts";
import type { Needed, Permission } from "./needs.ts";
import { kindOf } from "./table.ts";

export interface SuggestOptions {
  /** Of a path with a number or an id in it, all that begins as it does up to there. */
  readonly ids?: boolean;
  /** The grant in use, for what no record says: addresses, providers, directories, what is repeatable, limits. */
  readonly given?: EffectiveGrant;
  /** What the runs could spend on models: a limit stays, unless `given` says another one. */
  readonly spending?: Grant["spending"];
  /** What the names of secrets stand for, where tokens are got with them. */
  readonly secrets?: Secrets;
}

/** A grant, and what of it no record says. */
export interface SuggestedGrant extends Needed {
  readonly grant: GrantFile;
}

/**
 * The smallest grant with which these requests are granted.
 *
 * Guarantees: each permission in it is needed by one of the requests, with the exact origin, method, path, type, model
 * or call; only where such a text has a `*` in it, which no pattern has as itself, it ends there. The same requests give the
 * same grant, in whatever order they come. What no record says (where a redirect led, where a token came from) is in `open`.
 *
 * @example
 * const uri = "https://bureau.example/v1/17?full=yes";
 * const asked = { kind: "request", seq: 1, key: "0", type: "http", occurrence: 1, task: "/do/0/a", iteration: [] } as const;
 * const request = { method: "GET", uri, headers: {}, redirect: false };
 * const { grant } = suggestGrant([{ ...asked, iteration: [], request }]);
 * grant.http; // → [{ origin: "https://bureau.example", methods: ["GET"], paths: ["/v1/17"] }]
 */
export function suggestGrant(
  requests: Iterable<RequestRecord>,
  { ids = false, given, spending, secrets }: SuggestOptions = {},
): SuggestedGrant {
  const needed = together(
    [...requests].map(
      // The operator gives the events that are waited for.
      ({ type, request }) => kindOf(type)?.needs(request, secrets ?? {}) ?? NEEDS_NOTHING,
    ),
  );
  const permissions = distinct(ids ? needed.permissions.map(widened) : needed.permissions);
  const limits = { ...(spending && { spending }), ...given?.grant };
  const grant = grantAllowing(permissions, { ...nothingSaid, ...given, grant: limits });
  return { grant, permissions, open: needed.open };
}

const nothingSaid: EffectiveGrant = {
  grant: {},
  repeatable: {},
  bounds: {},
  addresses: {},
  providers: {},
  directories: {},
};

/**
 * The grant file that allows these, and no more.
 *
 * @example
 * grantAllowing([{ of: "emit", type: "approved" }]); // → { format: "reach/grant/v1", emit: ["approved"] }
 */
export function grantAllowing(
  permissions: readonly Permission[],
  given?: EffectiveGrant,
): GrantFile {
  const parts = Object.entries(joins).map(([name, join]) => [name, join(permissions, given)]);
  const filled = parts.filter(([, part]) => part !== undefined && !isEmpty(part));
  const grant = Object.fromEntries(filled) as Pick<GrantFile, keyof Grant>;
  return { format: "reach/grant/v1", ...grant, ...operatorsOf(grant, given) };
}

const isEmpty = (part: unknown): boolean => Array.isArray(part) && part.length === 0;

type Of<K extends Permission["of"]> = Extract<Permission, { of: K }>;

/** How each part of a grant is made: one that is new is an error of types until it has its row. */
const joins: {
  readonly [K in keyof Required<Grant>]: (
    permissions: readonly Permission[],
    given: EffectiveGrant | undefined,
  ) => GrantFile[K];
} = {
  http: (permissions, given) => joinHttp(those(permissions, "http"), given),
  emit: (permissions) => sortedOnce(those(permissions, "emit").map(({ type }) => type)),
  secrets: (permissions) =>
    grouped(those(permissions, "secrets"), ({ name }) => name).map(([name, all]) => ({
      name,
      origins: sortedOnce(all.map(({ origin }) => origin)),
    })),
  models: (permissions) => sortedOnce(those(permissions, "models").map(({ name }) => name)),
  mcp: (permissions, given) => joinMcp(those(permissions, "mcp"), given),
  folders: (permissions) =>
    grouped(those(permissions, "folders"), ({ name }) => name).map(([name, all]) => ({
      name,
      access: sortedOnce(all.map(({ access }) => access)),
    })),
  // A limit, and no permission: what the grant in use says.
  spending: (permissions, given) =>
    spendingOf(
      given?.grant.spending,
      sortedOnce(those(permissions, "models").map(({ name }) => name)),
    ),
};

/** Prices are of the models that are left. */
function spendingOf(
  limit: GrantFile["spending"],
  models: readonly string[],
): GrantFile["spending"] {
  if (limit === undefined || models.length === 0) return undefined;
  const { prices } = limit;
  if (prices === undefined) return limit;
  const left = Object.entries(prices).filter(([name]) => models.includes(name));
  return { ...limit, prices: Object.fromEntries(left) };
}

const those = <K extends Permission["of"]>(all: readonly Permission[], of: K): Of<K>[] =>
  all.filter((one): one is Of<K> => one.of === of);

type HttpEntry = NonNullable<GrantFile["http"]>[number];
type McpEntry = NonNullable<GrantFile["mcp"]>[number];

/** Paths with the same methods, and of which the operator says the same, are one entry: it allows nothing else. */
function joinHttp(permissions: readonly Of<"http">[], given?: EffectiveGrant): HttpEntry[] {
  const places = grouped(permissions, ({ origin, path, headers }) =>
    JSON.stringify([origin, path, headers]),
  );
  const paths = places.flatMap(([, [first, ...more]]) => {
    if (first === undefined) return [];
    const all = [first, ...more];
    return grouped(all, (one) => JSON.stringify(saidOfHttp(one, given))).map(([said, of]) => ({
      origin: first.origin,
      path: first.path,
      headers: first.headers,
      methods: sortedOnce(of.map(({ method }) => method)),
      said,
    }));
  });
  return grouped(paths, ({ origin, methods, headers, said }) =>
    JSON.stringify([origin, methods, headers, said]),
  ).map(([, of]) => {
    const [{ origin, methods, headers, said }] = of as [(typeof paths)[number]];
    return {
      origin,
      methods,
      paths: sortedOnce(of.map(({ path }) => path)),
      ...(headers === undefined ? {} : { headers: [...headers] }),
      ...(JSON.parse(said) as object),
    };
  });
}

function joinMcp(permissions: readonly Of<"mcp">[], given?: EffectiveGrant): McpEntry[] {
  const key = (one: Of<"mcp">): string => JSON.stringify([one.server, saidOfMcp(one, given)]);
  return grouped(permissions, key).map(([text, of]) => {
    const [server, said] = JSON.parse(text) as [string, object];
    return { server, calls: sortedOnce(of.map(({ call }) => call)), ...said };
  });
}

/** What the operator says of what is allowed, in no digest: the first entry that allows it. */
function saidOfHttp(
  { origin, method, path, headers }: Of<"http">,
  given: EffectiveGrant | undefined,
): Pick<HttpEntry, "repeatable" | "limits"> {
  const allows = (grant: Pick<Grant, "http">): boolean =>
    whyNotGranted(grant, method, { origin, path, query: "" }, headers) === undefined;
  const limits = given?.bounds.http?.find((entry) => allows({ http: [entry] }))?.limits;
  return {
    ...(given !== undefined && allows(given.repeatable) ? { repeatable: true } : {}),
    ...(limits === undefined ? {} : { limits }),
  };
}

function saidOfMcp(
  { server, call }: Of<"mcp">,
  given: EffectiveGrant | undefined,
): Pick<McpEntry, "repeatable" | "limits"> {
  const [method = "", ...rest] = call.split(" ");
  const name = rest.join(" ");
  const asked = { uri: server, method, parameters: { name, uri: name } };
  const limits = given?.bounds.mcp?.find((entry) => mayCall({ mcp: [entry] }, asked))?.limits;
  return {
    ...(given !== undefined && mayCall(given.repeatable, asked) ? { repeatable: true } : {}),
    ...(limits === undefined ? {} : { limits }),
  };
}

/** Addresses, providers and directories of what is left. */
function operatorsOf(
  { http = [], mcp = [], models = [], folders = [] }: Pick<GrantFile, keyof Grant>,
  given: EffectiveGrant | undefined,
): Pick<GrantFile, "addresses" | "providers" | "directories"> {
  const origins = new Set([
    ...http.map(({ origin }) => origin),
    ...mcp.map(({ server }) => new URL(server).origin),
  ]);
  const some = <T>(all: Readonly<Record<string, T>> = {}, isLeft: (name: string) => boolean) =>
    Object.fromEntries(
      Object.entries(all)
        .filter(([name]) => isLeft(name))
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  const addresses = some(given?.addresses, (name) => origins.has(name));
  const providers = some(given?.providers, (name) => models.includes(name));
  const directories = some(given?.directories, (name) => folders.some((one) => one.name === name));
  return {
    ...(Object.keys(providers).length === 0 ? {} : { providers }),
    ...(Object.keys(addresses).length === 0 ? {} : { addresses }),
    ...(Object.keys(directories).length === 0 ? {} : { directories }),
  };
}

/** Each once, and without those that another one of them allows as well. */
function distinct(permissions: readonly Permission[]): Permission[] {
  const texts = new Map(permissions.map((one) => [JSON.stringify(one), one]));
  const all = [...texts.keys()].sort().map((text) => texts.get(text) as Permission);
  return all.filter((one) => !all.some((other) => other !== one && covers(other, one)));
}

/** The text of a permission that can be a pattern. */
const patternOf = (one: Permission): string | undefined =>
  one.of === "http"
    ? one.path
    : one.of === "emit"
      ? one.type
      : one.of === "mcp"
        ? one.call
        : undefined;

function covers(wide: Permission, narrow: Permission): boolean {
  const [pattern, text] = [patternOf(wide), patternOf(narrow)];
  if (pattern === undefined || text === undefined) return false;
  const isWithin =
    pattern === text || (pattern.endsWith("*") && text.startsWith(pattern.slice(0, -1)));
  const has = headersOf(wide);
  return (
    isWithin &&
    headersOf(narrow).every((name) => has.includes(name)) &&
    JSON.stringify(restOf(wide)) === JSON.stringify(restOf(narrow))
  );
}

const headersOf = (one: Permission): readonly string[] =>
  one.of === "http" ? (one.headers ?? []) : [];

/** What has to be equal. */
const restOf = (one: Permission): readonly string[] =>
  one.of === "http"
    ? [one.of, one.origin, one.method]
    : one.of === "mcp"
      ? [one.of, one.server]
      : [one.of];

/** A segment that is a number, a UUID, or 16 or more hex digits. */
const ID = /\/(?=(?:\d+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,})(?:\/|$))/i;

function widened(one: Permission): Permission {
  if (one.of !== "http") return one;
  const at = ID.exec(one.path)?.index;
  return at === undefined ? one : { ...one, path: `${one.path.slice(0, at)}/*` };
}

const sortedOnce = <T extends string>(all: readonly T[]): T[] => [...new Set(all)].sort();

function grouped<T>(all: readonly T[], by: (one: T) => string): [key: string, of: T[]][] {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(by(one), [...(groups.get(by(one)) ?? []), one]);
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}
