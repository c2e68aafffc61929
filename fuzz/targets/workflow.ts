// Random workflows with scripted answers: every build gives the same records, fuel and decision; so
// does a run that is handed from build to build by snapshots, and a replay; and the records are the
// ones that fuzz/models/workflow.ts says, as far as no limit was hit.
import { createHash } from "node:crypto";
import {
  createEngine,
  EngineError,
  fromHex,
  fromUtf8,
  isInput,
  makePack,
  parseRecord,
  replay,
  toHex,
  utf8,
} from "@reach-fabric/engine";
import type { Engine, Pack, RequestRecord } from "@reach-fabric/engine";
import { agreed, survivors } from "../../tools/engine/builds.ts";
import { scripts } from "../arbitraries/workflow.ts";
import { schemas, tables } from "../models/script.ts";
import type { Script } from "../models/script.ts";
import {
  canonical,
  emits,
  eventsFor,
  granted,
  limits,
  outside,
  packOf,
  tell,
  texts,
} from "../models/tell.ts";
import type { Told } from "../models/tell.ts";
import { comparePaths, GiveUp, interpret } from "../models/workflow.ts";
import type { Evaluate, Json, Question, Setting } from "../models/workflow.ts";
import type { Target } from "./registry.ts";

/** The result that a body becomes (TRACE-6), for the model. */
function admitted({ type, request }: Question, given: ReturnType<typeof outside>): Json {
  const { status, headers } = given.result as { status?: number; headers?: Record<string, string> };
  if (type !== "http" || status === undefined) return given.result as Json;
  const names = (request["responseHeaders"] ?? []) as string[];
  const kept = Object.entries(headers ?? {}).map(([k, v]) => [k.toLowerCase(), v] as const);
  const common = { headers: Object.fromEntries(kept.filter(([k]) => names.includes(k))), status };
  const { body = "" } = given;
  const isJson = request["read"] === undefined && !/^$|^not|^\uFEFF|"a".*"a"|^\d{20}/.test(body);
  if (isJson) return { ...common, body: JSON.parse(body) as Json };
  return { ...common, bytes: Buffer.from(body).toString("base64") };
}

/** One expression, its variables bound by a program around it. */
const evaluator =
  (engine: Engine): Evaluate =>
  (program, input, variables) => {
    const names = Object.keys(variables);
    const bound = names.map((name) => `.v.${name} as $${name} | `).join("");
    const text = canonical({ i: input, v: variables });
    const { outputs, error } = engine.evaluate(`${bound}.i | (${program})`, text, {
      one: true,
      fuel: limits.fuel,
    });
    if (error === null) return { value: JSON.parse(outputs[0] ?? "") as Json };
    if (error.code.startsWith("REACH-E12")) throw new GiveUp();
    return { error: error.message };
  };

/** A schema by itself, with the pack's schemas around it. */
const validator =
  (engine: Engine): Setting["validate"] =>
  ({ document, resource }, file, place, value) => {
    const { endpoint } = (resource ?? {}) as { endpoint?: string | { uri: string } };
    const path = typeof endpoint === "object" ? endpoint.uri : endpoint;
    const uri = path === undefined ? `pack:///${file}?${place}/document` : `pack:///${path}`;
    const files = Object.entries(schemas).map(([file, schema]) => [`pack:///${file}`, schema]);
    const documents = Object.fromEntries([...files, ...(path ? [] : [[uri, document]])]);
    const failure = engine.validateJson(JSON.stringify({ $ref: uri }), canonical(value), {
      documents: texts(documents as Record<string, Json>),
    });
    if (failure === null) return undefined;
    const { instance, schema, missing } = failure;
    return `at "${instance}" of the value, by ${schema}${missing === undefined ? "" : `: no ${missing}`}`;
  };

interface Modelled {
  readonly records: Json[];
  readonly whole: boolean;
  /** TRACE-16, unless the model could not follow. */
  readonly races: readonly string[] | undefined;
}

/** What the model says left the engine, as far as it had the patience, given what entered it. */
function modelled(script: Script, engine: Engine, told: Told): Modelled {
  const seen: Json[] = [];
  try {
    const run = interpret({
      document: script.document,
      children: Object.fromEntries(
        (script.children ?? []).map((child, i) => [`fuzz/c${i}:1.0.0`, child]),
      ),
      tables,
      input: script.input,
      granted,
      emits,
      evaluate: evaluator(engine),
      validate: validator(engine),
      patience: 400,
      seen,
    });
    const answerTo = (question: Question): Json => {
      if (question.takes === undefined) return admitted(question, outside(script, question));
      const event = eventsFor(question.key).find((one) => question.takes?.(one));
      return event === undefined ? null : { event };
    };
    let used = 0;
    for (const bytes of told.records) {
      const record = parseRecord(bytes);
      if (record.kind === "cancel") {
        const nothing = record.reason === "nothing comes";
        const some = run.open.find((question) => answerTo(question) !== null);
        expect(!nothing || some === undefined, "the model takes an event for ", some?.key);
        return { records: seen, whole: false, races: [...run.races, `cancel:${used}`] };
      }
      if (record.kind !== "start" && record.kind !== "result" && isInput(bytes)) run.late();
      if (record.kind !== "result" && record.kind !== "late") continue;
      const asked = record.kind === "late" ? run.dropped : run.open;
      const question = asked.find(({ key }) => key === record.key);
      expect(question !== undefined, "the engine asks what the model does not: ", record.key);
      const result = answerTo(question as Question);
      expect(
        canonical(result) === canonical(record.result as Json),
        "another result of ",
        record.key,
      );
      if (record.kind === "result") run.answer(record.key, record.result as Record<string, Json>);
      used += record.kind === "result" ? 1 : 0;
    }
    return { records: seen, whole: run.ended, races: run.ended ? run.races : undefined };
  } catch (error) {
    if (!(error instanceof GiveUp)) throw error;
    return { records: seen, whole: false, races: undefined };
  }
}

/** TRACE-14 to TRACE-16. */
function decisionOf(records: readonly Uint8Array[], pack: Pack, races: readonly string[]): string {
  const hash = (tag: string, ...parts: Uint8Array[]): Uint8Array => {
    const h = createHash("sha256").update(`reach/v1/${tag}\0`);
    for (const part of parts) {
      const length = Buffer.alloc(8);
      length.writeBigUInt64BE(BigInt(part.length));
      h.update(length).update(part);
    }
    return h.digest();
  };
  const json = (v: unknown): Uint8Array => utf8(canonical(v as Json));
  const all = records.map((bytes) => JSON.parse(fromUtf8(bytes)) as Record<string, Json>);
  const effects = createHash("sha256").update("reach/v1/effects\0");
  const entries = all.flatMap(({ kind, key, result }) => {
    if (kind !== "result") return [];
    const asked = all.find((r) => r["kind"] === "request" && r["key"] === key);
    const [name, type] = [utf8(key as string), utf8(asked?.["type"] as string)];
    const entry = hash("effect", name, type, json(asked?.["request"]), json(result));
    return [{ key: (key as string).split(".").map(Number), entry }];
  });
  // Those of the main branch in the order in which they were used.
  const branched = entries.filter(({ key }) => key.length > 1);
  branched.sort(
    (a, b) =>
      comparePaths(a.key.slice(0, -1), b.key.slice(0, -1)) ||
      (a.key.at(-1) ?? 0) - (b.key.at(-1) ?? 0),
  );
  const mainFirst = [...entries.filter(({ key }) => key.length === 1), ...branched];
  for (const { entry } of mainFirst) effects.update(entry);
  const start = all[0] ?? {};
  const { kind: _, seq: __, ...last } = all.at(-1) ?? {};
  const cancel = all.find(({ kind }) => kind === "cancel");
  const outcome = cancel === undefined ? last : { ...last, reason: cancel["reason"] as Json };
  const decision = hash(
    "decision",
    new Uint8Array([0, 0, 0, 1]),
    fromHex(pack.digest),
    utf8(start["workflow"] as string),
    json(start["input"]),
    json(start["grant"]),
    json(start["limits"]),
    effects.digest(),
    json(races),
    json(outcome),
  );
  return toHex(decision);
}

const expect = (is: boolean, what: string, detail = ""): void => {
  if (!is) throw new Error(`${what}${detail}`);
};

/** The first record that two lists do not share, in words. */
function difference(actual: readonly string[], wanted: readonly string[]): string {
  const at = actual.findIndex((text, i) => text !== wanted[i]);
  const i = at < 0 ? actual.length : at;
  return `\n  at ${i}\n  engine: ${actual[i]}\n  model:  ${wanted[i]}`;
}

export function workflowTarget(): Target<Script> {
  const engines = survivors();
  const judge = createEngine();
  let asked = 0;
  let known = 0;
  let loaded = 0;
  let orders = 0;
  return {
    name: "workflow",
    arbitrary: scripts,
    check: (script) => {
      const builds = engines();
      asked += 1;
      const pack = packOf(judge, script);
      const refusal = agreed(builds, (engine) => {
        try {
          engine.load(pack);
          return null;
        } catch (error) {
          if (error instanceof EngineError) return `${error.code} ${error.message}`;
          throw error;
        }
      });
      if (refusal !== null) throw new Error(`does not load: ${refusal}`);
      loaded += 1;
      const [first] = builds;
      const straight = tell(script, first.engine);
      const text = (told: Told): string[] => told.records.map((bytes) => fromUtf8(bytes));
      const facts = (told: Told): string => canonical({ ...told, records: text(told) });
      agreed(builds, (engine) => facts(tell(script, engine)));

      // From build to build, and an admission or another computation in between.
      let turn = 0;
      const hopping = tell(script, first.engine, (from) => {
        const to = builds[++turn % builds.length]?.engine ?? from;
        const state = from.snapshot();
        to.evaluate("[range(9)]", "1");
        to.restore(state);
        expect(fromUtf8(to.snapshot()) === fromUtf8(state), "a snapshot restored is another one");
        return to;
      });
      expect(facts(hopping) === facts(straight), "snapshots change the run");

      const { status, decision } = replay(judge, pack, straight.records);
      expect(status === "reproduced", "the replay says ", status);
      expect(decision === straight.decision, "the replay decides otherwise");
      const left = straight.records.filter((bytes) => !isInput(bytes)).map((b) => fromUtf8(b));
      const model = modelled(script, judge, straight);
      const wanted = model.records.map((record) => canonical(record));
      const hitLimit = /"detail":"REACH-E12/.test(left.at(-1) ?? "");
      const forks = /"fork":|"timeout":|"duration":/.test(
        JSON.stringify([script.document, script.children ?? []]),
      );
      // Without a fork or a timeout nothing but a cancellation is a race, whether the model could follow or not.
      const cancelled = straight.records.filter((b) => parseRecord(b).kind === "result").length;
      const plain = straight.status === "cancelled" ? [`cancel:${cancelled}`] : [];
      const races = !forks ? plain : hitLimit ? undefined : model.races;
      if (races !== undefined) {
        const wantedDecision = decisionOf(straight.records, pack, races);
        expect(wantedDecision === decision, "not the decision of TRACE-14");
      }
      if (forks && model.whole && !hitLimit && races?.length === 0) {
        // Another order of arrival: where there was no race either, it is the same decision.
        const other = tell({ ...script, order: script.order.map((n) => 7 - n) }, judge);
        const second = modelled(script, judge, other);
        if (second.races?.length === 0) {
          orders += 1;
          expect(other.decision === decision, "the order of arrival changes the decision");
        }
      }
      if (hitLimit || !model.whole) {
        const both = Math.min(left.length - 1, wanted.length);
        const same = left.slice(0, both).join() === wanted.slice(0, both).join();
        expect(same, "other records before a limit", difference(left, wanted));
        return;
      }
      known += 1;
      expect(left.join() === wanted.join(), "other records", difference(left, wanted));
    },
    known: () =>
      `${loaded} of ${asked} loaded, the model followed ${known} to the end, ${orders} in two orders`,
  };
}
