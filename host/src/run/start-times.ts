// When tasks started, by the host's stamps: what `startedAt` is answered with.
import type { RecordHead, TraceRecord } from "@reach-fabric/engine";

/** A task, or a part of the document with tasks in it, that has begun. */
interface Open {
  readonly pointer: string;
  readonly at: number;
  readonly around: Open | undefined;
  /** What is open directly inside it. */
  inside: Set<Open> | undefined;
}

/**
 * A task starts in the activation in which the first record about it, or about a task inside it, is
 * written; its time is the stamp of the input record that began that activation.
 */
export class StartTimes {
  /** By pointer: what has begun and not ended. Loops run their turns one after the other. */
  readonly #open = new Map<string, Open>();
  #workflow: number | undefined;
  #now = 0;

  /** An input record was stamped with this time, in milliseconds. */
  input(at: number): void {
    this.#workflow ??= at;
    this.#now = at;
  }

  /** The engine wrote this record. */
  output(record: TraceRecord | RecordHead): void {
    if (!("task" in record)) return;
    const { task, kind } = record;
    const open = this.#opened(task);
    if (kind !== "task") return;
    // It has ended, with all inside it; a loop or a retry may begin it again.
    open.around?.inside?.delete(open);
    for (const ended = [open]; ended.length > 0;) {
      const one = ended.pop() ?? open;
      this.#open.delete(one.pointer);
      for (const inner of one.inside ?? []) ended.push(inner);
    }
  }

  /** What is open at a pointer, with what is around it. */
  #opened(pointer: string): Open {
    const known = this.#open.get(pointer);
    if (known !== undefined) return known;
    const end = pointer.lastIndexOf("/");
    const around = end > 0 ? this.#opened(pointer.slice(0, end)) : undefined;
    const open: Open = { pointer, at: this.#now, around, inside: undefined };
    if (around !== undefined) (around.inside ??= new Set()).add(open);
    this.#open.set(pointer, open);
    return open;
  }

  get workflow(): number {
    return this.#workflow ?? this.#now;
  }

  task(pointer: string): number {
    return this.#open.get(pointer)?.at ?? this.#now;
  }
}
