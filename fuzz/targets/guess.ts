// Guesses of what one redacted file hides: none of its 32-byte values follows from a guess and what is shown, not even from
// the right one.
import { fromHex, toHex, utf8 } from "@reach-fabric/engine";
import { redact } from "@reach-fabric/evidence";
import fc from "fast-check";
import { engine } from "../../evidence/test/fixtures/fixture.ts";
import { evidenceOf, get, post } from "../../evidence/test/fixtures/redaction-fixture.ts";
import type { Target } from "./registry.ts";
import { whatIsIn } from "./redact.ts";

/** What is hidden, and so among the guesses. */
const hidden = [61234, "Ada Lovelace", true] as const;
type Guess = number | string | boolean;

const guess: fc.Arbitrary<Guess> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(...hidden) },
  { weight: 20, arbitrary: fc.nat(100_000) },
  { weight: 5, arbitrary: fc.string() },
  { weight: 2, arbitrary: fc.boolean() },
  { weight: 2, arbitrary: fc.double({ noNaN: true }) },
);

/** What is hashed of a value: the tag of its kind, and what follows its seed (TRACE-21). */
function messageOf(value: Guess): { tag: number; bytes: Uint8Array } {
  if (typeof value === "boolean") return { tag: value ? 0x52 : 0x51, bytes: new Uint8Array() };
  if (typeof value === "string") return { tag: 0x54, bytes: utf8(value) };
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value === 0 ? 0 : value);
  return { tag: 0x53, bytes };
}

export function guessTarget(): Target<Guess> {
  const [income, name, report] = hidden;
  const whole = evidenceOf({
    do: [
      { keep: { set: { who: "${ .name }", all: "${ . }", flag: true } } },
      { ask: { ...get("/report"), output: { as: "${ . }" } } },
      { say: post({ n: 1 }) },
      { decide: { set: { accept: "${ $context.income > 1000 }" } } },
    ],
    input: { name, income, list: [income, 2] },
    answers: [{ report, shown: 1 }, { ok: true }],
  });
  const drop = ["input/name", "input/income", "input/list/0", "ask/result/body/report"];
  const { all, seeds } = whatIsIn(redact(engine, whole, { drop, show: ["decide/output"] }).file);
  const begins = new Set(
    [...all].map((digest) => new DataView(fromHex(digest).buffer).getUint32(0)),
  );
  return {
    name: "guess",
    arbitrary: guess,
    check: (value) => {
      const { tag, bytes } = messageOf(value);
      const size = 32 + bytes.length;
      const messages = new Uint8Array(seeds.length * size);
      for (const [i, seed] of seeds.entries()) {
        messages.set(seed, i * size);
        messages.set(bytes, i * size + 32);
      }
      const digests = engine.hashEach(messages, size, tag);
      const view = new DataView(digests.buffer, digests.byteOffset);
      for (let at = 0; at < digests.length; at += 32) {
        if (!begins.has(view.getUint32(at))) continue;
        const digest = toHex(digests.subarray(at, at + 32));
        if (all.has(digest)) throw new Error(`${digest} follows from ${JSON.stringify(value)}`);
      }
    },
    known: () => `${seeds.length} seeds, ${all.size} values`,
  };
}
