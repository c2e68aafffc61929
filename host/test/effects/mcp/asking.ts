// A run that makes calls of MCP, and what came of them.
import type { IncomingMessage, ServerResponse } from "node:http";
import { expect } from "vitest";
import { canonicalize, createEngine, makePack, parseRecord, replay } from "@reach-fabric/engine";
import { memoryRecorder, run } from "@reach-fabric/host";
import type { RunOptions, RunResult } from "@reach-fabric/host";
import { serve } from "../../helpers.ts";
import type { Seen } from "../../helpers.ts";

export const logical = "https://tools.example";
export const server: string = `${logical}/mcp`;

/** Runs a call, or several one behind the other, of the server behind an address. */
export async function ask(
  origin: string,
  args: object | readonly object[] = {},
  more: Partial<RunOptions> = {},
): Promise<RunResult> {
  const calls = Array.isArray(args) ? (args as object[]) : [args];
  const list = calls.map((one, i) => ({
    [`call${i}`]: {
      call: "mcp",
      with: {
        method: "tools/call",
        transport: { http: { endpoint: server } },
        parameters: { name: "t", arguments: {} },
        ...one,
      },
    },
  }));
  return runOf(list, origin, more);
}

/** Runs tasks that call the server behind an address. */
export async function runOf(
  list: readonly object[],
  origin: string,
  more: Partial<RunOptions> = {},
): Promise<RunResult> {
  const engine = createEngine();
  const document = { dsl: "1.0.3", namespace: "test", name: "mcp", version: "1.0.0" };
  const workflow = JSON.stringify({ document, use: { secrets: ["key"] }, do: list });
  const pack = makePack(engine, {
    id: "test/mcp",
    version: "1.0.0",
    workflows: { "w.json": workflow },
  });
  const result = await run({
    engine,
    pack,
    input: canonicalize("{}"),
    recorder: memoryRecorder(),
    grant: { mcp: [{ server, calls: ["tools/call *", "tools/list"] }] },
    addresses: { [logical]: origin },
    egress: { total: 3000, headers: 3000 },
    ...more,
  });
  expect(replay(createEngine(), pack, result.records).status).toBe("reproduced");
  return result;
}

/** What is recorded of the effects, in their order. */
export const resultsOf = ({ records }: RunResult): unknown[] =>
  records.flatMap((bytes) => {
    const record = parseRecord(bytes);
    return record.kind === "result" ? [record.result] : [];
  });

/** A message that a server was sent. */
export interface Heard {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: unknown;
  readonly error?: { readonly code: number };
}

export const messagesOf = (requests: readonly Seen[]): Heard[] =>
  requests.map(({ method, body }) => (body === "" ? { method } : (JSON.parse(body) as Heard)));

/** What a server that misbehaves has at hand. */
export interface Turn {
  readonly heard: Heard;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Answers with JSON: an object with the request's id, or a text in which ID stands for it. */
  readonly say: (what: object | string, headers?: Record<string, string>) => void;
  /** Begins an event stream, or goes on with it. */
  readonly stream: (text: string) => void;
  /** The text of an answer to the request. */
  readonly answer: (result?: object) => string;
}

export const REVISION = "2025-06-18";

/** A server that shakes hands as it should, unless `first` answers, and then does as it is told. */
export function misbehaving(
  does: (turn: Turn) => void,
  first: (turn: Turn) => boolean = () => false,
): Promise<{ origin: string; requests: Seen[] }> {
  return serve((request, response, body) => {
    const heard = (body === "" ? { method: request.method } : JSON.parse(body)) as Heard;
    const id = JSON.stringify(heard.id ?? null);
    const answer = (result: object = { content: [] }): string =>
      JSON.stringify({ jsonrpc: "2.0", id: heard.id, result });
    const turn: Turn = {
      heard,
      request,
      response,
      answer,
      say: (what, headers = {}) => {
        const text =
          typeof what === "string"
            ? what.replaceAll("ID", id)
            : JSON.stringify({ jsonrpc: "2.0", id: heard.id, ...what });
        response.writeHead(200, { "content-type": "application/json", ...headers }).end(text);
      },
      stream: (text) => {
        if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(text);
      },
    };
    if (first(turn)) return;
    if (heard.method === "initialize") {
      const serverInfo = { name: "x", version: "1" };
      turn.say({ result: { protocolVersion: REVISION, capabilities: { tools: {} }, serverInfo } });
    } else if (heard.method === "notifications/initialized") response.writeHead(202).end();
    else if (request.method === "DELETE") response.writeHead(200).end();
    else does(turn);
  });
}
