// What has entered a run and is not durable yet.
import { parseRecord } from "@reach-fabric/engine";
import type { RecordHead, TraceRecord } from "@reach-fabric/engine";
import { answerBytes } from "../record/arrived.ts";
import type { Entry, Line } from "../record/journal.ts";
import type { Recorder } from "../store/recorder.ts";
import type { Answered } from "./arrivals.ts";
import type { RunOptions } from "./options.ts";
import { tellWatcher } from "./watchers.ts";

/** Records that enter before what follows from them is made durable. */
const MOST_ENTRIES = 256;

/** Entries for the next append, and the records that who watches is told of when they are durable. */
export class Unsaved {
  readonly #recorder: Recorder;
  readonly #onRecord: RunOptions["onRecord"];
  #entries: Entry[] = [];
  #told: [bytes: Uint8Array, head: RecordHead | undefined][] = [];

  constructor({ recorder, onRecord }: Pick<RunOptions, "recorder" | "onRecord">) {
    this.#recorder = recorder;
    this.#onRecord = onRecord;
  }

  /** How many records may still enter. */
  get room(): number {
    return MOST_ENTRIES - this.#entries.length;
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
  }

  /** A record of the run, of which the head has been read where it left the engine. */
  tell(bytes: Uint8Array, head?: RecordHead): void {
    if (this.#onRecord !== undefined) this.#told.push([bytes, head]);
  }

  /**
   * Makes all of it durable, and that these effects begin: one append.
   *
   * @param arrived answers that are kept until they may enter
   * @param stamp the time, where nothing but that is noted
   */
  async save(
    begun: readonly string[],
    arrived: readonly Answered[],
    stamp: () => string,
  ): Promise<void> {
    const entries = this.#entries;
    const told = this.#told;
    const lines: Line[] = entries;
    const last = entries.at(-1);
    if (begun.length > 0 && last !== undefined) entries[entries.length - 1] = { ...last, begun };
    else if (begun.length > 0) lines.push({ at: stamp(), begun });
    for (const { key, performed } of arrived) {
      lines.push({ arrived: key, at: stamp(), answer: answerBytes(performed) });
    }
    if (lines.length === 0) return;
    this.#entries = [];
    this.#told = [];
    await this.#recorder.append(lines);
    for (const [bytes, head] of told) tellWatcher(this.#onRecord, wholeOf(bytes, head), bytes);
  }
}

const wholeOf = (bytes: Uint8Array, head: RecordHead | undefined): TraceRecord =>
  head?.kind === "request" ? head : parseRecord(bytes);
