// What each effect needs of a grant, as its request shows it: the reverse of what the engine compares.
import type { RequestRecord } from "@reach-fabric/engine";
import { calledIn } from "@reach-fabric/schema";
import type { FolderAccess, HttpGrant } from "@reach-fabric/schema";
import type { Secrets } from "../secrets/texts.ts";
import { parseTarget } from "./egress/grant.ts";
import { overridingIn } from "./egress/request.ts";
import type { SecretPlace } from "./egress/secret-places.ts";
import { tokenEndpointOf } from "./egress/tokens.ts";

/** One thing that a grant allows, of the smallest size: the part of the grant it belongs to, and what it is there. */
export type Permission =
  | {
      readonly of: "http";
      readonly origin: string;
      readonly method: HttpGrant["methods"][number];
      readonly path: string;
      /** Of those that say another request than it is, what it has: sorted, and left out where there are none. */
      readonly headers?: readonly string[];
    }
  | { readonly of: "emit"; readonly type: string }
  | { readonly of: "secrets"; readonly name: string; readonly origin: string }
  | { readonly of: "models"; readonly name: string }
  | { readonly of: "folders"; readonly name: string; readonly access: FolderAccess }
  | { readonly of: "mcp"; readonly server: string; readonly call: string };

/** What requests need, and what they need besides that is in no record. */
export interface Needed {
  readonly permissions: readonly Permission[];
  /** In words. */
  readonly open: readonly string[];
}

/** Members of a request that a permission follows from. */
interface Asked {
  readonly uri: string;
  readonly method: string;
  readonly model: string;
  readonly folder: string;
  readonly event: { readonly type: string };
  readonly headers?: Readonly<Record<string, string>>;
  readonly redirect?: boolean;
  readonly authentication?: {
    readonly scheme: string;
    readonly secret?: string;
    readonly properties?: unknown;
  };
  readonly secrets?: readonly SecretPlace[];
}

/** What an effect needs that no grant is about. */
export const NEEDS_NOTHING: Needed = { permissions: [], open: [] };

/**
 * What one effect needs of a grant.
 *
 * @param secrets what the names of secrets stand for, of which the authority of a token follows; without them, that is open
 */
export type NeedsOf = (request: RequestRecord["request"], secrets: Secrets) => Needed;

const askedIn = (request: RequestRecord["request"]): Asked => request as unknown as Asked;

export const needsOfHttp: NeedsOf = (given, secrets) => {
  const asked = askedIn(given);
  const { method } = asked;
  const open = asked.redirect === true ? [`where ${method} ${asked.uri} was redirected to`] : [];
  return together([
    request(method, asked.uri, asked.headers),
    { permissions: [], open },
    sent(asked, secrets),
  ]);
};

export const needsOfGrpc: NeedsOf = (given, secrets) => {
  const asked = askedIn(given);
  return together([request("POST", asked.uri), sent(asked, secrets)]);
};

export const needsOfMcp: NeedsOf = (given, secrets) => {
  const asked = askedIn(given);
  const call = { of: "mcp" as const, server: asked.uri, call: exactly(calledIn(asked)) };
  return together([{ permissions: [call], open: [] }, sent(asked, secrets)]);
};

export const needsOfModel: NeedsOf = (given) => ({
  permissions: [{ of: "models", name: askedIn(given).model }],
  open: [],
});

export const needsOfFile: NeedsOf = (given) => {
  const { folder: name, method } = askedIn(given);
  return { permissions: [{ of: "folders", name, access: method as FolderAccess }], open: [] };
};

export const needsOfEmit: NeedsOf = (given) => ({
  permissions: [{ of: "emit", type: exactly(askedIn(given).event.type) }],
  open: [],
});

/** What several need, each thing that is open once. */
export function together(all: readonly Needed[]): Needed {
  return {
    permissions: all.flatMap(({ permissions }) => permissions),
    open: [...new Set(all.flatMap(({ open }) => open))].sort(),
  };
}

/** The smallest pattern for a text: no pattern has a `*` that stands for itself. */
const exactly = (text: string): string =>
  text.includes("*") ? `${text.slice(0, text.indexOf("*"))}*` : text;

function request(method: string, uri: string, sentHeaders: Asked["headers"] = {}): Needed {
  const target = parseTarget(uri);
  // The engine had let it pass.
  if ("why" in target) return { permissions: [], open: [`${method} ${uri}: ${target.why}`] };
  const { origin, path } = target;
  const headers = [...overridingIn(sentHeaders)].sort();
  const asked = {
    of: "http" as const,
    origin,
    method: method as HttpGrant["methods"][number],
    path: exactly(path),
    ...(headers.length === 0 ? {} : { headers }),
  };
  return { permissions: [asked], open: [] };
}

/** The secrets that a request carries, and the tokens that it needs. */
function sent({ uri, authentication, secrets: places = [] }: Asked, secrets: Secrets): Needed {
  const origin = originOf(uri);
  const placed = places.flatMap(({ parts }) =>
    parts.flatMap((part) => (typeof part === "string" ? [] : part.name)),
  );
  const { scheme = "", secret, properties } = authentication ?? {};
  const names = [...new Set([...placed, ...(secret === undefined ? [] : [secret])])];
  const own = names.map((name): Permission => ({ of: "secrets", name, origin }));
  const carried = { permissions: own, open: [] };
  if (scheme !== "oauth2" && scheme !== "oidc") return carried;
  const known = secret === undefined ? properties : secrets[secret];
  return together([carried, token(scheme, known, secret)]);
}

/** What a token needs, as far as the authority is known. */
function token(scheme: "oauth2" | "oidc", properties: unknown, secret: string | undefined): Needed {
  const given = (properties ?? {}) as Parameters<typeof tokenEndpointOf>[0];
  if (typeof given.authority !== "string") {
    return { permissions: [], open: [`where the token of the secret ${secret} comes from`] };
  }
  if (scheme === "oidc") {
    const at = given.authority.replace(/\/\.well-known\/openid-configuration$|\/$/, "");
    const open = [`where ${given.authority} gives tokens, as its discovery document says`];
    return together([
      request("GET", `${at}/.well-known/openid-configuration`),
      { permissions: [], open },
    ]);
  }
  const endpoint = tokenEndpointOf(given);
  const name: readonly Permission[] =
    secret === undefined ? [] : [{ of: "secrets", name: secret, origin: originOf(endpoint) }];
  return together([request("POST", endpoint), { permissions: name, open: [] }]);
}

const originOf = (uri: string): string => (URL.canParse(uri) ? new URL(uri).origin : uri);
