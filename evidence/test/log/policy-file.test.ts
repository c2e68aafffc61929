// docs/spec/log.md, LOG-38: files of C2SP tlog-policy, and quorums of groups.
import { merkleRoot, sha256, toHex, utf8 } from "@reach-fabric/engine";
import {
  explainPolicy,
  formatCheckpoint,
  formatNoteKey,
  openCheckpoint,
  parseTlogPolicy,
  readPolicy,
  signNote,
  witnessedAt,
} from "@reach-fabric/evidence";
import { describe, expect, test } from "vitest";
import { codeOf, engine } from "../fixtures/fixture.ts";
import { now } from "../fixtures/keyring-fixture.ts";
import { keyOf, ORIGIN } from "../fixtures/log-fixture.ts";
import type { NoteSigner } from "../fixtures/log-fixture.ts";

const log = keyOf("log", ORIGIN, "note");
const witness = (name: string): NoteSigner => keyOf(name, `${name}.example`, "cosignature");
const names = ["x1", "x2", "x3", "y1", "y2", "y3"];
const vkey = ({ key }: NoteSigner): string => formatNoteKey(key);
const lines = names.map((name) => `witness ${name} ${vkey(witness(name))}`).join("\n");

/** The example of the specification. */
const example = `# who watches this log
log ${vkey(log)} https://log.example/

${lines}
\t group X 2  x1 x2\tx3
group Y any y1 y2 y3
group X-and-Y all X Y
  # both
quorum X-and-Y
`;
const read = (text: string): string => codeOf(() => parseTlogPolicy(utf8(text)));

describe("LOG-38: a tlog-policy", () => {
  const { logs, witnesses, quorum } = parseTlogPolicy(utf8(example));

  test("names logs and witnesses", () => {
    expect(logs).toEqual([log.key]);
    expect(witnesses).toEqual(names.map((name) => witness(name).key));
    expect(parseTlogPolicy(utf8("quorum none\n"))).toEqual({ logs: [], witnesses: [], quorum: 0 });
  });

  /** When the quorum has seen it, by cosignatures at these seconds. */
  const seen = (times: Readonly<Record<string, bigint>>): string => {
    const text = formatCheckpoint({ origin: ORIGIN, size: 1n, root: merkleRoot([utf8("a")]) });
    const signed = Object.entries(times).map(([name, time]) => {
      const { key, signer } = witness(name);
      return signNote(text, key, signer, time);
    });
    const note = utf8(`${text}\n${signNote(text, log.key, log.signer)}${signed.join("")}`);
    const opened = openCheckpoint(note, ORIGIN, log.key, witnesses);
    try {
      return String(witnessedAt(opened, quorum));
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  test("says which of them are enough, and since when they have seen it", () => {
    expect(seen({ x1: 1n, x2: 2n, y1: 3n })).toBe("3");
    expect(seen({ x1: 1n, x3: 5n, y2: 3n, y1: 4n })).toBe("5");
    expect(seen({ x1: 9n, x2: 2n, x3: 4n, y3: 1n })).toBe("4");
    for (const few of [{ x1: 1n, x2: 2n, x3: 3n }, { x1: 1n, y1: 1n, y2: 1n, y3: 1n }, {}]) {
      expect(seen(few)).toBe("REACH-E5337");
    }
  });

  test("LOG-38 attack: one key under two names", () => {
    const alias = keyOf("x1", "alias.example", "cosignature");
    const twice = `witness a ${vkey(witness("x1"))}\nwitness b ${vkey(alias)}\n`;
    expect(read(`${twice}group g 2 a b\nquorum g\n`)).toBe("REACH-E5233");
    const other = keyOf("log", "log.example", "note");
    expect(read(`log ${vkey(log)}\nlog ${vkey(other)}\nquorum none\n`)).toBe("REACH-E5233");
  });

  test("LOG-38 attack: one witness in two groups", () => {
    const both = `${lines}\ngroup a any x1 x2\ngroup b any x1 x3\ngroup c 2 a b\nquorum c\n`;
    expect(read(both)).toBe("REACH-E5233");
    expect(read(`${lines}\ngroup a 2 x1 x1\nquorum a\n`)).toBe("REACH-E5233");
  });

  test.each([
    ["without a quorum", `log ${vkey(log)}\n`],
    ["with two", "quorum none\nquorum none\n"],
    ["without the end of its last line", "quorum none"],
    ["that is empty", ""],
    ["with a kind of line that is none", "witnesses x\nquorum none\n"],
    ["with a quorum that no line before names", `quorum x1\n${lines}\n`],
    ["with a group of itself", `${lines}\ngroup g any g\nquorum g\n`],
    ["with a group without members", `${lines}\ngroup g any\nquorum none\n`],
    ["with a group of none", `${lines}\ngroup g any none\nquorum g\n`],
    ["that names `none`", `witness none ${vkey(witness("x1"))}\nquorum none\n`],
    ["with a name twice", `${lines}\ngroup x1 any x2\nquorum x1\n`],
    ["with more required than there are", `${lines}\ngroup g 3 x1 x2\nquorum g\n`],
    ["with none required", `${lines}\ngroup g 0 x1 x2\nquorum g\n`],
    ["with a number in another spelling", `${lines}\ngroup g 01 x1 x2\nquorum g\n`],
    ["with the key of a log for a witness's", `witness a ${vkey(log)}\nquorum a\n`],
    ["with the key of a witness for a log's", `log ${vkey(witness("x1"))}\nquorum none\n`],
    ["with something behind a URL", `log ${vkey(log)} https://a b\nquorum none\n`],
    ["with a carriage return", "quorum none\r\n"],
    ["that is too large", `#${"x".repeat(1 << 18)}\nquorum none\n`],
  ])("is refused %s", (_, text) => {
    expect(read(text)).toBe("REACH-E5233");
  });

  test("is refused with a key that is none, and its line is named", () => {
    expect(read("log x\nquorum none\n")).toBe("REACH-E5310");
    expect(() => parseTlogPolicy(utf8("# one\nquorum a\n"))).toThrow(/^line 2 /);
  });

  test("its names are bytes: one that looks the same is another one", () => {
    const kelvin = `witness K ${vkey(witness("x1"))}\nquorum \u212a\n`;
    expect(read(kelvin)).toBe("REACH-E5233");
    expect(read(`witness \u212a ${vkey(witness("x1"))}\nquorum \u212a\n`)).toBe("accepted");
  });
});

describe("POL-1: a policy that takes its logs from a tlog-policy", () => {
  const bytes = utf8(example);
  const policy = (change: object = {}): Uint8Array =>
    utf8(
      JSON.stringify({
        format: "reach/policy/v1",
        tlogPolicy: { file: "logs.policy", sha256: toHex(sha256(bytes)) },
        ...change,
      }),
    );
  const under = (file: Uint8Array, given: Uint8Array | undefined = bytes): string =>
    codeOf(() => readPolicy(engine, file, { now, fileOf: () => given }));

  test("asks for these witnesses", () => {
    const asked: string[] = [];
    const { logs } = readPolicy(engine, policy({ maxLag: "PT1H" }), {
      now,
      fileOf: (name) => (asked.push(name), bytes),
    });
    expect(asked).toEqual(["logs.policy"]);
    const { logs: _, ...parts } = parseTlogPolicy(bytes);
    expect(logs).toMatchObject([{ origin: ORIGIN, key: log.key, ...parts }]);
  });

  test("is explained with them", () => {
    const { asks, required, open } = explainPolicy(engine, policy(), () => bytes);
    expect(required).toEqual(["authentic", "complete", "replayed", "logged", "witnessed"]);
    expect(asks).toEqual([
      {
        pointer: "/tlogPolicy",
        says: 'It is in a log of "logs.policy" ("example.com/log"), and as many of 6 witnesses as its quorum says have seen it there.',
      },
    ]);
    expect(open.join()).not.toContain("witnesses");
  });

  test("attack: another file, none, one without a log, and a log that the policy has", () => {
    expect(under(policy())).toBe("accepted");
    expect(under(policy(), utf8(`${example}# more\n`))).toBe("REACH-E5218");
    expect(codeOf(() => readPolicy(engine, policy(), { now }))).toBe("REACH-E5218");
    const none = utf8("quorum none\n");
    const tlogPolicy = { file: "logs.policy", sha256: toHex(sha256(none)) };
    expect(under(policy({ tlogPolicy }), none)).toBe("REACH-E5218");
    const own = { origin: ORIGIN, key: vkey(log), witnesses: [], quorum: 0 };
    expect(under(policy({ logs: [own] }))).toBe("REACH-E5218");
    const outside = { file: "../logs.policy", sha256: toHex(sha256(bytes)) };
    expect(under(policy({ tlogPolicy: outside }))).toBe("REACH-E5218");
  });
});
