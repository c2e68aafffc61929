// Makes golden/policies: files from fixed keys, secrets and times, and a case for each member of a policy, in each state,
// for each thing that a policy judges. A file that is there already is kept.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  createEngine,
  fromUtf8,
  hashFrames,
  inclusionProof,
  merkleRoot,
  toBase64,
  toHex,
  utf8,
} from "@reach-fabric/engine";
import {
  evidenceEntryOf,
  formatCheckpoint,
  formatEntry,
  formatNoteKey,
  formatPeriod,
  formatTlogProof,
  manifestOf,
  newKey,
  openEvidence,
  packPredicate,
  parseEntry,
  proveStep,
  redact,
  signerOf,
  signNote,
  signPack,
  stripPack,
  withProof,
  writePackFile,
} from "@reach-fabric/evidence";
import type { NoteKey } from "@reach-fabric/evidence";
import type { NewLogEntry } from "@reach-fabric/schema";
import {
  engine,
  evidence,
  pack,
  pseudoRandom,
  trusted,
} from "../evidence/test/fixtures/fixture.ts";
import { evidenceOfAcme, ringOf, root, year } from "../evidence/test/fixtures/keyring-fixture.ts";
import { keyOf, ORIGIN } from "../evidence/test/fixtures/log-fixture.ts";
import { judgedByPolicy, states } from "./policies.ts";
import type { MemberState, PoliciesIndex, PolicyCase, Subject } from "./policies.ts";

const folder = fileURLToPath(new URL("policies/", import.meta.url));
const indexFile = `${folder}index.json`;
const now = "2026-11-25T00:00:00.000Z";

const publisher = signerOf(newKey(pseudoRandom("publisher"), "P-256").private);
const stranger = signerOf(newKey(pseudoRandom("stranger"), "P-256").private);
const log = keyOf("log", ORIGIN, "note");
const witness = keyOf("w1", "example.org/w1", "cosignature");
const shared = ({ alg, bytes }: { alg: string; bytes: Uint8Array }): object => ({
  alg,
  public: toBase64(bytes),
});

/** A log with the beginning and the evidence of a run, and an entry of the next day. */
function logged(file: Uint8Array): { file: Uint8Array; period: Uint8Array } {
  const { run } = openEvidence(engine, file);
  const began: NewLogEntry = {
    type: "started",
    body: {
      run: run.id,
      attempt: 1,
      pack: run.pack,
      engine: run.engine,
      commitment: "00".repeat(32),
    },
  };
  const act: NewLogEntry = {
    type: "act",
    body: { type: "test.done", actor: "local", outcome: "success" },
  };
  const texts = [
    formatEntry(engine, { type: "opened", body: {} }, "2026-11-22T00:00:00.000Z"),
    formatEntry(engine, began, "2026-11-23T06:59:59.000Z"),
    formatEntry(engine, evidenceEntryOf(engine, file), "2026-11-23T07:00:02.000Z"),
    formatEntry(engine, act, "2026-11-24T00:00:00.000Z"),
  ];
  const text = formatCheckpoint({
    origin: ORIGIN,
    size: BigInt(texts.length),
    root: merkleRoot(texts),
  });
  const time = BigInt(Date.parse("2026-11-24T00:00:01.000Z") / 1000);
  const notes =
    signNote(text, log.key, log.signer) + signNote(text, witness.key, witness.signer, time);
  const checkpoint = utf8(`${text}\n${notes}`);
  const hashes = inclusionProof(hashFrames(texts, 0), 2);
  const proof = formatTlogProof({ index: 2n, hashes, extra: texts[2], checkpoint });
  const entries = texts.map((each) => parseEntry(engine, each));
  const [from, to] = ["2026-11-23T00:00:00.000Z", "2026-11-24T00:00:00.000Z"];
  return {
    file: withProof(engine, file, proof),
    period: formatPeriod(engine, { from, to, checkpoint, first: 0, entries, hashes: [] }),
  };
}

/** A C2SP tlog-policy: one log, and one witness that must have seen it. */
const tlog = (key: NoteKey): Uint8Array =>
  utf8(`log ${formatNoteKey(key)}\nwitness w1 ${formatNoteKey(witness.key)}\nquorum w1\n`);
const tlogOf = (file: string, key: NoteKey): object => ({
  tlogPolicy: { file, sha256: toHex(engine.sha256(tlog(key))) },
});

/** The files that the policies judge, by name. */
function files(): Record<string, Uint8Array> {
  const bundle = signPack(engine, pack, "pack", packPredicate(manifestOf(pack)), publisher);
  const made = logged(evidence({ packBundles: [bundle] }));
  const hidden = redact(engine, made.file, { drop: ["/run/tenant", "/0/input/income"] });
  return {
    "evidence.reach": made.file,
    "hidden.reach": stripPack(engine, hidden.file),
    "decide.step": proveStep(engine, made.file, 4),
    "signed.pack": writePackFile(engine, pack, new Map([["pack", [bundle]]])),
    "period.json": made.period,
    "policy.tlog": tlog(log.key),
    "other.tlog": tlog(keyOf("two", "example.com/two", "note").key),
    "keyring.json": ringOf([
      [trusted, evidenceOfAcme],
      [publisher.key, { role: "pack", ...year }],
    ]).bytes,
  };
}

/** A policy's log. */
const logOf = (more: object = {}): object => ({
  logs: [
    {
      origin: ORIGIN,
      key: formatNoteKey(log.key),
      witnesses: [formatNoteKey(witness.key)],
      quorum: 1,
      ...more,
    },
  ],
});

/** What a member is in each of its states; `malformed` by the places at which it is refused. */
interface Row {
  readonly member: string;
  readonly rule: string;
  readonly matches: object;
  readonly differs: object;
  readonly malformed: readonly (object | string)[];
  /** Needs the keyring. */
  readonly ring?: boolean;
}

function rows(run: { readonly engine: string; readonly pack: string }): Row[] {
  const other = "0".repeat(64);
  const pinned = { root: shared(root.key) };
  const byName = (more: object): object => ({
    packs: { allowed: [{ name: "test/loan", publisher: shared(publisher.key), ...more }] },
  });
  const http = (paths: readonly string[]): object => ({
    grants: { http: [{ origin: "https://bureau.example", methods: ["GET"], paths }] },
  });
  const [log0] = (logOf() as { logs: object[] }).logs;
  return [
    {
      member: "format",
      rule: "POL-1",
      matches: {},
      differs: { format: "reach/policy/v2" },
      malformed: [{ format: 1 }, "not JSON", '{"format":"reach/policy/v1","fuel":1,"fuel":2}'],
    },
    {
      member: "required",
      rule: "POL-1",
      matches: { required: ["authentic"] },
      differs: { required: ["redacted", "complete"] },
      malformed: [
        { required: [] },
        { required: ["lucky"] },
        { required: ["complete", "complete"] },
        { required: ["logged"] },
      ],
    },
    {
      member: "root",
      rule: "POL-5",
      ring: true,
      matches: pinned,
      differs: { root: shared(signerOf(newKey(pseudoRandom("another root")).private).key) },
      malformed: [
        { root: { alg: "RSA", public: "AAAA" } },
        { root: { alg: "Ed25519", public: "AAAA" } },
      ],
    },
    {
      member: "keyring",
      rule: "POL-5",
      ring: true,
      matches: { ...pinned, keyring: { minSerial: 1, maxAgeDays: 30 } },
      differs: { ...pinned, keyring: { minSerial: 2 } },
      malformed: [{ ...pinned, keyring: { minSerial: 0 } }, { keyring: {} }],
    },
    {
      member: "tenant",
      rule: "POL-5",
      ring: true,
      matches: { ...pinned, tenant: "acme" },
      differs: { ...pinned, tenant: "globex" },
      malformed: [{ ...pinned, tenant: "ac\u200bme" }, { tenant: "acme" }],
    },
    {
      member: "engines",
      rule: "POL-6",
      matches: { engines: { allowed: [run.engine], faulty: [other] } },
      differs: { engines: { allowed: [other], faulty: [run.engine] } },
      malformed: [
        { engines: { allowed: [] } },
        { engines: { allowed: [other, other] } },
        { engines: { allowed: [other], faulty: [other] } },
        { engines: { forbidden: [] } },
      ],
    },
    {
      member: "packs.allowed",
      rule: "POL-9",
      matches: { packs: { allowed: [{ digest: run.pack }] } },
      differs: { packs: { allowed: [{ digest: other }] } },
      malformed: [
        { packs: { allowed: [] } },
        { packs: { allowed: [{}] } },
        { packs: { allowed: [{ name: "test/loan" }] } },
        { packs: { allowed: [{ digest: other, versions: "1.0.0" }] } },
        byName({ versions: ">=2.0.0 <1.0.0" }),
      ],
    },
    {
      member: "packs.allowed by name",
      rule: "POL-9",
      matches: byName({ versions: "^1.0.0" }),
      differs: byName({ versions: "^2.0.0" }),
      malformed: [byName({ name: "loan" }), byName({ versions: "1.x" })],
    },
    {
      member: "packs.signedBy",
      rule: "POL-8",
      matches: { packs: { signedBy: { keys: [shared(publisher.key)] } } },
      differs: { packs: { signedBy: { keys: [shared(stranger.key)] } } },
      malformed: [
        { packs: { signedBy: {} } },
        { packs: { signedBy: { role: "pack" } } },
        { packs: { signedBy: { keys: [] } } },
        { packs: { signedBy: { keys: [{ alg: "Ed25519", public: "AAAA" }] } } },
      ],
    },
    {
      member: "packs.signedBy by role",
      rule: "POL-8",
      ring: true,
      matches: { ...pinned, packs: { signedBy: { role: "pack" } } },
      differs: {
        ...pinned,
        packs: {
          signedBy: { role: "pack" },
          allowed: [{ name: "test/loan", publisher: shared(stranger.key) }],
        },
      },
      malformed: [{ ...pinned, packs: { signedBy: { role: "log" } } }],
    },
    {
      member: "packs.yanked",
      rule: "POL-6",
      matches: { packs: { yanked: [other] } },
      differs: { packs: { yanked: [run.pack] } },
      malformed: [
        { packs: { yanked: ["A".repeat(64)] } },
        { packs: { yanked: [other], allowed: [{ digest: other }] } },
      ],
    },
    {
      member: "workflows",
      rule: "POL-10",
      matches: { workflows: [{ name: "test/loan", versions: "1.0.0" }] },
      differs: { workflows: [{ name: "test/other" }] },
      malformed: [
        { workflows: [] },
        { workflows: [{ name: "loan" }] },
        { workflows: [{ name: "a/b" }, { name: "a/b" }] },
      ],
    },
    {
      member: "grants",
      rule: "POL-11",
      matches: http(["/v1/*"]),
      differs: http(["/v1/other"]),
      malformed: [http([]), { grants: { shell: [] } }],
    },
    {
      member: "limits",
      rule: "POL-12",
      matches: { limits: { fuel: 100_000_000, effects: 100_000 } },
      differs: { limits: { fuel: 1000 } },
      malformed: [{ limits: { fuel: -1 } }, { limits: { memory: 1 } }],
    },
    {
      member: "window",
      rule: "POL-13",
      matches: { window: { from: "2026-11-23T07:00:00.000Z", to: "2026-11-24T00:00:00.000Z" } },
      differs: { window: { to: "2026-11-23T07:00:01.250Z" } },
      malformed: [
        { window: { from: "2026" } },
        { window: { from: "2026-02-01T00:00:00.000Z", to: "2026-01-01T00:00:00.000Z" } },
      ],
    },
    {
      member: "logs",
      rule: "POL-14",
      matches: logOf(),
      differs: logOf({ origin: "example.com/another" }),
      malformed: [
        { logs: [] },
        { logs: [log0, { ...log0, key: formatNoteKey(keyOf("two", ORIGIN, "note").key) }] },
        { logs: [log0, { ...log0, origin: "example.com/two" }] },
        logOf({ origin: "ex\u0430mple.com/log" }),
        logOf({ quorum: 2 }),
        logOf({ key: formatNoteKey(witness.key) }),
        logOf({ key: "x" }),
        logOf({ url: "https://me:password@log.example/" }),
      ],
    },
    {
      member: "tlogPolicy",
      rule: "POL-14",
      matches: tlogOf("policy.tlog", log.key),
      differs: tlogOf("other.tlog", keyOf("two", "example.com/two", "note").key),
      malformed: [
        tlogOf("../policy.tlog", log.key),
        tlogOf("other.tlog", log.key),
        { tlogPolicy: { file: "policy.tlog", sha256: "00" } },
      ],
    },
    {
      member: "maxLag",
      rule: "POL-1",
      matches: { ...logOf(), maxLag: "P1D" },
      differs: { ...logOf(), maxLag: "PT1H" },
      malformed: [{ ...logOf(), maxLag: "1 day" }, { maxLag: "P1D" }],
    },
    {
      member: "fuel",
      rule: "POL-15",
      matches: { fuel: 100_000_000 },
      differs: { fuel: 5 },
      malformed: [{ fuel: -1 }, { fuel: "5" }],
    },
  ];
}

const subjects: readonly (readonly [Subject, string])[] = [
  ["evidence", "evidence.reach"],
  ["step", "decide.step"],
  ["pack", "signed.pack"],
  ["period", "period.json"],
];

function casesOf(read: (file: string) => Uint8Array): PolicyCase[] {
  const { run } = openEvidence(engine, read("evidence.reach"));
  const found: PolicyCase[] = [];
  const add = (row: Row, state: MemberState, policy: object | string, about: object): void => {
    const { member, rule } = row;
    const ring = row.ring === true && state !== "absent" ? { keyring: "keyring.json" } : {};
    const one = { rule, member, state, ...about, policy, ...ring };
    const expect = judgedByPolicy(createEngine(), one, now, read);
    const id = `${member.replaceAll(/[. ]/g, "-")}-${state}-${found.length + 1}`;
    found.push({ id, ...one, expect });
  };
  const whole = (members: object): object => ({ format: "reach/policy/v1", ...members });
  for (const row of rows(run)) {
    for (const state of states) {
      if (state === "malformed") {
        for (const members of row.malformed) {
          add(row, state, typeof members === "string" ? members : whole(members), {});
        }
      } else if (state === "hidden") {
        add(row, state, whole(row.matches), { subject: "evidence", file: "hidden.reach" });
      } else {
        for (const [subject, file] of subjects) {
          // Of a period nothing is known without its log.
          const base =
            subject === "period" && !["logs", "tlogPolicy"].includes(row.member) ? logOf() : {};
          const members = state === "absent" ? {} : row[state];
          add(row, state, whole({ ...base, ...members }), { subject, file });
        }
      }
    }
  }
  return found;
}

/** Writes the files that are not there, and the cases as they are judged now; says which are new or differ. */
export function updatePolicies(): string[] {
  mkdirSync(folder, { recursive: true });
  const changed: string[] = [];
  for (const [name, bytes] of Object.entries(files())) {
    if (existsSync(folder + name)) continue;
    writeFileSync(folder + name, bytes);
    changed.push(`golden/policies/${name}: new`);
  }
  const cases = casesOf((file) => new Uint8Array(readFileSync(folder + file)));
  const head: Omit<PoliciesIndex, "cases"> = {
    format: "reach/golden-policies/v1",
    spec: "docs/spec/policy.md",
    notes:
      "A case for each member of a policy in each state: absent, as the file is (matches), as it is not (differs), malformed, " +
      "and for a file in which tenant and input are hidden and the pack is left out (hidden).",
    now,
  };
  const lines = cases.map((one) => `    ${JSON.stringify(one)}`);
  const members = Object.entries(head).map(
    ([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)},\n`,
  );
  const text = `{\n${members.join("")}  "cases": [\n${lines.join(",\n")}\n  ]\n}\n`;
  const before = existsSync(indexFile) ? readFileSync(indexFile, "utf8") : "";
  if (text === before) return changed;
  const known = new Set(before.split("\n").map((line) => line.replace(/,$/, "")));
  writeFileSync(indexFile, text);
  return [
    ...changed,
    ...lines
      .filter((line) => !known.has(line))
      .map((line) => `golden/policies ${fromUtf8(utf8(line.trim().slice(0, 200)))}`),
  ];
}
