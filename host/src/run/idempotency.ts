// One Idempotency-Key for one operation, however often it has to be tried (GRANT-7). It follows from the records
// alone, so that who goes on with a run, or computes it again, comes to the same.
import { canonicalize, sha256, toHex } from "@reach-fabric/engine";
import type { RequestRecord, TraceRecord } from "@reach-fabric/engine";

/** What a request is sent with. */
export interface Try {
  readonly idempotencyKey: string;
  /** Which try of its operation it is, from 1 on. */
  readonly attempt: number;
}

/** The same request of a task in one turn of its loops. */
interface Operation {
  tries: number;
  /** Tries that the other side has answered: what comes then is another operation to it. */
  answered: number;
}

/**
 * The keys of a run's requests, fed with its records in their order.
 *
 * A try that ended without an answer (a failure of TRACE-6, a timeout, the end of the process) may have been performed:
 * the next one of the same request has its key, and a server that has seen the key does not do it twice. An answer that
 * came late counts for nothing, because the run has not heard it.
 */
export class IdempotencyKeys {
  readonly #pack: string;
  readonly #run: string;
  readonly #operations = new Map<string, Operation>();
  /** By task and turn: how often a task that has not ended has asked for each thing. */
  readonly #asked = new Map<string, Map<string, number>>();
  /** Of each effect without an answer, by its key. */
  readonly #open = new Map<string, Try & { readonly operation: Operation }>();

  constructor(pack: string, run: string) {
    this.#pack = pack;
    this.#run = run;
  }

  /** The next record of the trace. */
  take(record: TraceRecord): void {
    if (record.kind === "request") this.#ask(record);
    else if (record.kind === "task") this.#asked.delete(placeOf(record));
    else if (record.kind === "result") this.ended(record.key, record.result);
  }

  /** An effect has ended with what the run takes as its result: what take() does with the record of that. */
  ended(key: string, result: object): void {
    const open = this.#open.get(key);
    if (open !== undefined && !("failure" in result)) open.operation.answered += 1;
    this.#open.delete(key);
  }

  /** Of an effect that was asked for and has not ended. */
  of(key: string): Try {
    const open = this.#open.get(key);
    if (open === undefined) throw new TypeError(`No effect ${key} is open`);
    const { idempotencyKey, attempt } = open;
    return { idempotencyKey, attempt };
  }

  #ask(record: RequestRecord): void {
    const { task, iteration, key } = record;
    const digest = toHex(sha256(canonicalize(JSON.stringify(record.request))));
    const occurrence = this.#count(placeOf(record), digest);
    const what = [task, iteration, occurrence, digest];
    const name = JSON.stringify(what);
    const operation = this.#operations.get(name) ?? { tries: 0, answered: 0 };
    this.#operations.set(name, operation);
    operation.tries += 1;
    const { answered } = operation;
    const all = [TAG, this.#pack, this.#run, ...what, ...(answered === 0 ? [] : [answered])];
    const idempotencyKey = toHex(sha256(canonicalize(JSON.stringify(all))));
    this.#open.set(key, { idempotencyKey, attempt: operation.tries, operation });
  }

  /** Which request of this content it is since the task began, from 1 on. */
  #count(place: string, digest: string): number {
    const counts = this.#asked.get(place) ?? new Map<string, number>();
    const count = (counts.get(digest) ?? 0) + 1;
    this.#asked.set(place, counts.set(digest, count));
    return count;
  }
}

const TAG = "reach/v1/idempotency-key";

const placeOf = ({ task, iteration }: Pick<RequestRecord, "task" | "iteration">): string =>
  JSON.stringify([task, iteration]);
