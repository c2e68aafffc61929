// Places in a run, as they are named: by the numbers of records, or by the names of tasks as they are shown.
// docs/spec/evidence.md, EVID-46.
import { pathOf, taskName, valueAt } from "@reach-fabric/engine";
import { RUN_SLOTS, slotsOf } from "../commitments/seeds.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";

type Members = Readonly<Record<string, unknown>>;

/** What a run has, to find places in. */
export interface Found {
  readonly records: readonly Members[];
  /** The values of run.json. */
  readonly values: Members;
}

/**
 * The paths of what is named: `/9/result/body`, `/run/actor`; `input/name` of the run, `outcome/output`; or a slot of
 * all records of a task, as `income.ask/result/body`, or of one in a loop: `each.ask[2]/result`.
 *
 * @throws EvidenceError `REACH-E5507` where there is nothing
 */
export function pathsOf(found: Found, text: string): string[][] {
  const paths = text.startsWith("/") ? [pathOf(text)] : named(found, pathOf(`/${text}`));
  const there = paths.filter((path) => isThere(found, path));
  if (there.length > 0) return there;
  throw new EvidenceError("REACH-E5507", `there is no value at ${quoted(text)}`);
}

function named({ records }: Found, path: readonly string[]): string[][] {
  const [name, ...rest] = path;
  if (name === "input") return [["0", ...path]];
  if (name === "outcome") return [[String(records.length - 1), ...rest]];
  const own = records.filter((record) => name === placeOf(record) || name === taskOf(record));
  const keys = new Set(own.flatMap(({ kind, key }) => (kind === "request" ? [key] : [])));
  const answers = records.filter(({ kind, key }) => {
    return (kind === "result" || kind === "late") && keys.has(key);
  });
  return [...own, ...answers].map(({ seq }) => [String(seq), ...rest]);
}

const taskOf = ({ task }: Members): string | undefined =>
  typeof task === "string" ? taskName(task) : undefined;

/** A task, and in which turn of its loops. */
function placeOf(record: Members): string | undefined {
  const turns = (record["iteration"] ?? []) as number[];
  return turns.length === 0 ? taskOf(record) : `${taskOf(record)}[${turns.join(",")}]`;
}

function isThere({ records, values }: Found, [first = "", slot = "", ...path]: string[]): boolean {
  const isRun = first === "run";
  const record = isRun ? values : records[/^\d+$/.test(first) ? Number(first) : -1];
  if (record === undefined) return false;
  const slots: readonly string[] = isRun ? RUN_SLOTS : slotsOf(record);
  return slots.includes(slot) && valueAt(record[slot], path) !== undefined;
}
