// The lifecycle events of a run, made from its trace (EVID-30).
import { describe, expect, it } from "vitest";
import { createEngine, makePack, parseRecord } from "@reach-fabric/engine";
import { lifecycleEvents } from "@reach-fabric/evidence";
import type { LifecycleEvent } from "@reach-fabric/evidence";

const engine = createEngine();
const run = { id: "r1", workflow: "test/life:1.0.0", startedAt: "2026-01-01T00:00:00.000Z" };

/** The events of a run of these tasks, with answers and commands; each record enters a second later. */
function eventsOf(
  list: unknown,
  answers: readonly (readonly [string, object] | "suspend" | "resume" | "cancel")[] = [],
  more: object = {},
): LifecycleEvent[] {
  const document = { dsl: "1.0.3", namespace: "test", name: "life", version: "1.0.0" };
  engine.load(
    makePack(engine, {
      id: "test/life",
      version: "1.0.0",
      workflows: { "w.json": JSON.stringify({ document, do: list, ...more }) },
    }),
  );
  const first = engine.admitStart({}, "{}");
  const records = [first, ...engine.start(first).records];
  for (const answer of answers) {
    const record =
      answer === "suspend"
        ? engine.admitSuspend("audit")
        : answer === "resume"
          ? engine.admitResume()
          : answer === "cancel"
            ? engine.admitCancel()
            : engine.admitResult(...answer);
    records.push(record, ...engine.advance(record).records);
  }
  const entered = records
    .map((bytes) => parseRecord(bytes))
    .filter(({ kind }) => !["request", "task", "retry", "outcome"].includes(kind));
  const annotations = entered.map(({ seq }, i) => ({
    seq,
    at: new Date(Date.parse(run.startedAt) + i * 1000).toISOString(),
  }));
  return lifecycleEvents({ ...run, annotations }, records);
}
const short = (events: readonly LifecycleEvent[]): string[] =>
  events.map(({ type, data }) => {
    const [, of, phase] = /serverlessworkflow\.(\w+)\.([\w-]+)\.v1/.exec(type) ?? [];
    return of === "task" ? `${phase} ${data["task"] as string}` : `${phase}`;
  });

describe("lifecycle events", () => {
  it("tell when tasks begin, at the time of the record that let them", () => {
    const events = eventsOf(
      [
        { a: { do: [{ w: { wait: { seconds: 1 } } }, { s: { if: "false", set: "1" } }] } },
        { b: { set: "{n: 1}" } },
      ],
      [["0", {}]],
    );
    expect(short(events)).toEqual([
      "started",
      "created /do/0/a",
      "started /do/0/a",
      "created /do/0/a/do/0/w",
      "started /do/0/a/do/0/w",
      "completed /do/0/a/do/0/w",
      "completed /do/0/a",
      "created /do/1/b",
      "started /do/1/b",
      "completed /do/1/b",
      "completed",
    ]);
    expect(events.map(({ time }) => time.slice(17, 19))).toEqual([
      ...Array<string>(5).fill("00"),
      ...Array<string>(6).fill("01"),
    ]);
    expect(events[0]).toEqual({
      specversion: "1.0",
      id: "r1-0-0",
      source: "/test/life/1.0.0",
      type: "io.serverlessworkflow.workflow.started.v1",
      subject: "r1",
      time: run.startedAt,
      datacontenttype: "application/json",
      data: {
        name: "life-r1.test",
        startedAt: run.startedAt,
        definition: { namespace: "test", name: "life", version: "1.0.0" },
      },
    });
    expect(events.at(-1)?.data).toMatchObject({
      output: { n: 1 },
      completedAt: events.at(-1)?.time,
    });
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  });

  it("tell retries, faults and what they are", () => {
    const events = eventsOf(
      [
        {
          t: {
            try: [{ r: { raise: { error: { type: "https://t.example/e", status: 418 } } } }],
            catch: {
              retry: { delay: { seconds: 1 }, limit: { attempt: { count: 1 } } },
              errors: { with: { status: 418 } },
              do: [{ c: { raise: { error: { type: "https://t.example/f", status: 500 } } } }],
            },
          },
        },
      ],
      [["0", {}]],
    );
    expect(short(events).filter((text) => !/created|started/.test(text))).toEqual([
      "faulted /do/0/t/try/0/r",
      "retried /do/0/t",
      "faulted /do/0/t/try/0/r",
      "faulted /do/0/t/catch/do/0/c",
      "faulted /do/0/t",
      "faulted",
    ]);
    const retried = events.find(({ type }) => type.includes("retried"));
    expect(retried?.data).toMatchObject({ attempt: 2, delayMs: 1000, error: { status: 418 } });
    expect(events.at(-1)?.data).toMatchObject({ error: { status: 500 } });
  });

  it("tell pauses of all that is open, branches that are cancelled, and a cancelled run", () => {
    const wait = { wait: { seconds: 1 } };
    const events = eventsOf(
      [{ f: { fork: { compete: true, branches: [{ x: wait }, { y: wait }] } } }, { z: wait }],
      ["suspend", "resume", ["0.1.0", {}], "cancel"],
    );
    expect(short(events).filter((text) => !/created|started/.test(text))).toEqual([
      "suspended",
      "suspended /do/0/f",
      "suspended /do/0/f/fork/branches/0/x",
      "suspended /do/0/f/fork/branches/1/y",
      "resumed",
      "resumed /do/0/f",
      "resumed /do/0/f/fork/branches/0/x",
      "resumed /do/0/f/fork/branches/1/y",
      "completed /do/0/f/fork/branches/1/y",
      "cancelled /do/0/f/fork/branches/0/x",
      "completed /do/0/f",
      "cancelled /do/1/z",
      "cancelled",
    ]);
  });

  it("tell what a listen correlates", () => {
    const event = { specversion: "1.0", id: "1", source: "/s", type: "t", data: { n: 7 } };
    const one = { with: { type: "t" }, correlate: { order: { from: ".data.n" } } };
    const both = { with: { type: "u" }, correlate: { order: { from: ".data.n" } } };
    const events = eventsOf(
      [{ l: { listen: { to: { all: [one, both] } } } }],
      [
        ["0", { event }],
        ["1", { event: { ...event, id: "2", type: "u" } }],
      ],
    );
    const done = events.find(({ type }) => type.includes("correlation-completed"));
    expect(done?.data).toMatchObject({ task: "/do/0/l", correlationKeys: { order: 7 } });
    expect(events.filter(({ type }) => type.includes("correlation-started"))).toHaveLength(1);
  });

  it("of an end inside leave nothing open", () => {
    const events = eventsOf([{ a: { do: [{ b: { set: "1", then: "end" } }] } }]);
    expect(short(events).slice(-3)).toEqual([
      "completed /do/0/a/do/0/b",
      "completed /do/0/a",
      "completed",
    ]);
  });
});
