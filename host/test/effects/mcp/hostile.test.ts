// A hostile MCP server: whatever it does, a call ends, in a word of TRACE-6 or with a right result.
import { describe, expect, it } from "vitest";
import { hostCode } from "@reach-fabric/host/codes";
import { ask, misbehaving, resultsOf, REVISION } from "./asking.ts";
import { behaviours } from "./behaviours.ts";

describe("WF-63: a hostile server", () => {
  it("has at least 40 behaviours, each of its own name", () => {
    expect(new Set(behaviours.map(({ name }) => name)).size).toBe(behaviours.length);
    expect(behaviours.length).toBeGreaterThanOrEqual(40);
  });

  it.each(behaviours)("$name", async ({ does, first, becomes, why, timeout, bytes, ...more }) => {
    const { origin } = await misbehaving(does, first);
    const protocolVersion = "protocolVersion" in more ? more.protocolVersion : REVISION;
    const result = await ask(
      origin,
      {
        ...(protocolVersion === undefined ? {} : { protocolVersion }),
        ...(timeout === undefined ? {} : { timeout: { milliseconds: timeout } }),
      },
      { egress: bytes === undefined ? {} : { bytes } },
    );
    expect(resultsOf(result)).toEqual([becomes]);
    if (why !== undefined) expect(result.annotations.map((one) => one.why)).toContain(why);
    expect(result.annotations.map(({ code }) => code)).not.toContain(hostCode.trouble);
  });
});
