// Makes the files of golden/runs from fixed keys, secrets and times. A file that is there already
// is kept: it is what an earlier engine, or an earlier format, left behind, and must go on being judged
// as it was. Files of format v1 have no version in front; nothing makes them, or those of v2, any more.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createEngine, toHex } from "@reach-fabric/engine";
import { proveStep, publicKeyFile, redact } from "@reach-fabric/evidence";
import {
  attacker,
  commitmentTo,
  expanded,
  linesOf,
  recorded,
  signedAgain,
  signer,
  textOf,
  wholeEvidence,
  withEntries,
} from "../evidence/test/fixtures/fixture.ts";
import { judged, policyOf } from "./runs.ts";
import type { RunCase, RunsIndex } from "./runs.ts";

const folder = fileURLToPath(new URL("runs/", import.meta.url));
export const indexFile = `${folder}index.json`;

type Made = Pick<RunCase, "file" | "rule" | "why" | "trusts"> & { readonly make: () => Uint8Array };

const flipped = (file: Uint8Array, at: number): Uint8Array => {
  const copy = file.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};
const at = (file: Uint8Array, text: string): number => Buffer.from(file).indexOf(text);
const lines = (list: readonly string[]): string => list.map((line) => `${line}\n`).join("");

/** The file without the values whose pointers match. */
const without = (file: Uint8Array, pointer: RegExp): Uint8Array =>
  withEntries(file, {
    "disclosures.jsonl": lines(
      linesOf(file, "disclosures.jsonl").filter(
        (line) => !pointer.test((JSON.parse(line) as string[])[0] ?? ""),
      ),
    ),
  });

/** One value replaced, with the commitment that belongs to it, and all of it signed again. */
function lied(file: Uint8Array, from: string, to: string, by?: typeof signer): Uint8Array {
  const disclosures = linesOf(file, "disclosures.jsonl");
  const old = disclosures.find((line) => line.includes(from)) ?? "";
  const now = old.replace(from, to);
  const trace = linesOf(file, "trace.jsonl").map((line) =>
    line.replace(commitmentTo(old), commitmentTo(now)),
  );
  return signedAgain(file, {
    trace,
    disclosures: disclosures.map((line) => (line === old ? now : line)),
    ...(by === undefined ? {} : { by }),
  });
}

function list(): Made[] {
  const whole = wholeEvidence();
  const completed = expanded(whole);
  const noted = wholeEvidence({ annotations: [{ seq: 0 }] });
  const faulted = wholeEvidence({ records: recorded("none") });
  const cancelled = wholeEvidence({ records: recorded(712, { cancel: true }) });
  const valid = (file: string, why: string, bytes: Uint8Array, rule: readonly string[]): Made => ({
    file: `v3.${file}`,
    rule,
    why,
    trusts: "alice",
    make: () => bytes,
  });
  const sibling = (
    name: string,
    rule: string | readonly string[],
    why: string,
    make: () => Uint8Array,
  ): Made => ({
    file: `v3.completed.${name}.reach`,
    rule,
    why,
    trusts: "alice",
    make,
  });
  const step = (name: string, rule: Made["rule"], why: string, make: () => Uint8Array): Made => ({
    file: `v3.completed.${name === "" ? "" : `${name}.`}step`,
    rule,
    why,
    trusts: "alice",
    make,
  });
  const trace = (): string[] => linesOf(completed, "trace.jsonl");
  return [
    valid("completed.reach", "a run that asked one question and ended well", whole, [
      "EVID-5",
      "EVID-24",
      "EVID-43",
      "EVID-44",
    ]),
    valid("faulted.reach", "an outcome is an outcome, also an error", faulted, ["EVID-18"]),
    valid("cancelled.reach", "a run that was cancelled", cancelled, ["EVID-17"]),
    sibling(
      "expanded",
      ["EVID-45", "TRACE-12", "TRACE-13"],
      "the same run in the other form",
      () => completed,
    ),
    sibling("both-forms", "EVID-43", "records beside the trace that follows from them", () =>
      withEntries(whole, { "trace.jsonl": textOf(completed, "trace.jsonl") }),
    ),
    sibling("record-value", "EVID-44", "another input in its record", () =>
      edited(whole, "records.jsonl", "3200", "3201"),
    ),
    sibling("seed", "EVID-44", "another seed", () =>
      edited(whole, "records.jsonl", /"seed":"../, '"seed":"00'),
    ),
    sibling("tenant", "EVID-44", "another tenant than run.json commits to", () =>
      edited(whole, "records.jsonl", "acme", "evil"),
    ),
    sibling("record-dropped", "EVID-44", "a record was left out after signing", () =>
      withEntries(whole, {
        "records.jsonl": lines(linesOf(whole, "records.jsonl").toSpliced(3, 1)),
      }),
    ),
    sibling(
      "annotation-added",
      "EVID-44",
      "a member named __proto__ put into the annotations",
      () => edited(noted, "records.jsonl", "[{", '[{"__proto__":{"approved":true},'),
    ),
    sibling("annotations-dropped", "EVID-43", "the annotations are missing beside the seed", () =>
      edited(noted, "records.jsonl", /"annotations":\[.*?\],/, ""),
    ),
    sibling("no-record", "EVID-43", "a line that is no record", () =>
      withEntries(whole, {
        "records.jsonl": lines(linesOf(whole, "records.jsonl").with(2, "[]")),
      }),
    ),
    sibling(
      "redacted",
      "EVID-33",
      "the input and its copies taken out",
      () => redact(createEngine(), whole, { drop: ["/0/input"] }).file,
    ),
    {
      file: "v3.completed.reach",
      rule: "EVID-23",
      why: "without a policy about keys it can be checked by itself, and is trusted by nobody",
      make: () => whole,
    },
    sibling("cut", "EVID-1", "the last byte is missing", () => completed.subarray(0, -1)),
    sibling("byte-added", "EVID-1", "one byte stands behind the end", () =>
      Buffer.concat([completed, new Uint8Array(1)]),
    ),
    sibling("byte-in-trace", "EVID-1", "one bit of a record is another", () =>
      flipped(completed, at(completed, '"kind":"task"') + 9),
    ),
    sibling("byte-in-signature", "EVID-10", "one character of the signature is another", () =>
      withEntries(completed, {
        "run.sigstore.json": textOf(completed, "run.sigstore.json").replace(/"sig":"./, (found) =>
          found.endsWith("A") ? '"sig":"B' : '"sig":"A',
        ),
      }),
    ),
    sibling("name", "EVID-3", "an entry that the format does not know", () =>
      withEntries(completed, { "notes.txt": "hello" }),
    ),
    sibling("missing", "EVID-5", "an entry is missing", () =>
      withEntries(completed, { "run.sigstore.json": undefined }),
    ),
    sibling("newline", "EVID-4", "a canonical text has no newline", () =>
      withEntries(completed, { "run.json": `${textOf(completed, "run.json")}\n` }),
    ),
    sibling("member", "EVID-6", "a member that run.json does not have, signed", () =>
      signedAgain(completed, { run: { note: 1 } }),
    ),
    sibling("decision", "EVID-7", "run.json commits to another decision, signed", () =>
      signedAgain(completed, { run: { decision: "00".repeat(32) } }),
    ),
    sibling("later-format", "EVID-8", "a later version of the format", () =>
      signedAgain(completed, { run: { format: "reach/evidence/v9" } }),
    ),
    sibling("no-signature", "EVID-9", "a bundle without a signature", () =>
      withEntries(completed, {
        "run.sigstore.json": textOf(completed, "run.sigstore.json").replace(
          /"signatures":\[[^\]]*\]/,
          '"signatures":[]',
        ),
      }),
    ),
    sibling("statement", ["EVID-11", "EVID-12"], "a signed statement about another file", () =>
      signedAgain(completed, {
        statement: (statement) =>
          JSON.parse(
            JSON.stringify(statement).replace('"name":"trace.jsonl"', '"name":"other.jsonl"'),
          ) as unknown,
      }),
    ),
    sibling("kind", "EVID-13", "a record of a kind that there is not, signed", () =>
      signedAgain(completed, {
        trace: trace().map((line) => line.replace('"kind":"task"', '"kind":"note"')),
      }),
    ),
    sibling("disclosures-order", "EVID-14", "two values out of order", () =>
      withEntries(completed, {
        "disclosures.jsonl": lines(linesOf(completed, "disclosures.jsonl").toReversed()),
      }),
    ),
    sibling(
      "value-removed",
      "EVID-15",
      "the input was removed: authentic still, but not to be replayed",
      () => without(completed, /^\/0\/input$/),
    ),
    sibling("pack-removed", "EVID-16", "the pack was removed", () => withoutBlobs(completed)),
    sibling("record-removed", "EVID-17", "a record was left out before signing", () =>
      signedAgain(without(completed, /^\/2\//), { trace: trace().toSpliced(2, 1) }),
    ),
    sibling("answer-changed", "EVID-24", "the signer himself changed the recorded answer", () =>
      lied(completed, '"score":712', '"score":612'),
    ),
    sibling(
      "outcome-changed",
      ["EVID-24", "EVID-27"],
      "the signer himself changed the outcome",
      () => lied(completed, '{"accept":true}', '{"accept":false}'),
    ),
    sibling("signed-by-another", "EVID-23", "changed and signed again with another key", () =>
      lied(completed, '"score":712', '"score":612', attacker),
    ),
    step("", ["EVID-40", "EVID-42"], "a task by itself, computed again", () => decided(completed)),
    step("value", "EVID-41", "a value that is not the one committed to", () =>
      edited(decided(completed), "disclosures.jsonl", '"accept":true', '"accept":false'),
    ),
    step("proof", "EVID-41", "a proof of another place", () =>
      edited(decided(completed), "step.json", /"proof":\["../, '"proof":["00'),
    ),
    step("computed", "EVID-42", "the signer himself changed what a task gave", () =>
      decided(lied(completed, '{"accept":true}', '{"accept":false}')),
    ),
  ];
}

/** The task that decided, by itself. */
const decided = (file: Uint8Array): Uint8Array => proveStep(createEngine(), file, 4);

const edited = (file: Uint8Array, entry: string, from: string | RegExp, to: string): Uint8Array =>
  withEntries(file, { [entry]: textOf(file, entry).replace(from, to) });

function withoutBlobs(file: Uint8Array): Uint8Array {
  const names = [
    ...Buffer.from(file)
      .toString("latin1")
      .matchAll(/blobs\/sha256\/[0-9a-f]{64}/g),
  ];
  return withEntries(file, Object.fromEntries(names.map(([name]) => [name, undefined])));
}

/** Makes the files that are missing, judges all, and writes the index. Says what is new or changed. */
export function updateRuns(): string[] {
  mkdirSync(folder, { recursive: true });
  const engine = createEngine();
  const known = existsSync(indexFile)
    ? (JSON.parse(readFileSync(indexFile, "utf8")) as RunsIndex)
    : undefined;
  const keys = { alice: publicKeyFile(signer.key) };
  const index: RunsIndex = {
    format: "reach/golden-runs/v1",
    spec: "docs/spec/evidence.md",
    notes:
      "Made once by golden/make-runs.ts from fixed keys, secrets and times; verdicts that nothing was found about are left out.",
    keys,
    runs: [],
  };
  const changes: string[] = [];
  const made = list();
  // What nothing makes any more is judged as it stands.
  const kept = (known?.runs ?? [])
    .filter(({ file, trusts }) =>
      made.every((item) => item.file !== file || item.trusts !== trusts),
    )
    .map(({ file, rule, why, trusts }): Made => ({
      file,
      rule,
      why,
      ...(trusts === undefined ? {} : { trusts }),
      make: () => new Uint8Array(readFileSync(folder + file)),
    }));
  const runs = [...kept, ...made].map(({ make, ...about }): RunCase => {
    const path = folder + about.file;
    if (!existsSync(path)) writeFileSync(path, make());
    const bytes = new Uint8Array(readFileSync(path));
    const empty = { ...about, sha256: toHex(engine.sha256(bytes)), exitCode: 0, verdicts: {} };
    const item = { ...empty, ...judged(engine, bytes, policyOf(empty, index)) };
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
