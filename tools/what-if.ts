// What would a changed pack have decided? The recorded answers of a run are handed to it again;
// nothing is asked of the world.
import { parseRecord } from "@reach-fabric/engine";
import type { Advance, Engine, Pack, RequestRecord, ResultRecord } from "@reach-fabric/engine";

/** A run from recorded answers, or the first request that has none. */
export type WhatIf =
  | { readonly records: readonly Uint8Array[]; readonly end: Advance["status"] }
  | { readonly unanswered: RequestRecord; readonly why: string };

/**
 * Runs a pack on the input, the grant and the answers of a recorded run. An answer is used only for
 * the effect with its key that asks for the same, byte for byte; a request without such an answer
 * ends the attempt, and is returned.
 */
export function decideAgain(engine: Engine, pack: Pack, recorded: readonly Uint8Array[]): WhatIf {
  const requests = new Map<string, RequestRecord>();
  const results = new Map<string, ResultRecord["result"]>();
  for (const record of recorded.map((bytes) => parseRecord(bytes))) {
    if (record.kind === "request") requests.set(record.key, record);
    if (record.kind === "result") results.set(record.key, record.result);
  }
  const first = parseRecord(recorded[0] ?? new Uint8Array());
  if (first.kind !== "start") throw new TypeError("The first record is not the start of a run");

  engine.load(pack);
  const { workflow, grant, limits, input } = first;
  const options = { workflow, grant: grant as object, limits: limits as object };
  const start = engine.admitStart(options, JSON.stringify(input));
  const records: Uint8Array[] = [start];
  let advance = engine.start(start);
  const open: RequestRecord[] = [];
  for (;;) {
    records.push(...advance.records);
    for (const record of advance.records.map((bytes) => parseRecord(bytes))) {
      if (record.kind === "request") open.push(record);
    }
    if (advance.status !== "waiting") return { records, end: advance.status };
    const request = open.shift();
    if (request === undefined) throw new TypeError("The engine waits for nothing");
    const before = requests.get(request.key);
    const result = results.get(request.key);
    if (before === undefined || result === undefined) {
      return { unanswered: request, why: "no answer was recorded for it" };
    }
    if (textOf(before) !== textOf(request)) {
      return { unanswered: request, why: "the recorded run asked for something else there" };
    }
    const record = engine.admitResult(request.key, ...answer(result));
    records.push(record);
    advance = engine.advance(record);
  }
}

/** Records are canonical, so equal requests have equal texts. */
const textOf = ({ type, request }: RequestRecord): string => JSON.stringify([type, request]);

/** A recorded result in the two parts in which it came from outside. */
function answer(result: ResultRecord["result"]): [object, Uint8Array?] {
  const { body, bytes, ...rest } = result;
  if (typeof bytes === "string") return [rest, Buffer.from(bytes, "base64")];
  return "body" in result ? [rest, Buffer.from(JSON.stringify(body))] : [rest];
}
