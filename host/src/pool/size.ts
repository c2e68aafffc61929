/** Whether a value holds more than so many bytes, roughly: texts and bytes count, and each member a few. */
export function isLonger(value: unknown, most: number): boolean {
  return left(value, most) < 0;
}

/** What is left of so many bytes; no more is looked at when that is below 0. */
function left(value: unknown, most: number): number {
  if (typeof value === "string") return most - value.length;
  if (value instanceof Uint8Array) return most - value.length;
  if (typeof value !== "object" || value === null) return most - 4;
  let rest = most;
  for (const name in value) {
    rest = left(value[name as keyof typeof value], rest - name.length);
    if (rest < 0) break;
  }
  return rest;
}
