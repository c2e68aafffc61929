// A service of models, as a real HTTP server on loopback: what it says follows from the question alone. It speaks the
// APIs of OpenAI (chat completions, responses) and Anthropic (messages), whole or as a stream.
//
//   node examples/support-ticket/models/server.ts [PORT] [MINUTES]
//
// The model's name says what it does:
//
//   stand-in      answers
//   tools         asks for the first tool that it is offered
//   busy          429 with Retry-After, then answers; each question for itself
//   down          503
//   overloaded    begins to answer, and ends with an error
//   cut           begins to answer, and the connection breaks
//   ends          begins to answer, and ends as if that was all
//   stays         answers, and leaves the stream open
//   refuses, filtered, long      refuses, is filtered, comes to its limit
//   halves        cuts a character in two, of which both halves come
//   half          ends with half a character
//   silent        answers, and does not say what that took
//   kept          says that half of the question was kept from before
//   garbled       is no model
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { anthropic } from "./anthropic.ts";
import { openaiChat } from "./openai-chat.ts";
import { openaiResponses } from "./openai-responses.ts";
import type { Asked, Ending, Protocol, Said } from "./said.ts";

export interface ModelServer {
  /** Where it listens: `http://127.0.0.1:PORT`. */
  readonly origin: string;
  /** What was asked so far: each request's path, headers and body. */
  readonly requests: readonly Request[];
  stop(): Promise<void>;
}

interface Request {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown>;
}

export interface ModelServerOptions {
  /** A free one without it. */
  readonly port?: number;
  /** What every request must have as its key; none without it. */
  readonly key?: string;
  /** What is said to a question; the answers of the example without it. */
  readonly says?: (question: Asked) => string;
}

const PROTOCOLS: readonly Protocol[] = [openaiChat, openaiResponses, anthropic];

const ENDINGS: Readonly<Record<string, Ending>> = {
  refuses: "refusal",
  filtered: "filter",
  long: "length",
};

/** Sorts a ticket, as the example wants it. */
export function sortTicket({ text, isStructured }: Asked): string {
  const topic = /refund|charged|invoice/i.test(text)
    ? "billing"
    : /crash|error|slow/i.test(text)
      ? "fault"
      : "other";
  const urgent = /urgent|at once|today/i.test(text);
  return isStructured ? JSON.stringify({ topic, urgent }) : `It is about ${topic}.`;
}

function answerTo(asked: Asked, says: (question: Asked) => string): Said {
  const { model, tools } = asked;
  const full = says(asked);
  const text =
    model === "refuses"
      ? "I cannot help with that."
      : model === "halves"
        ? "so \u{1f600} then"
        : model === "half"
          ? "so \ud83d"
          : model === "long" || model === "filtered"
            ? full.slice(0, Math.ceil(full.length / 2))
            : full;
  const [tool] = tools;
  const calls =
    model === "tools" && tool !== undefined
      ? [{ id: "call_1", name: tool, arguments: JSON.stringify({ id: "7" }) }]
      : [];
  const input = Math.ceil(asked.text.length / 4);
  const usage = {
    input,
    output: Math.ceil((text.length + JSON.stringify(calls).length) / 4),
    cached: model === "kept" ? Math.floor(input / 2) : 0,
  };
  return {
    text: calls.length > 0 ? "" : text,
    ending: calls.length > 0 ? "tools" : (ENDINGS[model] ?? "stop"),
    calls,
    ...(model === "silent" ? {} : { usage }),
    piece: model === "halves" ? 4 : 6,
  };
}

/** Starts it. */
export async function startModels(options: ModelServerOptions = {}): Promise<ModelServer> {
  const { port = 0, key, says = sortTicket } = options;
  const requests: Request[] = [];
  const busy = new Set<string>();

  const answer = (protocol: Protocol, request: Request, response: ServerResponse): void => {
    const { headers, body } = request;
    const fail = (status: number, more: Record<string, string> = {}): void => {
      response.writeHead(status, { "content-type": "application/json", ...more });
      response.end(JSON.stringify(protocol.error(status)));
    };
    if (key !== undefined && !protocol.hasKey(headers, key)) return fail(401);
    if (!protocol.accepts(headers, body)) return fail(400);
    const asked = protocol.asked(body);
    const { model } = asked;
    const question = JSON.stringify([protocol.path, body]);
    if (model === "down") return fail(503);
    if (model === "busy" && !busy.delete(question)) {
      busy.add(question);
      return fail(429, { "retry-after": "1" });
    }
    if (model === "garbled") {
      response.writeHead(200, { "content-type": "text/html" });
      response.end("<html><body>Scheduled maintenance</body></html>");
      return;
    }
    const said = answerTo(asked, says);
    if (!asked.isStream) {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(protocol.whole(`${model}-1`, said)));
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    const events = protocol.events(`${model}-1`, said);
    const half = events.slice(0, Math.ceil(events.length / 2));
    if (model === "cut") response.write(half.join(""), () => response.socket?.resetAndDestroy());
    else if (model === "ends") response.end(half.join(""));
    else if (model === "overloaded") response.end(half.join("") + protocol.errorEvent(529));
    else if (model === "stays") response.write(events.join(""));
    else response.end(events.join(""));
  };

  const server = createServer((request, response) => {
    void bodyOf(request).then(
      (body) => {
        const path = request.url ?? "";
        const protocol = PROTOCOLS.find((each) => each.path === path);
        if (request.method !== "POST" || protocol === undefined || body === undefined) {
          response.writeHead(404).end();
          return;
        }
        const asked = { path, headers: request.headers, body };
        requests.push(asked);
        answer(protocol, asked, response);
      },
      () => response.destroy(),
    );
  });
  await listen(server, port);
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown> | undefined> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += String(chunk);
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null && !Array.isArray(body)
      ? (body as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((ready, failed) => {
    server.once("error", failed);
    server.listen(port, "127.0.0.1", () => ready());
  });
}

if (import.meta.main) {
  const [port = "4300", minutes = "30"] = process.argv.slice(2);
  const server = await startModels({ port: Number(port) });
  console.log(`Models answer at ${server.origin}/v1 for ${minutes} minutes.`);
  setTimeout(() => void server.stop(), Number(minutes) * 60_000);
}
