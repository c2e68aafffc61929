// Commitments of values and leaves of records, as the engine makes them in batches, against the plain model of
// docs/spec/trace.md.
import fc from "fast-check";
import { EngineError, fromUtf8, toHex, utf8 } from "@reach-fabric/engine";
import { commitment, leafText } from "../../bindings/test/run/commit-model.ts";
import { agreed, survivors } from "../../tools/engine/builds.ts";
import { doubles } from "../arbitraries/json.ts";
import { canonical } from "../models/tell.ts";
import type { Json } from "../models/workflow.ts";
import type { Target } from "./registry.ts";

interface Input {
  readonly seed: Uint8Array;
  readonly value: Json;
  readonly records: readonly Json[];
  /** Where a byte of the value's text is another one, which the engine takes for a value or refuses. */
  readonly broken: { readonly at: number; readonly to: number } | undefined;
}

/** Short and long ones, of which the length takes one byte or two, and some that stand in every record. */
const names = fc.oneof(
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.constantFrom(
    "input",
    "output",
    "kind",
    "seq",
    "__proto__",
    "9",
    "10",
    "\u{ffff}",
    "\u{10000}",
  ),
  fc.integer({ min: 120, max: 135 }).map((size) => "n".repeat(size)),
);
const strings = fc.oneof(
  names,
  fc.integer({ min: 0, max: 70 }).map((size) => "é".repeat(size * size)),
);
const scalars: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json[]>(null, true, false, [], {}),
  // As it comes out of a text: without -0.
  doubles.map((x) => x + 0),
  strings,
);
const values: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: "small" },
    scalars,
    fc.tuple(doubles, fc.nat(300)).map(([x, count]) => Array<Json>(count).fill(x + 0)),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.array(fc.tuple(names, tie("value")), { maxLength: 5 }).map(Object.fromEntries<Json>),
  ),
})).value;

const kinds = ["start", "request", "result", "late", "task", "retry", "outcome"] as const;
const commands = ["cancel", "suspend", "resume"] as const;
const records: fc.Arbitrary<Json> = fc
  .record({
    kind: fc.constantFrom(...kinds, ...commands),
    seq: fc.oneof(fc.nat(9), fc.integer({ min: 0, max: 0xfffffffe })),
    slots: fc.dictionary(
      fc.constantFrom("input", "output", "error", "context", "request", "result", "reason"),
      values,
      { maxKeys: 3 },
    ),
    more: fc.dictionary(fc.constantFrom("task", "key", "next", "9", "10", "limits"), values, {
      maxKeys: 2,
    }),
  })
  .map(({ kind, seq, slots, more }): Json => ({ ...more, ...slots, kind, seq }));

export function commitmentsTarget(): Target<Input> {
  const engines = survivors();
  let leaves = 0;
  let refused = 0;
  return {
    name: "commitments",
    arbitrary: fc.record({
      seed: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      value: values,
      records: fc.array(records, { maxLength: 5 }),
      broken: fc.option(fc.record({ at: fc.nat(400), to: fc.nat(255) }), { nil: undefined }),
    }),
    check: ({ seed, value, records: all, broken }) => {
      const builds = engines();
      const text = canonical(value);
      const actual = agreed(builds, (engine) => toHex(engine.commitValue(seed, text)));
      requireSame("commitment", actual, toHex(commitment(value, seed)));

      const texts = all.map((record) => utf8(canonical(record)));
      const made = agreed(builds, (engine) => {
        const { hashes, texts: plain = [] } = engine.leaves(seed, texts, { texts: true });
        return { hashes: hashes.map(toHex), plain: plain.map(fromUtf8) };
      });
      const wanted = texts.map((record) => canonical(JSON.parse(leafText(seed, record)) as Json));
      requireSame("leaves", made.plain.join("\n"), wanted.join("\n"));
      const [{ engine }] = builds;
      const hashes = engine
        .hashFrames(
          wanted.map((each) => utf8(each)),
          0,
        )
        .map(toHex);
      requireSame("hashes of leaves", made.hashes.join("\n"), hashes.join("\n"));
      leaves += wanted.length;

      if (broken === undefined) return;
      const bytes = utf8(text);
      bytes[broken.at % bytes.length] = broken.to;
      const code = agreed(builds, (on) => {
        try {
          return toHex(on.commitValue(seed, bytes));
        } catch (error) {
          if (error instanceof EngineError) return error.code;
          throw error;
        }
      });
      if (code.startsWith("REACH-")) refused += 1;
      else {
        // Another value's text, then, in its one spelling.
        const other = JSON.parse(fromUtf8(bytes)) as Json;
        requireSame("text of another value", fromUtf8(bytes), canonical(other));
        requireSame("commitment of another value", code, toHex(commitment(other, seed)));
      }
    },
    known: () => `${leaves} leaves, ${refused} broken texts refused`,
  };
}

function requireSame(what: string, actual: string, wanted: string): void {
  if (actual !== wanted)
    throw new Error(`another ${what}\n  engine: ${actual}\n  model:  ${wanted}`);
}
