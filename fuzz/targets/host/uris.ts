// Where a request may go is judged twice, and a third time here: by the engine, by the host, which shares nothing with it, and
// for what is behind the origin by a model of the specification. All of them deny a URI or none does, and what they let pass
// is the same to each.
import { createEngine, makePack, parseRecord } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { parseTarget, whyNotGranted } from "@reach-fabric/host/testing";
import { grant as grantSchema } from "@reach-fabric/schema";
import type { Grant } from "@reach-fabric/schema";
import fc from "fast-check";
import { agreed, survivors } from "../../../tools/engine/builds.ts";
import { uris } from "../../arbitraries/uris.ts";
import { whyNotTail } from "../../models/paths.ts";
import type { Target } from "../registry.ts";

interface Input {
  readonly uri: string;
  /** Which paths are granted. */
  readonly paths: readonly string[];
}

const input: fc.Arbitrary<Input> = fc.record({
  uri: uris,
  paths: fc.constantFrom(["/*"], ["/*"], ["/v1/*", "/x"], ["/v1*", "/%c3%a9"], ["/score"]),
});

const document = { dsl: "1.0.3", namespace: "fuzz", name: "uris", version: "1.0.0" };
const task = { call: "http", with: { method: "get", endpoint: "${ .uri }" } };
const pack = makePack(createEngine(), {
  id: "fuzz/uris",
  version: "1.0.0",
  workflows: { "w.json": JSON.stringify({ document, do: [{ ask: task }] }) },
});

/** Every origin is granted that somebody could take it for and a grant may have (GRANT-2): most is denied for another reason. */
export function grantFor({ uri, paths }: Input): Grant {
  const written = /^[^:/]*:\/\/[^/?#]*/.exec(uri)?.[0] ?? "";
  const read = URL.canParse(uri) ? new URL(uri).origin : "";
  const origins = new Set([written, written.toLowerCase(), read, "https://a.example"]);
  const entries = [...origins].map((origin) => ({ origin, methods: ["GET"], paths: [...paths] }));
  const isEntry = (entry: (typeof entries)[number]): boolean =>
    grantSchema.safeParse({ http: [entry] }).success &&
    URL.canParse(entry.origin) &&
    new URL(entry.origin).origin === entry.origin;
  return grantSchema.parse({ http: entries.filter(isEntry) });
}

/** The URI that the engine asks for, or what it says of one that it denies. */
function askEngine(
  engine: Engine,
  { uri }: Input,
  grant: Grant,
): { uri: string } | { why: string } {
  if (engine.loaded !== pack) engine.load(pack);
  const { records } = engine.start(engine.admitStart({ grant }, JSON.stringify({ uri })));
  for (const bytes of records) {
    const record = parseRecord(bytes);
    if (record.kind === "request") return { uri: record.request["uri"] as string };
  }
  const outcome = parseRecord(engine.outcome()) as { error?: { title?: string; detail?: string } };
  const { title = "", detail = "" } = outcome.error ?? {};
  return { why: title.includes("grant") ? "the grant" : detail };
}

/** Of what is behind an origin, and for the model alone. */
const OF_TAIL = /path|percent|fragment/;

export function urisTarget(): Target<Input> {
  const engines = survivors();
  const seen = { passed: 0, denied: 0 };
  return {
    name: "uris",
    arbitrary: input,
    check: (one) => {
      const grant = grantFor(one);
      const engine = agreed(engines(), (build) => askEngine(build, one, grant));
      // The engine gives a host in lower case, and a scheme's own port left out: to the host that is another text.
      const text = "uri" in engine ? engine.uri : one.uri;
      const target = parseTarget(text);
      const host = "why" in target ? target.why : whyNotGranted(grant, "GET", target);
      const say = (what: string): never => {
        throw new Error(
          `${what}: ${text}\n  engine: ${JSON.stringify(engine)}\n  host: ${host ?? "granted"}`,
        );
      };
      if ("uri" in engine !== (host === undefined)) say("only one of them denies");
      if (!("why" in target)) {
        const url = new URL(text);
        if (
          url.origin !== target.origin ||
          url.pathname !== target.path ||
          url.search !== (target.query === "?" ? "" : target.query)
        ) {
          say("it is another request to who sends it");
        }
      }
      seen["uri" in engine ? "passed" : "denied"] += 1;
      const [, tail] = /^https?:\/\/[^/?#\\@]*([^]*)/i.exec(one.uri) ?? [];
      const model = tail === undefined ? undefined : whyNotTail(tail);
      if ("uri" in engine && model !== undefined) say(`the model denies it (${model})`);
      if ("why" in engine && OF_TAIL.test(engine.why) && engine.why !== model)
        say(`the model says ${model}`);
    },
    known: () => `${seen.passed} passed, ${seen.denied} denied`,
  };
}
