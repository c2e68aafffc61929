// When tasks started, by the host's stamps: what `startedAt` is answered with.
import type { RecordHead, TraceRecord } from "@reach-fabric/engine";

/**
 * A task starts in the activation in which the first record about it, or about a task inside it, is
 * written; its time is the stamp of the input record that began that activation.
 */
export class StartTimes {
  /** By pointer: of what has begun and not ended. Loops run their turns one after the other. */
  readonly #open = new Map<string, number>();
  /** By pointer: what is open directly below it. */
  readonly #inside = new Map<string, Set<string>>();
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
    for (let end = task.length; end > 0; end = task.lastIndexOf("/", end - 1)) {
      const pointer = task.slice(0, end);
      if (this.#open.has(pointer)) break;
      this.#open.set(pointer, this.#now);
      const around = outside(pointer);
      const inside = this.#inside.get(around) ?? new Set<string>();
      this.#inside.set(around, inside.add(pointer));
    }
    if (kind !== "task") return;
    // It has ended, with all inside it; a loop or a retry may begin it again.
    this.#inside.get(outside(task))?.delete(task);
    for (const ended = [task]; ended.length > 0;) {
      const pointer = ended.pop() ?? "";
      this.#open.delete(pointer);
      for (const inner of this.#inside.get(pointer) ?? []) ended.push(inner);
      this.#inside.delete(pointer);
    }
  }

  get workflow(): number {
    return this.#workflow ?? this.#now;
  }

  task(pointer: string): number {
    return this.#open.get(pointer) ?? this.#now;
  }
}

/** The pointer that a pointer is directly below. */
const outside = (pointer: string): string => pointer.slice(0, pointer.lastIndexOf("/"));
