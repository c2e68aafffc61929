// An event stream (WHATWG HTML, 9.2 "Server-sent events") as its bytes come, in whatever pieces: models and MCP servers
// answer with one. Nothing is kept but the event that is not whole yet.
import { hostCode } from "../../files/codes.ts";
import { RequestFailed } from "./failure.ts";
import { GrowingBytes } from "./growing-bytes.ts";

/** One event of a stream. */
export interface StreamedEvent {
  /** Its type: `message` where the stream names none. */
  readonly type: string;
  /** Its lines of data with a line feed between each two of them, as they were sent. */
  readonly data: string;
}

const [LF, CR, COLON, SPACE] = [0x0a, 0x0d, 0x3a, 0x20];
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * Reads an event stream piece by piece.
 *
 * Guarantees: the events depend on the bytes alone, not on where they were cut; an event is given once its last line has
 * ended, and never one that the end of the stream cut off; no more than `limit` bytes of an event are held, and
 * each byte is looked at once. Unlike a browser it takes no byte that is not UTF-8.
 *
 * @example
 * const stream = new EventStreamReader(1024);
 * stream.push(new TextEncoder().encode("event: delta\ndata: {}\n")); // → []
 * stream.push(new TextEncoder().encode("\n")); // → [{ type: "delta", data: "{}" }]
 */
export class EventStreamReader {
  readonly #limit: number;
  readonly #line = new GrowingBytes();
  /** The line before ended with a CR: an LF behind it is part of that end. */
  #afterCr = false;
  #isFirst = true;
  #type = "";
  #data: string[] = [];
  /** Data of the event so far, without the line that has not ended. */
  #held = 0;
  #id = "";
  #retry: number | undefined;

  /**
   * @param limit bytes of one event, all of its lines together
   */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The last id that an event had which has ended: where a stream that was cut goes on. */
  lastId = "";

  /** Milliseconds to wait before asking again, as the stream has said. */
  get retry(): number | undefined {
    return this.#retry;
  }

  /** True where an event has begun that is not whole. */
  get isInside(): boolean {
    return this.#line.length > 0 || this.#data.length > 0 || this.#type !== "";
  }

  /**
   * Takes the next bytes.
   *
   * @returns the events that have ended with them
   * @throws RequestFailed `tooLarge` for an event beyond the limit, `protocol` for bytes that are no UTF-8
   */
  push(bytes: Uint8Array): StreamedEvent[] {
    return [...this.each(bytes)];
  }

  /**
   * The same one by one, for who may have enough of it before all bytes are read: an event is given although what is
   * behind it is wrong.
   */
  *each(bytes: Uint8Array): Generator<StreamedEvent, void, undefined> {
    let from = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at];
      if (byte !== LF && byte !== CR) continue;
      if (byte === LF && this.#afterCr && at === from && this.#line.length === 0) {
        this.#afterCr = false;
        from = at + 1;
        continue;
      }
      this.#hold(bytes.subarray(from, at));
      this.#afterCr = byte === CR;
      from = at + 1;
      const event = this.#endLine();
      if (event !== undefined) yield event;
    }
    if (from < bytes.length) {
      this.#afterCr = false;
      this.#hold(bytes.subarray(from));
    }
  }

  /** Adds to the line that has not ended. */
  #hold(bytes: Uint8Array): void {
    if (this.#held + this.#line.length + bytes.length > this.#limit) {
      const why = `an event of the answer is over the limit of ${this.#limit} bytes`;
      throw new RequestFailed("tooLarge", hostCode.largeAnswer, why);
    }
    this.#line.add(bytes);
  }

  /** A line has ended; an empty one ends the event. */
  #endLine(): StreamedEvent | undefined {
    let line = this.#line.bytes;
    this.#line.empty();
    if (this.#isFirst && BYTE_ORDER_MARK.every((byte, i) => line[i] === byte)) {
      line = line.subarray(BYTE_ORDER_MARK.length);
    }
    this.#isFirst = false;
    if (line.length === 0) return this.#endEvent();
    const colon = line.indexOf(COLON);
    if (colon === 0) return undefined;
    const name = textOf(colon < 0 ? line : line.subarray(0, colon));
    const begin = line[colon + 1] === SPACE ? colon + 2 : colon + 1;
    this.#field(name, textOf(colon < 0 ? line.subarray(line.length) : line.subarray(begin)));
    return undefined;
  }

  #field(name: string, value: string): void {
    if (name === "data") {
      // An end of a line for each: many empty ones are an event as large as they are.
      this.#held += value.length + 1;
      this.#data.push(value);
    } else if (name === "event") this.#type = value;
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    else if (name === "retry" && /^[0-9]{1,9}$/.test(value)) this.#retry = Number(value);
  }

  #endEvent(): StreamedEvent | undefined {
    const [type, data] = [this.#type, this.#data];
    this.lastId = this.#id;
    this.#type = "";
    this.#data = [];
    this.#held = 0;
    return data.length === 0
      ? undefined
      : { type: type === "" ? "message" : type, data: data.join("\n") };
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new RequestFailed("protocol", hostCode.protocol, "a line of the answer is not UTF-8");
  }
}
