// Tampering: all that is tried on evidence, and what is said of it. The command tries all of it (main.ts), npm test a
// slice (evidence/test/tamper.test.ts).
import {
  computed,
  counting,
  entries,
  evidence,
  facts,
  pseudoRandom,
  recorded,
} from "../../evidence/test/fixtures/fixture.ts";
import { edited } from "./bytes.ts";
import type { Changed } from "./bytes.ts";
import { dice } from "./dice.ts";
import { allVerifiers, judged } from "./judge.ts";
import { changedParts } from "./parts.ts";

const stamps = (count: number): { seq: number; at: string }[] =>
  Array.from({ length: count }, (_, seq) => ({ seq, at: "2026-11-23T07:00:00.000Z" }));

/** A run that asked once. */
export const small = evidence({ annotations: stamps(1) });
/** Another one, of the same pack and signer. */
const another = evidence({
  records: recorded(650, { input: { income: 900 } }),
  runSecret: pseudoRandom("another run")(32),
  run: { ...facts, id: "0191b0c0-0000-4000-8000-000000000002", tenant: "globex" },
  annotations: stamps(2),
});
const many = counting(200);
const notes = stamps(200);
export const large = evidence({
  pack: many,
  records: computed(many, { notes }),
  annotations: notes,
});

/** Edits of the large file, each by its number. */
export function* edits(seed: string, count: number): Generator<Changed> {
  for (let i = 0; i < count; i++) {
    const { what, file } = edited(large, dice(`edits ${seed} ${i}`));
    yield { what: `edit ${i} of seed ${seed}, ${what}`, file };
  }
}

/** Changes of parts of the small file, each by its number. */
export function* mutations(seed: string, from: number, count: number): Generator<Changed> {
  for (let i = from; i < from + count; i++) {
    const { what, file } = changedParts(small, another, dice(`parts ${seed} ${i}`));
    yield { what: `mutation ${i} of seed ${seed}, ${what}`, file };
  }
}

/** What was said of `authentic`, and how often. */
export type Tally = ReadonlyMap<string, number>;

/** Verifiers that cannot compute the run. */
const unable = allVerifiers.filter((name) => name !== "whole");

/**
 * Has the changes of a file judged. Throws for the first one that is not refused.
 *
 * @param others also by verifiers that cannot compute the run, who must say the same: by all of them where what
 *   entered was changed, and else by one in turn
 */
export function allRefused(
  original: Uint8Array,
  files: Iterable<Changed>,
  { others = false }: { readonly others?: boolean } = {},
): Tally {
  const tally = new Map<string, number>();
  const entered = Buffer.from(entries(original).get("entered.jsonl") ?? []);
  let turn = 0;
  for (const { what, file } of files) {
    const isInput = others && !Buffer.from(file).includes(entered);
    const asked = others ? unable.filter((_, i) => isInput || i === turn % unable.length) : [];
    turn += 1;
    const answers = new Set<string>();
    for (const name of ["whole", ...asked] as const) {
      const { authentic, problem } = judged(file, name, original);
      if (problem !== undefined) throw new Error(`${what}: ${problem} (verifier: ${name})`);
      answers.add(authentic);
    }
    if (answers.size > 1) throw new Error(`${what}: verifiers differ: ${[...answers].join()}`);
    const [answer = ""] = answers;
    tally.set(answer, (tally.get(answer) ?? 0) + 1);
  }
  return tally;
}

export const sum = (tally: Tally): number => [...tally.values()].reduce((all, one) => all + one, 0);
