// Who is told the credentials of a registry: the registry, after it has asked for them, and the host that gives out
// its tokens. That host is the registry itself or one that the user has named, never one that the registry names
// alone: a registry, or whatever it redirects to, would have them sent wherever it likes (CVE-2020-15157).
// docs/spec/pack.md, PACK-19.
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { exchange } from "./exchange.ts";
import type { Answer } from "./exchange.ts";
import { requireHost } from "./reference.ts";

/** How a registry is reached. */
export interface RegistryOptions {
  /** `user:password`, for a registry that asks. Only the registry is told them, and the hosts of `tokenHosts`. */
  readonly credentials?: string;
  /** `HOST[:PORT]` of those that give out tokens for the registry, where it does not do so itself. */
  readonly tokenHosts?: readonly string[];
  /** Plain HTTP, for a registry on this machine or in a closed network. */
  readonly plainHttp?: boolean;
  /** How long an answer may take to begin, in milliseconds; 30 s where nothing is said. */
  readonly patience?: number;
}

/** The entrance of one registry. */
export class Access {
  readonly #base: URL;
  readonly #basic: string | undefined;
  readonly #tokenHosts: readonly string[];
  readonly #patience: number | undefined;

  /** @throws ReachError `REACH-E4141` for the name of a token host, `REACH-E4148` for the credentials */
  constructor(base: URL, { credentials, tokenHosts = [], patience }: RegistryOptions) {
    this.#base = base;
    this.#patience = patience;
    this.#basic = credentials === undefined ? undefined : basicOf(credentials);
    this.#tokenHosts = tokenHosts.map(requireHost);
  }

  /**
   * What to send so that the registry lets in: Basic, or a token that is fetched (RFC 6750).
   *
   * @param challenge an answer of the registry itself with the status 401
   * @throws ReachError `REACH-E4143` refused, `REACH-E4147` the token is given out by a host that nobody named
   */
  async answer(challenge: Answer): Promise<string> {
    const said = [challenge.headers["www-authenticate"] ?? ""].flat();
    const bearer = said.find((each) => /^bearer /i.test(each));
    if (bearer !== undefined) return `Bearer ${await this.#token(bearer)}`;
    if (this.#basic !== undefined && said.some((each) => /^basic /i.test(each))) return this.#basic;
    throw this.denied();
  }

  async #token(bearer: string): Promise<string> {
    const url = this.#realm(bearer);
    for (const name of ["service", "scope"]) {
      const value = new RegExp(`${name}="([^"]+)"`).exec(bearer)?.[1];
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const { status, body } = await exchange(
      url,
      { method: "GET" },
      {
        authorization: this.#basic,
        ...(this.#patience === undefined ? {} : { patience: this.#patience }),
      },
    );
    let token: unknown;
    try {
      const said = JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown>;
      token = said["token"] ?? said["access_token"];
    } catch {
      throw this.denied();
    }
    if (status === 200 && typeof token === "string" && /^[\x21-\x7e]+$/.test(token)) return token;
    throw this.denied();
  }

  /** Where tokens are given out: the registry, or a host that was named, never over a weaker protocol. */
  #realm(bearer: string): URL {
    const url = URL.parse(/realm="([^"]+)"/.exec(bearer)?.[1] ?? "");
    if (url === null || isWeaker(url, this.#base)) throw this.denied();
    if (url.host === this.#base.host || this.#tokenHosts.some((name) => isNamed(url, name))) {
      return url;
    }
    throw new ReachError(
      hostCode.otherTokenHost,
      "The registry asks for a token of another host.",
      {
        where: this.#base.host,
        why: `it sends to ${url.host}, which was not named`,
        hint: `If that host is to see your credentials, name it: --token-host ${url.host}`,
      },
    );
  }

  denied(): ReachError {
    return new ReachError(hostCode.noEntrance, "The registry refuses access.", {
      where: this.#base.host,
      hint: "Give --credentials FILE with user:password.",
    });
  }
}

/** Whether a URL has another protocol than the one before it, and not TLS. */
export const isWeaker = (url: URL, before: URL): boolean =>
  url.protocol !== "https:" && url.protocol !== before.protocol;

const isNamed = (url: URL, name: string): boolean =>
  URL.parse(`${url.protocol}//${name}`)?.host === url.host;

/** RFC 7617. The error does not show them. */
function basicOf(credentials: string): string {
  if (/^[^:\p{Cc}]+:\P{Cc}*$/u.test(credentials)) {
    return `Basic ${Buffer.from(credentials).toString("base64")}`;
  }
  throw new ReachError(hostCode.badRegistryCredentials, "These are not credentials.", {
    hint: "Write user:password, in one line.",
  });
}
