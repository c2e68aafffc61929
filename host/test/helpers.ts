import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { canonicalize, sha256, toHex } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import { ReachError } from "@reach-fabric/host";

/** Runs something when the test has ended, the last first. */
export const later = (cleanUp: () => unknown): void => {
  onTestFinished(async () => {
    await cleanUp();
  });
};

/** An empty folder that goes away with the test. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "reach-host-"));
  later(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** A real HTTP server on a free loopback port, and the requests that it got. */
export async function serve(
  handler: Handler,
): Promise<{ origin: string; port: number; requests: Seen[] }> {
  const requests: Seen[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      requests.push({
        method: request.method ?? "",
        url: request.url ?? "",
        headers: request.headers,
        body,
      });
      handler(request, response, body);
    });
  });
  const port = await listen(server);
  return { origin: `http://127.0.0.1:${port}`, port, requests };
}

export interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
}

/** Listens on a free port until the test has ended. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  later(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** A handler that answers with JSON. */
export const json =
  (value: unknown, status: number = 200): Handler =>
  (_, response) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));

/** The ReachError that something ends with. */
export async function errorOf(work: Promise<unknown> | (() => unknown)): Promise<ReachError> {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    expect(error).toBeInstanceOf(ReachError);
    return error as ReachError;
  }
  throw new Error("Nothing was thrown");
}

export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
export const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Does something without root's right to read and write everything. */
export async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

/** A pack of one file that no engine runs, larger if asked. */
export function samplePack(size = 0): Pack {
  const content = canonicalize(JSON.stringify({ document: {}, filler: "x".repeat(size) }));
  const manifest = canonicalize(
    JSON.stringify({
      files: [{ path: "a/w.yaml", sha256: toHex(sha256(content)), size: content.length }],
      format: "reach/pack/v1",
      id: "n/w",
      tables: [],
      version: "1.0.0",
      workflows: ["a/w.yaml"],
    }),
  );
  return {
    manifest,
    files: [{ path: "a/w.yaml", bytes: content }],
    digest: toHex(sha256(manifest)),
  };
}
