// What a hostile or broken MCP server does, and what comes of it: a row each.
import type { Turn } from "./asking.ts";

export interface Behaviour {
  readonly name: string;
  /** What it does with the call, or, where `first` is given, with anything else. */
  readonly does: (turn: Turn) => void;
  /** Answers in place of the handshake; true where it did. */
  readonly first?: (turn: Turn) => boolean;
  /** What is recorded. */
  readonly becomes: unknown;
  /** What the operator is told beside it, where that tells one cause from another. */
  readonly why?: string;
  /** Without it, of the call of a revision with a handshake. */
  readonly protocolVersion?: string | undefined;
  readonly timeout?: number;
  readonly bytes?: number;
}

const PROTOCOL = { failure: "protocol" };
const TIMEOUT = { failure: "timeout" };
const RESET = { failure: "reset" };
const TOO_LARGE = { failure: "tooLarge" };
const FINE = { result: { content: [] } };

/** The text of a result of which a part is not as JSON.stringify writes it. */
const resultOf = (rest: string): string =>
  `{"jsonrpc":"2.0","id":ID,"result":{"content":[],${rest}}}`;
const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
const event = (data: string): string => `data: ${data}\n\n`;
const note = (progress: number, progressToken: unknown): string =>
  event(
    JSON.stringify({
      jsonrpc: "2.0",
      method: "notifications/progress",
      params: { progressToken, progress },
    }),
  );
const asks = (method: string): string =>
  event(JSON.stringify({ jsonrpc: "2.0", id: method, method }));
const says =
  (text: string) =>
  ({ say }: Turn): void =>
    say(text);
/** Only the call is answered so; what else comes is taken. */
const toCall =
  (does: (turn: Turn) => void) =>
  (turn: Turn): void => {
    if (turn.heard.method === "tools/call") does(turn);
    else turn.response.writeHead(202).end();
  };
const status =
  (code: number, headers: Record<string, string> = {}, body = "") =>
  ({ response }: Turn): void => {
    response.writeHead(code, headers).end(body);
  };
const initialize =
  (result: object, headers: Record<string, string> = {}) =>
  ({ heard, say }: Turn): boolean => {
    if (heard.method !== "initialize") return false;
    say({ result }, headers);
    return true;
  };
const shaken = (protocolVersion: unknown): object => ({
  protocolVersion,
  capabilities: {},
  serverInfo: { name: "x", version: "1" },
});
const answers = ({ stream, answer }: Turn): void => stream(event(answer()));

export const behaviours: readonly Behaviour[] = [
  // What its messages say.
  {
    name: "an integer that is no double",
    does: says(resultOf('"n":12345678901234567890')),
    becomes: PROTOCOL,
  },
  {
    name: "an id that would be rounded",
    does: says(resultOf('"id":9007199254740993')),
    becomes: PROTOCOL,
  },
  { name: "a number that is infinite", does: says(resultOf('"n":1e400')), becomes: PROTOCOL },
  { name: "a member that is there twice", does: says(resultOf('"a":1,"a":2')), becomes: PROTOCOL },
  {
    name: "a member that every object has",
    does: says(resultOf('"__proto__":{"x":1}')),
    // Without the brackets it would be the prototype.
    becomes: { result: { content: [], ["__proto__"]: { x: 1 } } },
  },
  { name: "half of a character", does: says(resultOf('"t":"a\\ud800b"')), becomes: PROTOCOL },
  {
    name: "bytes that are not UTF-8",
    does: ({ response }) =>
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])),
    becomes: PROTOCOL,
  },
  {
    name: "a nesting beyond a record's",
    does: says(resultOf(`"x":${nested(2000)}`)),
    becomes: PROTOCOL,
  },
  {
    name: "a nesting beyond any stack",
    does: says(resultOf(`"x":${nested(200_000)}`)),
    becomes: PROTOCOL,
  },
  {
    name: "a result that is null",
    does: says('{"jsonrpc":"2.0","id":ID,"result":null}'),
    becomes: PROTOCOL,
  },
  {
    name: "a result that is a list",
    does: says('{"jsonrpc":"2.0","id":ID,"result":[1]}'),
    becomes: PROTOCOL,
  },
  { name: "neither result nor error", does: says('{"jsonrpc":"2.0","id":ID}'), becomes: PROTOCOL },
  {
    name: "both",
    does: says('{"jsonrpc":"2.0","id":ID,"result":{},"error":{"code":1,"message":"x"}}'),
    becomes: PROTOCOL,
  },
  {
    name: "two results",
    does: says('{"jsonrpc":"2.0","id":ID,"result":{"a":1},"result":{"a":2}}'),
    becomes: PROTOCOL,
  },
  {
    name: "a result by an escaped name",
    does: says('{"jsonrpc":"2.0","id":ID,"re\\u0073ult":{"content":[]}}'),
    becomes: FINE,
  },
  {
    name: "another protocol",
    does: says('{"jsonrpc":"1.0","id":ID,"result":{}}'),
    becomes: PROTOCOL,
  },
  {
    name: "another request's id",
    does: says('{"jsonrpc":"2.0","id":999,"result":{}}'),
    becomes: PROTOCOL,
  },
  {
    name: "the id as a text",
    does: says('{"jsonrpc":"2.0","id":"ID","result":{}}'),
    becomes: PROTOCOL,
  },
  {
    name: "an id that is an object",
    does: says('{"jsonrpc":"2.0","id":{},"result":{}}'),
    becomes: PROTOCOL,
  },
  {
    name: "an error without a message",
    does: says('{"jsonrpc":"2.0","id":ID,"error":{"code":-1}}'),
    becomes: PROTOCOL,
  },
  {
    name: "an error whose code is a text",
    does: says('{"jsonrpc":"2.0","id":ID,"error":{"code":"x","message":"y"}}'),
    becomes: PROTOCOL,
  },
  {
    name: "an error whose code is a fraction",
    does: says('{"jsonrpc":"2.0","id":ID,"error":{"code":1.5,"message":"y"}}'),
    becomes: PROTOCOL,
  },
  {
    name: "an error whose message would be cut in a character",
    does: ({ say }) => say({ error: { code: -1, message: `${"x".repeat(998)}\u{1f600}` } }),
    becomes: { error: { code: -1, message: "x".repeat(998) } },
  },
  {
    name: "an error with half of a character",
    does: says('{"jsonrpc":"2.0","id":ID,"error":{"code":-1,"message":"\\ud800"}}'),
    becomes: PROTOCOL,
  },
  {
    name: "an error without an id",
    does: says(
      '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no","data":{"big":12}}}',
    ),
    becomes: { error: { code: -32600, message: "no" } },
  },
  {
    name: "a page",
    does: status(200, { "content-type": "text/html" }, "<html>"),
    becomes: PROTOCOL,
  },
  { name: "JSON that is no message", does: says('{"hello":1}'), becomes: PROTOCOL },
  {
    name: "JSON that is cut",
    does: says('{"jsonrpc":"2.0","id":ID,"result":{'),
    becomes: PROTOCOL,
  },
  { name: "an empty batch", does: says("[]"), becomes: PROTOCOL },
  { name: "nothing, as if it was a notification", does: status(202), becomes: PROTOCOL },
  {
    name: "a batch with the answer in it",
    does: says(
      '[{"jsonrpc":"2.0","method":"x"},{"jsonrpc":"2.0","id":ID,"result":{"content":[]}}]',
    ),
    becomes: FINE,
  },
  {
    name: "a question in place of an answer",
    does: says(resultOf('"resultType":"input_required"')),
    becomes: PROTOCOL,
  },
  {
    name: "an answer of a kind to come",
    does: says(resultOf('"resultType":"task"')),
    becomes: PROTOCOL,
  },
  {
    name: "an answer that says that it is one",
    does: says(resultOf('"resultType":"complete"')),
    becomes: FINE,
  },

  // How it answers over HTTP.
  { name: "nothing", does: () => undefined, becomes: TIMEOUT, timeout: 300 },
  {
    name: "an end in the middle",
    does: ({ response }) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
      response.write('{"json', () => response.destroy());
    },
    becomes: PROTOCOL,
  },
  {
    name: "a reset in the middle",
    does: ({ response }) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
      response.write('{"json', () => response.socket?.resetAndDestroy());
    },
    becomes: PROTOCOL,
  },
  {
    name: "an answer that is too large",
    does: ({ say }) => say({ result: { x: "x".repeat(3000) } }),
    becomes: TOO_LARGE,
    bytes: 2000,
  },
  {
    name: "an answer that is compressed",
    does: status(200, { "content-type": "application/json", "content-encoding": "gzip" }, "x"),
    becomes: PROTOCOL,
  },
  { name: "another place", does: status(307, { location: "/other" }), becomes: PROTOCOL },
  {
    name: "no permission",
    does: status(401, { "www-authenticate": "Bearer" }),
    becomes: { status: 401 },
  },
  { name: "an error status", does: status(500, {}, "boom"), becomes: { status: 500 } },
  {
    name: "an error status with the protocol's error behind it",
    does: ({ response, heard }) =>
      response
        .writeHead(400, { "content-type": "application/json" })
        .end(
          JSON.stringify({ jsonrpc: "2.0", id: heard.id, error: { code: -32602, message: "no" } }),
        ),
    becomes: { error: { code: -32602, message: "no" } },
  },
  {
    name: "an error status with an endless page behind it",
    does: ({ response }) => {
      response.writeHead(503, { "content-type": "application/json" });
      const more = setInterval(() => response.write("x".repeat(20_000)), 1);
      response.on("close", () => clearInterval(more));
    },
    becomes: { status: 503 },
  },

  // What it does with a stream.
  { name: "a stream that stays open behind the answer", does: answers, becomes: FINE },
  {
    name: "a stream that is cut into bytes",
    does: ({ response, answer }) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const byte of Buffer.from(event(answer()))) response.write(Buffer.from([byte]));
    },
    becomes: FINE,
  },
  {
    name: "a stream with every end of a line there is",
    does: ({ stream, answer }) => {
      stream(
        `\ufeff: hello\r\rid: 1\r\nevent: message\rdata: ${answer().slice(0, -1)}\r\ndata:${answer().slice(-1)}\n\r\n`,
      );
    },
    becomes: FINE,
  },
  {
    name: "a stream that ends without an answer",
    does: ({ stream, response }) => {
      stream(": hi\n\n");
      response.end();
    },
    becomes: PROTOCOL,
  },
  {
    name: "a stream that is cut",
    does: ({ stream, response }) => {
      stream("data: {");
      setImmediate(() => response.socket?.resetAndDestroy());
    },
    becomes: PROTOCOL,
  },
  {
    name: "a stream of what is no JSON",
    does: ({ stream }) => stream(event("hello")),
    becomes: PROTOCOL,
  },
  {
    name: "a stream that only breathes",
    does: ({ stream, response }) => {
      const breath = setInterval(() => stream(": \n\n"), 20);
      response.on("close", () => clearInterval(breath));
    },
    becomes: TIMEOUT,
    timeout: 300,
  },
  {
    name: "a line without an end",
    does: ({ stream, response }) => {
      const more = setInterval(() => stream("data: ".concat("x".repeat(500))), 1);
      response.on("close", () => clearInterval(more));
    },
    becomes: TOO_LARGE,
    bytes: 2000,
  },
  {
    name: "notes without an end",
    does: ({ stream, response }) => {
      const flood = event('{"jsonrpc":"2.0","method":"x"}').repeat(1000);
      const more = setInterval(() => stream(flood), 1);
      response.on("close", () => clearInterval(more));
    },
    becomes: PROTOCOL,
  },
  {
    name: "questions without an end",
    does: toCall(({ stream }) => stream(asks("ping").repeat(200))),
    becomes: PROTOCOL,
  },
  {
    name: "progress of somebody else's",
    does: ({ stream, response, heard }) => {
      let at = 0;
      const more = setInterval(() => stream(note((at += 1), `${heard.id}`) + note(at, 999)), 20);
      response.on("close", () => clearInterval(more));
    },
    becomes: TIMEOUT,
    why: "no answer in 300 ms",
    timeout: 300,
  },
  {
    name: "progress that does not go forward",
    does: ({ stream, response, heard }) => {
      const more = setInterval(() => stream(note(1, heard.id)), 20);
      response.on("close", () => clearInterval(more));
    },
    becomes: TIMEOUT,
    why: "no answer in 300 ms",
    timeout: 300,
  },
  {
    name: "progress for ever",
    does: ({ stream, response, heard }) => {
      let at = 0;
      const more = setInterval(() => stream(note((at += 1), heard.id)), 5);
      response.on("close", () => clearInterval(more));
    },
    becomes: TIMEOUT,
    why: "no answer in 500 ms",
    timeout: 50,
  },
  {
    name: "wishes: a model, a person, the roots",
    does: toCall((turn) => {
      turn.stream(
        ["sampling/createMessage", "elicitation/create", "roots/list"].map(asks).join(""),
      );
      answers(turn);
    }),
    becomes: FINE,
  },
  {
    name: "an answer to another request, and then the right one",
    does: (turn) => {
      turn.stream(event('{"jsonrpc":"2.0","id":999,"result":{"wrong":true}}'));
      answers(turn);
    },
    becomes: FINE,
  },
  {
    name: "a place to go on that is not there",
    does: ({ request, response, stream }) => {
      if (request.method === "GET") {
        response.writeHead(405).end();
        return;
      }
      stream("id: e1\nretry: 1\ndata: \n\n");
      response.end();
    },
    becomes: PROTOCOL,
  },
  {
    name: "a stream that is cut again and again",
    does: ({ response, stream }) => {
      stream("id: e1\nretry: 0\ndata: \n\n");
      response.end();
    },
    becomes: PROTOCOL,
  },
  {
    name: "a pause beyond all time",
    does: ({ response, stream }) => {
      stream("id: e1\nretry: 999999999\ndata: \n\n");
      response.end();
    },
    becomes: TIMEOUT,
    timeout: 300,
  },

  // How it begins.
  {
    name: "another revision than was asked for",
    does: answers,
    first: initialize(shaken("2025-11-25")),
    becomes: PROTOCOL,
  },
  {
    name: "a revision that is a number",
    does: answers,
    first: initialize(shaken(7)),
    becomes: PROTOCOL,
  },
  {
    name: "no handshake at the handshake",
    does: answers,
    first: initialize({}),
    becomes: PROTOCOL,
  },
  {
    name: "a session with a name that no header takes",
    does: answers,
    first: initialize(shaken("2025-06-18"), { "mcp-session-id": "a b" }),
    becomes: PROTOCOL,
  },
  {
    name: "a session with a name of 8,000 characters",
    does: answers,
    first: initialize(shaken("2025-06-18"), { "mcp-session-id": "x".repeat(8000) }),
    becomes: PROTOCOL,
  },
  {
    name: "a session that is always lost",
    does: status(404),
    first: initialize(shaken("2025-06-18"), { "mcp-session-id": "s1" }),
    becomes: { status: 404 },
  },
  {
    name: "a handshake that is refused",
    does: answers,
    first: ({ heard, say }) => {
      if (heard.method !== "initialize") return false;
      say({ error: { code: -32602, message: "Unsupported protocol version" } });
      return true;
    },
    becomes: { error: { code: -32602, message: "Unsupported protocol version" } },
  },
  {
    name: "a revision that nobody speaks",
    does: says(
      '{"jsonrpc":"2.0","id":ID,"error":{"code":-32022,"message":"no","data":{"supported":["1999-01-01"]}}}',
    ),
    becomes: PROTOCOL,
    protocolVersion: undefined,
  },
  {
    name: "revisions that are no list",
    does: says('{"jsonrpc":"2.0","id":ID,"result":{"supportedVersions":7}}'),
    becomes: PROTOCOL,
    protocolVersion: undefined,
  },
  {
    name: "an endpoint of another origin",
    does: () => undefined,
    first: ({ request, response, stream }) => {
      if (request.method === "GET") stream("event: endpoint\ndata: https://evil.example/m\n\n");
      else response.writeHead(405).end();
      return true;
    },
    becomes: { failure: "denied" },
  },
  {
    name: "an endpoint that nobody has granted",
    does: () => undefined,
    first: ({ request, response, stream }) => {
      if (request.method === "GET") stream("event: endpoint\ndata: /admin\n\n");
      else response.writeHead(404).end();
      return true;
    },
    becomes: { failure: "denied" },
  },
  {
    name: "an old stream that does not begin with its endpoint",
    does: () => undefined,
    first: ({ request, response, stream }) => {
      if (request.method === "GET") stream(event("{}"));
      else response.writeHead(405).end();
      return true;
    },
    becomes: PROTOCOL,
  },
  {
    name: "an old stream that says nothing",
    does: () => undefined,
    first: ({ request, response, stream }) => {
      if (request.method === "GET") stream(": hello\n\n");
      else response.writeHead(405).end();
      return true;
    },
    becomes: TIMEOUT,
    timeout: 300,
  },
  {
    name: "an old stream that ends in the middle",
    does: () => undefined,
    first: ({ request, response, stream }) => {
      if (request.method === "GET") {
        stream("event: endpoint\ndata: /mcp?s=1\n\n");
        setTimeout(() => response.end(), 50);
      } else response.writeHead(request.url === "/mcp" ? 405 : 202).end();
      return true;
    },
    becomes: RESET,
  },
];
