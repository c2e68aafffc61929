// What the world does to a run: servers that fail, a terminal under attack.
import { describe, expect, test } from "vitest";
import { asking } from "./asking.ts";
import { errorOf, reach, resultOf, temporaryFolder } from "./reach.ts";

const folder = temporaryFolder();

describe("what the world does to a run", () => {
  test.each([
    ["connection refused", null, 503],
    [
      "a 500",
      (_: unknown, response: { writeHead(n: number): { end(): void } }) =>
        response.writeHead(500).end(),
      500,
    ],
    [
      "an answer over the limit",
      (_: unknown, response: { end(s: string): void }) => response.end(`"${"x".repeat(9 << 20)}"`),
      502,
    ],
    [
      "an answer that is not JSON",
      (_: unknown, response: { end(s: string): void }) => response.end("<html>"),
      502,
    ],
  ] as const)(
    "%s faults the run, exits 1, and the evidence of it verifies",
    async (why, answer, status) => {
      const { args, stop } = await asking(folder, answer);
      const file = `${why.replaceAll(" ", "-")}.reach`;
      try {
        const run = await reach(folder, [...args, "-o", file]);
        expect(run.status).toBe(1);
        expect(resultOf(run)).toMatchObject({
          status: "faulted",
          error: { type: expect.stringMatching(/communication$/) as string, status },
        });
        expect(errorOf(run)).toMatchObject({
          code: "REACH-E4003",
          where: "ask.yaml, task ask",
          hint: `The evidence of it is written: reach inspect ${file}`,
        });
      } finally {
        stop();
      }
      expect((await reach(folder, ["verify", file])).status).toBe(0);
    },
  );

  test("what only the run shows not to be granted exits 4, with evidence", async () => {
    const { args, stop } = await asking(folder, () => undefined, '${ "https://t.example/x" }');
    try {
      const run = await reach(folder, [...args, "-o", "denied.reach"]);
      expect(run.status).toBe(4);
      expect(errorOf(run)).toMatchObject({ code: "REACH-E3152", exitCode: 4 });
      expect((await reach(folder, ["verify", "denied.reach"])).status).toBe(0);
    } finally {
      stop();
    }
  });

  test("hostile text in an answer cannot act on the terminal", async () => {
    const evil = "\u001b[2J\u001b]0;owned\u0007 \u202eevil\u2066 \u009b31m\r\n";
    const { args, stop } = await asking(folder, (_, response) => {
      response.end(JSON.stringify({ [evil]: evil }));
    });
    try {
      const quiet = args.filter((arg) => arg !== "--json");
      const run = await reach(folder, [...quiet, "-o", "evil.reach"]);
      const said = [
        run,
        await reach(folder, ["inspect", "evil.reach"]),
        await reach(folder, ["inspect", "evil.reach", "--step", "2"]),
        await reach(folder, ["inspect", "evil.reach", "--json"]),
        await reach(folder, ["inspect", "evil.reach", "--lifecycle"]),
        await reach(folder, ["replay", "evil.reach"]),
        await reach(folder, ["replay", "evil.reach", "--until", "2"]),
        await reach(folder, ["redact", "evil.reach", "--drop", "/0/input", "--dry-run"]),
        await reach(folder, ["verify", "evil.reach"]),
        await reach(folder, ["diff", "evil.reach", "connection-refused.reach"]),
      ].map(({ stdout, stderr }) => stdout + stderr);
      for (const text of said) {
        expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }
      expect(said[1]).toContain(String.raw`\u001b`);
    } finally {
      stop();
    }
  });
});
