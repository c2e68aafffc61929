// Changes of a JSON value, by one who knows its form.
import type { Dice } from "./dice.ts";

/** Parts of a value that can be changed: where it stands, and its name or place there. */
type Place = readonly [holder: Record<string, unknown> | unknown[], name: string];

function places(value: unknown): Place[] {
  if (typeof value !== "object" || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((name): Place[] => [
    [Array.isArray(value) ? (value as unknown[]) : holder, name],
    ...places(holder[name]),
  ]);
}

/** Puts a value into one of the places of another, which is the caller's own. */
export function putAt(value: object, at: number, to: unknown): void {
  const all = places(value);
  const [holder, name] = all[at % Math.max(all.length, 1)] ?? [{}, ""];
  (holder as Record<string, unknown>)[name] = to;
}

const values: readonly unknown[] = [
  null,
  true,
  0,
  1,
  2,
  -1,
  0.5,
  2 ** 53,
  {},
  [],
  [null],
  { n: 1 },
];
const words = ["", "x", "0", "start", "result", "outcome", "Ed25519", "acme", "0".repeat(64)];
const plain: readonly unknown[] = [...values, ...words, false, "2026-11-23T07:00:00.001Z"];

/** Changes one place of a JSON value, which is an object or array of the caller's own. */
export function changeValue(value: object, chance: Dice): string {
  const { below, pick } = chance;
  const all = places(value);
  if (all.length === 0) return "nothing";
  const [holder, name] = pick(all);
  const fields = holder as Record<string, unknown>;
  const [others, otherName] = pick(all);
  const other = (others as Record<string, unknown>)[otherName];
  const remove = (): unknown =>
    Array.isArray(holder) ? holder.splice(Number(name), 1) : delete fields[name];
  const changes: Readonly<Record<string, () => void>> = {
    plain: () => (fields[name] = pick(plain)),
    // Not the value itself, which could hold the place that it comes to.
    another: () => (fields[name] = structuredClone(other)),
    near: () => (fields[name] = near(fields[name], chance)),
    nearer: () => (fields[name] = near(fields[name], chance)),
    remove,
    add: () => {
      if (Array.isArray(holder)) holder.splice(below(holder.length + 1), 0, pick(plain));
      else {
        const added = pick(["note", "reason", "output", "leaf", "__proto__", otherName]);
        const is = { value: pick(plain), enumerable: true, configurable: true, writable: true };
        Object.defineProperty(holder, added, is);
      }
    },
    rename: () => {
      const kept = structuredClone(fields[name]);
      remove();
      if (Array.isArray(holder)) holder.push(kept);
      else fields[`${name}${pick(["x", "_", "\u0000", "é"])}`] = kept;
    },
  };
  const what = pick(Object.keys(changes));
  changes[what]?.();
  return `${what} at ${name}`;
}

/** A value as like it as one can be. */
function near(value: unknown, { below, pick, bytes }: Dice): unknown {
  if (typeof value === "number") {
    return pick([value + 1, value - 1, -value, value / 2, value * (1 + 2 ** -52)]);
  }
  if (typeof value === "boolean") return !value;
  if (Array.isArray(value)) return value.toReversed();
  if (typeof value !== "string") return [value];
  if (/^[0-9a-f]{64}$/.test(value) && below(4) === 0) return Buffer.from(bytes(32)).toString("hex");
  const at = below(value.length + 1);
  const digit = pick("0123456789abcdefAZ-".split(""));
  return pick([
    value.slice(0, at) + digit + value.slice(at + 1),
    value.slice(0, at) + digit + value.slice(at),
    value.slice(0, -1),
    value.toUpperCase(),
    `${value} `,
  ]);
}
