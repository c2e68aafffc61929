// redact(): evidence without some of what entered the run. docs/spec/evidence.md, EVID-36 to EVID-46.
import { EngineError, isInput, parseRecord, recompute } from "@reach-fabric/engine";
import type { Engine, Pack } from "@reach-fabric/engine";
import { holeAt, holesOf, isHole } from "../commitments/holes.ts";
import { Places } from "../commitments/places.ts";
import { slotsOf } from "../commitments/seeds.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { writeContainer } from "../file/container.ts";
import { noPack, requireParts } from "../file/cursor.ts";
import { entriesOf } from "../file/layout.ts";
import type { Layout } from "../file/layout.ts";
import { assemble, contentOf, readRunDocument } from "../file/open.ts";
import { readPack, requireBlobs } from "../file/pack.ts";
import { namedKey } from "../file/run.ts";
import type { EvidenceRun } from "../file/run.ts";
import { signRedaction } from "../signature/redaction.ts";
import type { RedactedBy } from "../signature/redaction.ts";
import { replayEvidence } from "../verify/replay.ts";
import { formatShown } from "./format.ts";
import { pathsOf } from "./places.ts";
import { computedPrefix } from "./prefix.ts";
import type { Stop } from "./prefix.ts";
import { tellsOf, wholesOf } from "./tells.ts";
import type { Tell } from "./tells.ts";

export interface RedactOptions {
  /**
   * What is hidden of what entered, or of run.json: `/9/result/body/annual`, `/run/actor`, `input/applicant/name`,
   * `income.ask/result/body/annual`.
   */
  readonly drop?: readonly string[];
  /** What is shown of records that cannot be computed any more: `outcome/output`, `/12/result`. */
  readonly show?: readonly string[];
  /** All is hidden that `show` does not name. */
  readonly only?: boolean;
  /** The pack is left out. */
  readonly detached?: boolean;
  /** Who says that it was redacted, when and why. */
  readonly by?: RedactedBy;
}

export interface Redaction {
  readonly file: Uint8Array<ArrayBuffer>;
  /** The pointers of what is hidden in what is still there: where it was chosen, and where the run carried it to. */
  readonly hidden: readonly string[];
  /** So many of the records are still computed: a reader sees them, and verifies them. */
  readonly computed: number;
  readonly size: number;
  /** Why no more is computed; null where all is. */
  readonly stop: Stop | null;
  /** Whether it is still seen how the run ended. */
  readonly outcome: boolean;
  /** What is shown by name, although it depends on what is hidden. */
  readonly named: readonly Tell[];
}

/**
 * Evidence in which chosen values are hidden, and all that cannot be computed without them but for what is shown by
 * name. The signature still holds, and what is shown is still verified.
 *
 * Guarantees: nothing is hidden, or shown, because it equals something that is hidden. Files about two runs that
 * differ in hidden values alone, and in nothing that is shown by name, differ in seeds and hashes alone.
 *
 * @throws EvidenceError as openEvidence() and replayEvidence() do; `REACH-E5404` the pack is not enclosed;
 *   `REACH-E5514` something is hidden already; `REACH-E5507` nothing is at a pointer, or it is computed; `REACH-E5508`
 *   the decision's digest is to be shown; `REACH-E5803` it would not be computed as it was; `REACH-E5007` over a limit
 *
 * @example
 * const { file } = redact(engine, bytes, { drop: ["input"] });
 * verify(engine, file, { required: ["authentic", "redacted"] }).ok; // → true
 */
export function redact(engine: Engine, file: Uint8Array, options: RedactOptions): Redaction {
  const whole = readWhole(engine, file);
  const { records, pack, layout } = whole;
  const { drop, show } = placesOf(whole, options);
  const isOnly = options.only === true;
  let holes = 0;
  const hole = (): string => holeAt(holes++);
  const chosen = (value: unknown, ...path: string[]): unknown => {
    const at = (places: Places): Places => path.reduce((each, name) => each.below(name), places);
    return isOnly ? at(show).hideOthers(value, hole) : at(drop).hide(value, hole);
  };
  const shown = records.map((record, seq) =>
    isInput(record as { kind: string })
      ? inSlots(record, (value, slot) => chosen(value, String(seq), slot))
      : record,
  );
  const { computed, stop } = computedPrefix(engine, pack, shown, records);
  const ofRun = Object.entries(whole.values).map(([slot, value]) => {
    const left = chosen(value, "run", slot);
    return [slot, slot === "decision" ? hole() : laterHidden(left, computed.length, hole)] as const;
  });
  const run = Object.fromEntries(ofRun);
  const named = show.names.flatMap((name) => {
    const seq = Number(name);
    const record = computed[seq] ?? shown[seq];
    if (record === undefined) return [];
    const left = inSlots(record, (value, slot) =>
      show.below(name).below(slot).hideOthers(value, hole),
    );
    requireSomething(left);
    return seq < computed.length && record["kind"] !== "outcome" ? [] : [left];
  });
  named.sort((a, b) => Number(a["seq"]) - Number(b["seq"]));
  const lines = withinLimits(() => formatShown(engine, { ...whole, run, computed, named }));
  const { by, detached } = options;
  const left: Layout = {
    ...layout,
    redaction: by && signRedaction(engine, { run: layout.run, shown: lines }, by),
    values: { shown: lines },
    ...(detached === true && { blobs: new Map() }),
  };
  return {
    file: writeContainer(entriesOf(left)),
    hidden: [
      ...holesOf(run, "/run"),
      ...computed.flatMap((record, seq) => holesOf(record, `/${seq}`)),
    ],
    computed: computed.length,
    size: records.length,
    stop,
    outcome: stop === null || named.at(-1)?.["kind"] === "outcome",
    named: tellsOf(named, shown, records),
  };
}

type Members = Readonly<Record<string, unknown>>;

/** A run of which nothing is hidden. */
interface Whole {
  readonly document: EvidenceRun;
  readonly layout: Layout;
  readonly pack: Pack;
  readonly seed: Uint8Array;
  readonly bytes: readonly Uint8Array[];
  readonly records: readonly Members[];
  /** The values of run.json. */
  readonly values: Members;
}

/** Reads a run, and computes all its records: they are what was signed. */
function readWhole(engine: Engine, file: Uint8Array): Whole {
  const { document, layout } = readRunDocument(engine, file);
  if ("shown" in layout.values) {
    throw new EvidenceError(
      "REACH-E5514",
      "something is hidden in this file already, and a redacted file cannot be redacted again",
    );
  }
  requireBlobs(engine, layout.blobs);
  const pack = readPack(engine, document.pack, layout.blobs);
  if (pack === null) throw noPack();
  const content = contentOf(engine, document, layout);
  const evidence = assemble({ document, key: namedKey(document), pack, content });
  const bytes: Uint8Array[] = [];
  const { difference } = replayEvidence(engine, evidence, {
    recompute: (on, of, inputs, given) =>
      recompute(on, of, inputs, { ...given, onRecord: (record) => bytes.push(record) }),
  });
  if (difference !== null) throw difference;
  const { seed } = requireParts(engine, evidence);
  const { seed: _, ...values } = content.entered?.head ?? { seed: "" };
  const records = bytes.map((record) => parseRecord(record) as unknown as Members);
  return { document, layout, pack, seed, bytes, records, values };
}

/** The places of what is to be hidden, and to be shown. */
function placesOf(
  whole: Whole,
  { drop = [], show = [] }: RedactOptions,
): { drop: Places; show: Places } {
  const places = { drop: new Places(), show: new Places() };
  for (const text of drop) {
    for (const path of pathsOf(whole, text)) {
      const record = whole.records[Number(path[0])];
      if (record !== undefined && !isInput(record as { kind: string })) {
        const what = `what is at ${quoted(text)} is computed: hide what it is computed from`;
        throw new EvidenceError("REACH-E5507", what);
      }
      places.drop.add(path);
    }
  }
  for (const text of show) {
    for (const path of pathsOf(whole, text)) {
      if (path[0] === "run" && path[1] === "decision") {
        throw new EvidenceError(
          "REACH-E5508",
          "the decision's digest confirms guesses of what is hidden",
        );
      }
      places.show.add(path);
    }
  }
  return places;
}

/** A record with other values in its slots. */
function inSlots(record: Members, change: (value: unknown, slot: string) => unknown): Members {
  const slots = slotsOf(record).map((slot) => [slot, change(record[slot], slot)] as const);
  return { ...record, ...Object.fromEntries(slots) };
}

/** Stamps without those of records that are not computed; any other value as it is. */
function laterHidden(value: unknown, computed: number, hole: () => string): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((stamp: unknown) => {
    const seq = isHole(stamp) ? -1 : (stamp as Members)["seq"];
    return typeof seq === "number" && seq < computed ? stamp : hole();
  });
}

function requireSomething(record: Members): void {
  if (slotsOf(record).some((slot) => wholesOf(record[slot], "").length > 0)) return;
  const what = `what is to be shown of record ${String(record["seq"])} is hidden`;
  throw new EvidenceError("REACH-E5507", what);
}

/** A value that is opened nests deeper than it did. */
function withinLimits<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const what = `something is hidden too deep in a value: ${error.message} (${error.code})`;
    throw new EvidenceError("REACH-E5007", what, { cause: error });
  }
}
