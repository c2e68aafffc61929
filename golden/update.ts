// What golden:update does to one file.
import type { Engine, Json } from "@reach-fabric/engine";
import { checkCase, comparable, outcomeOf, readGolden } from "@reach-fabric/engine/golden";
import type { GoldenOutcome } from "@reach-fabric/engine/golden";

/** A case that was written anew gets all of its outcome but what is free to change. */
const free = ["message", "fingerprint"];

/**
 * The file with the engine's present answers in every case that differs, and a line about each.
 * A case keeps speaking of the members that it spoke of.
 */
export function updateFile(engine: Engine, text: string): { text: string; changed: string[] } {
  const file = readGolden(text);
  const changed: string[] = [];
  const cases = file.cases.map((item) => {
    if (checkCase(engine, item) === undefined) return item;
    const { expect, error, ...rest } = item;
    const actual = outcomeOf(engine, item);
    const known = (expect === undefined) === (actual.expect === undefined);
    const next = known ? comparable(item, actual) : withoutFree(actual);
    const before = expect ?? error;
    changed.push(`${item.id}: ${show(before)} -> ${show(next.expect ?? next.error)}`);
    return { ...rest, ...next };
  });
  return { text: format({ ...file, cases }), changed };
}

function withoutFree(outcome: GoldenOutcome): GoldenOutcome {
  const text = JSON.stringify(outcome, (name, value: Json) =>
    free.includes(name) ? undefined : value,
  );
  return JSON.parse(text) as GoldenOutcome;
}

/** One case a line: a change of one case is a change of one line. */
export function format({ cases, ...head }: { cases: readonly object[] }): string {
  const members = Object.entries(head).map(
    ([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)},\n`,
  );
  const lines = cases.map((item) => `    ${JSON.stringify(item)}`);
  return `{\n${members.join("")}  "cases": [\n${lines.join(",\n")}\n  ]\n}\n`;
}

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "(nothing)";
  return text.length > 120 ? `${text.slice(0, 120)}...` : text;
};
