// Recorded runs in the hands of an attacker who can compute every digest anew: whatever is changed in a
// trace, a replay of it diverges, does not come to an end, or has another decision. What was signed is
// no part of this: the defence here is the computation alone.
import { createEngine, parseRecord, replay, utf8 } from "@reach-fabric/engine";
import fc from "fast-check";
import { scripts } from "../arbitraries/workflow.ts";
import type { Script } from "../models/script.ts";
import { canonical, packOf, tell } from "../models/tell.ts";
import type { Json } from "../models/workflow.ts";
import type { Target } from "./registry.ts";

/** What is done to a trace; numbers choose, whatever its size. */
type Act =
  | { readonly what: "edit"; readonly at: number; readonly path: number; readonly to: Json }
  | { readonly what: "swap" | "move"; readonly at: number; readonly to: number }
  | { readonly what: "drop" | "repeat"; readonly at: number }
  | { readonly what: "cut"; readonly at: number };

interface Attack {
  readonly script: Script;
  readonly acts: readonly Act[];
  /** Numbers the records anew, so that the order alone gives nothing away. */
  readonly renumber: boolean;
}

type Record_ = { [name: string]: Json };

const place = fc.nat(400);
const value = fc.constantFrom<Json[]>(null, true, false, 0, 1, 2, "x", "", "0", {}, [], { n: 1 });
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constant("edit" as const), at: place, path: place, to: value }),
  },
  fc.record({ what: fc.constantFrom("swap" as const, "move" as const), at: place, to: place }),
  fc.record({ what: fc.constantFrom("drop" as const, "repeat" as const), at: place }),
  fc.record({ what: fc.constant("cut" as const), at: place }),
);

/** Every place of a value, the value itself first. */
function* places(v: Json, path: string[] = []): Generator<string[]> {
  yield path;
  if (v === null || typeof v !== "object") return;
  for (const [key, inner] of Object.entries(v)) yield* places(inner, [...path, key]);
}

function edited(v: Json, [first, ...rest]: string[], to: Json): Json {
  if (first === undefined) return typeof to === typeof v && to === v ? null : to;
  if (Array.isArray(v)) return v.map((x, i) => (String(i) === first ? edited(x, rest, to) : x));
  const fields = v as Record_;
  return { ...fields, [first]: edited(fields[first] as Json, rest, to) };
}

function apply(records: Record_[], one: Act): Record_[] {
  const n = records.length;
  const at = one.at % n;
  const result = [...records];
  if (one.what === "edit") {
    const all = [...places(records[at] as Json)].slice(1);
    const changed = edited(records[at] as Json, all[one.path % all.length] ?? [], one.to);
    result[at] = changed as Record_;
  } else if (one.what === "swap") {
    const to = one.to % n;
    [result[at], result[to]] = [result[to] as Record_, result[at] as Record_];
  } else if (one.what === "move") {
    const [moved] = result.splice(at, 1);
    result.splice(one.to % n, 0, moved as Record_);
  } else if (one.what === "drop") result.splice(at, 1);
  else if (one.what === "repeat") result.splice(at, 0, records[at] as Record_);
  else result.length = at;
  return result;
}

/** What a decision depends on: neither answers that came too late nor pauses do (TRACE-18, TRACE-19). */
const counting = (records: readonly Record_[]): string =>
  records
    .filter(({ kind }) => !["late", "suspend", "resume"].includes(kind as string))
    .map((record) => canonical({ ...record, seq: 0 }))
    .join("\n");

export function tamperTarget(): Target<Attack> {
  const engine = createEngine();
  const judge = createEngine();
  const ends: Record<string, number> = {};
  return {
    name: "tamper",
    arbitrary: fc.record({
      script: scripts,
      acts: fc.array(act, { minLength: 1, maxLength: 2 }),
      renumber: fc.boolean(),
    }),
    check: ({ script, acts, renumber }) => {
      const pack = packOf(engine, script);
      engine.load(pack);
      const { records, decision } = tell(script, engine);
      const before = records.map((bytes) => parseRecord(bytes) as unknown as Record_);
      let after = before;
      for (const one of acts) if (after.length > 0) after = apply(after, one);
      if (renumber) after = after.map((record, seq) => ({ ...record, seq }));
      const same = counting(before) === counting(after);
      const result = replay(
        judge,
        pack,
        after.map((record) => utf8(canonical(record))),
      );
      const passes = result.status === "reproduced" && result.decision === decision;
      const end = passes
        ? same
          ? "unchanged"
          : "PASSED"
        : result.status === "reproduced"
          ? "another decision"
          : result.status;
      ends[end] = (ends[end] ?? 0) + 1;
      if (!passes || same) return;
      throw new Error(`a changed trace passes: ${JSON.stringify(acts)}`);
    },
    known: () =>
      Object.entries(ends)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([end, count]) => `${count} ${end}`)
        .join(", "),
  };
}
