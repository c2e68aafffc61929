// Redaction by data flow. Two runs that differ in hidden values alone give files that differ in seeds, commitments,
// hashes and the signature alone; and of none of those can be said what is hidden, by guessing.
import {
  createEngine,
  fromHex,
  fromUtf8,
  isInput,
  opaqueReplay,
  parseRecord,
  replay,
  toHex,
  utf8,
} from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { EvidenceError, redact, verify } from "@reach-fabric/evidence";
import { readContainer } from "@reach-fabric/evidence/testing";
import { evidenceOf, packFor, recordsFor } from "../../evidence/test/fixtures/redaction-fixture.ts";
import type { Run } from "../../evidence/test/fixtures/redaction-fixture.ts";
import { childSeed, commitment, seedBelow, SLOT, slotSeed } from "../../golden/second/data.ts";
import type { Value } from "../../golden/second/data.ts";
import { verify as verifySecond } from "../../golden/second/verifier.ts";
import {
  answerOf,
  cases,
  children,
  grant,
  hiddenAt,
  tables,
  textOf as reasonOf,
} from "../arbitraries/redaction.ts";
import type { Case } from "../arbitraries/redaction.ts";
import type { Target } from "./registry.ts";

function runOf(
  { tasks, more, limits, command }: Case,
  { input: h, answer }: Case["hidden"][0],
): Run {
  return {
    do: tasks,
    more,
    tables,
    children,
    grant,
    input: { h, v: "Ada", n: 5, list: [1, h], o: { in: h, n: 2 } },
    answers: (type, n) => answerOf(type, n, answer),
    ...(command === null ? {} : { [command]: reasonOf(answer) }),
    ...(limits === undefined ? {} : { limits }),
  };
}

/** Where the hidden values are. */
function dropOf(records: readonly Uint8Array[]): string[] {
  const answers = records
    .map((bytes) => parseRecord(bytes))
    .flatMap((record) => {
      if ("reason" in record && record.kind !== "outcome") return [`/${record.seq}/reason`];
      if (record.kind !== "result") return [];
      const names = Object.keys(record.result).filter((name) => Object.hasOwn(hiddenAt, name));
      return names.map((name) => `/${record.seq}/result${hiddenAt[name]}`);
    });
  return ["/0/input/h", "/0/input/list/1", "/0/input/o/in", ...answers];
}

/** What of a file may be another one where only hidden values are. */
const masked = (file: Uint8Array): string[] =>
  readContainer(file).map(({ name, bytes }) =>
    name === "run.sig"
      ? `${name} ${bytes.length}`
      : `${name}\n${fromUtf8(bytes).replaceAll(/"[0-9a-f]{64}"/g, '"#"')}`,
  );

const textOf = (file: Uint8Array, name: string): string =>
  fromUtf8(readContainer(file).find((entry) => entry.name === name)?.bytes ?? new Uint8Array());

/** All 32-byte values of a file. */
const digestsOf = (file: Uint8Array): string[] =>
  readContainer(file).flatMap(({ name, bytes }) =>
    name.endsWith(".json") || name.endsWith(".jsonl")
      ? (fromUtf8(bytes).match(/\b[0-9a-f]{64}\b/g) ?? [])
      : [],
  );

/** All seeds that follow from those in a file, as far down as its values go. */
function seedsOf(
  digests: readonly string[],
  head: { seeds: [number, number, string][] },
): Buffer[] {
  const given = digests.map((digest) => Buffer.from(digest, "hex"));
  const covered = head.seeds.flatMap(([from, level, seed]) =>
    Array.from({ length: 2 ** level }, (_, i) => seedBelow(fromHex(seed), level, from + i)),
  );
  const slots = [...given, ...covered].flatMap((seed) =>
    Object.keys(SLOT).map((slot) => slotSeed(seed, slot)),
  );
  const seeds = [...given, ...slots];
  const below = seeds.flatMap((seed) => [0, 1, 2, 3].map((i) => childSeed(seed, i)));
  return [...seeds, ...below];
}

export function redactTarget(): Target<Case> {
  const engine = createEngine();
  const ends: Record<string, number> = {};
  const count = (end: string): void => {
    ends[end] = (ends[end] ?? 0) + 1;
  };
  return {
    name: "redact",
    arbitrary: cases,
    check: (one) => {
      const [left, right] = one.hidden.map((hidden) => redactedRun(engine, one, hidden));
      if (left === undefined || right === undefined) return;
      if (one.isCarrying && left.stop !== null) {
        throw new Error(`what is only passed on is looked at: ${JSON.stringify(left.stop)}`);
      }
      requireVerified(engine, left.file);
      requireNoGuess(engine, one, left.file);
      if (left.sizes !== right.sizes || left.shown !== right.shown) {
        count("other sizes, or shown by name");
        return;
      }
      count(left.stop === null ? "carried" : left.stop.what);
      const [a, b] = [masked(left.file), masked(right.file)];
      const differs = a.findIndex((entry, i) => entry !== b[i]);
      if (differs >= 0) throw new Error(`the files differ: ${a[differs]}\n${b[differs]}`);
      if (left.file.length !== right.file.length) throw new Error("the files differ in length");
    },
    known: () =>
      Object.entries(ends)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([end, times]) => `${times} ${end}`)
        .join(", "),
  };
}

function redactedRun(engine: Engine, one: Case, hidden: Case["hidden"][0]) {
  const run = runOf(one, hidden);
  const records = recordsFor(run, packFor(run));
  const whole = evidenceOf(run);
  const drop = dropOf(records);
  let named: string[] = [];
  const redacted = (show: readonly string[]) => redact(engine, whole, { drop, show });
  for (const each of one.show) {
    try {
      redacted([each]);
      named = [...named, each];
    } catch (error) {
      if (!(error instanceof EvidenceError && error.code === "REACH-E5507")) throw error;
    }
  }
  const { file, stop, named: tells } = redacted(named);
  const values = tells.map(({ pointer }) => {
    const [, seq = "", ...path] = pointer.split("/");
    const record = JSON.parse(fromUtf8(records[Number(seq)] ?? new Uint8Array())) as object;
    const value = path.reduce((at: unknown, name) => (at as Record<string, unknown>)[name], record);
    // What stands beside it in its leaf is shown as well.
    const {
      input: _,
      output: __,
      error: ___,
      context: ____,
      ...leaf
    } = record as Record<string, unknown>;
    return [pointer, value, leaf];
  });
  // That a limit ended a run shows (EVID-48).
  const isLimited = fromUtf8(records.at(-1) ?? new Uint8Array()).includes("A limit of the run");
  const inputs = records.filter((record) => isInput(record));
  const sizes = `${records.length} ${inputs.length} ${isLimited}`;
  return { file, stop, sizes, shown: JSON.stringify(values) };
}

/** Both verifiers take the file, and compute what it says is computed. */
function requireVerified(engine: Engine, file: Uint8Array): void {
  const { verdicts, ok } = verify(engine, file, { required: ["authentic", "redacted"] });
  if (!ok || verdicts.replayed.code !== "REACH-E5504") {
    throw new Error(`it does not verify: ${JSON.stringify(verdicts)}`);
  }
  const second = verifySecond(file, (pack, inputs) => {
    const found: Uint8Array[] = [];
    opaqueReplay(engine, pack, inputs, { onRecord: (record) => found.push(record.slice()) });
    return found;
  });
  if (!second.authentic || second.replayed !== "pass") {
    throw new Error(`the second verifier says ${second.replayed}: ${second.why ?? ""}`);
  }
}

/** The 32-byte values of a file, and the seeds that follow from them. */
export function whatIsIn(file: Uint8Array): { all: Set<string>; seeds: readonly Buffer[] } {
  const [head = "", ...lines] = textOf(file, "shown.jsonl").split("\n").slice(0, -1);
  const digests = digestsOf(file);
  const all = new Set(digests);
  // The commitment of what is shown by name follows from it.
  for (const line of lines.filter((each) => each.startsWith('{"index"'))) {
    const { leaf, slots } = JSON.parse(line) as {
      leaf: Record<string, string>;
      slots: Record<string, object>;
    };
    for (const [slot, opening] of Object.entries(slots)) {
      if (Object.hasOwn(opening, "s")) all.delete(leaf[slot] ?? "");
    }
  }
  const seeds = seedsOf(digests, JSON.parse(head) as { seeds: [number, number, string][] });
  return { all, seeds };
}

/** Guesses of what is hidden, even right ones, are not found again in the file by one who knows the pack. */
function requireNoGuess(engine: Engine, one: Case, file: Uint8Array): void {
  const { all, seeds } = whatIsIn(file);
  const [{ input, answer }] = one.hidden;
  for (const guess of [input, answer, true]) {
    const found = seeds.map((seed) => toHex(commitment(guess as Value, seed)));
    const run = runOf(one, { input: guess, answer: guess });
    const pack = packFor(run);
    const records = recordsFor(run, pack);
    const { decision = "", fingerprint = "" } = replay(engine, pack, records);
    found.push(decision, fingerprint, toHex(engine.sha256(utf8(JSON.stringify(guess)))));
    found.push(
      ...[...records.map((record) => engine.sha256(record)), ...engine.hashFrames(records, 0)].map(
        toHex,
      ),
    );
    const digest = found.find((each) => all.has(each));
    if (digest !== undefined)
      throw new Error(`${digest} follows from a guess: ${JSON.stringify(guess)}`);
  }
}
