// A client of the OCI distribution API 1.1: blobs, manifests, referrers. docs/spec/pack.md, PACK-16 to PACK-20.
//
// A registry is not trusted: what it gives is bounded before it is read, and compared with its digest.
import { sha256, toHex } from "@reach-fabric/engine";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { Access, isWeaker } from "./access.ts";
import type { RegistryOptions } from "./access.ts";
import { exchange, PATIENCE } from "./exchange.ts";
import type { Answer, Ask } from "./exchange.ts";

const REDIRECTS = 3;

export const digestOf = (bytes: Uint8Array): string => `sha256:${toHex(sha256(bytes))}`;

/** One repository of a registry. */
export class Repository {
  readonly #base: URL;
  readonly #access: Access;
  readonly #patience: number;
  #authorization: string | undefined;

  /** @param name the repository's name, as parseReference() gives it */
  constructor(registry: string, name: string, options: RegistryOptions = {}) {
    this.#base = new URL(
      `${options.plainHttp === true ? "http" : "https"}://${registry}/v2/${name}/`,
    );
    this.#access = new Access(this.#base, options);
    this.#patience = options.patience ?? PATIENCE;
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
    const target = this.#own(URL.parse(location, this.#base), "the upload");
    target.searchParams.set("digest", digest);
    const headers = { "content-type": "application/octet-stream" };
    const done = await this.#ask(target, { method: "PUT", body: bytes, headers });
    if (done.status !== 201) throw this.#refused("a blob", done);
    return digest;
  }

  /** Bytes of a blob: exactly as many as its descriptor says, with its digest. */
  async getBlob(digest: string, size: number, signal?: AbortSignal): Promise<Uint8Array> {
    const answer = await this.#ask(`blobs/${digest}`, { method: "GET", limit: size, signal });
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

  /** A manifest by tag or digest, with the size that was said of it; undefined where there is none. */
  async getManifest(
    reference: string,
    { accept, size, signal }: { accept: string; size?: number; signal?: AbortSignal },
  ): Promise<Uint8Array | undefined> {
    const answer = await this.#ask(`manifests/${reference}`, {
      method: "GET",
      headers: { accept },
      ...(size === undefined ? {} : { limit: size }),
      signal,
    });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw this.#refused("a manifest", answer);
    return reference.startsWith("sha256:") ? checked(answer.body, reference, size) : answer.body;
  }

  /**
   * Pages of the index of what refers to a manifest, as the registry gives them: by the API, one link after the
   * other, or under the tag that stands for it where there is no API.
   */
  async *getReferrers(
    digest: string,
    artifactType: string,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void> {
    const first = new URL(`referrers/${digest}`, this.#base);
    first.searchParams.set("artifactType", artifactType);
    let page: URL | undefined = first;
    while (page !== undefined) {
      const answer: Answer = await this.#ask(page, { method: "GET", signal });
      if (answer.status !== 200 && page === first) {
        const index = await this.getManifest(referrersTag(digest), { accept: INDEX, signal });
        if (index !== undefined) yield index;
        return;
      }
      if (answer.status !== 200) throw this.#refused("a page of referrers", answer);
      yield answer.body;
      page = this.#next(answer, page);
    }
  }

  /** The next page (RFC 8288), which is the registry's own. */
  #next({ headers }: Answer, page: URL): URL | undefined {
    const link = [headers["link"] ?? ""].flat().join(", ");
    const [, to] = /<([^<>]*)>\s*;[^,<]*\brel="?next\b/i.exec(link) ?? [];
    return to === undefined ? undefined : this.#own(URL.parse(to, page), "the next page");
  }

  /** Uploads and pages are where the registry says, and on no other host. */
  #own(url: URL | null, what: string): URL {
    if (url?.origin === this.#base.origin) return url;
    throw new ReachError(hostCode.registryRefused, `The registry sends elsewhere for ${what}.`, {
      where: this.#base.host,
      why: `to ${url?.origin ?? "what is not a URL"}`,
    });
  }

  /** The answer to a request. A challenge is met once, and only if it is the registry's own. */
  async #ask(path: string | URL, ask: Ask): Promise<Answer> {
    const url = typeof path === "string" ? new URL(path, this.#base) : path;
    const first = await this.#send(url, ask);
    if (first.status !== 401 || !first.isOwn) return first;
    this.#authorization = await this.#access.answer(first);
    return this.#send(url, ask);
  }

  /** Follows redirects of what is only read. Once they have left the registry, no request has credentials. */
  async #send(url: URL, ask: Ask): Promise<Answer & { readonly isOwn: boolean }> {
    let target = url;
    let isOwn = true;
    for (let redirects = 0; ; redirects++) {
      isOwn &&= target.origin === this.#base.origin;
      const answer = await exchange(target, ask, {
        authorization: isOwn ? this.#authorization : undefined,
        patience: this.#patience,
      });
      const location = answer.headers["location"];
      const isRedirect = [301, 302, 303, 307, 308].includes(answer.status) && ask.method === "GET";
      if (!isRedirect || typeof location !== "string") return { ...answer, isOwn };
      const next = URL.parse(location, target);
      if (redirects === REDIRECTS || next === null || isWeaker(next, target)) {
        throw this.#refused("a redirect", answer);
      }
      target = next;
    }
  }

  #refused(what: string, { status }: Answer): ReachError {
    if (status === 401 || status === 403) return this.#access.denied();
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
