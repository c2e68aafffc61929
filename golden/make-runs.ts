// Makes the files of golden/runs from fixed keys, secrets and times. A file that is there already
// is kept: it is what an earlier engine, or an earlier format, left behind, and must go on being judged
// as it was.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createEngine, fromHex, fromUtf8, toHex, utf8 } from "@reach-fabric/engine";
import { proveStep, publicKeyFile, stripPack } from "@reach-fabric/evidence";
import {
  attacker,
  computed,
  engine as fixtureEngine,
  enteredOf,
  entries,
  evidence,
  fileOf,
  joined,
  packOf,
  recorded,
  signedAgain,
  signer,
  textOf,
  withEntries,
} from "../evidence/test/fixtures/fixture.ts";
import type { Changes } from "../evidence/test/fixtures/fixture.ts";
import { forgedStep, withStep } from "../evidence/test/fixtures/step-fixture.ts";
import { packKeys, packs } from "./make-packs.ts";
import { redactedRuns } from "./make-redacted.ts";
import { judged, policyOf } from "./runs.ts";
import { goldenLog, startedRuns } from "./make-started.ts";
import type { Made, RunCase, RunsIndex } from "./runs.ts";

const folder = fileURLToPath(new URL("runs/", import.meta.url));
export const indexFile = `${folder}index.json`;

const flipped = (file: Uint8Array, at: number): Uint8Array => {
  const copy = file.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};
const offset = (file: Uint8Array, text: string): number => Buffer.from(file).indexOf(text);
/** A run that gives its input back, which is too large to stand there twice. */
function large(): Uint8Array {
  const echo = packOf({
    "loan.yaml": {
      document: { dsl: "1.0.3", namespace: "test", name: "loan", version: "1.0.0" },
      do: [{ echo: { set: "${ . }" } }],
    },
  });
  return evidence({ pack: echo, records: computed(echo, { text: "x".repeat(65_536) }) });
}

/** Two tasks with a $context, of which the second one reads it. */
function inContext(): Uint8Array {
  const pack = packOf({
    "loan.yaml": {
      document: { dsl: "1.0.3", namespace: "test", name: "loan", version: "1.0.0" },
      do: [
        { first: { set: { n: "${ .n + 1 }" }, export: { as: "${ {limit: .n} }" } } },
        {
          then: { do: [{ second: { set: { limit: "${ $context.limit + $workflow.input.n }" } } }] },
        },
      ],
    },
  });
  return evidence({ pack, records: computed(pack, { n: 1, name: "Ada" }) });
}

/** The file with another entry in front of what entered. */
const withEntryBefore = (file: Uint8Array, name: string, text: string): Uint8Array => {
  const parts = [...entries(file)];
  const at = parts.findIndex(([each]) => each === "entered.jsonl");
  return fileOf(new Map(parts.toSpliced(at, 0, [name, utf8(text)])));
};

/** The last line with the leaf in the place of the record. */
function leafLine(file: Uint8Array): string {
  const [head = "", ...records] = enteredOf(file);
  const { seed } = JSON.parse(head) as { seed: string };
  const last = utf8(records.at(-1) ?? "");
  const { texts = [] } = fixtureEngine.leaves(fromHex(seed), [last], { texts: true });
  return `{"leaf":${fromUtf8(texts[0] ?? last)}}`;
}

function list(): Made[] {
  const completed = evidence({ annotations: [{ seq: 0, at: "2026-11-23T07:00:00.000Z" }] });
  const lines = enteredOf(completed);
  const [, start = "", answer = "", outcome = ""] = lines;
  const valid = (file: string, why: string, bytes: Uint8Array, rule: Made["rule"]): Made => ({
    file,
    rule,
    why,
    trusts: "alice",
    make: () => bytes,
  });
  const sibling = (
    name: string,
    rule: Made["rule"],
    why: string,
    make: () => Uint8Array,
  ): Made => ({ file: `completed.${name}.reach`, rule, why, trusts: "alice", make });
  /** What entered is changed after the signature. */
  const entered = (
    name: string,
    rule: Made["rule"],
    why: string,
    changed: readonly string[],
  ): Made =>
    sibling(name, rule, why, () => withEntries(completed, { "entered.jsonl": joined(changed) }));
  /** The signer himself has signed something else. */
  const signed = (name: string, rule: Made["rule"], why: string, changes: Changes): Made =>
    sibling(name, rule, why, () => signedAgain(completed, changes));
  const at = (line: number, from: string | RegExp, to: string): string[] =>
    lines.with(line, (lines[line] ?? "").replace(from, to));
  const root = "00".repeat(32);
  const decided = proveStep(fixtureEngine, completed, 4);
  const step = (
    name: string,
    rule: Made["rule"],
    why: string,
    make: () => Uint8Array = () => decided,
  ): Made => ({ file: `completed${name}.step`, rule, why, trusts: "alice", make });
  const changed = (from: string | RegExp, to: string): Uint8Array =>
    withEntries(decided, { "step.json": textOf(decided, "step.json").replace(from, to) });
  return [
    valid("completed.reach", "a run that asked one question and ended well", completed, [
      "EVID-5",
      "EVID-13",
      "EVID-24",
      "TRACE-12",
      "TRACE-13",
    ]),
    valid(
      "faulted.reach",
      "an outcome is an outcome, also an error",
      evidence({ records: recorded("none") }),
      "EVID-18",
    ),
    valid(
      "cancelled.reach",
      "a run that was cancelled",
      evidence({ records: recorded(712, { cancel: true }) }),
      "EVID-17",
    ),
    valid("large.reach", "an outcome of which only the leaf is in the file", large(), "EVID-15"),
    {
      file: "completed.reach",
      rule: "EVID-23",
      why: "without a policy about keys it can be checked by itself, and is trusted by nobody",
      make: () => completed,
    },
    sibling("cut", "EVID-1", "the last byte is missing", () => completed.subarray(0, -1)),
    sibling("byte-added", "EVID-1", "one byte stands behind the end", () =>
      Buffer.concat([completed, new Uint8Array(1)]),
    ),
    sibling("byte-in-entered", "EVID-1", "one bit of a record is another", () =>
      flipped(completed, offset(completed, '"kind":"result"') + 9),
    ),
    sibling("byte-in-signature", "EVID-9", "one bit of the signature is another", () =>
      withEntries(completed, { "run.sig": flipped(signatureOf(completed), 20) }),
    ),
    sibling("name", "EVID-3", "an entry that the format does not know", () =>
      withEntries(completed, { "notes.txt": "hello" }),
    ),
    sibling("missing", "EVID-5", "an entry is missing", () =>
      withEntries(completed, { "run.sig": undefined }),
    ),
    sibling("both-forms", "EVID-5", "what is shown beside what entered", () =>
      withEntryBefore(completed, "shown.jsonl", "{}\n"),
    ),
    sibling("publisher", "EVID-35", "what a publisher has signed, and no one asks for", () =>
      withEntryBefore(completed, "pack.sigstore.jsonl", "{}\n"),
    ),
    sibling("publisher-form", "EVID-35", "what a publisher has signed is no JSON", () =>
      withEntryBefore(completed, "pack.sigstore.jsonl", "any\n"),
    ),
    sibling("newline", "EVID-4", "a canonical text has no newline", () =>
      withEntries(completed, { "run.json": `${textOf(completed, "run.json")}\n` }),
    ),
    signed("member", "EVID-6", "a member that run.json does not have, signed", {
      run: { note: 1 },
    }),
    signed("decision", "EVID-7", "run.json commits to another decision, signed", {
      run: { decision: root },
    }),
    signed("relabelled", "EVID-8", "a file of this version that says a later one, signed", {
      run: { format: "reach/evidence/v9" },
    }),
    signed("later-format", "EVID-8", "a later version of the format, with a member of its own", {
      run: { format: "reach/evidence/v9", more: true },
    }),
    signed("older-format", "EVID-8", "a version from before the first release", {
      run: { format: "reach/evidence/v3" },
    }),
    sibling("no-signature", "EVID-9", "a signature of no bytes", () =>
      withEntries(completed, { "run.sig": new Uint8Array() }),
    ),
    signed("statement", ["EVID-10", "EVID-11"], "a signed statement about another file", {
      statement: (text) => text.replace('"name":"run.json"', '"name":"other.json"'),
    }),
    entered(
      "head",
      "EVID-13",
      "a first line that lacks a member",
      at(0, /"tenant":"acme"/, "").map((line) => line.replace(",}", "}")),
    ),
    entered("no-record", "EVID-13", "a line that is no record", lines.with(2, "[]")),
    entered(
      "kind",
      "EVID-13",
      "a record of a kind that does not enter",
      lines.with(2, fromUtf8(recorded(712)[1] ?? new Uint8Array())),
    ),
    entered("seed", "EVID-14", "another seed", at(0, /"seed":"../, '"seed":"00')),
    entered("tenant", "EVID-14", "another tenant than run.json commits to", at(0, "acme", "evil")),
    entered("stamp-changed", "EVID-14", "another time of a record", at(0, "07:00:00", "08:00:00")),
    entered(
      "stamp-added",
      "EVID-14",
      "a member named __proto__ put into the annotations",
      at(0, "[{", '[{"__proto__":{"approved":true},'),
    ),
    entered(
      "stamps-dropped",
      "EVID-14",
      "the annotations are missing",
      at(0, /"annotations":\[.*?\],/, ""),
    ),
    entered("input-changed", "EVID-14", "another answer in its record", at(2, "712", "612")),
    entered("start-changed", "EVID-14", "another input of the run", at(1, "3200", "3201")),
    entered(
      "input-left-out",
      "EVID-14",
      "a record was left out after signing",
      lines.toSpliced(2, 1),
    ),
    entered(
      "input-added",
      "EVID-14",
      "a record was put in after signing",
      lines.toSpliced(2, 0, '{"kind":"suspend","reason":null,"seq":1}'),
    ),
    entered("inputs-reordered", "EVID-14", "two records out of order", [
      lines[0] ?? "",
      answer,
      start,
      outcome,
    ]),
    entered("outcome-forged", "EVID-14", "another outcome than was signed", at(3, "true", "false")),
    entered(
      "outcome-leaf",
      "EVID-15",
      "the leaf of an outcome that is small enough to be there",
      lines.with(3, leafLine(completed)),
    ),
    sibling("pack-removed", ["EVID-16", "EVID-32"], "the pack was removed", () =>
      stripPack(fixtureEngine, completed),
    ),
    signed("entered-root", "EVID-14", "run.json has another root of what entered, signed", {
      run: { entered: { root, size: 3 } },
    }),
    sibling(
      "root-unsigned",
      ["EVID-9", "EVID-24"],
      "run.json has another root of what entered, and was not signed again",
      () =>
        withEntries(completed, {
          "run.json": textOf(completed, "run.json").replace(/("entered":\{"root":")../, "$100"),
        }),
    ),
    signed("trace-root", "EVID-24", "run.json has another root of all records, signed", {
      run: { trace: { root, size: 6 } },
    }),
    signed("trace-size", "EVID-17", "run.json has another number of records, signed", {
      run: { trace: { root, size: 7 } },
    }),
    signed("start-missing", "EVID-17", "the start was left out before signing", {
      entered: lines.toSpliced(1, 1),
    }),
    signed("answer-missing", "EVID-24", "an answer was left out before signing", {
      entered: lines.toSpliced(2, 1),
    }),
    signed("answer-added", "EVID-24", "the same answer twice, signed", {
      entered: lines.toSpliced(3, 0, answer.replace('"seq":2', '"seq":4')),
    }),
    signed("answer-changed", "EVID-24", "the signer himself changed the recorded answer", {
      entered: at(2, "712", "612"),
    }),
    signed("outcome-changed", ["EVID-24", "EVID-27"], "the signer himself changed the outcome", {
      entered: at(3, "true", "false"),
    }),
    signed("fingerprint", "EVID-24", "the signer himself changed the fingerprint", {
      entered: at(0, /"fingerprint":"../, '"fingerprint":"00'),
    }),
    signed("signed-by-another", "EVID-23", "changed and signed again with another key", {
      entered: at(2, "712", "612"),
      by: attacker,
    }),
    step("", ["EVID-49", "EVID-51"], "a task by itself, computed again"),
    valid(
      "context.step",
      "a task in a task, with $context and the run's input",
      proveStep(fixtureEngine, inContext(), 2),
      ["EVID-49", "EVID-51"],
    ),
    step(".value", "EVID-50", "a value that is not the one committed to", () =>
      changed('"accept":true', '"accept":false'),
    ),
    step(".seed", "EVID-50", "another seed of a value", () => changed(/"s":"../, '"s":"00')),
    step(".proof", "EVID-50", "a proof of another place", () =>
      changed(/"proof":\["../, '"proof":["00'),
    ),
    step(".left-out", "EVID-50", "the task before is left out", () =>
      withStep(decided, ({ records, ...rest }) => ({ ...rest, records: records.toSpliced(1, 1) })),
    ),
    step(".signature", "EVID-50", "one bit of the signature is another", () =>
      withEntries(decided, { "run.sig": flipped(signatureOf(decided), 20) }),
    ),
    step(".hidden", "EVID-51", "nothing of what the task needs is shown", () =>
      withStep(decided, ({ records, ...rest }) => ({
        ...rest,
        records: records.map(({ leaf, proof }) => ({ leaf, proof })),
      })),
    ),
    step(".computed", "EVID-51", "the signer himself changed what a task gave", () =>
      forgedStep(completed, 4, (text) => text.replace('"accept":true', '"accept":false')),
    ),
    step(".asked", "EVID-51", "the signer himself changed what a task asked", () =>
      forgedStep(completed, 3, (text) => text.replace("/v1/score", "/v1/other")),
    ),
  ];
}

const signatureOf = (file: Uint8Array): Uint8Array => entries(file).get("run.sig") ?? file;

/** Makes the files that are missing, judges all, and writes the index. Says what is new or changed. */
export function updateRuns(): string[] {
  mkdirSync(folder, { recursive: true });
  const engine = createEngine();
  const known = existsSync(indexFile)
    ? (JSON.parse(readFileSync(indexFile, "utf8")) as RunsIndex)
    : undefined;
  const keys = { alice: publicKeyFile(signer.key), ...packKeys };
  const index: RunsIndex = {
    format: "reach/golden-runs/v1",
    spec: "docs/spec/evidence.md",
    notes:
      "Made once by golden/make-runs.ts from fixed keys, secrets and times; verdicts that nothing was found about are left out.",
    keys,
    log: goldenLog,
    runs: [],
  };
  const changes: string[] = [];
  const made = [...list(), ...packs(), ...redactedRuns(), ...startedRuns()];
  // What nothing makes any more is judged as it stands.
  const kept = (known?.runs ?? [])
    .filter(({ file, trusts }) =>
      made.every((item) => item.file !== file || item.trusts !== trusts),
    )
    .map(({ file, rule, why, trusts, log }): Made => ({
      file,
      rule,
      why,
      ...(trusts === undefined ? {} : { trusts }),
      ...(log === undefined ? {} : { log }),
      make: () => new Uint8Array(readFileSync(folder + file)),
    }));
  const runs = [...kept, ...made].map(({ make, ...about }): RunCase => {
    const path = folder + about.file;
    if (!existsSync(path)) writeFileSync(path, make());
    const bytes = new Uint8Array(readFileSync(path));
    const empty = { ...about, sha256: toHex(engine.sha256(bytes)), exitCode: 0, verdicts: {} };
    const item = { ...empty, ...judged(engine, about.file, bytes, policyOf(empty, index)) };
    const before = known?.runs.find(
      ({ file, trusts }) => file === about.file && trusts === about.trusts,
    );
    if (JSON.stringify(before) !== JSON.stringify(item)) {
      changes.push(`golden/runs/${about.file}: ${item.exitCode} ${JSON.stringify(item.verdicts)}`);
    }
    return item;
  });
  const head = JSON.stringify({ ...index, runs: undefined }, null, 2).slice(0, -2);
  const text = runs.map((item) => `    ${JSON.stringify(item)}`).join(",\n");
  writeFileSync(indexFile, `${head},\n  "runs": [\n${text}\n  ]\n}\n`);
  return changes;
}
