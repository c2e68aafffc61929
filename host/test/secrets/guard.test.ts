// What a guard recognises (GRANT-20), and what it does not.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8 } from "@reach-fabric/engine";
import { TextSearch, SecretGuard, textsOfValue } from "@reach-fabric/host/testing";
import { errorOf } from "../helpers.ts";
import { guardedAlways, guardedLong } from "./forms.ts";

const LONG = [
  'sk-live/A+b"c&d<é==Zz9',
  "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  "back\\slash\\u0041%41&amp;x",
];
const SHORT = ["Pa55/w+d", "tok-abcdefgh/12"];
const guardOf = (...texts: string[]): SecretGuard => {
  const guard = new SecretGuard();
  for (const text of texts) guard.add(text);
  return guard;
};

describe("the search for many texts", () => {
  it("finds what indexOf finds, and where", () => {
    const letters = fc.string({
      unit: fc.constantFrom("a", "b", "\ud83d", "é"),
      minLength: 8,
      maxLength: 20,
    });
    const text = fc.string({ unit: fc.constantFrom("a", "b", "\ud83d", "é"), maxLength: 200 });
    fc.assert(
      fc.property(
        fc.array(letters, { minLength: 1, maxLength: 6 }),
        text,
        fc.nat(),
        (patterns, around, at) => {
          const [first = ""] = patterns;
          const where = at % (around.length + 1);
          for (const hay of [around, around.slice(0, where) + first + around.slice(where)]) {
            const search = new TextSearch(patterns);
            const places = new Set<string>();
            for (const pattern of patterns) {
              for (let i = hay.indexOf(pattern); i !== -1; i = hay.indexOf(pattern, i + 1)) {
                places.add(`${i} ${i + pattern.length}`);
              }
            }
            expect(new Set(search.spans(hay).map(({ from, to }) => `${from} ${to}`))).toEqual(
              places,
            );
            expect(search.isIn(hay)).toBe(places.size > 0);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("looks for nothing where there is nothing to look for", () => {
    expect(new TextSearch([]).isIn("abcdefghij")).toBe(false);
    expect(() => new TextSearch(["short"])).toThrow(RangeError);
  });
});

describe("GRANT-20: a guard recognises", () => {
  describe.each(LONG)("%s", (secret) => {
    const guard = guardOf(secret, "another-secret-of-this-run");
    it.each(Object.entries(guardedLong))("%s", (_, form) => {
      const echo = form(secret);
      expect(guard.holds(`before ${echo} behind`)).toBe(true);
      expect(guard.holds({ a: [{ b: echo }] })).toBe(true);
      expect(guard.holds({ [echo]: 1 })).toBe(true);
      expect(guard.holds(Buffer.from(JSON.stringify({ a: echo })))).toBe(true);
      expect(guard.holds(form("some other text of that length, of no one"))).toBe(false);
    });
  });

  describe.each(SHORT)("%s, which is short", (secret) => {
    const guard = guardOf(secret);
    it.each(Object.entries(guardedAlways))("%s", (_, form) => {
      expect(guard.holds({ a: form(secret) })).toBe(true);
      expect(guard.holds(Buffer.from(JSON.stringify([form(secret)])))).toBe(true);
    });
    it("but not in base64, hex or another case: that is as likely by chance", () => {
      expect(guard.holds(Buffer.from(secret).toString("base64"))).toBe(false);
      expect(guard.holds(secret.toUpperCase())).toBe(false);
    });
  });

  it("any escapes of any characters, at random", () => {
    const secret = 'k3y/with+"all&of%it\\<é😀>';
    const guard = guardOf(secret);
    const units = secret.split("");
    const forms: ((unit: string) => string)[] = [
      (unit) => unit,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
      (unit) => `&#${unit.charCodeAt(0)};`,
      (unit) => (unit < "\x7f" ? `%${unit.charCodeAt(0).toString(16).padStart(2, "0")}` : unit),
      (unit) => (unit === "\\" || unit === '"' ? `\\${unit}` : unit),
    ];
    fc.assert(
      fc.property(
        fc.array(fc.nat(forms.length - 1), { minLength: units.length, maxLength: units.length }),
        (how) => {
          // What itself looks like an escape is always one here, as JSON.stringify and encodeURIComponent make it.
          const text = units
            .map((unit, i) => forms[/[\\%&]/.test(unit) ? 1 : (how[i] ?? 0)]!(unit))
            .join("");
          expect(guard.holds(text)).toBe(true);
        },
      ),
    );
  });

  it.each<[string, unknown]>([
    ["members of an array", ["wJalrXUtnFEMI/K7MDENG", "/bPxRfiCYEXAMPLEKEY"]],
    [
      "three of them, with others between",
      ["wJalrXUtnFEMI", null, "/K7MDENG/", {}, "bPxRfiCYEXAMPLEKEY"],
    ],
    ["members of an object", { a: "wJalrXUtnFEMI/K7MDENG", b: "/bPxRfiCYEXAMPLEKEY" }],
    ["a name and its text", { "wJalrXUtnFEMI/K7MDENG": "/bPxRfiCYEXAMPLEKEY" }],
    ["names", { "wJalrXUtnFEMI/K7MDENG": {}, "/bPxRfiCYEXAMPLEKEY": 1 }],
    [
      "parts of a content",
      [
        { type: "text", text: "wJalrXUtnFEMI/K7MDENG" },
        { type: "text", text: "/bPxRfiCYEXAMPLEKEY" },
      ],
    ],
    ["base64 in two parts", ["d0phbHJYVXRuRkVNSS9LN01E", "RU5HL2JQeFJmaUNZRVhBTVBMRUtFWQ=="]],
  ])("one that is split over %s", (_, value) => {
    const guard = guardOf("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    expect(guard.holds(value)).toBe(true);
    expect(guard.holds(Buffer.from(JSON.stringify({ deep: [value] })))).toBe(true);
  });

  it("digits, where they are a number", () => {
    const guard = guardOf("1234567890123456");
    expect(guard.holds({ n: 1_234_567_890_123_456 })).toBe(true);
  });

  it("text in Latin-1, and bytes that are none", () => {
    const guard = guardOf("wJalrXUtnFEMI/K7MDENG");
    expect(guard.holds(Buffer.from([0xe9, 0xff, ...Buffer.from("wJalrXUtnFEMI/K7MDENG")]))).toBe(
      true,
    );
  });

  it("UTF-8 beside a replacement character that was sent, and beside bytes that are wrong", () => {
    const guard = guardOf("Käse-und-Brot-2026-geheim");
    const body = JSON.stringify({ x: "Käse-und-Brot-2026-geheim", y: "\ufffd" });
    expect(guard.holds(utf8(body))).toBe(true);
    expect(guard.holds(Buffer.concat([utf8(body), Buffer.from([0xff, 0xc3])]))).toBe(true);
    expect(guard.holds("%EF%BF%BDK%C3%A4se-und-Brot-2026-geheim")).toBe(true);
    expect(guard.holds("%FFK%C3%A4se-und-Brot-2026-geheim")).toBe(true);
    expect(guard.holds(utf8(JSON.stringify({ y: "\ufffd" })))).toBe(false);
  });

  it("what a record puts beside each other, in whatever order it was sent", () => {
    const guard = guardOf("tok-CANARY-1-abcdefgh");
    expect(guard.holds({ b: "-1-abcdefgh", a: "tok-CANARY" })).toBe(true);
    expect(guard.holds(utf8('{"10":"tok-CANARY","9":"-1-abcdefgh"}'))).toBe(true);
    expect(guard.holds({ a: "tok-CANARY", x: "", b: "-1-abcdefg" })).toBe(false);
  });

  it("the neighbours of JSON that is a text", () => {
    const guard = guardOf("tok-CANARY-1-abcdefgh");
    const split = '{"a":"tok-CANARY","b":"-1-abcdefgh"}';
    expect(guard.holds(split)).toBe(true);
    expect(guard.holds({ text: split })).toBe(true);
    expect(guard.holds([JSON.stringify([split])])).toBe(true);
    expect(guard.holds({ text: split.replace("gh", "") })).toBe(false);
  });

  it("nothing where there is nothing", () => {
    const guard = guardOf("wJalrXUtnFEMI/K7MDENG");
    for (const value of [
      "",
      "wJalrXUtnFEMI/K7MDE",
      {},
      [],
      null,
      undefined,
      true,
      new Uint8Array(0),
    ]) {
      expect(guard.holds(value)).toBe(false);
    }
    expect(new SecretGuard().holds("anything")).toBe(false);
  });

  it("what is registered later, also in bytes that it has seen", () => {
    const guard = guardOf("another-secret-of-this-run");
    const body = Buffer.from("a token that has come: tok-0123456789abcdef");
    expect(guard.holds(body)).toBe(false);
    expect(guard.add("tok-0123456789abcdef")).toBe(true);
    expect(guard.holds(body)).toBe(true);
    expect(guard.add("short")).toBe(false);
  });

  it("in a time that is that of the length, whatever the text", () => {
    const guard = guardOf("wJalrXUtnFEMI/K7MDENG");
    for (const piece of ["\\", "%25", "&amp;", "\\u{0", "%", "&#0", "wJalrXUt", "\\\\%&", "\r\n"]) {
      const text = piece.repeat(100_000 / piece.length);
      const began = process.cpuUsage();
      expect([guard.holds(text), guard.holds(Buffer.from(text))]).toEqual([false, false]);
      const { user } = process.cpuUsage(began);
      expect(user / 1000, piece).toBeLessThan(500);
    }
    let deep: unknown = "x";
    for (let i = 0; i < 100_000; i += 1) deep = [deep];
    expect(guard.holds(deep)).toBe(false);
  });
});

describe("GRANT-12: the texts of a secret", () => {
  it("are what proves something, and what HTTP makes of it", () => {
    const oauth = {
      authority: "https://login.example/realm",
      grant: "client_credentials",
      client: { id: "the-name-of-the-client", secret: "the-proof/of-the-client" },
      scopes: ["https://api.example/scope"],
      subject: { token: "a-token-of-a-subject", type: "urn:ietf:params:oauth:token-type:jwt" },
    };
    const guard = new SecretGuard({
      login: { username: "someone", password: "correct-horse" },
      stripe: { username: "sk_live_0123456789", password: "" },
      oauth,
      own: { key: "any-field-is-one", nested: { deep: "and-so-are-inner-ones" } },
    });
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    for (const text of [
      "correct-horse",
      base64("someone:correct-horse"),
      "sk_live_0123456789",
      base64("sk_live_0123456789:"),
      "the-proof/of-the-client",
      base64("the-name-of-the-client:the-proof%2Fof-the-client"),
      "a-token-of-a-subject",
      "any-field-is-one",
      "and-so-are-inner-ones",
    ]) {
      expect(guard.holds(`<${text}>`), text).toBe(true);
    }
    for (const text of [
      "someone",
      ...Object.values(oauth).flat(),
      "the-name-of-the-client",
      oauth.subject.type,
    ]) {
      if (typeof text === "string") expect(guard.holds(text), text).toBe(false);
    }
  });

  it("are refused below 8 characters, but for names and what is empty, without a word of them", async () => {
    const make = (secret: object): SecretGuard => new SecretGuard({ mine: { ...secret } });
    for (const secret of [
      { token: "1234567" },
      { username: "u", password: "pw12345" },
      { client: { secret: "pw12345" } },
    ]) {
      const error = await errorOf(() => make(secret));
      expect(error.code).toBe("REACH-E4133");
      expect(`${error.message} ${error.why} ${error.where} ${error.hint}`).not.toMatch(
        /1234567|pw12345/,
      );
    }
    for (const secret of [{ token: "12345678" }, { username: "u", password: "" }]) make(secret);
    // Only those that the run may use.
    expect(new SecretGuard({ other: { token: "short" } }, ["mine"]).holds("short")).toBe(false);
  });
});

describe("texts with secrets in them, for people", () => {
  it("are shown without", () => {
    const guard = guardOf("wJalrXUtnFEMI/K7MDENG", "Pa55/w+d");
    expect(guard.scrubbed("nothing")).toBe("nothing");
    expect(guard.scrubbed("a wJalrXUtnFEMI/K7MDENG b WJALRXUTNFEMI/K7MDENG Pa55/w+d.")).toBe(
      "a [redacted] b [redacted] [redacted].",
    );
    expect(guard.scrubbed("key=wJalrXUtnFEMI%2FK7MDENG at 5")).toBe("[redacted] at 5");
    const folded = "d0phbHJYVXRuRkVN\nSS9LN01ERU5H";
    expect(guard.scrubbed(folded)).toBe("[redacted]");
  });

  it("in every form", () => {
    for (const secret of LONG) {
      const guard = guardOf(secret);
      for (const form of Object.values(guardedLong)) {
        expect(guard.holds(guard.scrubbed(`before ${form(secret)} behind`))).toBe(false);
      }
    }
  });
});

it("texts of a value are all that is in it", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const all = textsOfValue(value);
      const walk = (at: unknown): void => {
        if (typeof at === "string") expect(all).toContain(at);
        else if (typeof at === "object" && at !== null) {
          for (const [name, inner] of Object.entries(at)) {
            if (!Array.isArray(at)) expect(all).toContain(name);
            walk(inner);
          }
        }
      };
      walk(value);
    }),
  );
});
