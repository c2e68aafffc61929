// run.json and entered.jsonl in any form, signed by the right key: what our verifier takes for authentic, the second
// one does, too, and both say the same of what is in it. docs/spec/evidence.md.
import { fromUtf8, utf8 } from "@reach-fabric/engine";
import { openEvidence, verify } from "@reach-fabric/evidence";
import fc from "fast-check";
import {
  canonical,
  committed,
  engine,
  entries,
  evidence,
  fileOf,
  recorded,
  signedBy,
  signer,
  trusted,
} from "../../evidence/test/fixtures/fixture.ts";
import * as second from "../../golden/second/verifier.ts";
import { bytesOf, changed, edit } from "../arbitraries/edits.ts";
import type { Edit } from "../arbitraries/edits.ts";
import { dice } from "../tamper/dice.ts";
import { changeValue, putAt } from "../tamper/values.ts";
import type { Target } from "./registry.ts";

interface Attack {
  /** A line of entered.jsonl, or else run.json. */
  readonly line: number | undefined;
  readonly changes: readonly Change[];
  /** run.json says what follows from the changed lines. */
  readonly fits: boolean;
  readonly file: number;
}

type Parts = Map<string, Uint8Array>;

const at = "2026-11-23T07:00:00.000Z";
const files = [
  evidence({ annotations: [{ seq: 0, at }] }),
  evidence({ records: recorded("none") }),
  evidence({ records: recorded(712, { cancel: true }) }),
];

const textOf = (bytes: Uint8Array | undefined): string =>
  Array.from(bytes ?? [], (byte) => String.fromCharCode(byte)).join("");

/** Of a text, or of the value in it, which is canonical then. */
type Change =
  | { readonly what: "text"; readonly edit: Edit }
  | { readonly what: "put"; readonly at: number; readonly to: unknown }
  | { readonly what: "chance"; readonly seed: number };

/** Values at the borders of what members may be. */
const borders = fc.constantFrom<unknown>(
  ...[0, 1, 2, 3, 4, 5, 6, -1, 0.5, 2 ** 32 - 2, 2 ** 32 - 1, 2 ** 32, 2 ** 53, null, true, "", {}],
  ...[
    [],
    [null],
    [{}],
    [{}, {}],
    "x".repeat(256),
    "x".repeat(257),
    "x".repeat(512),
    "x".repeat(513),
  ],
  ..."\u{1f600}|00|1.00|1.2|1.|0|start|late|resume|outcome|completed|faulted|cancelled".split("|"),
  ...["2024-02-29T23:59:59.999Z", "2023-02-30T00:00:00.000Z", "2026-13-01T00:00:00.000Z"],
  ...["2026-11-23T24:00:00.000Z", "2026-11-23T07:00:60.000Z", "2026-11-23T07:00:00Z"],
  ...["0191B0C0-0000-4000-8000-000000000001", "00000000-0000-0000-0000-000000000000"],
  ...["0".repeat(64), "F".repeat(64), "f".repeat(63), "f".repeat(65)],
);
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 1, arbitrary: edit.map((one): Change => ({ what: "text", edit: one })) },
  {
    weight: 3,
    arbitrary: fc.record({ what: fc.constant("put" as const), at: fc.nat(99), to: borders }),
  },
  { weight: 3, arbitrary: fc.record({ what: fc.constant("chance" as const), seed: fc.nat() }) },
);

function edited(text: string, one: Change): string {
  if (one.what === "text") return changed(text, one.edit);
  try {
    const value = JSON.parse(fromUtf8(bytesOf(text))) as object;
    if (one.what === "chance") changeValue(value, dice(`${one.seed}`));
    else putAt(value, one.at, one.to);
    return textOf(canonical(value));
  } catch {
    return text;
  }
}

function attacked(attack: Attack): Uint8Array {
  const parts: Parts = entries(files[attack.file] ?? new Uint8Array());
  if (attack.line === undefined) {
    parts.set("run.json", bytesOf(attack.changes.reduce(edited, textOf(parts.get("run.json")))));
  } else {
    const lines = textOf(parts.get("entered.jsonl")).split("\n").slice(0, -1);
    const place = attack.line % lines.length;
    const after = lines.with(place, attack.changes.reduce(edited, lines[place] ?? ""));
    parts.set("entered.jsonl", bytesOf(after.map((line) => `${line}\n`).join("")));
  }
  try {
    const run = JSON.parse(fromUtf8(parts.get("run.json") ?? utf8(""))) as object;
    const fitted = attack.fits ? committed(parts.get("entered.jsonl") ?? utf8("")) : {};
    if (attack.fits) parts.set("run.json", canonical({ ...run, ...fitted }));
  } catch {
    // What cannot be read has nothing that could fit.
  }
  try {
    const run = parts.get("run.json") ?? utf8("");
    const document = JSON.parse(fromUtf8(run)) as object;
    parts.set("run.sig", signedBy({ document, run }, signer));
  } catch {
    // Nor a statement that could be signed.
  }
  return fileOf(parts);
}

export function evidenceTarget(): Target<Attack> {
  const counts: Record<string, number> = {};
  return {
    name: "evidence",
    arbitrary: fc.record({
      line: fc.option(fc.nat(9), { nil: undefined }),
      changes: fc.array(change, { minLength: 1, maxLength: 2 }),
      fits: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
      file: fc.nat(files.length - 1),
    }),
    check: (attack) => {
      const file = attacked(attack);
      const { verdicts } = verify(engine, file, { trustedKeys: [trusted], fuel: 0 });
      const { result, code = result, why } = verdicts.authentic;
      counts[code] = (counts[code] ?? 0) + 1;
      if (code === "REACH-E5901") throw new Error(why);
      const answer = second.verify(file);
      if (answer.authentic !== (result === "pass")) {
        throw new Error(`authentic: ${result} ${code} (${why}), by the second: ${answer.why}`);
      }
      if (!answer.authentic) return;
      const { run, outcome } = openEvidence(engine, file);
      const { tenant, actor, annotations, decision, fingerprint } = run;
      const ours = { tenant, actor, annotations, decision: { decision, fingerprint } };
      for (const [name, value] of Object.entries(ours)) {
        const shown = answer.disclosed.get(`/run/${name}`) ?? [];
        if (fromUtf8(canonical(shown)) !== fromUtf8(canonical(value))) {
          throw new Error(`another ${name}: ${JSON.stringify([value, shown])}`);
        }
      }
      const last = answer.outcome as Record<string, unknown>;
      for (const [name, value] of Object.entries(outcome ?? {})) {
        if (JSON.stringify(last[name]) === JSON.stringify(value)) continue;
        throw new Error(`another outcome: ${JSON.stringify([outcome, last])}`);
      }
    },
    known: () =>
      Object.entries(counts)
        .sort(([, a], [, b]) => b - a)
        .map(([code, count]) => `${count} ${code}`)
        .join(", "),
  };
}
