// What can be said about a decision table without running it: rules that never apply, rules that apply
// together, and inputs to which no rule applies. Exact, by looking at one value of every kind that the
// table's cells tell apart; where there are too many kinds of inputs, it says so.
import type { Table } from "./table.ts";

/** Something about a table that its author may not have meant. */
export interface TableFinding {
  readonly kind: "unreachable" | "overlap" | "gap" | "too large";
  /** The rules it is about, by id. */
  readonly rules: readonly string[];
  /** An input that shows it. */
  readonly example?: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** Kinds of inputs that are looked at. */
const MOST = 200_000;

type Range = {
  readonly gt?: number;
  readonly gte?: number;
  readonly lt?: number;
  readonly lte?: number;
};

/**
 * The findings of a table that fits the schema: for `first`, rules that are never reached; for `unique`,
 * rules that overlap, which is an error when it happens; for all but `collect`, gaps without a default.
 *
 * @example
 * const [first] = lintTable(policy);
 * first?.kind; // → "unreachable"
 * first?.rules; // → ["R4"]
 */
export function lintTable({ inputs, rules, hitPolicy, default: fallback }: Table): TableFinding[] {
  const kinds = inputs.map((name) => valuesOf(rules.map(({ when }) => when[name])));
  const count = kinds.reduce((product, values) => product * values.length, 1);
  if (count > MOST) {
    const message = `It tells ${count.toExponential(1)} kinds of inputs apart: too many to look at.`;
    return [{ kind: "too large", rules: [], message }];
  }
  const reached = new Set<string>();
  const overlaps = new Map<string, TableFinding>();
  let gap: TableFinding | undefined;
  for (const input of combinations(inputs, kinds)) {
    const hits = rules.filter(({ when }) =>
      Object.entries(when).every(([name, cell]) => matches(cell, input[name])),
    );
    const [first, second] = hits;
    if (first === undefined) {
      gap ??= {
        kind: "gap",
        rules: [],
        example: input,
        message: "No rule applies to some inputs.",
      };
      continue;
    }
    if (hitPolicy === "first") reached.add(first.id);
    else for (const { id } of hits) reached.add(id);
    if (hitPolicy !== "unique" || second === undefined) continue;
    const pair = [first.id, second.id];
    const message = `${first.id} and ${second.id} apply together, and only one may.`;
    const key = JSON.stringify(pair);
    if (!overlaps.has(key)) {
      overlaps.set(key, { kind: "overlap", rules: pair, example: input, message });
    }
  }
  const unreachable = rules
    .filter(({ id }) => !reached.has(id))
    .map(({ id }): TableFinding => {
      const why =
        hitPolicy === "first" ? "the rules before it take all that it would" : "nothing fits it";
      return { kind: "unreachable", rules: [id], message: `${id} never applies: ${why}.` };
    });
  const hasGap = gap !== undefined && fallback === undefined && hitPolicy !== "collect";
  return [...unreachable, ...overlaps.values(), ...(hasGap && gap ? [gap] : [])];
}

/** One value of each kind that the cells of an input tell apart, of the types that they speak of. */
function valuesOf(cells: readonly unknown[]): unknown[] {
  const literals: unknown[] = [];
  const bounds: number[] = [];
  for (const cell of cells) {
    if (typeof cell !== "object" || cell === null) {
      if (cell !== undefined) literals.push(cell);
    } else if ("in" in cell) literals.push(...(cell as { in: readonly unknown[] }).in);
    else bounds.push(...Object.values(cell as Range));
  }
  const numbers = [...bounds, ...literals.filter((value) => typeof value === "number")];
  const texts = new Set(literals.filter((value) => typeof value === "string"));
  const values: unknown[] = [];
  const points = [...new Set(numbers)].sort((a, b) => a - b);
  for (const [index, point] of points.entries()) {
    const before = points[index - 1];
    const between = before === undefined ? point - 1 : before + (point - before) / 2;
    if (between !== before && between !== point) values.push(between);
    values.push(point);
  }
  const last = points.at(-1);
  if (last !== undefined) values.push(last + 1);
  values.push(...texts);
  if (texts.size > 0) values.push(otherThan(texts));
  if (literals.some((value) => typeof value === "boolean")) values.push(true, false);
  if (literals.includes(null)) {
    // Where nothing but null is spoken of, there is something else.
    if (values.length === 0) values.push(otherThan(texts));
    values.push(null);
  }
  // An input that no cell speaks of is the same whatever it is.
  return values.length > 0 ? values : [null];
}

function otherThan(texts: ReadonlySet<unknown>): string {
  let other = "(another text)";
  while (texts.has(other)) other += "'";
  return other;
}

function* combinations(
  names: readonly string[],
  kinds: readonly (readonly unknown[])[],
): Generator<Record<string, unknown>> {
  const at = kinds.map(() => 0);
  for (;;) {
    yield Object.fromEntries(names.map((name, i) => [name, kinds[i]?.[at[i] ?? 0]]));
    let i = names.length - 1;
    for (; i >= 0; i--) {
      at[i] = (at[i] ?? 0) + 1;
      if ((at[i] ?? 0) < (kinds[i]?.length ?? 0)) break;
      at[i] = 0;
    }
    if (i < 0) return;
  }
}

/** WF-25. */
function matches(cell: unknown, value: unknown): boolean {
  if (typeof cell !== "object" || cell === null) return cell === value;
  if ("in" in cell) return (cell as { in: readonly unknown[] }).in.includes(value);
  const { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity } = cell as Range;
  return typeof value === "number" && value > gt && value >= gte && value < lt && value <= lte;
}
