/** Arguments of a kind that a call does not take: told by their names, before the engine sees them. */

import { E_ARGUMENT } from "../generated/codes.ts";
import { codeName } from "./errors.ts";

/**
 * An argument is of another kind than the call takes: a mistake of the calling program, never of the data in it.
 *
 * @example
 * const value = JSON.parse('{"a":1}');
 * canonicalHash(value); // → throws REACH-E1005
 */
export class ArgumentError extends TypeError {
  override readonly name: string = "ArgumentError";
  /** `REACH-E1005`. */
  readonly code: string = codeName(E_ARGUMENT);
  /** The name of the argument, as the call's declaration has it. */
  readonly argument: string;

  /** @param wanted what it must be; the message also says what it is */
  constructor(argument: string, wanted: string, given: unknown) {
    super(`${argument} must be ${wanted}, and is ${kindOf(given)}`);
    this.argument = argument;
  }
}

/** What was given, without its content, which may be long or secret. */
function kindOf(given: unknown): string {
  if (given === null || given === undefined) return String(given);
  if (typeof given === "number") return `the number ${given}`;
  if (typeof given !== "object") return `a ${typeof given}`;
  if (Array.isArray(given)) return "an array";
  const { constructor } = given as { readonly constructor?: unknown };
  return typeof constructor === "function" && constructor !== Object
    ? `a ${constructor.name}`
    : "an object";
}

export function requireBytes(name: string, given: unknown): asserts given is Uint8Array {
  if (!(given instanceof Uint8Array)) throw new ArgumentError(name, "a Uint8Array", given);
}

/** A text, or its bytes in UTF-8. */
export function requireText(name: string, given: unknown): void {
  if (typeof given === "string" || given instanceof Uint8Array) return;
  throw new ArgumentError(name, "a string or a Uint8Array", given);
}

/** A pack in memory: its manifest, its files and its digest. */
export function requirePack(name: string, given: unknown): void {
  const { manifest, files, digest } = requireObject(name, given);
  requireBytes(`${name}.manifest`, manifest);
  if (!Array.isArray(files)) throw new ArgumentError(`${name}.files`, "an array", files);
  for (const [i, file] of files.entries()) {
    const { bytes } = requireObject(`${name}.files[${i}]`, file);
    requireBytes(`${name}.files[${i}].bytes`, bytes);
  }
  if (typeof digest !== "string") throw new ArgumentError(`${name}.digest`, "a string", digest);
}

function requireObject(name: string, given: unknown): Readonly<Record<string, unknown>> {
  if (typeof given === "object" && given !== null) return given as Record<string, unknown>;
  throw new ArgumentError(name, "an object", given);
}

/** An array of byte arrays, each of `size` bytes where there is one. */
export function requireByteArrays(
  name: string,
  given: unknown,
  size?: number,
): asserts given is readonly Uint8Array[] {
  if (!Array.isArray(given)) throw new ArgumentError(name, "an array of Uint8Arrays", given);
  const wanted = size === undefined ? "a Uint8Array" : `a Uint8Array of ${size} bytes`;
  for (let i = 0; i < given.length; i++) {
    const item: unknown = given[i];
    if (!(item instanceof Uint8Array) || (size !== undefined && item.length !== size)) {
      throw new ArgumentError(`${name}[${i}]`, wanted, item);
    }
  }
}

/** Options with no other members than these: an option with a misspelt name would have no effect. */
export function requireOptions(name: string, given: unknown, known: readonly string[]): void {
  for (const [member, value] of Object.entries(requireObject(name, given))) {
    if (!known.includes(member)) {
      throw new ArgumentError(
        `${name}.${member}`,
        `left out: the options are ${known.join(", ")}`,
        value,
      );
    }
  }
}
