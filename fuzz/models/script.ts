// A generated run: what is run, what it is given, and what the outside answers. Pure data: a script is the same
// in every runtime, wherever it was made.
import type { Json } from "./workflow.ts";

export interface Answer {
  /** Undefined: a failure. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly failure?: string;
}

export interface Script {
  readonly document: Json;
  /** Those that it may run: fuzz/c0 and fuzz/c1, of which the second may run the first. */
  readonly children?: readonly Json[];
  readonly input: Json;
  /** Given in turn, again and again. */
  readonly answers: readonly Answer[];
  readonly chance: readonly string[];
  /** Which of the effects that wait is answered next, again and again. */
  readonly order: readonly number[];
  /** Whether answers to effects that were cancelled come, too. */
  readonly late: boolean;
  /** After so many results the run is suspended, and resumed again. */
  readonly pauseAfter?: number | null;
  /** After so many results the run is cancelled. */
  readonly cancelAfter: number | null;
}

/** What the documents refer to. */
export const tables: Readonly<Record<string, Json>> = {
  "first.json": {
    table: { name: "first", version: "1.0.0" },
    hitPolicy: "first",
    inputs: ["n"],
    rules: [
      { id: "A", when: { n: { lt: 2 } }, then: "low", reasons: ["LOW", "LOWER"] },
      { id: "B", when: { n: { in: [2, "x", null] } }, then: { is: "two" } },
    ],
    default: { then: null, reasons: ["NONE"] },
  },
  "unique.json": {
    table: { name: "unique", version: "2" },
    hitPolicy: "unique",
    inputs: ["n", "a"],
    rules: [
      { id: "A", when: { n: { gte: 1, lt: 3 } }, then: 1, reasons: ["X"] },
      { id: "B", when: { a: true }, then: 2 },
    ],
  },
  "collect.json": {
    table: { name: "collect", version: "3" },
    hitPolicy: "collect",
    inputs: ["n"],
    rules: [
      { id: "A", when: { n: { gt: 0 } }, then: "a", reasons: ["P"] },
      { id: "B", when: {}, then: "b", reasons: ["Q"] },
      { id: "C", when: { n: "x" }, then: "c" },
    ],
  },
};

export const schemas: Readonly<Record<string, Json>> = {
  "schemas/n.json": { type: "object", required: ["n"], properties: { a: { $ref: "a.json" } } },
  "schemas/a.json": {
    anyOf: [{ type: "boolean" }, { $ref: "#/$defs/b" }],
    $defs: { b: { required: ["b"] } },
  },
};

const envelope = { specversion: "1.0", source: "/a" };
/** What may come to those who listen, in turn. */
export const events: readonly { readonly [name: string]: Json }[] = [
  { ...envelope, id: "1", type: "a.x", data: { n: 1, a: "x" } },
  { ...envelope, id: "2", type: "a.y", data: { n: 2 }, ext: 7 },
  { ...envelope, id: "3", type: "b", data: [1] },
  { ...envelope, id: "4", type: "a.x", data_base64: "AAEC" },
  { ...envelope, id: "5", type: "b", subject: "s", data: null },
  { ...envelope, id: "6", type: "a.x", data: { n: 2, a: true } },
];
