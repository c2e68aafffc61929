// redact(): golden/redact/cases.json, which docs/spec/redact.md is about, and what is no text.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReachError, redact } from "@reach-fabric/host";

interface Case {
  readonly id: string;
  readonly why: string;
  readonly input: readonly string[];
  readonly secrets?: readonly string[];
  readonly expect: string;
}
const { cases } = JSON.parse(
  readFileSync(new URL("../../../golden/redact/cases.json", import.meta.url), "utf8"),
) as { cases: readonly Case[] };

// REDACT-1, REDACT-2, REDACT-3, REDACT-4, REDACT-5, REDACT-6
describe("a text", () => {
  it.each(cases.map((one) => [one.id, one] as const))(
    "%s",
    (_, { input, secrets, expect: left, why }) => {
      const text = input.join("");
      expect(redact(text, secrets === undefined ? {} : { secrets }), why).toBe(left);
      // Once more changes nothing.
      expect(redact(left, secrets === undefined ? {} : { secrets })).toBe(left);
    },
  );

  it("of any kind takes a time that is that of its length", () => {
    for (const piece of [
      "a:",
      "4 ",
      "42",
      "eyJ",
      "-----BEGIN PRIVATE KEY-----",
      'token="',
      "sk-",
      "&code=",
      "cookie: ,",
      "://",
      "Bearer ",
      "x@",
      "authorization ",
    ]) {
      const text = piece.repeat(100_000 / piece.length);
      const began = process.cpuUsage();
      redact(text);
      expect(process.cpuUsage(began).user / 1000, piece).toBeLessThan(500);
    }
  });
});

describe("REDACT-7: what is no text", () => {
  it("headers, and JSON by its names", () => {
    const headers = {
      authorization: "x",
      "Set-Cookie": ["a", "b"],
      "x-api-key": "1",
      accept: "text/html",
    };
    const shown = {
      authorization: "[redacted]",
      "Set-Cookie": "[redacted]",
      "x-api-key": "[redacted]",
      accept: "text/html",
    };
    expect(redact(headers)).toEqual(shown);
    expect(redact(new Headers({ cookie: "a=1", accept: "x" }))).toEqual({
      accept: "x",
      cookie: "[redacted]",
    });
    expect(
      redact({
        clientSecret: "a",
        tokenType: "b",
        tokens: 5,
        password: 12,
        secret: null,
        deep: [{ idToken: "c" }],
      }),
    ).toEqual({
      clientSecret: "[redacted]",
      tokenType: "b",
      tokens: 5,
      password: "[redacted]",
      secret: null,
      deep: [{ idToken: "[redacted]" }],
    });
  });

  it("errors, with their causes and details", () => {
    const cause = Object.assign(new TypeError("no way to https://me:pw@a.example/"), {
      code: "ECONNREFUSED",
    });
    const error = new ReachError("REACH-E3009", "Bearer abcdefgh1234", {
      why: "x-api-key: 1",
      cause,
    });
    const shown = redact(error) as { cause: object; stack: string };
    expect(shown).toMatchObject({
      code: "REACH-E3009",
      message: "Bearer [redacted]",
      why: "x-api-key: [redacted]",
    });
    expect(shown.cause).toMatchObject({
      name: "TypeError",
      code: "ECONNREFUSED",
      message: "no way to https://[redacted]@a.example/",
    });
    expect(shown.stack).not.toContain("abcdefgh1234");
  });

  it("URLs, numbers, bytes, and the environment, which is never shown", () => {
    expect(redact(new URL("https://a.example/?code=abc"))).toBe(
      "https://a.example/?code=[redacted]",
    );
    expect(redact([4242424242424242, 42, 4242424242424243n])).toEqual([
      "[redacted]",
      42,
      "4242424242424243",
    ]);
    expect(redact({ body: new Uint8Array(3), env: process.env })).toEqual({
      body: "[redacted]",
      env: "[redacted]",
    });
  });

  it("what refers to itself, throws or is deep", () => {
    const circle: { self?: object } = {};
    circle.self = circle;
    expect(JSON.stringify(redact(circle))).toContain("[redacted]");
    const broken = Object.defineProperty({}, "a", {
      enumerable: true,
      get: () => {
        throw new Error("no");
      },
    });
    expect(redact(broken)).toBe("[redacted]");
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const unprintable = new Map<unknown, string>([[Object.create(null), "a"]]);
    expect(redact([proxy, new Date(Number.NaN), unprintable])).toEqual([
      "[redacted]",
      null,
      { object: "a" },
    ]);
    expect(redact(new URLSearchParams("code=abc&a=1"))).toBe("code=[redacted]&a=1");
  });

  it("in time what refers to itself in many ways, as the error of a client of HTTP does", () => {
    const all: Record<string, object>[] = Array.from({ length: 60 }, () => ({}));
    for (const one of all) all.forEach((other, i) => (one[`to${i}`] = other));
    expect(JSON.stringify(redact(all[0])).length).toBeGreaterThan(100);
    const twice = { a: { token: "x" }, b: 1 };
    expect(redact([twice, twice])).toEqual([redact(twice), redact(twice)]);
  });

  it("leaves all else as it is, and changes nothing in place", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: true }), (value) => {
        const before = JSON.stringify(value);
        redact(value);
        expect(JSON.stringify(value)).toBe(before);
      }),
    );
    expect(redact({ a: [1, "b", null, true], c: undefined })).toEqual({
      a: [1, "b", null, true],
      c: undefined,
    });
  });
});
