// WebAssembly modules in a few bytes, to stand in for engines that misbehave.

const u = (x: number): number[] => (x < 128 ? [x] : [(x & 127) | 128, ...u(x >>> 7)]);
const s = (x: number): number[] => {
  const rest = x >> 6;
  return rest === 0 || rest === -1 ? [x & 127] : [(x & 127) | 128, ...s(x >> 7)];
};
const name = (text: string): number[] => [...u(text.length), ...Buffer.from(text)];
const vector = (items: number[][]): number[] => [...u(items.length), ...items.flat()];
const section = (id: number, content: number[]): number[] => [id, ...u(content.length), ...content];

const magic = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** What a function does: gives a number, traps, or runs out of stack. */
export type Body = number | "trap" | "overflow";

/** A module that exports a memory and these functions (of no parameters), with or without imports. */
export function fakeModule(
  functions: Readonly<Record<string, Body>>,
  imports: readonly string[] = [],
): Uint8Array<ArrayBuffer> {
  const list = Object.entries(functions);
  const code = ([, body]: [string, Body], index: number): number[] => {
    const call = [0x10, ...u(imports.length + index)];
    const inner = body === "trap" ? [0x00] : body === "overflow" ? call : [0x41, ...s(body)];
    const whole = [0x00, ...inner, 0x0b];
    return [...u(whole.length), ...whole];
  };
  return new Uint8Array([
    ...magic,
    ...section(1, vector([[0x60, 0x00, 0x01, 0x7f]])), // () -> i32
    ...section(2, vector(imports.map((what) => [...name("env"), ...name(what), 0x00, 0x00]))),
    ...section(3, vector(list.map(() => [0x00]))),
    ...section(5, vector([[0x00, 0x02]])), // two pages
    ...section(
      7,
      vector([
        [...name("memory"), 0x02, 0x00],
        ...list.map(([what], i) => [...name(what), 0x00, ...u(imports.length + i)]),
      ]),
    ),
    ...section(10, vector(list.map((entry, i) => code(entry, i)))),
  ]);
}

/** The functions without which no engine is made. */
export const enough = {
  abi: 1,
  semantics: 1,
  input: 1024,
  output: 1024,
  outputLength: 32,
  sha256: 0,
  canonicalize: 0,
} as const;
