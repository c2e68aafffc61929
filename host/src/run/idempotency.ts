// One Idempotency-Key for one operation, however often it has to be tried (GRANT-7). It follows from the records
// alone, so that who goes on with a run, or computes it again, comes to the same.
import { canonicalize, fromUtf8 } from "@reach-fabric/engine";
import type { RecordHead, RequestRecord, TraceRecord } from "@reach-fabric/engine";
import { hash } from "node:crypto";

/** What a request is sent with. */
export interface Try {
  readonly idempotencyKey: string;
  /** Which try of its operation it is, from 1 on. */
  readonly attempt: number;
}

/** The same request of a task in one turn of its loops. */
interface Operation {
  /** The RFC 8785 text of what it asks for, or its digest. */
  readonly content: string;
  /** Which one with that content it is since the task began, from 1 on. */
  readonly occurrence: number;
  /** In which beginning of its task it was asked for last. */
  round: number;
  tries: number;
  /** Tries that the other side has answered: what comes then is another operation to it. */
  answered: number;
}

/** A task in one turn of its loops: few ask for more than one thing. */
interface Asking {
  readonly operations: Operation[];
  /** How often it has begun. */
  round: number;
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
  /** By task and turn. */
  readonly #asking = new Map<string, Asking>();
  /** Of each effect without an answer, by its key. */
  readonly #open = new Map<string, OpenTry>();

  constructor(pack: string, run: string) {
    this.#pack = pack;
    this.#run = run;
  }

  /** The next record of the trace. */
  take(record: TraceRecord | RecordHead): void {
    if (record.kind === "request") this.#ask(record);
    else if (record.kind === "result") this.ended(record.key, record.result);
    else if (record.kind === "task") {
      const asking = this.#asking.get(placeOf(record));
      if (asking !== undefined) asking.round += 1;
    }
  }

  /** An effect has ended with what the run takes as its result: what take() does with the record of that. */
  ended(key: string, result: object): void {
    const open = this.#open.get(key);
    if (open !== undefined && !("failure" in result)) open.answered();
    this.#open.delete(key);
  }

  /** Of an effect that was asked for and has not ended. */
  of(key: string): Try {
    const open = this.#open.get(key);
    if (open === undefined) throw new TypeError(`No effect ${key} is open`);
    return open;
  }

  #ask(record: RequestRecord): void {
    // It is waited for, and nothing is sent.
    if (record.type === "event") return;
    const operation = this.#operationOf(record);
    operation.tries += 1;
    this.#open.set(record.key, new OpenTry(this.#pack, this.#run, record, operation));
  }

  #operationOf(record: RequestRecord): Operation {
    const place = placeOf(record);
    const asking = this.#asking.get(place) ?? { operations: [], round: 0 };
    const { operations, round } = asking;
    if (operations.length === 0) this.#asking.set(place, asking);
    const content = canonicalOf(record.request);
    let occurrence = 1;
    for (const operation of operations) {
      if (operation.content !== content) continue;
      if (operation.round !== round) {
        operation.round = round;
        return operation;
      }
      occurrence += 1;
    }
    const operation = { content, occurrence, round, tries: 0, answered: 0 };
    operations.push(operation);
    return operation;
  }
}

/** A try without an answer. Its key is made when it is asked for: most effects need none. */
class OpenTry implements Try {
  readonly attempt: number;
  readonly #pack: string;
  readonly #run: string;
  readonly #record: RequestRecord;
  readonly #operation: Operation;
  /** Tries of the operation that were answered before this one. */
  readonly #answered: number;
  #made: string | undefined;

  constructor(pack: string, run: string, record: RequestRecord, operation: Operation) {
    this.attempt = operation.tries;
    this.#pack = pack;
    this.#run = run;
    this.#record = record;
    this.#operation = operation;
    this.#answered = operation.answered;
  }

  get idempotencyKey(): string {
    return (this.#made ??= this.#make());
  }

  answered(): void {
    this.#operation.answered += 1;
  }

  #make(): string {
    const { task, iteration } = this.#record;
    const { occurrence, content } = this.#operation;
    const digest = isDigest(content) ? content : sha256(content);
    const before = this.#answered === 0 ? [] : [this.#answered];
    // Of texts and small whole numbers JSON.stringify() gives the RFC 8785 form.
    const what = [TAG, this.#pack, this.#run, task, iteration, occurrence, digest, ...before];
    return sha256(JSON.stringify(what));
  }
}

const sha256 = (text: string): string => hash("sha256", text, "hex");

/**
 * The RFC 8785 text of what is asked for, or the digest of a long one. Members that were read from a record are in order,
 * but for those whose names are numbers.
 */
function canonicalOf(request: object): string {
  const text = JSON.stringify(request);
  const canonical = NUMBERED.test(text) ? fromUtf8(canonicalize(text)) : text;
  return canonical.length > LONG ? sha256(canonical) : canonical;
}

/** A text begins with a brace. */
const isDigest = (content: string): boolean => !content.startsWith("{");
/** A member, perhaps, whose name is a number. */
const NUMBERED = /"\d+":/;
/** Characters of a text that is kept as it is. */
const LONG = 256;

const TAG = "reach/v1/idempotency-key";

const placeOf = ({ task, iteration }: Pick<RequestRecord, "task" | "iteration">): string =>
  JSON.stringify([task, iteration]);
