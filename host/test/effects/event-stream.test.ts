// Event streams, by the examples of WHATWG HTML, 9.2, and cut at every place.
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { EventStreamReader, RequestFailed } from "@reach-fabric/host/testing";
import { bytes } from "../helpers.ts";

const BIG = 1 << 20;

function read(pieces: readonly Uint8Array[], limit = BIG): unknown {
  const stream = new EventStreamReader(limit);
  const events = pieces.flatMap((piece) => stream.push(piece));
  return { events, id: stream.lastId, retry: stream.retry, isInside: stream.isInside };
}
const eventsOf = (text: string): unknown => (read([bytes(text)]) as { events: unknown }).events;
const message = (data: string): object => ({ type: "message", data });

function failureOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(RequestFailed);
    return (error as RequestFailed).failure;
  }
  throw new Error("Nothing was thrown");
}

describe("an event stream", () => {
  it("is read as the examples of the standard say", () => {
    expect(eventsOf("data: YHOO\ndata: +2\ndata: 10\n\n")).toEqual([message("YHOO\n+2\n10")]);
    const stream = ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\n";
    expect(read([bytes(`${stream}data:  third event\n\n`)])).toMatchObject({
      events: [message("first event"), message("second event"), message(" third event")],
      id: "",
    });
    expect(eventsOf("data\n\ndata\ndata\n\ndata:")).toEqual([message(""), message("\n")]);
    expect(eventsOf("data:test\n\ndata: test\n\n")).toEqual([message("test"), message("test")]);
    expect(eventsOf("event: add\ndata: 73857293\n\nevent: add\n\ndata: x\n\n")).toEqual([
      { type: "add", data: "73857293" },
      message("x"),
    ]);
  });

  it("says where it goes on: the id of the last event that has ended, and how long to wait", () => {
    const stream = "id: 7\nretry: 250\ndata:\n\nid: 8\nretry: soon\ndata: half";
    expect(read([bytes(stream)])).toEqual({
      events: [message("")],
      id: "7",
      retry: 250,
      isInside: true,
    });
    expect(read([bytes("id: a\0b\ndata: x\n\n")])).toMatchObject({ id: "" });
  });

  it("gives no event that was cut off, at whatever byte", () => {
    const stream = bytes("event: a\ndata: {}\n\n");
    for (let at = 0; at < stream.length; at += 1) {
      expect(read([stream.subarray(0, at)])).toMatchObject({ events: [] });
    }
    expect(read([stream])).toMatchObject({ events: [{ type: "a", data: "{}" }], isInside: false });
  });

  it("is refused where it is not UTF-8, and a character may be cut anywhere", () => {
    const stream = bytes("data: \u{1f600}\u00e9\n\n");
    const pieces = [...stream].map((byte) => Uint8Array.of(byte));
    expect(read(pieces)).toMatchObject({ events: [message("\u{1f600}\u00e9")] });
    const broken = Uint8Array.of(...bytes("data: "), 0xc3, ...bytes("\n\n"));
    expect(failureOf(() => read([broken]))).toBe("protocol");
  });

  it("holds no more of an event than the limit, in one line, in many, or in empty ones", () => {
    const limit = 100;
    expect(read([bytes(`data:${"x".repeat(95)}\n\n`)], limit)).toMatchObject({
      events: [message("x".repeat(95))],
    });
    const beyond = [`data:${"x".repeat(96)}`, "data:1234567890\n".repeat(10), "data\n".repeat(101)];
    for (const text of beyond) {
      expect(failureOf(() => read([bytes(text)], limit))).toBe("tooLarge");
      const one = [...bytes(text)].map((byte) => Uint8Array.of(byte));
      expect(failureOf(() => read(one, limit))).toBe("tooLarge");
    }
    // What is only said to keep a connection open is not held.
    expect(read([bytes(": still there\n".repeat(1000))], limit)).toMatchObject({ events: [] });
  });
});

test("where an event stream is cut makes no difference", () => {
  const part = fc.constantFrom(
    ..."\n|\r|\r\n|data|data:|data: |:|event: e|id: 1|retry: 3|\ufeff|x|\u00e9|\u{1f600}".split(
      "|",
    ),
  );
  const stream = fc.array(part, { maxLength: 40 }).map((parts) => bytes(parts.join("")));
  fc.assert(
    fc.property(stream, fc.array(fc.nat(200), { maxLength: 30 }), (whole, cuts) => {
      const places = [...new Set(cuts.filter((at) => at < whole.length))].sort((a, b) => a - b);
      const pieces = [...places, whole.length].map((to, i) =>
        whole.subarray(i === 0 ? 0 : places[i - 1], to),
      );
      expect(read(pieces)).toEqual(read([whole]));
    }),
    { numRuns: 2000 },
  );
});
