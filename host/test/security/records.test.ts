// Records of the security log: which there are, what they hold, and how they are written. docs/spec/security-log.md.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSecurityLog, ReachError, securityEntries } from "@reach-fabric/host";
import type { Log, SecurityLogOptions } from "@reach-fabric/host";
import { ENTRY_FIELDS, FREE, NOTED, TITLES } from "@reach-fabric/host/testing";
import { hostCode } from "@reach-fabric/host/codes";
import { securityRecord } from "@reach-fabric/schema";
import type { SecurityEvent, SecurityRecord, SecurityType } from "@reach-fabric/schema";

const spec = readFileSync(
  fileURLToPath(new URL("../../../docs/spec/security-log.md", import.meta.url)),
  "utf8",
);
const golden = readFileSync(fileURLToPath(new URL("golden.jsonl", import.meta.url)), "utf8");

/** The rows of a rule's table: what is in their first two cells. */
function rowsOf(rule: string): [type: string, fields: string][] {
  const [, text = ""] = spec.split(`**${rule}** `);
  const [own = ""] = text.split(/\n\*\*SEC-/);
  return [...own.matchAll(/^\| `([a-z.]+)` \| ([^|]*) \|/gm)].map(([, type = "", fields = ""]) => [
    type,
    fields.trim(),
  ]);
}

/** The fields of each type as the code has them, `?` behind those that can be missing. */
const coded = Object.fromEntries(
  securityRecord.options.map(({ shape }) => {
    const { v: _, at: __, actor: ___, type, outcome: ____, ...fields } = shape;
    const names = Object.entries(fields as Record<string, { isOptional: () => boolean }>).map(
      ([name, field]) => `\`${name}\`${field.isOptional() ? "?" : ""}`,
    );
    return [type.value, names.join(" ")];
  }),
);

/** A log whose lines are kept, at a fixed time. */
function collecting(options: Partial<SecurityLogOptions> = {}): {
  lines: string[];
  note: (event: SecurityEvent) => void;
} {
  const lines: string[] = [];
  const sink = { write: (_: SecurityRecord, line: string) => void lines.push(line) };
  const clock = (): number => Date.UTC(2026, 10, 30, 12, 0, 0, 7);
  const log = createSecurityLog({ actor: "ops-7", sinks: [sink], clock, ...options });
  return { lines, note: (event) => log.note(event) };
}

const run = "0191b0c0-0000-7000-8000-000000000001";
const redeemed = {
  type: "secret.redeemed",
  outcome: "success",
  secret: "bureau",
  origin: "https://bureau.example",
} as const;

/** One of each type, with all of its fields. */
const full: { readonly [T in SecurityType]: Extract<SecurityEvent, { type: T }> } = {
  "grant.denied": {
    type: "grant.denied",
    outcome: "failure",
    run,
    effect: "0.1.3",
    kind: "http",
    code: "REACH-E3102",
    by: "host",
    origin: "https://bureau.example",
    secret: "bureau",
    task: "/do/0/ask",
  },
  "secret.redeemed": { ...redeemed, run },
  "secret.caught": {
    type: "secret.caught",
    outcome: "failure",
    run,
    effect: "4",
    kind: "mcp",
    code: "REACH-E3110",
    origin: "https://tools.example",
  },
  "egress.refused": {
    type: "egress.refused",
    outcome: "failure",
    run,
    effect: "4",
    kind: "http",
    code: "REACH-E3104",
    reason: "address",
    origin: "http://10.0.0.1",
  },
  "input.refused": {
    type: "input.refused",
    outcome: "failure",
    run,
    effect: "4",
    input: "answer",
    code: "REACH-E3236",
  },
  "key.used": {
    type: "key.used",
    outcome: "success",
    key: "0123456789abcdef",
    alg: "Ed25519",
    purpose: "evidence",
  },
  "policy.failed": {
    type: "policy.failed",
    outcome: "failure",
    run,
    verdicts: ["trusted", "logged"],
    codes: ["REACH-E5217"],
  },
  "effect.resolved": {
    type: "effect.resolved",
    outcome: "failure",
    actor: "clerk-7",
    run,
    effect: "0",
    as: "retry",
    code: "REACH-E3008",
  },
  "value.erased": {
    type: "value.erased",
    outcome: "success",
    run,
    after: "ab".repeat(32),
    code: "REACH-E5007",
  },
};

describe("the types", () => {
  test("SEC-1: the page has every type of the code with its fields, and no other", () => {
    expect(Object.fromEntries(rowsOf("SEC-1"))).toEqual(coded);
    expect(Object.keys(coded).sort()).toEqual(Object.keys(full).sort());
  });

  test("SEC-1: the page has every word that a field can be", () => {
    const words = securityRecord.options.flatMap(({ shape }) =>
      Object.values(
        shape as Record<
          string,
          { options?: readonly unknown[]; unwrap?: () => { options?: readonly unknown[] } }
        >,
      ).flatMap((field) => field.options ?? field.unwrap?.().options ?? []),
    );
    expect(words.length).toBeGreaterThan(30);
    expect(words.filter((word) => !spec.includes(`\`${String(word)}\``))).toEqual([]);
  });

  test("SEC-1: a record of each, with all of its fields, is the line that it was", () => {
    const { lines, note } = collecting();
    for (const event of Object.values(full)) note(event);
    expect(lines.join("")).toBe(golden);
  });

  test("SEC-1: every note beside an effect is a record, or said to be none", () => {
    const notes = Object.values(hostCode).filter((code) => /^REACH-E3[12]/.test(code));
    expect(Object.keys(NOTED).sort()).toEqual(notes.sort());
  });

  test("SEC-1: every denial of the engine is one by its words", () => {
    const source = readFileSync(
      fileURLToPath(new URL("../../../assembly/workflow/call/grant.ts", import.meta.url)),
      "utf8",
    );
    const said = [...source.matchAll(/problem\(AUTHORIZATION, 403, "([^"]+)"\)/g)].map(
      ([, title]) => title,
    );
    expect(said.length).toBeGreaterThan(4);
    expect(new Set(said)).toEqual(new Set(Object.keys(TITLES)));
  });

  test("SEC-6: the page says what entries have of each type", () => {
    const said = Object.entries(ENTRY_FIELDS).map(([type, fields]) => [
      type,
      fields?.map((name) => `\`${name}\``).join(" "),
    ]);
    expect(
      rowsOf("SEC-6").map(([type, fields]) => [
        type,
        fields.startsWith("none:") ? undefined : fields,
      ]),
    ).toEqual(said);
  });

  test.each(Object.entries(full))(
    "SEC-6: an entry of %s is one that a log can have, and names nobody",
    async (type, event) => {
      const appended: unknown[] = [];
      const log = { append: (entry: unknown) => Promise.resolve(appended.push(entry)) };
      const noted = createSecurityLog({
        actor: "Jane Doe",
        sinks: [securityEntries(log as unknown as Log, "0123456789abcdef")],
      });
      noted.note(event);
      await noted.close();
      const fields = ENTRY_FIELDS[type as SecurityType];
      expect(appended).toEqual(fields === null ? [] : [expect.objectContaining({ type: "act" })]);
      expect(JSON.stringify(appended)).not.toMatch(/Jane|clerk/);
    },
  );
});

describe("a record", () => {
  const odd = (event: object): string => {
    const { note, lines } = collecting();
    try {
      note(event as SecurityEvent);
    } catch (error) {
      expect(lines).toEqual([]);
      return error instanceof ReachError ? `${error.code} ${error.where}` : String(error);
    }
    return lines.join("");
  };

  test("SEC-1: with a field that its type does not have is refused", () => {
    expect(odd({ ...redeemed, password: "hunter2" })).toBe("REACH-E4181 event/password");
    expect(odd({ ...redeemed, task: "/do/0/a" })).toBe("REACH-E4181 event/task");
    // @ts-expect-error and a program that has one is refused before it runs.
    const wrong: SecurityEvent = { ...redeemed, type: "secret.redeemed", task: "/do/0/a" };
    expect(odd(wrong)).toMatch(/E4181/);
  });

  test.each([
    [{ ...redeemed, type: "door.opened" }],
    [{ ...redeemed, outcome: "perhaps" }],
    [{ ...redeemed, run: "1; drop table" }],
    [{ ...redeemed, secret: undefined }],
    [{ ...redeemed, origin: { length: 1 } }],
    [{ ...full["input.refused"], code: "hunter2" }],
    [{ ...full["key.used"], purpose: "hunter2" }],
    [{ ...full["grant.denied"], effect: "0\n1" }],
    [{ ...full["policy.failed"], verdicts: ["my password is hunter2"] }],
  ])("SEC-1: with a value that its field cannot have is refused: %j", (event) => {
    expect(odd(event)).toMatch(/^REACH-E4181 event/);
  });

  test("SEC-3: with a secret in a text is without it, and says so", () => {
    const token = "ghp_0123456789abcdefghijklmnopqrstuvwxyzAB";
    const line = odd({ ...full["grant.denied"], task: `/do/0/${token}`, actor: `Bearer ${token}` });
    expect(line).not.toContain("ghp_");
    expect(JSON.parse(line)).toMatchObject({
      task: "/do/0/[redacted]",
      actor: "Bearer [redacted]",
    });
  });

  test("SEC-2: cannot forge a line, and shows a terminal nothing but its letters", () => {
    const forged =
      'x"}\n{"v":1,"type":"grant.denied"}\r\u0085\u2028\u2029\u001b[2J\u009b31m\u202e\u200b\u0000\u007f';
    const line = odd({ ...redeemed, secret: forged });
    expect(line).toMatch(/^[ -~]+\n$/);
    const { secret } = JSON.parse(line) as { secret: string };
    expect(secret).toBe(
      `x"}\ufffd{"v":1,"type":"grant.denied"}${"\ufffd".repeat(4)}\ufffd[2J\ufffd31m${"\ufffd".repeat(4)}`,
    );
  });

  test("SEC-2: is one line of at most 4,096 bytes, whatever its texts are", () => {
    const text = fc.string({ unit: "binary", minLength: 1, maxLength: 2000 });
    fc.assert(
      fc.property(text, text, text, text, (actor, origin, secret, task) => {
        const line = odd({ ...full["grant.denied"], actor, origin, secret, task });
        expect(line).toMatch(/^[ -~]+\n$/);
        expect(line.length).toBeLessThanOrEqual(4096);
        expect(() => securityRecord.parse(JSON.parse(line))).not.toThrow();
      }),
      { numRuns: 30 },
    );
    const longest = "\u{1f600}".repeat(1000);
    const line = odd({
      ...full["grant.denied"],
      actor: longest,
      origin: longest,
      secret: longest,
      task: longest,
    });
    expect(line).toMatch(/^\{"v":1,.*\}\n$/);
    expect(line.length).toBeLessThanOrEqual(4096);
    expect(FREE).toEqual(["actor", "origin", "secret", "task"]);
  });

  test("SEC-4: says who, or a pseudonym that only the key leads to", () => {
    const actorOf = (key?: number, actor = "Jane Doe"): string => {
      const { lines, note } = collecting({
        actor,
        ...(key === undefined ? {} : { actorKey: new Uint8Array(32).fill(key) }),
      });
      note(redeemed);
      return (JSON.parse(lines[0] ?? "") as { actor: string }).actor;
    };
    expect(actorOf()).toBe("Jane Doe");
    expect(actorOf(1)).toMatch(/^p-[0-9a-f]{32}$/);
    expect(actorOf(1)).toBe(actorOf(1));
    expect(new Set([actorOf(1), actorOf(2), actorOf(1, "John Doe")]).size).toBe(3);
    // HMAC-SHA-256 of 32 bytes 01, as openssl has it.
    expect(actorOf(1)).toBe("p-14b54eeca701e075b0fa2ff9b0a35323");
  });
});

describe("a sink that fails", () => {
  const failing = {
    "that throws": () => {
      throw Object.assign(new Error("secret text"), { code: "ENOSPC" });
    },
    "that rejects": () => Promise.reject(new Error("secret text")),
  };
  test.each(Object.entries(failing))(
    "SEC-8: %s is told of once, and the others go on",
    async (_, write) => {
      const told: ReachError[] = [];
      const { lines, note } = collecting();
      expect(lines).toEqual([]);
      const kept: string[] = [];
      const good = { write: (__: unknown, line: string) => void kept.push(line) };
      const close = (): Promise<void> => Promise.reject(new Error("again"));
      const log = createSecurityLog({
        actor: "ops-7",
        sinks: [{ write, close }, good],
        onTrouble: (error) => {
          told.push(error);
          throw new Error("whoever is told has trouble, too");
        },
      });
      for (let i = 0; i < 3; i += 1) log.note(redeemed);
      await log.close();
      expect(kept.length).toBe(3);
      expect(told.map(({ code }) => code)).toEqual(["REACH-E4182"]);
      expect(JSON.stringify(told[0])).not.toContain("secret text");
      note(redeemed);
    },
  );
});
