// Registries and other hosts on loopback, which lie as they are told. Each keeps all that it is sent.
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { sha256, toHex } from "@reach-fabric/engine";
import { onTestFinished } from "vitest";

/** A request as a host saw it. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** A host that answers, until the test ends. */
export interface Host {
  /** HOST:PORT. */
  readonly at: string;
  readonly seen: readonly Seen[];
}

export const digestOf = (bytes: Uint8Array): string => `sha256:${toHex(sha256(bytes))}`;

/** Serves on a port of loopback until the test ends; over TLS with a certificate. */
export async function serve(
  answer: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void,
  certificate?: { readonly key: string; readonly cert: string },
): Promise<Host> {
  const seen: Seen[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const { method = "", url = "", headers } = request;
    seen.push({ method, url, headers });
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => answer(request, response, Buffer.concat(chunks)));
  };
  const server =
    certificate === undefined ? createServer(listener) : createSecureServer(certificate, listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { at: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

/** Another host than the registry, which answers everything alike. */
export const elsewhere = (
  status: number,
  headers: Record<string, string> = {},
  body: string | Buffer = "",
): Promise<Host> =>
  serve((_, response) => {
    response.writeHead(status, headers);
    response.end(body);
  });

export const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const INDEX = "application/vnd.oci.image.index.v1+json";
export const BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";

/** Writes a byte every now and then: each comes in time, and all of them never do. */
function drip(response: ServerResponse, bytes: Buffer): void {
  let sent = 0;
  const timer = setInterval(() => {
    response.write(bytes.subarray(sent, sent + 1));
    if (++sent >= bytes.length) response.end();
    if (response.closed || response.writableEnded) clearInterval(timer);
  }, 50);
  timer.unref();
}

export interface Stored {
  readonly bytes: Buffer;
  readonly type: string;
}

type Reply = (status: number, bytes?: Buffer | string, headers?: Record<string, string>) => void;

/** As much of a registry as a client needs. */
export class Registry {
  readonly blobs = new Map<string, Buffer>();
  /** By tag and by digest. */
  readonly manifests = new Map<string, Stored>();
  hasReferrers = true;
  /** What it asks for before it lets in. */
  authorization: string | undefined;
  /** How it asks; `{at}` is the registry. */
  challenge = `Bearer realm="http://{at}/token",service="s",scope="repository:a:pull"`;
  spoil: ((path: string, bytes: Buffer) => Buffer) | undefined;
  /** Where a blob is said to be. */
  redirect: string | undefined;
  /** Where uploads are said to go. */
  uploads = "";
  /** Referrers on a page; all of them where nothing is said. */
  pageSize: number | undefined;
  /** What the next page is said to be, in the place of the right one. */
  nextPage: string | undefined;
  /** Manifests that it lists, and does not have. */
  readonly gone = new Set<string>();
  /** Manifests that it lists as referrers of everything. */
  readonly alsoLists = new Set<string>();
  /** What a list says of a referrer. */
  describe: (descriptor: Record<string, unknown>) => unknown = (descriptor) => descriptor;
  /** Paths whose answers come a byte at a time. */
  isSlow: (path: string) => boolean = () => false;

  /** Another manifest, in front of all that are there. */
  putFirst(bytes: Buffer, type = MANIFEST): void {
    const others = [...this.manifests];
    this.manifests.clear();
    this.manifests.set(digestOf(bytes), { bytes, type });
    for (const [name, stored] of others) this.manifests.set(name, stored);
  }

  listen(certificate?: Parameters<typeof serve>[1]): Promise<Host> {
    return serve((request, response, body) => this.#answer(request, response, body), certificate);
  }

  #answer(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const { method, headers } = request;
    const url = new URL(request.url ?? "", "http://registry");
    const path = url.pathname;
    const reply: Reply = (status, bytes = "", more = {}) => {
      response.writeHead(status, more);
      if (this.isSlow(path)) return drip(response, Buffer.from(bytes));
      response.end(method === "HEAD" ? undefined : bytes);
    };
    if (path === "/token") {
      const isKnown = headers.authorization === `Basic ${btoa("user:secret")}`;
      return reply(isKnown ? 200 : 401, JSON.stringify({ token: "t0ken" }));
    }
    if (this.authorization !== undefined && headers.authorization !== this.authorization) {
      const challenge = this.challenge.replaceAll("{at}", headers.host ?? "");
      return reply(401, "", { "www-authenticate": challenge });
    }
    const last = decodeURIComponent(path.slice(path.lastIndexOf("/") + 1));
    if (path.endsWith("/uploads/")) return reply(202, "", { location: this.uploads || `${path}1` });
    if (method === "PUT" && path.includes("/uploads/")) {
      if (url.searchParams.get("digest") !== digestOf(body)) return reply(400);
      this.blobs.set(digestOf(body), body);
      return reply(201);
    }
    if (path.includes("/blobs/")) {
      const found = this.blobs.get(last);
      if (found === undefined) return reply(404);
      if (this.redirect !== undefined) return reply(307, "", { location: this.redirect });
      return reply(200, this.spoil?.(path, found) ?? found);
    }
    if (path.includes("/referrers/")) return this.#referrers(last, url, reply);
    if (method === "PUT") return this.#put(last, body, String(headers["content-type"]), reply);
    const found = this.manifests.get(last);
    if (found === undefined || this.gone.has(last)) return reply(404);
    reply(200, this.spoil?.(path, found.bytes) ?? found.bytes);
  }

  #put(reference: string, body: Buffer, type: string, reply: Reply): void {
    this.manifests.set(reference, { bytes: body, type }).set(digestOf(body), { bytes: body, type });
    const { subject } = JSON.parse(body.toString()) as { subject?: { digest: string } };
    const isKept = this.hasReferrers && subject !== undefined;
    reply(201, "", isKept ? { "oci-subject": subject.digest } : {});
  }

  #referrers(subject: string, url: URL, reply: Reply): void {
    if (!this.hasReferrers) return reply(404);
    const from = Number(url.searchParams.get("from") ?? 0);
    const all = this.#about(subject);
    const end = from + (this.pageSize ?? all.length);
    const next = this.nextPage ?? (end < all.length ? `?from=${end}` : undefined);
    const link = next === undefined ? undefined : `<${next}>; rel="next"`;
    const index = { schemaVersion: 2, manifests: all.slice(from, end) };
    reply(200, JSON.stringify(index), link === undefined ? {} : { link });
  }

  #about(subject: string): unknown[] {
    return [...this.manifests].flatMap(([name, { bytes, type }]) => {
      const value = JSON.parse(bytes.toString()) as {
        subject?: { digest: string };
        artifactType?: string;
        annotations?: object;
      };
      const isAbout = value.subject?.digest === subject || this.alsoLists.has(name);
      if (!isAbout || !name.startsWith("sha256:")) return [];
      const { artifactType, annotations } = value;
      const size = bytes.length;
      return [this.describe({ mediaType: type, digest: name, size, artifactType, annotations })];
    });
  }
}
