// docs/spec/policy.md: what a policy says twice, what contradicts it, which names it may hold, versions.
import fc from "fast-check";
import semver from "semver";
import { describe, expect, test } from "vitest";
import { pointerOf } from "@reach-fabric/engine";
import {
  compareVersions,
  isInRange,
  policyFile,
  problemsOf,
  whyNotPlain,
} from "@reach-fabric/schema";

const [one, two] = ["1".repeat(64), "2".repeat(64)];
const key = (letter: string): object => ({ alg: "P-256", public: `${letter.repeat(86)}A=` });
const vkey = (name: string, letter: string): string => `${name}+00000000+${letter.repeat(44)}`;
const log = (origin: string, letter: string, more: object = {}): object => ({
  origin,
  key: vkey(origin, letter),
  witnesses: [],
  quorum: 0,
  ...more,
});

/** Where a policy with these members is refused. */
const refused = (members: object): string[] =>
  problemsOf(policyFile, { format: "reach/policy/v1", ...members }).map(({ path }) =>
    pointerOf(path),
  );

describe("POL-3: a policy is refused", () => {
  test.each<[string, object, string]>([
    ["no required verdict", { required: [] }, "/required"],
    ["a verdict twice", { required: ["trusted", "trusted"] }, "/required/1"],
    ["logged without logs", { required: ["logged"] }, "/required/0"],
    ["approved without rules", { required: ["authentic", "approved"] }, "/required/1"],
    ["no logs", { logs: [] }, "/logs"],
    ["an origin twice", { logs: [log("a", "A"), log("a", "B")] }, "/logs/1/origin"],
    ["one key in two logs", { logs: [log("a", "A"), log("b", "A")] }, "/logs/1/key"],
    [
      "a witness under two names",
      { logs: [log("a", "A", { witnesses: [vkey("v", "C"), vkey("w", "C")], quorum: 1 })] },
      "/logs/0/witnesses/1",
    ],
    ["more witnesses than are named", { logs: [log("a", "A", { quorum: 1 })] }, "/logs/0/quorum"],
    ["no engine that is allowed", { engines: { allowed: [] } }, "/engines/allowed"],
    ["an engine twice", { engines: { allowed: [one, one] } }, "/engines/allowed/1"],
    [
      "an engine that is allowed and faulty",
      { engines: { allowed: [one], faulty: [two, one] } },
      "/engines/faulty/1",
    ],
    [
      "a pack that is allowed and withdrawn",
      { packs: { allowed: [{ digest: one }], yanked: [one] } },
      "/packs/yanked/0",
    ],
    ["no pack that is allowed", { packs: { allowed: [] } }, "/packs/allowed"],
    [
      "a pack twice",
      { packs: { allowed: [{ digest: one }, { digest: one }] } },
      "/packs/allowed/1",
    ],
    ["a pack that is nothing", { packs: { allowed: [{}] } }, "/packs/allowed/0"],
    [
      "a digest with a name",
      { packs: { allowed: [{ digest: one, name: "a/b" }] } },
      "/packs/allowed/0",
    ],
    [
      "a digest with versions",
      { packs: { allowed: [{ digest: one, versions: "1.0.0" }] } },
      "/packs/allowed/0",
    ],
    [
      "a name that anyone can give",
      { packs: { allowed: [{ name: "a/b" }] } },
      "/packs/allowed/0/name",
    ],
    [
      "a publisher who may not publish",
      {
        packs: { allowed: [{ name: "a/b", publisher: key("A") }], signedBy: { keys: [key("B")] } },
      },
      "/packs/allowed/0/publisher",
    ],
    ["publishers by nothing", { packs: { signedBy: {} } }, "/packs/signedBy"],
    [
      "publishers by both",
      { packs: { signedBy: { keys: [key("A")], role: "pack" } } },
      "/packs/signedBy",
    ],
    [
      "the role of a keyring without root",
      { packs: { signedBy: { role: "pack" } } },
      "/packs/signedBy/role",
    ],
    [
      "a publisher twice",
      { packs: { signedBy: { keys: [key("A"), key("A")] } } },
      "/packs/signedBy/keys/1",
    ],
    ["a tenant without root", { tenant: "acme" }, "/tenant"],
    ["a keyring without root", { keyring: { minSerial: 1 } }, "/keyring"],
    ["a workflow twice", { workflows: [{ name: "a/b" }, { name: "a/b" }] }, "/workflows/1"],
    [
      "versions that are none",
      { workflows: [{ name: "a/b", versions: "1.x" }] },
      "/workflows/0/versions",
    ],
    [
      "versions that no version is in",
      { workflows: [{ name: "a/b", versions: ">=2.0.0 <1.0.0" }] },
      "/workflows/0/versions",
    ],
    [
      "a window that ends before it begins",
      { window: { from: "2026-02-01T00:00:00.000Z", to: "2026-01-01T00:00:00.000Z" } },
      "/window/to",
    ],
    ["a grant with an unknown kind", { grants: { shell: [] } }, "/grants/shell"],
    ["an unknown limit", { limits: { memory: 1 } }, "/limits/memory"],
    ["an unknown member", { packs: { allow: [] } }, "/packs/allow"],
  ])("with %s", (_, members, at) => {
    expect(refused(members)).toEqual([at]);
  });

  test("with all that is wrong in it, and not otherwise", () => {
    expect(refused({ required: [], logs: [], tenant: "acme" })).toEqual([
      "/required",
      "/logs",
      "/tenant",
    ]);
    const logs = [log("a", "A"), log("b", "B")];
    const packs = { allowed: [{ digest: one }], yanked: [two] };
    expect(refused({ logs, packs, engines: { allowed: [one], faulty: [two] } })).toEqual([]);
  });
});

describe("POL-4: attack: names that look like others", () => {
  test.each([
    ["a zero width space", "ac\u200bme"],
    ["a bidirectional override", "acme\u202e"],
    ["a soft hyphen", "ac\u00adme"],
    ["a variation selector", "acme\ufe0f"],
    ["a control character", "ac\u0007me"],
    ["a line separator", "ac\u2028me"],
    ["half a character", "acme\ud800"],
    ["an unassigned character", "acme\u0378"],
    ["a no-break space", "acme\u00a0bank"],
    ["a blank in front", " acme"],
    ["two blanks", "acme  bank"],
    ["a Cyrillic letter among Latin ones", "аcme"],
    ["a Greek letter among Latin ones", "αcme"],
    ["Cyrillic letters that all look Latin", "асе"],
    ["Greek capitals that all look Latin", "ΑΒΕ"],
    ["letters with accents apart", "cafe\u0301"],
    ["wide letters", "ａｃｍｅ"],
    ["a ligature", "ﬁrst"],
    ["mathematical letters", "𝐚𝐜𝐦𝐞"],
  ])("%s", (_, name) => {
    expect(whyNotPlain(name)).toBeTypeOf("string");
    const at = refused({ root: { alg: "Ed25519", public: `${"A".repeat(43)}=` }, tenant: name });
    expect(at).toEqual(["/tenant"]);
    expect(refused({ logs: [log("a", "A", { origin: name })] })).toEqual(["/logs/0/origin"]);
    const witnesses = [vkey(name, "C")];
    expect(refused({ logs: [log("a", "A", { witnesses })] })).toEqual(["/logs/0/witnesses/0"]);
  });

  test.each([
    "acme",
    "Acme Bank 2",
    "café",
    "log.example/audit",
    "東京支店",
    "カタカナ Bank",
    "서울",
  ])("and not %s", (name) => {
    expect(whyNotPlain(name)).toBeUndefined();
  });

  test.each(["Ökobank", "Газпромбанк", "Ελλάδα", "बैंक", "בנק הפועלים", "Société Générale"])(
    "and not %s, in one script",
    (name) => {
      expect(whyNotPlain(name)).toBeUndefined();
    },
  );
});

describe("POL-9: versions", () => {
  const number = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(20));
  const version = fc
    .tuple(number, number, number, fc.constantFrom("", "", "", "-0", "-rc.1", "-rc.2", "-a.b"))
    .map(([major, minor, patch, label]) => `${major}.${minor}.${patch}${label}`);
  const comparator = fc
    .tuple(fc.constantFrom("", "=", ">=", ">", "<=", "<", "^", "~"), version)
    .map((parts) => parts.join(""));
  const range = fc.array(comparator, { minLength: 1, maxLength: 3 }).map((all) => all.join(" "));

  test("are in a range where npm says so", () => {
    fc.assert(
      fc.property(version, range, (given, wanted) => {
        expect(isInRange(given, wanted), `${given} in ${wanted}`).toBe(
          semver.satisfies(given, wanted),
        );
      }),
      { numRuns: 3000, seed: 20_261_130 },
    );
  });

  test("have the precedence that npm gives them", () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(Math.sign(compareVersions(a, b))).toBe(semver.compare(a, b));
      }),
      { numRuns: 500, seed: 20_261_130 },
    );
  });

  test("and ranges in another form are none", () => {
    for (const text of [
      "",
      "*",
      "1",
      "1.x",
      "v1.0.0",
      "^1.0",
      "1.0.0 || 2.0.0",
      ">= 1.0.0",
      "1.0.0 ",
    ]) {
      expect(isInRange("1.0.0", text), text).toBe(false);
      expect(refused({ workflows: [{ name: "a/b", versions: text }] }), text).toHaveLength(1);
    }
  });
});
