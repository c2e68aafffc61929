// Grants: what a run may do to the world (docs/spec/grant.md). The engine checks each request first;
// this is the second check, which shares nothing with the first but the specification.
import { canonicalize, fromUtf8 } from "@reach-fabric/engine";
import { grantFile, problemCode, whyNotPath } from "@reach-fabric/schema";
import type {
  Grant,
  GrantBounds,
  GrantFile,
  HttpGrant,
  Path,
  Provider,
} from "@reach-fabric/schema";
import { hostCode } from "../../files/codes.ts";
import { checked, readJson, refusalOf } from "../../files/document.ts";
import type { PlacedProblem } from "../../files/error.ts";
import { readRegularFile } from "../../files/files.ts";
import { placeText } from "../../files/place.ts";
import type { DocumentPlace } from "../../files/place.ts";
import { RequestFailed } from "./failure.ts";

/** Largest grant file. */
const MAX_GRANT = 1024 * 1024;

/** A grant file in its two parts: what is hashed, and what is the operator's alone. */
export interface EffectiveGrant {
  /** By logical names, in normal form: part of the decision digest. */
  readonly grant: Grant;
  /** What may be done twice, as the operator vouches (GRANT-16): in no digest, never in the engine. */
  readonly repeatable: Pick<Grant, "http" | "mcp">;
  /** How long requests may take and what they may bring, where an entry says it (GRANT-21): in no digest, never in the engine. */
  readonly bounds: GrantBounds;
  /** From a logical origin to the origin that is contacted: in no digest, never in the engine. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Where models are: in no digest, never in the engine. */
  readonly providers: Readonly<Record<string, Provider>>;
  /** Where folders are: in no digest, never in the engine. */
  readonly directories: Readonly<Record<string, string>>;
}

/**
 * Reads a grant file: strict JSON of format reach/grant/v1.
 *
 * @throws ReachError `REACH-E41xx` for the file, `REACH-E11xx` for its JSON, `REACH-E42xx` for
 *   what it says
 *
 * @example
 * const { grant, addresses } = await readGrant("grant.json");
 * await run({ engine, pack, input, grant, addresses, recorder });
 */
export async function readGrant(path: string): Promise<EffectiveGrant> {
  const bytes = await readRegularFile(path, { limit: MAX_GRANT });
  const document = readJson(bytes, path);
  const file = checked(grantFile, document, "grant");
  const origins: [origin: string, path: Path][] = [
    ...(file.http ?? []).map(({ origin }, index): [string, Path] => [
      origin,
      ["http", index, "origin"],
    ]),
    ...Object.entries(file.addresses ?? {}).map(([name, address]): [string, Path] => [
      address,
      ["addresses", name],
    ]),
  ];
  const problems = origins.flatMap(([origin, where]) => notNormal(origin, document.locate(where)));
  if (problems.length > 0) throw refusalOf(problems);
  return {
    grant: effectiveGrant(file),
    repeatable: effectiveGrant({
      http: (file.http ?? []).filter(({ repeatable }) => repeatable),
      mcp: (file.mcp ?? []).filter(({ repeatable }) => repeatable),
    }),
    bounds: boundsIn(file),
    addresses: { ...file.addresses },
    providers: { ...file.providers },
    directories: { ...file.directories },
  };
}

function boundsIn({ http = [], mcp = [] }: GrantFile): GrantBounds {
  const ofHttp = http.flatMap(({ origin, methods, paths, limits }) =>
    // Headers are no part of it: a request has the bounds of its origin, method and path.
    limits === undefined ? [] : [{ origin, methods, paths, limits }],
  );
  const ofMcp = mcp.flatMap(({ server, calls, limits }) =>
    limits === undefined ? [] : [{ server, calls, limits }],
  );
  return {
    ...(ofHttp.length === 0 ? {} : { http: ofHttp }),
    ...(ofMcp.length === 0 ? {} : { mcp: ofMcp }),
  };
}

/** The schema knows names; only a URL parser knows the one spelling of an IPv6 address. */
function notNormal(origin: string, place: DocumentPlace): PlacedProblem[] {
  if (URL.canParse(origin) && new URL(origin).origin === origin) return [];
  return [
    {
      ...place,
      code: problemCode.badValue,
      what: "An origin that is not in normal form.",
      where: placeText(place),
      ...(URL.canParse(origin) ? { hint: `Write it as ${new URL(origin).origin}.` } : {}),
    },
  ];
}

/** GRANT-5: the entries sorted and without repetition, so that one grant has one text. */
export function effectiveGrant({
  http = [],
  emit = [],
  secrets = [],
  models = [],
  spending,
  mcp = [],
  folders = [],
}: Pick<GrantFile, keyof Grant>): Grant {
  const origins = joined(secrets.map(({ name, origins: some }) => [name, some]));
  const servers = joined(mcp.map(({ server, calls }) => [server, calls]));
  const accesses = joined(folders.map(({ name, access }) => [name, access]));
  const entries = http.map(({ origin, methods, paths, headers = [] }) =>
    fromUtf8(
      canonicalize(
        JSON.stringify({
          ...(headers.length === 0 ? {} : { headers: [...new Set(headers)].sort() }),
          methods: [...new Set(methods)].sort(),
          origin,
          paths: [...new Set(paths)].sort(),
        }),
      ),
    ),
  );
  const unique = [...new Set(entries)].sort();
  return {
    ...(unique.length === 0 ? {} : { http: unique.map((entry) => JSON.parse(entry) as HttpGrant) }),
    ...(emit.length === 0 ? {} : { emit: [...new Set(emit)].sort() }),
    ...(models.length === 0 ? {} : { models: [...new Set(models)].sort() }),
    ...(spending === undefined ? {} : { spending }),
    ...(servers.length === 0 ? {} : { mcp: servers.map(([server, calls]) => ({ server, calls })) }),
    ...(accesses.length === 0
      ? {}
      : { folders: accesses.map(([name, access]) => ({ name, access })) }),
    ...(origins.length === 0
      ? {}
      : { secrets: origins.map(([name, some]) => ({ name, origins: some })) }),
  };
}

/** Each name once with all that is said of it, both sorted and without repetition. */
function joined<T extends string>(
  said: readonly (readonly [name: string, values: readonly T[]])[],
): (readonly [name: string, values: T[]])[] {
  const all = new Map<string, Set<T>>();
  for (const [name, values] of said) all.set(name, new Set([...(all.get(name) ?? []), ...values]));
  return [...all]
    .map(([name, values]) => [name, [...values].sort()] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A request's URI in the parts that a grant speaks of. */
export interface Target {
  /** In normal form, for example `https://bureau.example`. */
  readonly origin: string;
  /** At least `/`. */
  readonly path: string;
  /** With its `?`, or empty. */
  readonly query: string;
}

/**
 * GRANT-4: the parts of a URI, or why it is denied to everybody.
 *
 * What passes means the same to every URL parser: no user information, no backslash, no fragment,
 * no other spelling of the host, no segment that is not what it looks like.
 */
export function parseTarget(uri: string): Target | { readonly why: string } {
  const match = /^(https?:\/\/[^/?#\\@\s]+)(\/[^?#]*)?(\?[^#]*)?$/.exec(uri);
  if (!match) return { why: "the URI is not scheme://host/path?query" };
  const [, origin = "", path = "/", query = ""] = match;
  const url = URL.parse(uri);
  if (url === null) return { why: "the URI has no host that can be read" };
  const isNormal = url.origin === origin && !url.hostname.endsWith(".");
  if (!isNormal) return { why: "the URI's origin is not in normal form" };
  if (url.username !== "" || url.password !== "") return { why: "the URI holds a user's name" };
  const bad = whyNotPath(path);
  if (bad !== undefined) return { why: `of the URI's path: ${bad}` };
  if (!/^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*$/.test(query)) {
    return { why: "the URI's query has a character that must be encoded" };
  }
  return { origin, path, query };
}

/**
 * GRANT-6, GRANT-22: why a request is not granted, or undefined if one entry allows all of it.
 *
 * @param overriding headers of it that say another request than it is
 */
export function whyNotGranted(
  grant: Grant,
  method: string,
  target: Target,
  overriding: readonly string[] = [],
): string | undefined {
  const ofOrigin = (grant.http ?? []).filter(({ origin }) => origin === target.origin);
  if (ofOrigin.length === 0) return `no entry grants the origin ${target.origin}`;
  const ofMethod = ofOrigin.filter(({ methods }) => methods.some((name) => name === method));
  if (ofMethod.length === 0) return `no entry grants ${method} at ${target.origin}`;
  const ofPath = ofMethod.filter(({ paths }) => paths.some((one) => matches(one, target.path)));
  if (ofPath.length === 0) return `no entry grants ${method} of this path at ${target.origin}`;
  return ofPath.some(({ headers = [] }) => overriding.every((name) => headers.includes(name)))
    ? undefined
    : `no entry grants this with the header ${overriding.join(", ")}, which says another request than is granted`;
}

/** GRANT-12: true if the secret may be sent to the origin. */
const maySend = ({ secrets = [] }: Grant, secret: string, origin: string): boolean =>
  secrets.some(({ name, origins }) => name === secret && origins.includes(origin));

/** Is told that a secret is about to be sent to an origin. */
export type Redeemed = (secret: string, origin: string) => void;

/**
 * Called wherever a secret is about to be sent.
 *
 * @throws RequestFailed `denied` for an origin that the grant does not name for it
 */
export function requireGranted(
  grant: Grant,
  secret: string,
  origin: string,
  redeemed?: Redeemed,
): void {
  if (maySend(grant, secret, origin)) return redeemed?.(secret, origin);
  const why = `the secret ${secret} is not granted there`;
  throw new RequestFailed("denied", hostCode.badCredentials, why);
}

/** GRANT-3. */
const matches = (pattern: string, path: string): boolean =>
  pattern.endsWith("*") ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
