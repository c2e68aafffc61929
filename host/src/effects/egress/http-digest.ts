// HTTP digest access authentication (RFC 7616): the answer to a server's challenge.
import { createHash, randomBytes } from "node:crypto";

export interface Login {
  readonly username: string;
  readonly password: string;
}

const HASHES: Readonly<Record<string, string>> = { md5: "md5", "sha-256": "sha256" };

/**
 * The value of `authorization` that answers a challenge, or undefined where it has none that this client
 * knows: MD5 and SHA-256, with `qop=auth` or without.
 *
 * @param challenge the value of `www-authenticate`
 * @param uri the request's path and query
 */
export function digestHeader(
  challenge: string,
  { username, password }: Login,
  method: string,
  uri: string,
  cnonce: string = randomBytes(16).toString("hex"),
): string | undefined {
  const found = challengesIn(challenge).find(({ algorithm = "MD5", qop }) => {
    const isKnown = HASHES[algorithm.toLowerCase().replace(/-sess$/, "")] !== undefined;
    return isKnown && (qop === undefined || qop.split(/\s*,\s*/).includes("auth"));
  });
  if (found === undefined) return undefined;
  const { realm = "", nonce = "", algorithm = "MD5", opaque, qop } = found;
  const name = HASHES[algorithm.toLowerCase().replace(/-sess$/, "")] as string;
  const hash = (...parts: string[]): string =>
    createHash(name).update(parts.join(":")).digest("hex");
  const isSession = /-sess$/i.test(algorithm);
  const first = hash(username, realm, password);
  const key = isSession ? hash(first, nonce, cnonce) : first;
  const request = hash(method, uri);
  const count = "00000001";
  const response =
    qop === undefined
      ? hash(key, nonce, request)
      : hash(key, nonce, count, cnonce, "auth", request);
  const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
  return [
    `Digest username=${quoted(username)}`,
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(uri)}`,
    `algorithm=${algorithm}`,
    `response="${response}"`,
    ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    ...(qop === undefined ? [] : ["qop=auth", `nc=${count}`]),
    ...(qop === undefined && !isSession ? [] : [`cnonce="${cnonce}"`]),
  ].join(", ");
}

type Challenge = Readonly<
  Partial<Record<"realm" | "nonce" | "algorithm" | "opaque" | "qop", string>>
>;

/** The digest challenges of a header's value (RFC 9110, 11.6.1), the first first. */
function challengesIn(value: string): Challenge[] {
  const challenges: Record<string, string>[] = [];
  let current: Record<string, string> | undefined;
  const token =
    /\s*,?\s*(?:([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|([\w-]+)(?=\s|,|$))/y;
  for (let match = token.exec(value); match; match = token.exec(value)) {
    const [whole, name, quoted, plain, scheme] = match;
    if (whole === "") break;
    if (scheme !== undefined) {
      current = scheme.toLowerCase() === "digest" ? {} : undefined;
      if (current) challenges.push(current);
    } else if (current && name !== undefined) {
      current[name.toLowerCase()] = quoted?.replaceAll(/\\(.)/g, "$1") ?? plain ?? "";
    }
  }
  return challenges;
}
