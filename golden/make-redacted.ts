// The redacted files of golden/runs, as make-runs.ts makes the others.
import { redact } from "@reach-fabric/evidence";
import {
  canonical,
  engine,
  entries,
  fileOf,
  joined,
  linesOf,
  signer,
  withEntries,
} from "../evidence/test/fixtures/fixture.ts";
import { evidenceOf, get, post } from "../evidence/test/fixtures/redaction-fixture.ts";
import { fromUtf8 } from "@reach-fabric/engine";
import type { Made, RunCase } from "./runs.ts";

type Line = Readonly<Record<string, unknown>>;

const SHOWN = "shown.jsonl";

/** Keeps a name, asks for an income, decides on it, and says so. */
const whole = evidenceOf({
  do: [
    { keep: { set: { who: "${ .name }", plain: 1, deep: { of: ["${ .name }", 2] } } } },
    { ask: { ...get("/income"), output: { as: "${ . }" } } },
    { decide: { set: { accept: "${ .annual > 1000 }" } } },
    { say: post({ a: 1 }) },
  ],
  input: { name: "Ada", list: [{ a: 1 }, 2], empty: {} },
  answers: [{ annual: 61_234, note: "monthly" }, { ok: true }],
});
const carried = redact(engine, whole, { drop: ["input/name", "/run/actor"] }).file;
const looked = redact(engine, whole, {
  drop: ["input/name", "ask/result/body/annual"],
  show: ["outcome/output", "decide/output", "say/result"],
}).file;
const said = redact(engine, whole, {
  drop: ["input/name"],
  by: { by: "privacy@acme.example", why: "request 17", at: "2026-11-24T09:00:00.000Z", signer },
}).file;

/** The file with another value in the place of a line: by its number, or the first that begins so. */
function changed(at: number | string, change: (line: Line) => unknown): Uint8Array {
  const lines = linesOf(looked, SHOWN);
  const place = typeof at === "number" ? at : lines.findIndex((line) => line.startsWith(at));
  const line = JSON.parse(lines.at(place) ?? "{}") as Line;
  return withLines(lines.with(place, fromUtf8(canonical(change(line)))));
}
const withLines = (lines: readonly string[]): Uint8Array =>
  withEntries(looked, { [SHOWN]: joined(lines) });
const edited =
  (from: string | RegExp, to: string) =>
  (line: Line): unknown =>
    JSON.parse(JSON.stringify(line).replace(from, to));
const other = "ab".repeat(32);

export function redactedRuns(): Made[] {
  const file = (
    name: string,
    rule: RunCase["rule"],
    why: string,
    make: () => Uint8Array,
  ): Made => ({ file: `redacted${name}.reach`, rule, why, trusts: "alice", make });
  const first = '{"grant"';
  const partly = '{"seq"';
  return [
    file(
      "",
      ["EVID-36", "EVID-37", "EVID-39", "EVID-40", "EVID-44"],
      "computed up to a look, and three records by name",
      () => looked,
    ),
    file(
      "-carried",
      ["EVID-38", "TRACE-26"],
      "what is hidden is only passed on, and all is computed",
      () => carried,
    ),
    file("-said", "EVID-45", "who has redacted it has signed that", () => said),
    file(
      "-detached",
      ["EVID-41", "EVID-16"],
      "without the pack nobody can tell whether the rest is hidden behind what was signed",
      () => redact(engine, whole, { drop: ["input/name"], detached: true }).file,
    ),
    file(".value", "EVID-37", "a shown value is another", () =>
      changed(first, edited('{"a":1}', '{"a":2}')),
    ),
    file(".hidden", "EVID-37", "a hidden value is said to be another", () =>
      changed(first, edited(/"name":"[^"]*"/, `"name":"${other}"`)),
    ),
    file(".guess", "EVID-37", "a guess is said to open a hidden value", () =>
      changed(first, edited(/"name":"[^"]*"/, `"name":{"s":"${other}","v":"Ada"}`)),
    ),
    file(".decision", "EVID-36", "the decision's digest is shown", () =>
      changed(0, (head) => ({
        ...head,
        decision: { s: other, v: { decision: other, fingerprint: other } },
      })),
    ),
    file(".stamp", ["EVID-36", "EVID-43"], "a stamp is another", () =>
      changed(0, edited("07:00:00.000Z", "07:00:00.001Z")),
    ),
    file(".seed", "EVID-39", "a seed of what is hidden", () =>
      changed(0, (head) => ({ ...head, seeds: [[0, 0, other], ...(head["seeds"] as unknown[])] })),
    ),
    file(".entered", "EVID-40", "what entered later has another hash", () =>
      changed(0, (head) => ({ ...head, entered: (head["entered"] as string[]).map(() => other) })),
    ),
    file(".trace", ["EVID-40", "EVID-41"], "what hides the other records has another hash", () =>
      changed(0, (head) => ({ ...head, trace: (head["trace"] as string[]).map(() => other) })),
    ),
    file(
      ".carried",
      ["EVID-38", "EVID-41"],
      "where a hidden value went another one is said to be",
      () => changed(partly, edited(/"who":"[^"]*"/, `"who":"${other}"`)),
    ),
    file(".more", "EVID-38", "a value is hidden that does not depend on what is", () =>
      changed(partly, edited(/"plain":\{"s":"[^"]*"\}/, `"plain":"${other}"`)),
    ),
    file(".earlier", "EVID-36", "the first look is said to be earlier", () =>
      changed(0, (head) => ({ ...head, computed: Number(head["computed"]) - 1 })),
    ),
    file(".later", "EVID-36", "the first look is said to be later", () =>
      changed(0, (head) => ({ ...head, computed: Number(head["computed"]) + 1 })),
    ),
    file(".line", "EVID-36", "the line of a record is left out", () =>
      withLines(linesOf(looked, SHOWN).toSpliced(1, 1)),
    ),
    file(".mixed", "EVID-36", "lines of two redactions of one run", () =>
      withLines([...linesOf(looked, SHOWN).slice(0, 1), ...linesOf(carried, SHOWN).slice(1)]),
    ),
    file(".named", "EVID-44", "a record shown by name has another value", () =>
      changed('{"index":5', edited("true", "false")),
    ),
    file(".place", "EVID-44", "a record shown by name is said to stand elsewhere", () =>
      changed(-1, (line) => ({ ...line, index: 1 })),
    ),
    file(".both-forms", "EVID-5", "what entered stands beside what is shown of it", () =>
      fileOf(
        new Map(
          [...entries(looked)].flatMap(([name, bytes]): [string, Uint8Array][] =>
            name === SHOWN
              ? [
                  ["entered.jsonl", entries(whole).get("entered.jsonl") ?? bytes],
                  [name, bytes],
                ]
              : [[name, bytes]],
          ),
        ),
      ),
    ),
    file("-said.lines", "EVID-45", "signed for other lines than are there", () =>
      withEntries(said, { [SHOWN]: joined(linesOf(carried, SHOWN)) }),
    ),
  ];
}
