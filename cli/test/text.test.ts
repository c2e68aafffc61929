import {
  brief,
  runError,
  taskName,
  columns,
  clip,
  joined,
  jsonText,
  line,
  safe,
  safeJson,
  shellWord,
  styled,
} from "@reach-fabric/cli/testing";
import { expect, test } from "vitest";

test.each([
  ["a\u001b[2Jb", "a\\u001b[2Jb"],
  ["line\nbreak\ttab\r", "line\\nbreak\\ttab\\r"],
  ["\u0000\u007f\u009b", "\\u0000\\u007f\\u009b"],
  ["user\u202egpj.exe", "user\\u202egpj.exe"],
  ["\u2066isolate\u2069 \u061c \u200f", "\\u2066isolate\\u2069 \\u061c \\u200f"],
  ["zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"],
  ["tag\u{e0041}", "tag\\u{e0041}"],
  ["lone \ud800 surrogate", "lone \\ud800 surrogate"],
  ["Grüße 東京 🙂", "Grüße 東京 🙂"],
])("safe(%j) cannot act on a terminal", (text, shown) => {
  expect(safe(text)).toBe(shown);
});

test("safeJson is safe, and the same JSON", () => {
  const value = { "k\u202e": ["\u001b[31m", "\u{e0041}", "\u2028", "plain ü"] };
  const text = safeJson(value);
  expect(text).toBe(String.raw`{"k\u202e":["\u001b[31m","\udb40\udc41","\u2028","plain ü"]}`);
  expect(JSON.parse(text)).toEqual(value);
  expect(safe(safeJson(value, 2).replaceAll("\n", ""))).not.toContain("\u202e");
});

test("a table may have as many rows as a run has records", () => {
  const rows = Array.from({ length: 200_000 }, (_, i) => [`${i}`, "task"]);
  expect(String(columns(rows)).split("\n")).toHaveLength(200_000);
});

test("what is put into a line is escaped, unless it was made safe before", () => {
  const evil = "\u001b[2J\n\u202e";
  expect(String(line`a\n${evil} ${1n} ${styled(1, evil, 22)}`)).toBe(
    "a\n\\u001b[2J\\n\\u202e 1 \u001b[1m\\u001b[2J\\n\\u202e\u001b[22m",
  );
  expect(String(joined([evil, line`b`]))).toBe("\\u001b[2J\\n\\u202e\nb");
  expect(String(jsonText('["\u202e"]'))).toBe(String.raw`["\u202e"]`);
});

test("clip counts characters, not halves of them", () => {
  expect(clip("🙂🙂🙂", 3)).toBe("🙂🙂🙂");
  expect(clip("🙂🙂🙂🙂", 3)).toBe("🙂🙂…");
  expect(brief({ a: "x".repeat(100) }, 10)).toHaveLength(10);
});

test.each([
  ["/do/3/bureau", "bureau"],
  ["/do/3/bureau/try/0/ask", "bureau.ask"],
  ["/do/0/do/do/1/catch/catch/do/0/do", "do.catch.do"],
  ["/do/0/a~1b~0c", "a/b~c"],
  ["", ""],
])("taskName(%j) is %j", (pointer, name) => {
  expect(taskName(pointer)).toBe(name);
});

test("columns are aligned and foreign text in them is escaped", () => {
  const shown = columns([
    ["a", "long one", "x"],
    ["ü\u001b", "b", "y"],
  ]);
  expect(String(shown)).toBe("  a        long one  x\n  ü\\u001b  b         y");
});

test("a suggested command is one that a shell reads back", () => {
  expect(["plain.reach", "two words", "it's", "$(rm -rf)"].map(shellWord)).toEqual([
    "plain.reach",
    "'two words'",
    String.raw`'it'\''s'`,
    "'$(rm -rf)'",
  ]);
});

test("the error of a run is read only where it has the form of one", () => {
  expect(runError(null)).toEqual({});
  expect(runError({ title: 1, status: "x", detail: "a\u001b" })).toEqual({ detail: "a\\u001b" });
});
