// What fuzz targets have in common: an attack with a seed, and inputs kept from earlier ones.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";

/** Something to attack: inputs, and a check that throws when an input shows a fault. */
export interface Target<Input = unknown> {
  readonly name: string;
  readonly arbitrary: fc.Arbitrary<Input>;
  /** Throws for a fault. Deterministic. */
  check(input: Input): void;
  /** From the form in which fuzz/corpus keeps an input. */
  decode?(kept: unknown): Input;
  /** How much of what was tried meant something. */
  known?(): string;
}

/** An input that shows a fault, made as small as it goes, and how to come back to it. */
export interface Finding {
  readonly seed: number;
  readonly path: string;
  readonly input: unknown;
  readonly error: Error;
}

/** Attacks a target with `runs` inputs that follow from the seed. */
export function attack<Input>(
  target: Target<Input>,
  seed: number,
  runs: number,
): Finding | undefined {
  const property = fc.property(target.arbitrary, (input) => target.check(input));
  const { failed, errorInstance, counterexample, counterexamplePath } = fc.check(property, {
    seed,
    numRuns: runs,
  });
  if (!failed) return undefined;
  return {
    seed,
    path: counterexamplePath ?? "",
    input: counterexample?.[0],
    error: errorInstance instanceof Error ? errorInstance : new Error(String(errorInstance)),
  };
}

/** A kept input: what it is, and what was wrong when it was found (or why it is worth keeping). */
interface Kept {
  readonly cause: string;
  readonly input: unknown;
}

/** Tries every input of fuzz/corpus/<target>. */
export function tryCorpus<Input>(target: Target<Input>): { passed: number; failed: string[] } {
  const folder = new URL(`../corpus/${target.name}/`, import.meta.url);
  const failed: string[] = [];
  let passed = 0;
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  for (const name of names.filter((file) => file.endsWith(".json"))) {
    const { cause, input } = JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Kept;
    try {
      target.check(target.decode ? target.decode(input) : (input as Input));
      passed += 1;
    } catch (error) {
      failed.push(`${name} (${cause}): ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { passed, failed };
}

/** A kept input with bytes, which stand there as {"hex": "..."}, and big integers, {"big": "..."}. */
export function revived(kept: unknown): unknown {
  return JSON.parse(JSON.stringify(kept), (_, value: unknown) => {
    if (typeof value !== "object" || value === null) return value;
    if ("hex" in value) return new Uint8Array(Buffer.from(String(value.hex), "hex"));
    return "big" in value ? BigInt(String(value.big)) : value;
  }) as unknown;
}
