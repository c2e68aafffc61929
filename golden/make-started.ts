// Evidence in a log, with the beginning of its run: golden/runs/started.*. docs/spec/log.md, LOG-61 and LOG-62.
import { hashFrames, inclusionProof, merkleRoot, utf8 } from "@reach-fabric/engine";
import {
  evidenceEntryOf,
  formatCheckpoint,
  formatEntry,
  formatNoteKey,
  formatTlogProof,
  newMatterKey,
  readMatterKey,
  signNote,
  startedEntryIn,
  subjectsUnder,
  withProof,
} from "@reach-fabric/evidence";
import type { StartedEntry } from "@reach-fabric/evidence";
import {
  engine,
  evidence,
  facts,
  pseudoRandom,
  recorded,
  withEntries,
} from "../evidence/test/fixtures/fixture.ts";
import { keyOf, ORIGIN } from "../evidence/test/fixtures/log-fixture.ts";
import type { Made } from "./runs.ts";

const log = keyOf("golden log", ORIGIN, "note");
/** The log that policies of golden cases name, and the verifier's time. */
export const goldenLog = { key: formatNoteKey(log.key), now: "2026-11-23T08:00:00.000Z" };

const [OPENED, BEGAN, ENDED] = [
  "2026-11-23T06:00:00.000Z",
  "2026-11-23T07:00:00.500Z",
  "2026-11-23T07:00:02.000Z",
];

/** Evidence in a log of three entries, of which the second is what is said to be the beginning of its run. */
function logged(
  file: Uint8Array,
  started: StartedEntry,
  order: "before" | "behind" = "before",
): Uint8Array {
  const own = formatEntry(engine, evidenceEntryOf(engine, file), ENDED);
  const start = formatEntry(engine, started, BEGAN);
  const opened = formatEntry(engine, { type: "opened", body: {} }, OPENED);
  const entries = order === "before" ? [opened, start, own] : [opened, own, start];
  const text = formatCheckpoint({ origin: ORIGIN, size: 3n, root: merkleRoot(entries) });
  const checkpoint = utf8(`${text}\n${signNote(text, log.key, log.signer)}`);
  const proofOf = (entry: Uint8Array<ArrayBuffer>): Uint8Array => {
    const index = entries.indexOf(entry);
    const hashes = inclusionProof(hashFrames(entries, 0), index);
    return formatTlogProof({ index: BigInt(index), hashes, extra: entry, checkpoint });
  };
  const honest = formatTlogProof({
    index: 1n,
    hashes: [],
    extra: formatEntry(engine, startedEntryIn(engine, file), BEGAN),
    checkpoint,
  });
  // Put in afterwards: withProof() refuses the beginning of another run.
  const proven = withProof(engine, file, proofOf(own), honest);
  return withEntries(proven, { "start.tlog-proof": proofOf(start) });
}

/** The cases. */
export function startedRuns(): Made[] {
  const file = evidence();
  const start = startedEntryIn(engine, file);
  const matter = newMatterKey(engine, pseudoRandom("golden matter key"));
  const key = readMatterKey(engine, utf8(JSON.stringify(matter)));
  const { run, attempt } = start.body;
  const subjects = subjectsUnder(engine, key, { run, attempt }, ["C-1042"]);
  const made = (name: string, rule: Made["rule"], why: string, make: () => Uint8Array): Made => ({
    file: `started${name}.reach`,
    rule,
    why,
    trusts: "alice",
    log: true,
    make,
  });
  const other = (changes: Partial<StartedEntry["body"]>): StartedEntry => ({
    ...start,
    body: { ...start.body, ...changes },
  });
  return [
    made("", ["LOG-61", "LOG-62"], "a log has the beginning of the run, and its evidence", () =>
      logged(file, start),
    ),
    made(".subjects", "LOG-63", "whom the run is about is not compared", () =>
      logged(file, other({ subjects })),
    ),
    made(".other-input", "LOG-62", "the run that was noted began with another input", () =>
      logged(
        file,
        startedEntryIn(engine, evidence({ records: recorded(712, { input: { income: 3201 } }) })),
      ),
    ),
    made(".other-time", "LOG-62", "the run that was noted began at another time", () =>
      logged(
        file,
        startedEntryIn(
          engine,
          evidence({ run: { ...facts, startedAt: "2026-11-23T07:00:00.001Z" } }),
        ),
      ),
    ),
    made(".other-attempt", "LOG-62", "another attempt was noted", () =>
      logged(file, other({ attempt: 2 })),
    ),
    made(".behind", "LOG-62", "the run was noted behind its evidence", () =>
      logged(file, start, "behind"),
    ),
    made(".no-proof", "LOG-62", "the policy asks for the beginning, and it was taken out", () =>
      withEntries(logged(file, start), { "start.tlog-proof": undefined }),
    ),
  ];
}
