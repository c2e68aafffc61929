// verify() and the beginning of a run in a log: docs/spec/log.md, LOG-61 and LOG-62, and the attacks on what it says.
import { hashFrames, inclusionProof, merkleRoot, utf8 } from "@reach-fabric/engine";
import {
  evidenceEntryOf,
  formatCheckpoint,
  formatEntry,
  formatTlogProof,
  parseTlogProof,
  redact,
  runSeedOf,
  signNote,
  startedEntryIn,
  startedEntryOf,
  stripPack,
  withProof,
} from "@reach-fabric/evidence";
import type {
  CreateOptions,
  LogPolicy,
  Policy,
  RunStart,
  StartedEntry,
} from "@reach-fabric/evidence";
import type { NewLogEntry } from "@reach-fabric/schema";
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  engine,
  evidence,
  facts,
  finding,
  pack,
  pseudoRandom,
  recorded,
  verify,
  withEntries,
} from "../fixtures/fixture.ts";
import { keyOf, ORIGIN } from "../fixtures/log-fixture.ts";

const log = keyOf("log", ORIGIN, "note");
const file = evidence();
const AFTER = "2026-11-23T07:00:02.000Z";

/** A log with other entries and the one of this evidence at the place 3 of 7. */
const entriesOf = (of: Uint8Array): Uint8Array[] =>
  Array.from({ length: 7 }, (_, i) =>
    i === 3 ? formatEntry(engine, evidenceEntryOf(engine, of), AFTER) : utf8(`another entry ${i}`),
  );

function checkpointOf(entries: readonly Uint8Array[]): Uint8Array {
  const size = BigInt(entries.length);
  const text = formatCheckpoint({ origin: ORIGIN, size, root: merkleRoot(entries) });
  return utf8(`${text}\n${signNote(text, log.key, log.signer)}`);
}

/** The proof of the entry at a place. */
const proofAt = (
  entries: readonly Uint8Array[],
  place: number,
  extra = entries[place],
): Uint8Array =>
  formatTlogProof({
    index: BigInt(place),
    hashes: inclusionProof(hashFrames(entries, 0), place),
    extra,
    checkpoint: checkpointOf(entries),
  });

const policyOf = (more: Partial<LogPolicy> = {}): Policy => ({
  logs: [{ origin: ORIGIN, key: log.key, witnesses: [], quorum: 0, ...more }],
  now: "2026-11-24T00:00:00.000Z",
  required: ["authentic", "logged"],
});

describe("LOG-62 the beginning of its run, in the same log", () => {
  const runSecret = pseudoRandom("run secret")(32);
  const start = (more: Partial<RunStart> = {}): StartedEntry =>
    startedEntryOf(engine, {
      run: { ...facts, secret: runSecret },
      record: recorded(712)[0] as Uint8Array,
      pack: pack.digest,
      engine: engine.digest,
      startedAt: facts.startedAt,
      ...more,
    });
  const BEGAN = "2026-11-23T07:00:00.500Z";
  interface Begun {
    readonly entry?: NewLogEntry;
    readonly at?: string;
    readonly of?: Uint8Array;
    /** Its place among 7; the evidence is at 3. */
    readonly place?: number;
    readonly more?: Partial<LogPolicy>;
    readonly edit?: (proof: Uint8Array) => Uint8Array;
  }
  /** The evidence with both proofs; withProof() is shown an honest start, for it refuses any other. */
  function begun({ entry = start(), at = BEGAN, of = file, place = 1, edit }: Begun): Uint8Array {
    const entries = entriesOf(of).with(place, formatEntry(engine, entry, at));
    const own = formatEntry(engine, startedEntryIn(engine, of), BEGAN);
    const honest = withProof(engine, of, proofAt(entries, 3), proofAt(entries, place, own));
    const proof = proofAt(entries, place);
    return withEntries(honest, { "start.tlog-proof": edit === undefined ? proof : edit(proof) });
  }
  const logged = (begin: Begun = {}): string =>
    finding(verify(begun(begin), policyOf(begin.more)), "logged");

  test("is shown, and is what the host noted before it asked for anything", () => {
    const report = verify(begun({}), policyOf());
    expect(finding(report, "logged")).toBe("pass");
    expect(report.verdicts.logged.why).toContain(`its run began at entry 1, at ${BEGAN}`);
    expect(startedEntryIn(engine, file)).toEqual(start());
    const redacted = redact(engine, file, { drop: ["/0/input/income"] }).file;
    expect(startedEntryIn(engine, redacted)).toEqual(start());
    expect(logged({ of: redacted })).toBe("pass");
    const another = proofAt([formatEntry(engine, start({ pack: "00".repeat(32) }), BEGAN)], 0);
    const proof = proofAt(entriesOf(file), 3);
    expect(() => withProof(engine, file, proof, another)).toThrow(
      "another run began there: the pack",
    );
    expect(finding(verify(stripPack(engine, begun({})), policyOf()), "logged")).toBe("pass");
  });

  test("best of n: one start does not serve another input, grant, time, attempt or secret", () => {
    const other = (options: Partial<CreateOptions>): string => logged({ of: evidence(options) });
    expect(other({})).toBe("pass");
    const tries: Readonly<Record<string, Partial<CreateOptions>>> = {
      input: { records: recorded(712, { input: { income: 3201 } }) },
      time: { run: { ...facts, startedAt: "2026-11-23T07:00:00.001Z" } },
      attempt: { run: { ...facts, attempt: 2 } },
      run: { run: { ...facts, id: facts.id.replace(/1$/, "2") } },
      secret: { runSecret: pseudoRandom("another")(32) },
    };
    for (const [name, options] of Object.entries(tries)) {
      expect(other(options), name).toBe("fail REACH-E5344");
    }
    const grant = {
      http: [{ methods: ["GET"], origin: "https://bureau.example", paths: ["/**"] }],
    };
    engine.load(pack);
    const wider = engine.admitStart({ grant }, '{"income":3200}');
    expect(logged({ entry: start({ record: wider }) })).toBe("fail REACH-E5344");
    expect(logged({ entry: start({ pack: "00".repeat(32) }) })).toBe("fail REACH-E5344");
    expect(logged({ entry: start({ engine: "00".repeat(32) }) })).toBe("fail REACH-E5344");
    expect(logged({ entry: evidenceEntryOf(engine, file) })).toBe("fail REACH-E5344");
  });

  test("best of n: begun only after the evidence, or before the host says so", () => {
    expect(logged({ place: 5 })).toBe("fail REACH-E5345");
    expect(logged({ at: "2026-11-23T06:55:00.000Z" })).toBe("pass");
    expect(logged({ at: "2026-11-23T06:54:59.999Z" })).toBe("fail REACH-E5345");
  });

  test("a beginning that is not in the log, or in another tree of it", () => {
    const at = (proof: Uint8Array, index: bigint): Uint8Array =>
      formatTlogProof({ ...parseTlogProof(proof), index });
    expect(logged({ edit: (proof) => at(proof, 0n) })).toBe("fail REACH-E5333");
    const older = checkpointOf(entriesOf(file));
    const elsewhere = (proof: Uint8Array): Uint8Array =>
      formatTlogProof({ ...parseTlogProof(proof), checkpoint: older });
    expect(logged({ edit: elsewhere })).toBe("not checked REACH-E5346");
    expect(logged({ edit: () => utf8("any") })).toBe("fail REACH-E5332");
    const bare = (proof: Uint8Array): Uint8Array =>
      formatTlogProof({ ...parseTlogProof(proof), extra: undefined });
    expect(logged({ edit: bare })).toBe("fail REACH-E5332");
  });

  test("where the policy asks for it, evidence without it is not checked", () => {
    const more = { started: true };
    expect(logged({ more })).toBe("pass");
    const without = withEntries(begun({}), { "start.tlog-proof": undefined });
    expect(finding(verify(without, policyOf()), "logged")).toBe("pass");
    const asked = verify(without, policyOf(more));
    expect([finding(asked, "logged"), asked.exitCode]).toEqual(["not checked REACH-E5346", 3]);
  });

  test("LOG-61 nothing can be guessed: equal input, grant, pack and time, and another entry", () => {
    const secret = pseudoRandom("another")(32);
    const other = start({ run: { ...facts, secret } });
    expect(other.body.commitment).not.toBe(start().body.commitment);
    expect(JSON.stringify(start())).not.toContain("3200");
  });

  test("LOG-61 the entry as it stands", () => {
    // H("started", leaf hash, time) of trace.md, computed here by hand.
    const record = recorded(712)[0] as Uint8Array;
    const seed = runSeedOf(engine, runSecret, facts);
    const [leaf] = engine.leaves(seed, [record]).hashes;
    const at = utf8(facts.startedAt);
    const length = (n: number): Uint8Array => Uint8Array.from([0, 0, 0, 0, 0, 0, 0, n]);
    const parts = [utf8("reach/v1/started\0"), length(32), leaf as Uint8Array, length(24), at];
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    expect(start().body.commitment).toBe(hash.digest("hex"));
    expect(start().body.commitment).toBe(
      "fb34f571bead4b18b040730611d64b1e2e7b343dd0271f8d0e3c12131a84eb9e",
    );
  });
});
