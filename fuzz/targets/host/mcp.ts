// What an MCP server sends: the event stream, and the JSON-RPC messages in it. Whatever comes, and wherever it is cut, is read to the
// same messages or refused in a word; the parts of a text are those that JSON.parse finds.
import fc from "fast-check";
import {
  EventStreamReader,
  jsonParts,
  rpcMessages,
  RequestFailed,
} from "@reach-fabric/host/testing";
import { documents, texts } from "../../arbitraries/json.ts";
import type { Target } from "../registry.ts";

interface Input {
  readonly bytes: Uint8Array;
  /** Where the stream is cut, in thousandths of its length. */
  readonly cuts: readonly number[];
}

const LIMIT = 4096;

/** Messages as servers make them, and all that is near to one. */
const message: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('"2.0"', '"2.0"', '"2.0"', '"1.0"', "2"),
    fc.constantFrom("1", '"a"', "null", "1.5", "9007199254740993", "{}"),
    fc.array(
      fc.tuple(fc.constantFrom("id", "result", "error", "method", "params", "re\\u0073ult"), texts),
      { maxLength: 3 },
    ),
  )
  .map(
    ([version, id, members]) =>
      `{"jsonrpc":${version},"id":${id}${members.map(([name, text]) => `,"${name}":${text}`).join("")}}`,
  );
/** Messages that are some, whatever is in them. */
const good: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(
      '"id":1,"result":',
      '"id":"a","result":',
      '"id":null,"error":',
      '"method":"x","params":',
    ),
    fc.json(),
  )
  .map(([head, text]) => `{"jsonrpc":"2.0",${head}${text}}`);
const anyText = fc.oneof(
  { weight: 2, arbitrary: message },
  { weight: 4, arbitrary: good },
  {
    weight: 1,
    arbitrary: fc.array(fc.oneof(message, good), { maxLength: 3 }).map((all) => `[${all.join()}]`),
  },
  { weight: 1, arbitrary: texts },
);
const ends = fc.constantFrom("\n", "\r", "\r\n");
const line = fc.oneof(
  anyText.map((text) => `data: ${text}`),
  fc.constantFrom(
    "",
    "",
    ": note",
    "id: e1",
    "retry: 10",
    "event: message",
    "event: endpoint",
    "data",
  ),
  fc.string(),
);
const stream = fc
  .array(fc.tuple(line, ends), { maxLength: 20 })
  .map((lines) => lines.map(([text, end]) => text + end).join(""));

const input: fc.Arbitrary<Input> = fc.record({
  bytes: fc.oneof(
    { weight: 1, arbitrary: documents },
    { weight: 2, arbitrary: anyText.map((text) => Buffer.from(text)) },
    { weight: 2, arbitrary: stream.map((text) => Buffer.from(text)) },
  ),
  cuts: fc.array(fc.nat(1000), { maxLength: 6 }),
});

/** What JSON.parse finds: the values of an object's members in their order, or of an array's elements. */
function parsed(bytes: Uint8Array): { value: unknown } | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

const valueOf = (part: Uint8Array): unknown =>
  JSON.parse(new TextDecoder().decode(part)) as unknown;
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function checkParts(bytes: Uint8Array): void {
  const parts = jsonParts(bytes);
  const expected = parsed(bytes);
  if ((parts === undefined) !== (expected === undefined)) {
    throw new Error(
      `jsonParts ${parts === undefined ? "refuses" : "takes"} it, JSON.parse does not`,
    );
  }
  if (parts === undefined || expected === undefined) return;
  const found =
    parts.kind === "object"
      ? Object.fromEntries(parts.members.map(([name, part]) => [name, valueOf(part)]))
      : parts.kind === "array"
        ? parts.elements.map(valueOf)
        : expected.value;
  if (!same(found, expected.value)) throw new Error(`${JSON.stringify(found)} is another value`);
}

/** What the bytes are read to, up to where they are refused. */
function readCut(bytes: Uint8Array, cuts: readonly number[]): string {
  const reader = new EventStreamReader(LIMIT);
  const at = [...new Set(cuts.map((cut) => Math.floor((cut * bytes.length) / 1000)))].sort(
    (a, b) => a - b,
  );
  const said: unknown[] = [];
  try {
    for (const [i, from] of [0, ...at].entries()) {
      for (const { type, data } of reader.each(bytes.subarray(from, at[i] ?? bytes.length))) {
        said.push([type, data, summary(Buffer.from(data))]);
      }
    }
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error;
    said.push(error.failure);
  }
  return JSON.stringify([said, reader.lastId, reader.retry ?? null]);
}

/** The messages of a text: an answer's part of it is there in its own bytes. */
function summary(text: Uint8Array): unknown {
  const messages = rpcMessages(text);
  if (messages !== undefined && jsonParts(text) === undefined)
    throw new Error("a message that is no JSON");
  return messages?.map((one) => {
    if (one.kind !== "answer") return one;
    const body = Buffer.from(one.body).toString();
    if (!Buffer.from(text).includes(body)) throw new Error(`${body} is not in the text`);
    return { ...one, body };
  });
}

export function mcpTarget(): Target<Input> {
  let messages = 0;
  let tried = 0;
  return {
    name: "mcp",
    arbitrary: input,
    check: ({ bytes, cuts }) => {
      tried += 1;
      checkParts(bytes);
      if (summary(bytes) !== undefined) messages += 1;
      const whole = readCut(bytes, []);
      for (const some of [cuts, Array.from({ length: 40 }, (_, i) => i * 25)]) {
        const cut = readCut(bytes, some);
        if (cut !== whole) throw new Error(`cut: ${cut}\n  whole: ${whole}`);
      }
    },
    decode: (kept) => {
      const { text, cuts = [] } = kept as { text: string; cuts?: number[] };
      return { bytes: Buffer.from(text), cuts };
    },
    known: () => `${messages} of ${tried} were messages`,
  };
}
