// Streams of models, in the three APIs, cut, split and mixed at any byte: the same answer wherever their bytes were cut,
// no answer where one was cut off, and whatever comes of any other damage is an answer that the engine admits, or a
// failure in a closed word. The streams are those of the example's service, which the services' own clients read.
import fc from "fast-check";
import { createEngine, EngineError, makePack } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { APIS, RequestFailed, StreamedAnswer } from "@reach-fabric/host/testing";
import { anthropic } from "../../../examples/support-ticket/models/anthropic.ts";
import { openaiChat } from "../../../examples/support-ticket/models/openai-chat.ts";
import { openaiResponses } from "../../../examples/support-ticket/models/openai-responses.ts";
import type { Said } from "../../../examples/support-ticket/models/said.ts";
import type { Target } from "../registry.ts";

const protocols = {
  "openai-chat": openaiChat,
  "openai-responses": openaiResponses,
  anthropic,
} as const;
type Api = keyof typeof protocols;
const apis = Object.keys(protocols) as Api[];

/** What is done to a stream; numbers are parts of a thousand of its length. */
type Damage =
  | { readonly kind: "none" | "crlf" | "cr" | "lines" | "more" }
  | { readonly kind: "cut" | "drop" | "twice"; readonly at: number }
  | { readonly kind: "swap"; readonly at: number; readonly other: number }
  | { readonly kind: "byte"; readonly at: number; readonly byte: number }
  | { readonly kind: "mix"; readonly at: number; readonly api: Api };

interface Input {
  readonly api: Api;
  readonly said: Said;
  readonly damage: Damage;
  /** Where the bytes are cut, twice over. */
  readonly cuts: readonly [readonly number[], readonly number[]];
}

const LIMIT = 1 << 20;
const encoder = new TextEncoder();

const text = fc.string({ unit: "binary", maxLength: 30 });
const place = fc.nat(999);
const said: fc.Arbitrary<Said> = fc
  .record({
    text: fc.oneof(text, fc.constantFrom("", "\u{1f600}\u{1f600}", "\r\n\r\n", "data: [DONE]\n\n")),
    ending: fc.constantFrom("stop", "length", "filter", "refusal", "tools"),
    calls: fc.array(
      fc.record({
        id: fc.string({ maxLength: 5 }),
        name: fc.constantFrom("look", "drop"),
        arguments: fc.json({ maxDepth: 2 }).map((given) => `{"a":${given}}`),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    usage: fc.option(
      fc
        .record({ input: fc.nat(1000), output: fc.nat(1000), cached: fc.nat(1000) })
        .map((took) => ({ ...took, cached: Math.min(took.cached, took.input) })),
      { nil: undefined },
    ),
    piece: fc.integer({ min: 1, max: 8 }),
  })
  .map(({ usage, calls, ending, ...rest }) => ({
    ...rest,
    ending,
    calls: ending === "tools" ? calls : [],
    ...(usage === undefined ? {} : { usage }),
  }));

const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.constantFrom("none", "crlf", "cr", "lines", "more").map((kind): Damage => ({ kind })),
  fc.record({ kind: fc.constantFrom("cut", "cut", "drop", "twice"), at: place }),
  fc.record({ kind: fc.constant("swap"), at: place, other: place }),
  fc.record({ kind: fc.constant("byte"), at: place, byte: fc.nat(255) }),
  fc.record({ kind: fc.constant("mix"), at: place, api: fc.constantFrom(...apis) }),
);
const cuts = fc.array(place, { maxLength: 12 });

/** The bytes of a stream, damaged. */
function streamOf({ api, said: what, damage: how }: Input): Uint8Array {
  const events = protocols[api].events("m", what);
  const at = "at" in how ? Math.floor((how.at * events.length) / 1000) : 0;
  const [one = ""] = events.slice(at);
  switch (how.kind) {
    case "drop":
      events.splice(at, 1);
      break;
    case "twice":
      events.splice(at, 0, one);
      break;
    case "swap": {
      const other = Math.floor((how.other * events.length) / 1000);
      events[at] = events[other] ?? "";
      events[other] = one;
      break;
    }
    case "mix": {
      const others = protocols[how.api].events("m", what);
      events.splice(at, 0, others[Math.floor((how.at * others.length) / 1000)] ?? "");
      break;
    }
    default:
  }
  const whole = events.join("");
  if (how.kind === "crlf") return encoder.encode(whole.replaceAll("\n", "\r\n"));
  if (how.kind === "cr") return encoder.encode(whole.replaceAll("\n", "\r"));
  if (how.kind === "lines") return encoder.encode(inLines(events).replaceAll("\n", "\r\n"));
  // Behind the end, bytes that are nothing.
  if (how.kind === "more") return Uint8Array.of(...encoder.encode(whole), 0x64, 0xff, 0x0a, 0x0a);
  const bytes = encoder.encode(whole);
  const byteAt = "at" in how ? Math.floor((how.at * bytes.length) / 1000) : 0;
  if (how.kind === "cut") return bytes.slice(0, byteAt);
  if (how.kind === "byte") bytes[byteAt] = how.byte;
  return bytes;
}

/** The same events with their JSON in several lines of data. */
const inLines = (events: readonly string[]): string =>
  events
    .map((event) =>
      event.replace(/^data: (\{.*\})$/m, (_, json: string) =>
        JSON.stringify(JSON.parse(json), null, 1).replaceAll(/^/gm, "data: "),
      ),
    )
    .join("");

/** True for an event that no answer can be without: how it begins, ends, and what of it. */
const isNeeded: Readonly<Record<Api, (event: string) => boolean>> = {
  "openai-chat": (event) => /"finish_reason":"|\[DONE\]|"name":"/.test(event),
  "openai-responses": (event) => /"type":"response\.(?:completed|incomplete)"/.test(event),
  anthropic: (event) => !/"type":"(?:content_block_delta|ping)"/.test(event),
};

/** What comes of a stream whose bytes come in these pieces. */
function outcomeOf(api: Api, bytes: Uint8Array, at: readonly number[]): unknown {
  const places = at.map((part) => Math.floor((part * bytes.length) / 1000)).sort((a, b) => a - b);
  const answer = new StreamedAnswer(APIS[api], LIMIT);
  try {
    let from = 0;
    for (const to of [...places, bytes.length]) {
      const result = answer.push(bytes.subarray(from, to));
      if (result !== undefined) return result;
      from = to;
    }
    return "open";
  } catch (error) {
    if (error instanceof RequestFailed) return { failure: error.failure };
    throw error;
  }
}

/** What was said, as it is to be recorded. */
function expected(api: Api, { text: words, ending, calls, usage }: Said): object {
  const isRefusal = ending === "refusal" || (api === "anthropic" && ending === "filter");
  // A refusal without words is an end to OpenAI.
  const finish =
    isRefusal && words === "" && api !== "anthropic" ? "stop" : isRefusal ? "refusal" : ending;
  const inText = ending === "refusal" ? "" : words;
  const ownWords = ending === "refusal" && words !== "";
  return {
    finish,
    model: "m",
    text: inText,
    ...(ownWords ? { refusal: words } : {}),
    ...(calls.length > 0 ? { tools: calls } : {}),
    ...(usage === undefined ? {} : { usage }),
  };
}

const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

export function modelsTarget(): Target<Input> {
  const engine = createEngine();
  waitForAnAnswer(engine);
  const ends: Record<string, number> = {};
  return {
    name: "models",
    arbitrary: fc.record({
      api: fc.constantFrom(...apis),
      said,
      damage,
      cuts: fc.tuple(cuts, cuts),
    }),
    check: (input) => {
      const { api, said: what, damage: how } = input;
      const bytes = streamOf(input);
      const whole = outcomeOf(api, bytes, []);
      const each = Array.from({ length: 250 }, (_, i) => 4 * i);
      for (const at of [...input.cuts, each]) {
        const found = outcomeOf(api, bytes, at);
        if (sorted(found) !== sorted(whole)) {
          throw new Error(`cut at ${at.join()}: ${sorted(found)}, whole: ${sorted(whole)}`);
        }
      }
      const isAnswer = typeof whole === "object" && whole !== null && "finish" in whole;
      const end = isAnswer ? "answers" : sorted(whole);
      ends[`${how.kind} ${end}`] = (ends[`${how.kind} ${end}`] ?? 0) + 1;
      if (["none", "crlf", "cr", "lines", "more"].includes(how.kind)) {
        const wanted = sorted(expected(api, what));
        if (sorted(whole) !== wanted) throw new Error(`${sorted(whole)}, not ${wanted}`);
      }
      if (how.kind === "cut" && whole !== "open") {
        throw new Error(`of a stream that was cut off: ${sorted(whole)}`);
      }
      if (how.kind === "drop" && isAnswer) {
        const events = protocols[api].events("m", what);
        const dropped = events[Math.floor((how.at * events.length) / 1000)] ?? "";
        if (isNeeded[api](dropped)) throw new Error(`an answer without ${dropped}`);
      }
      if (isAnswer) requireAdmitted(engine, whole);
    },
    known: () =>
      Object.entries(ends)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([end, times]) => `${times} ${end}`)
        .join(", "),
  };
}

/** A run that waits for what a model says. */
function waitForAnAnswer(engine: Engine): void {
  const document = { dsl: "1.0.3", namespace: "fuzz", name: "models", version: "1.0.0" };
  const ask = { call: "llm", with: { model: "m", prompt: "?" } };
  engine.load(
    makePack(engine, {
      id: "fuzz/models",
      version: "1.0.0",
      workflows: { "w.json": JSON.stringify({ document, do: [{ ask }] }) },
    }),
  );
  const { status } = engine.start(engine.admitStart({ grant: { models: ["m"] } }, "{}"));
  if (status !== "waiting") throw new Error(`the run is ${status}`);
}

/** The engine admits it, but for half a character that a damaged stream has left. */
function requireAdmitted(engine: Engine, result: object): void {
  try {
    engine.admitResult("0", result);
  } catch (error) {
    if (!(error instanceof EngineError && error.code === "REACH-E1106")) throw error;
  }
}
