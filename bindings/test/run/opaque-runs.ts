// Runs with a hidden value, for the tests of opaque replay.
import { createEngine, fromUtf8, hole, isInput, opaqueReplay, utf8 } from "@reach-fabric/engine";
import type { OpaqueReplay } from "@reach-fabric/engine";
import { expect } from "vitest";
import { answered, begin, grant, packOf, requestOf, workflow } from "./workflows.ts";
import type { Options, Task } from "./workflows.ts";

/** The text that is hidden wherever it stands in what entered, and what stands for it then. */
export const SECRET = '"what only the applicant knows"';
export const HOLE = hole(7);

export interface Case extends Options {
  readonly tasks: readonly Task[];
  /** More of the workflow document. */
  readonly more?: object;
  /** The bodies of http answers, in their order. */
  readonly bodies?: readonly string[];
  /** The answers to other effects, in their order. */
  readonly results?: readonly object[];
  /** Another text that is hidden in place of SECRET. */
  readonly secret?: string;
  /** Fuel of the opaque replay. */
  readonly fuel?: number;
}

/** An input with the secret as a member, an element, and in an object. */
export const secretly = `{"s":${SECRET},"t":[1,${SECRET},3],"o":{"in":${SECRET},"n":2},"n":5}`;

export interface Replayed {
  readonly replay: OpaqueReplay;
  /** The records that it gave, holes in them, and those of the run. */
  readonly texts: readonly string[];
  readonly whole: readonly string[];
}

/** Runs the case, then its opaque replay, whose records must be the first ones of the run but for what is hidden. */
export function replayed(given: Case): Replayed {
  const { tasks, more, bodies = [], results = [], secret = SECRET, fuel } = given;
  const engine = createEngine();
  const document = workflow(tasks, more);
  let step = begin(engine, document, given);
  const { limits, input = "{}" } = given;
  const chosen = { grant: given.grant ?? grant, ...(limits === undefined ? {} : { limits }) };
  const all: Uint8Array[] = [engine.admitStart(chosen, input), ...step.records];
  let asked = 0;
  for (let n = 0; step.status === "waiting"; n++) {
    const { key, type } = requestOf(step);
    const isOrdinary = ["http", "clock", "random", "timer"].includes(type);
    const answer = isOrdinary
      ? answered(engine, step, n, bodies[n] ?? "1")
      : engine.admitResult(key, results[asked++] ?? {});
    step = engine.advance(answer);
    all.push(answer, ...step.records);
  }
  const whole = all.map(fromUtf8);
  const hide = (text: string): string => text.replaceAll(secret, HOLE);
  const inputs = whole
    .filter((record) => isInput(utf8(record)))
    .map((record) => utf8(hide(record)));
  const texts: string[] = [];
  const replay = opaqueReplay(createEngine(), packOf(engine, document, given.tables), inputs, {
    ...(fuel === undefined ? {} : { fuel }),
    onRecord: (record) => texts.push(fromUtf8(record)),
  });
  expect(replay.refusal).toBeUndefined();
  expect(texts).toHaveLength(replay.records);
  expect(texts.map((text) => text.replaceAll(HOLE, secret))).toEqual(whole.slice(0, texts.length));
  return { replay, texts, whole };
}
