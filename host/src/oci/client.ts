// A client of the OCI distribution API 1.1: blobs, manifests, referrers. docs/spec/pack.md, PACK-16 to PACK-18.
//
// A registry is not trusted: what it gives is bounded before it is read, and compared with its digest.
import { sha256, toHex } from "@reach-fabric/engine";
import { request } from "undici";
import type { Dispatcher } from "undici";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";

/** How a registry is reached. */
export interface RegistryOptions {
  /** `user:password`, for a registry that asks. */
  readonly credentials?: string;
  /** Plain HTTP, for a registry on this machine or in a closed network. */
  readonly plainHttp?: boolean;
}

/** An answer whose body was read. */
interface Answer {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData["headers"];
  readonly body: Uint8Array;
}

interface Ask {
  readonly method: "GET" | "HEAD" | "POST" | "PUT";
  readonly body?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Most bytes that an answer may have. */
  readonly limit?: number;
}

const PATIENCE = 30_000;
const SMALL = 4 * 1024 * 1024;
const REDIRECTS = 3;

export const digestOf = (bytes: Uint8Array): string => `sha256:${toHex(sha256(bytes))}`;

/** One repository of a registry. */
export class Repository {
  readonly #base: URL;
  readonly #options: RegistryOptions;
  #authorization: string | undefined;

  /** @param name the repository's name, as parseReference() gives it */
  constructor(registry: string, name: string, options: RegistryOptions = {}) {
    this.#options = options;
    this.#base = new URL(
      `${options.plainHttp === true ? "http" : "https"}://${registry}/v2/${name}/`,
    );
  }

  /** Uploads bytes, unless they are there; returns their digest. */
  async putBlob(bytes: Uint8Array): Promise<string> {
    const digest = digestOf(bytes);
    const found = await this.#ask(`blobs/${digest}`, { method: "HEAD" });
    if (found.status === 200) return digest;
    const begun = await this.#ask("blobs/uploads/", { method: "POST" });
    const location = begun.headers["location"];
    if (begun.status !== 202 || typeof location !== "string")
      throw this.#refused("an upload", begun);
    const target = this.#own(new URL(location, this.#base));
    target.searchParams.set("digest", digest);
    const headers = { "content-type": "application/octet-stream" };
    const done = await this.#ask(target, { method: "PUT", body: bytes, headers });
    if (done.status !== 201) throw this.#refused("a blob", done);
    return digest;
  }

  /** Bytes of a blob: exactly as many as its descriptor says, with its digest. */
  async getBlob(digest: string, size: number): Promise<Uint8Array> {
    const answer = await this.#ask(`blobs/${digest}`, { method: "GET", limit: size });
    if (answer.status !== 200) throw this.#refused("a blob", answer);
    return checked(answer.body, digest, size);
  }

  /** Puts a manifest under a tag or its digest; true if the registry itself keeps what refers to what. */
  async putManifest(reference: string, bytes: Uint8Array, mediaType: string): Promise<boolean> {
    const headers = { "content-type": mediaType };
    const done = await this.#ask(`manifests/${reference}`, { method: "PUT", body: bytes, headers });
    if (done.status !== 201) throw this.#refused("a manifest", done);
    return done.headers["oci-subject"] !== undefined;
  }

  /** A manifest by tag or digest; undefined where there is none. */
  async getManifest(reference: string, accept: string): Promise<Uint8Array | undefined> {
    const answer = await this.#ask(`manifests/${reference}`, {
      method: "GET",
      headers: { accept },
    });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw this.#refused("a manifest", answer);
    return reference.startsWith("sha256:") ? checked(answer.body, reference) : answer.body;
  }

  /** The index of what refers to a manifest, by the API or by the tag that stands for it. */
  async getReferrers(digest: string): Promise<Uint8Array | undefined> {
    const answer = await this.#ask(`referrers/${digest}`, { method: "GET" });
    if (answer.status === 200) return answer.body;
    return this.getManifest(referrersTag(digest), INDEX);
  }

  /** Uploads go to where the registry says, and nowhere else. */
  #own(url: URL): URL {
    if (url.host === this.#base.host && url.protocol === this.#base.protocol) return url;
    throw new ReachError(hostCode.registryRefused, "The registry sends uploads elsewhere.", {
      where: this.#base.host,
      why: `to ${url.host}`,
    });
  }

  async #ask(path: string | URL, ask: Ask): Promise<Answer> {
    const url = typeof path === "string" ? new URL(path, this.#base) : path;
    const first = await this.#send(url, ask, this.#authorization);
    if (first.status !== 401) return first;
    this.#authorization = await this.#authorize(first);
    return this.#send(url, ask, this.#authorization);
  }

  async #send(url: URL, ask: Ask, authorization: string | undefined): Promise<Answer> {
    let target = url;
    for (let redirects = 0; ; redirects++) {
      const isOwn = target.host === this.#base.host;
      const answer = await this.#once(target, ask, isOwn ? authorization : undefined);
      const location = answer.headers["location"];
      const isRedirect = [301, 302, 303, 307, 308].includes(answer.status) && ask.method === "GET";
      if (!isRedirect || typeof location !== "string") return answer;
      target = new URL(location, target);
      if (redirects === REDIRECTS || target.protocol !== this.#base.protocol) {
        throw this.#refused("a redirect", answer);
      }
    }
  }

  async #once(url: URL, ask: Ask, authorization: string | undefined): Promise<Answer> {
    const { method, body, headers = {}, limit = SMALL } = ask;
    try {
      const answer = await request(url, {
        method,
        ...(body === undefined ? {} : { body }),
        headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
        headersTimeout: PATIENCE,
        bodyTimeout: PATIENCE,
      });
      const bytes = await readUpTo(answer.body, limit, url.host);
      return { status: answer.statusCode, headers: answer.headers, body: bytes };
    } catch (error) {
      if (error instanceof ReachError) throw error;
      throw new ReachError(hostCode.noRegistry, "The registry cannot be reached.", {
        where: url.host,
        why: error instanceof Error ? error.message : "no answer",
        cause: error,
      });
    }
  }

  /** Answers a challenge: Basic, or a token that is fetched where the registry says (RFC 6750). */
  async #authorize({ headers }: Answer): Promise<string> {
    const challenge = String(headers["www-authenticate"] ?? "");
    const { credentials } = this.#options;
    const basic = credentials && `Basic ${Buffer.from(credentials).toString("base64")}`;
    if (/^basic /i.test(challenge) && basic) return basic;
    const realm = /realm="([^"]+)"/.exec(challenge)?.[1];
    if (!/^bearer /i.test(challenge) || realm === undefined) throw this.#denied();
    const url = new URL(realm);
    if (url.protocol !== this.#base.protocol) throw this.#denied();
    for (const name of ["service", "scope"]) {
      const value = new RegExp(`${name}="([^"]+)"`).exec(challenge)?.[1];
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const answer = await this.#once(url, { method: "GET" }, basic);
    let token: unknown;
    try {
      const said = JSON.parse(new TextDecoder().decode(answer.body)) as Record<string, unknown>;
      token = said["token"] ?? said["access_token"];
    } catch {
      throw this.#denied();
    }
    if (answer.status !== 200 || typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) {
      throw this.#denied();
    }
    return `Bearer ${token}`;
  }

  #denied(): ReachError {
    return new ReachError(hostCode.noEntrance, "The registry refuses access.", {
      where: this.#base.host,
      hint: "Give --credentials FILE with user:password.",
    });
  }

  #refused(what: string, { status }: Answer): ReachError {
    if (status === 401 || status === 403) return this.#denied();
    return new ReachError(hostCode.registryRefused, `The registry refused ${what}.`, {
      where: this.#base.href,
      why: `it answered with the status ${status}`,
    });
  }
}

export const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const INDEX = "application/vnd.oci.image.index.v1+json";

/** The tag under which a registry without the referrers API keeps them. */
export const referrersTag = (digest: string): string => digest.replace(":", "-");

async function readUpTo(
  body: AsyncIterable<Uint8Array>,
  limit: number,
  where: string,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit) {
      throw new ReachError(
        hostCode.registryMismatch,
        "The registry gave something other than what was asked for.",
        {
          where,
          why: `more than ${limit} bytes`,
        },
      );
    }
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks, size));
}

function checked(bytes: Uint8Array, digest: string, size: number = bytes.length): Uint8Array {
  const actual = digestOf(bytes);
  if (actual === digest && bytes.length === size) return bytes;
  throw new ReachError(
    hostCode.registryMismatch,
    "The registry gave something other than what was asked for.",
    {
      where: digest,
      why: `${bytes.length} bytes with the digest ${actual}`,
      exitCode: 1,
    },
  );
}
