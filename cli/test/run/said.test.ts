// What a command says before a run and while it goes: where events go, and what it waits for.
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { errorOf, put, reach, temporaryFolder } from "../reach.ts";
import type { Ended } from "../reach.ts";

const folder = temporaryFolder();
const document = { dsl: "1.0.3", namespace: "t", name: "t", version: "1.0.0" };
const emit = { tell: { emit: { event: { with: { type: "t.told", data: 1 } } } } };

/** Runs a workflow of these tasks. */
function runOf(tasks: readonly object[], args: readonly string[]): Promise<Ended> {
  put(folder, "w.json", JSON.stringify({ document, do: tasks }));
  put(folder, "in.json", "{}");
  put(folder, "grant.json", '{"format": "reach/grant/v1", "emit": ["t.told"]}');
  const files = ["-i", "in.json", "-g", "grant.json", "-o", "out.reach", "--force"];
  return reach(folder, ["run", "w.json", ...files, "--json", ...args]);
}
const said = ({ stderr }: Ended): Record<string, unknown>[] =>
  stderr
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("a workflow that emits", () => {
  test("is not run without --emit", async () => {
    const run = await runOf([{ first: { set: { a: 1 } } }, { inner: { do: [emit] } }], []);
    expect(run.status).toBe(2);
    expect(errorOf(run)).toMatchObject({
      code: "REACH-E4001",
      where: "w.json, task inner.tell",
      hint: expect.stringMatching(/--emit FILE/) as string,
    });
    expect(existsSync(join(folder, "out.reach"))).toBe(false);
    // Nor where only the run decides on the type.
    const computed = { tell: { emit: { event: { with: { type: "${ .type }" } } } } };
    expect((await runOf([computed], [])).status).toBe(2);
  });

  test.each([
    ["a folder that is not there", "none/events.jsonl", "there is no such file or folder"],
    ["a folder", "taken", "it is a folder"],
  ])("is not run where --emit is %s, and the error says so", async (_, file, why) => {
    mkdirSync(join(folder, "taken"), { recursive: true });
    const run = await runOf([emit], ["--emit", file]);
    expect(run.status).toBe(2);
    expect(errorOf(run)).toMatchObject({
      code: "REACH-E4111",
      what: "The file for events (--emit) cannot be written",
      where: file,
      why,
    });
  });

  test("appends its events, also to a device", async () => {
    expect((await runOf([emit], ["--emit", "events.jsonl"])).status).toBe(0);
    const text = readFileSync(join(folder, "events.jsonl"), "utf8");
    expect(JSON.parse(text)).toMatchObject({ type: "t.told", data: 1 });
    if (!existsSync("/dev/null")) return;
    const run = await runOf([emit], ["--emit", "/dev/null"]);
    expect(run.status).toBe(0);
    expect(said(run)).toContainEqual(
      expect.objectContaining({ event: "result", task: "tell", answer: "answered" }),
    );
  });
});

describe("a run that waits says so", () => {
  test("for an event, with the types that it listens to, and for the time after which it does not", async () => {
    const one = { with: { type: "t.approved", subject: "${ .who }" } };
    const ask = {
      ask: {
        listen: { to: { any: [one, { with: { type: "${ .t }" } }] } },
        timeout: { after: "PT1S" },
      },
    };
    const run = await runOf(
      [{ attempt: { try: [ask], catch: { do: [{ late: { set: { late: true } } }] } } }],
      [],
    );
    expect(run.status).toBe(0);
    const waits = said(run).filter(({ event }) => event === "waiting");
    expect(waits).toMatchObject([
      { task: "attempt.ask", for: "event" },
      { task: "attempt.ask", for: "time", until: expect.stringMatching(/^\d{4}-.*Z$/) as string },
    ]);
    const plain = await reach(folder, [
      "run",
      "w.json",
      "-i",
      "in.json",
      "-o",
      "out.reach",
      "--force",
    ]);
    expect(plain.stderr).toMatch(/^  attempt\.ask waits for an event \(t\.approved\)$/m);
    expect(plain.stderr).toMatch(/^  attempt\.ask waits until \d{4}-/m);
  });

  test("once, and not of what it does itself", async () => {
    const run = await runOf(
      [{ a: { set: { at: "${ now }" } } }, { b: { wait: { milliseconds: 5 } } }],
      [],
    );
    expect(said(run).filter(({ event }) => event === "waiting")).toHaveLength(1);
  });
});

test("a folder that another run has is named as what it is, without a word of that run", async () => {
  const first = await runOf([{ a: { set: { a: 1 } } }], ["--record", "taken-by-one"]);
  expect(first.status).toBe(0);
  const second = await runOf([{ a: { set: { a: 1 } } }], ["--record", "taken-by-one"]);
  expect(errorOf(second)).toMatchObject({
    code: "REACH-E4112",
    hint: "Name a folder that does not exist yet.",
  });
});
