// An engine whose workflow is a generator: it yields the effects that it asks for and is given one
// result at a time. It checks what a host must never do, and computes nothing.
import { canonicalize, concat, fromUtf8, hmacSha256, sha256 } from "@reach-fabric/engine";
import type {
  Advance,
  Commitments,
  Engine,
  Pack,
  RequestRecord,
  TraceRecord,
} from "@reach-fabric/engine";

import { samplePack } from "../helpers.ts";

type Asked = Partial<Pick<RequestRecord, "type" | "request" | "task" | "iteration">>;
type Answer = { readonly key: string; readonly result: Record<string, unknown> };
export type Program = () => Generator<readonly (Asked | Ended)[], unknown, Answer>;
/** A task that has ended. */
interface Ended {
  readonly ended: string;
  readonly status?: "cancelled";
}

export const pack: Pack = samplePack();

export function fakeEngine(program: Program, calls: string[] = []): Engine {
  const state = { seq: 0, keys: 0, open: new Set<string>(), steps: program() };
  /** The task of each effect, and the effects that the last call has cancelled. */
  const tasks = new Map<string, string>();
  let dropped: string[] = [];
  const record = (content: object): Uint8Array<ArrayBuffer> =>
    canonicalize(JSON.stringify({ ...content, seq: state.seq }));
  const emit = (content: object): Uint8Array<ArrayBuffer> => {
    const bytes = record(content);
    state.seq += 1;
    return bytes;
  };
  const take = (step: IteratorResult<readonly (Asked | Ended)[], unknown>): Advance => {
    dropped = [];
    if (step.done) {
      const outcome = { kind: "outcome", status: "completed", output: step.value ?? null };
      return { status: "completed", records: [emit(outcome)] };
    }
    const records = step.value.map((item) => {
      if ("ended" in item) {
        const { ended: task, status = "completed" } = item;
        if (status === "cancelled")
          dropped = [...tasks.keys()].filter((key) => tasks.get(key) === task);
        return emit({ kind: "task", task, iteration: [], status });
      }
      const key = String(state.keys);
      state.keys += 1;
      state.open.add(key);
      const more = { task: "/do/0/a", iteration: [], type: "http", request: {}, ...item };
      tasks.set(key, more.task);
      return emit({ kind: "request", key, ...more });
    });
    return { status: "waiting", records };
  };
  let left = sha256(new Uint8Array());
  const leave = (advance: Advance): Advance => {
    left = sha256(concat(advance.records));
    return advance;
  };
  const parse = (bytes: Uint8Array): TraceRecord => JSON.parse(fromUtf8(bytes)) as TraceRecord;
  const engine: Partial<Engine> = {
    digest: "e".repeat(64),
    hmacSha256,
    commit: () => undefined,
    commitments: () => ({ left }) as Commitments,
    load: () => void calls.push("load"),
    admitStart: (options, input) => record({ kind: "start", input: String(input), ...options }),
    admitResult: (key, result, body) =>
      record({
        kind: "result",
        key,
        result: body ? { ...result, body: fromUtf8(body as Uint8Array) } : result,
      }),
    start: (bytes) => {
      calls.push("start");
      state.seq = parse(bytes).seq + 1;
      return leave(take(state.steps.next(undefined as never)));
    },
    advance: (bytes) => {
      const result = parse(bytes) as unknown as Answer & { seq: number };
      calls.push(`advance ${result.key}`);
      if (result.seq !== state.seq || !state.open.delete(result.key))
        throw new Error("Not pending");
      state.seq += 1;
      return leave(take(state.steps.next(result)));
    },
    decision: () => "1".repeat(64),
    dropped: () => dropped,
    fingerprint: () => "2".repeat(64),
  };
  return engine as Engine;
}
