// A log and a witness behind HTTP. docs/spec/log.md, LOG-26 and LOG-31.
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { EvidenceError, parseTilePath } from "@reach-fabric/evidence";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { machineDisk } from "./disk.ts";
import { NAMES } from "./layout.ts";
import type { WitnessStore } from "./witness-store.ts";

/** Longest request to a witness: a proof, and a checkpoint with its signatures. */
const LONGEST = 65_536;

/** A server that listens. */
export interface Listening {
  readonly url: string;
  /** Resolves when the last connection is closed. */
  close(): Promise<void>;
}

/** Where a server listens; port 0 takes any that is free. */
export interface ListenAddress {
  readonly host?: string;
  readonly port?: number;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

async function listen(
  handler: Handler,
  { host = "127.0.0.1", port = 0 }: ListenAddress,
): Promise<Listening> {
  const server: Server = createServer({ requestTimeout: 30_000 }, (request, response) => {
    handler(request, response).catch(() => {
      if (!response.headersSent) reply(response, 500, "something went wrong\n");
      else response.destroy();
    });
  });
  server.listen(port, host);
  await once(server, "listening");
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}/`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function reply(
  response: ServerResponse,
  status: number,
  body: Uint8Array | string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const type = typeof body === "string" ? "text/plain; charset=utf-8" : "application/octet-stream";
  response.writeHead(status, {
    "content-type": type,
    "x-content-type-options": "nosniff",
    ...headers,
  });
  response.end(body);
}

/**
 * Serves a log's folder to readers, as C2SP tlog-tiles has it: `checkpoint` and `tile/`, nothing else.
 * With a `witnessed` checkpoint that is the one that is shown.
 *
 * @example
 * const { url, close } = await serveLog("audit");
 * console.log(url);
 * await close();
 */
export function serveLog(folder: string, place: ListenAddress = {}): Promise<Listening> {
  return listen(async ({ method, url = "/" }, response) => {
    if (method !== "GET" && method !== "HEAD") {
      return reply(response, 405, "only GET\n", { allow: "GET, HEAD" });
    }
    const path = url.slice(1);
    if (path === NAMES.checkpoint || path === NAMES.witnessed) {
      const note = await machineDisk.read(join(folder, path));
      if (note === undefined) return reply(response, 404, "there is no checkpoint\n");
      const headers = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };
      return reply(response, 200, note, headers);
    }
    // Only what parses as the path of a tile is looked for: nothing else is in reach.
    const tile = isTile(path)
      ? await machineDisk.read(join(folder, ...path.split("/")))
      : undefined;
    if (tile === undefined) return reply(response, 404, "there is no such file\n");
    return reply(response, 200, tile, { "cache-control": "public, max-age=31536000, immutable" });
  }, place);
}

function isTile(path: string): boolean {
  try {
    parseTilePath(path);
    return true;
  } catch (error) {
    if (error instanceof EvidenceError) return false;
    throw error;
  }
}

/**
 * Serves a witness: `POST /add-checkpoint` of C2SP tlog-witness.
 *
 * @example
 * const { url, close } = await serveWitness(await openWitness("state", { name, signer, logs }));
 * console.log(url);
 * await close();
 */
export function serveWitness(store: WitnessStore, place: ListenAddress = {}): Promise<Listening> {
  return listen(async (request, response) => {
    if (request.url !== "/add-checkpoint") return reply(response, 404, "there is no such call\n");
    if (request.method !== "POST") return reply(response, 405, "only POST\n", { allow: "POST" });
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of request as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > LONGEST)
        return reply(response, 413, "the request is too long\n", { connection: "close" });
      chunks.push(chunk);
    }
    const { status, body, type } = await store.addCheckpoint(Buffer.concat(chunks));
    return reply(response, status, body, { "content-type": type });
  }, place);
}
