// Changes of what a redacted file shows, and of how it says that the rest is hidden. Some of them are what a redaction
// is: a record that was shown by name is left out. So the test is not that a file is another one, but that what a file
// shows that is accepted is so.
import { fromUtf8, parseRecord } from "@reach-fabric/engine";
import { openEvidence, redact, verify } from "@reach-fabric/evidence";
import type { Evidence } from "@reach-fabric/evidence";
import { hasHole, stretchesOf } from "@reach-fabric/evidence/testing";
import {
  canonical,
  engine,
  enteredOf,
  joined,
  linesOf,
  trusted,
  withEntries,
} from "../../evidence/test/fixtures/fixture.ts";
import {
  evidenceOf,
  get,
  packFor,
  post,
  recordsFor,
} from "../../evidence/test/fixtures/redaction-fixture.ts";
import type { Run } from "../../evidence/test/fixtures/redaction-fixture.ts";
import type { Changed } from "./bytes.ts";
import type { Tally } from "./campaign.ts";
import { dice } from "./dice.ts";
import type { Dice } from "./dice.ts";
import { changeValue } from "./values.ts";

const SHOWN = "shown.jsonl";
type Members = Record<string, unknown>;

const run: Run = {
  do: [
    { keep: { set: { who: "${ .name }", plain: 1, deep: { of: ["${ .name }", 2] } } } },
    { ask: { ...get("/a"), output: { as: "${ . }" } } },
    { more: get("/b") },
    { decide: { set: { accept: "${ $context.amount > 10 }" } } },
    { say: post({ a: 1 }) },
  ],
  input: { amount: 5, name: "Ada", list: [{ a: 1 }, 2] },
  answers: [{ annual: 61_234, note: "monthly" }, { b: [true] }, { ok: true }],
};
const whole = evidenceOf(run);
const records = recordsFor(run, packFor(run)).map((record) => parseRecord(record) as unknown);

/** A file with every kind of line, and others of the same run, and of another one, to take lines from. */
export const redacted = redact(engine, whole, {
  drop: ["input/name", "ask/result/body/annual", "input/amount"],
  show: ["outcome/output", "decide/output", "say/result"],
}).file;
const others = [
  redact(engine, whole, { drop: ["input/amount"], show: ["say/result/status"] }).file,
  redact(engine, whole, { drop: ["more/result/body/b/0", "input/list"] }).file,
  redact(engine, evidenceOf({ ...run, secret: "another" }), { drop: ["input/name"] }).file,
];

/** Changes of the redacted file, each by its number. */
export function* hidingChanges(seed: string, from: number, count: number): Generator<Changed> {
  for (let i = from; i < from + count; i++) {
    const { what, file } = changedShown(dice(`shown ${seed} ${i}`));
    yield { what: `change ${i} of seed ${seed}, ${what}`, file };
  }
}

function changedShown(chance: Dice): Changed {
  const lines = linesOf(redacted, SHOWN);
  const once = (kind: keyof typeof changes): string => `${kind} ${changes[kind](lines, chance)}`;
  const first = once(chance.pick(["value", "value", "value", "lines", "computed", "rest"]));
  const what = chance.below(4) > 0 ? first : `${first}, ${once(chance.pick(["value", "lines"]))}`;
  return { what, file: withEntries(redacted, { [SHOWN]: joined(lines) }) };
}

const changes = {
  /** A member of a line: a seed, a hash, a proof, an opening, a value, a number. */
  value: (lines: string[], chance: Dice): string => {
    const at = chance.below(lines.length);
    const line = JSON.parse(lines[at] ?? "{}") as object;
    const how = changeValue(line, chance);
    lines[at] = fromUtf8(canonical(line));
    return `${at} ${how}`;
  },
  /** Lines dropped, doubled, moved, or taken from another file. */
  lines: (lines: string[], { pick, below }: Dice): string => {
    const [at, to] = [below(lines.length), below(lines.length)];
    const line = lines[at] ?? "";
    const how = pick(["drop", "double", "move", "other", "instead"] as const);
    if (how !== "double" && how !== "other") lines.splice(at, 1);
    const other = pick(linesOf(pick(others), SHOWN));
    if (how !== "drop") lines.splice(to, 0, how === "double" || how === "move" ? line : other);
    return `${how} ${at}, ${to}`;
  },
  /** The first look is said to be elsewhere: all numbers fit, and seeds and hashes that nobody has are made up. */
  computed: (lines: string[], { below, bytes }: Dice): string => {
    const head = JSON.parse(lines[0] ?? "{}") as Members & { seeds: [number, number, string][] };
    const computed = 1 + below(records.length);
    const all = lines.slice(1).map((line) => JSON.parse(line) as Members);
    const kept = all.filter((line) => "index" in line || Number(line["seq"]) < computed);
    const hiding = kept.flatMap((line) =>
      "index" in line || !isHiding(line) ? [] : [Number(line["seq"])],
    );
    const made = (): string => Buffer.from(bytes(32)).toString("hex");
    const seeds = stretchesOf(
      computed,
      hiding.sort((a, b) => a - b),
    ).map(({ from, level }) => {
      const known = head.seeds.find(([at, height]) => at === from && height === level)?.[2];
      return [from, level, known ?? made()];
    });
    lines.splice(
      0,
      lines.length,
      ...[{ ...head, computed, seeds }, ...kept].map((each) => fromUtf8(canonical(each))),
    );
    return String(computed);
  },
  /** The rest of the lines, or all, as another file has them. */
  rest: (lines: string[], { pick, below }: Dice): string => {
    const other = linesOf(pick(others), SHOWN);
    const from = below(other.length);
    lines.splice(from, lines.length, ...other.slice(from));
    return `from line ${from} on`;
  },
} as const;

/** Whether a line is that of a record in which something is hidden: its seed is not in the file. */
const isHiding = (line: Members): boolean =>
  !("kind" in line) || !["input", "result", "reason"].some((slot) => isCovered(line[slot]));
const isCovered = (opening: unknown): boolean =>
  typeof opening === "object" && opening !== null && Object.keys(opening).join() === "v";

/** Has the files judged. Throws for the first one that is accepted and shows what is not so. */
export function allShownIsSo(files: Iterable<Changed>): Tally {
  const tally = new Map<string, number>();
  for (const { what, file } of files) {
    const { ok, verdicts } = verify(engine, file, {
      trustedKeys: [trusted],
      required: ["authentic", "trusted", "redacted"],
    });
    const found = [verdicts.authentic, verdicts.redacted];
    if (found.some(({ code }) => code === "REACH-E5901"))
      throw new Error(`${what}: a check could not be made`);
    const isComputed = verdicts.replayed.result !== "fail";
    const wrong = !ok
      ? undefined
      : isComputed
        ? whatIsWrong(openEvidence(engine, file))
        : "what is computed is not what was signed";
    if (wrong !== undefined) throw new Error(`${what}: accepted, and ${wrong}`);
    const { result, code = "" } = found.find((each) => each.result !== "pass") ?? {
      result: "pass",
    };
    const answer = `${result} ${code}`.trim();
    tally.set(answer, (tally.get(answer) ?? 0) + 1);
  }
  return tally;
}

/** What a file that was accepted shows and is not so. */
function whatIsWrong({ shown }: Evidence): string | undefined {
  if (shown === null) return "nothing is hidden in it";
  const [head = "{}"] = enteredOf(whole);
  const values = JSON.parse(head) as Members;
  const slot = Object.entries(shown.values).find(([name, value]) => !isSo(value, values[name]));
  if (slot !== undefined) return `${slot[0]} is another`;
  const lines = [...shown.inputs.map(({ record }) => record), ...shown.named] as Members[];
  const wrong = lines.find((record) => !isSo(record, records[Number(record["seq"])]));
  return wrong && `record ${String(wrong["seq"])} is another`;
}

/** Whether a value is the true one but for what is hidden in it. */
function isSo(found: unknown, is: unknown): boolean {
  if (typeof found !== "object" || found === null || typeof is !== "object" || is === null) {
    return hasHole(found) || found === is;
  }
  const [left, right] = [Object.entries(found), Object.entries(is)];
  return (
    left.length === right.length &&
    left.every(([name, child]) => isSo(child, (is as Members)[name]))
  );
}
