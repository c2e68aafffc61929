import { expect, test } from "vitest";
import { errorOf, put, reach, temporaryFolder } from "./reach.ts";

const folder = temporaryFolder();

test("canon writes the canonical bytes and nothing else, from stdin or a file", async () => {
  const text = '{"b": 1.0, "a": [1e2, "\\u00e9"]}';
  const file = put(folder, "text.json", text);
  for (const run of [reach(folder, ["canon", file]), reach(folder, ["canon"], { stdin: text })]) {
    expect(await run).toEqual({ status: 0, stdout: '{"a":[100,"é"],"b":1}', stderr: "" });
  }
});

test("canon --json gives the digest, too", async () => {
  const { stdout } = await reach(folder, ["canon", "--json"], { stdin: "{}" });
  expect(JSON.parse(stdout)).toEqual({
    output: "{}",
    sha256: "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
  });
});

test.each([
  ["a duplicate key", '{"a":1,\n "a":2}', "REACH-E1109", "stdin:2:2"],
  ["a lone surrogate", String.raw`["\ud800"]`, "REACH-E1106", "stdin:1:3"],
  ["an integer that does not survive", "[9007199254740993]", "REACH-E1111", "stdin:1:2"],
  ["invalid UTF-8", Uint8Array.of(0x22, 0xff, 0x22), "REACH-E1105", "stdin:1:2"],
  ["no JSON at all", "", "REACH-E1101", "stdin:1:1"],
])("canon refuses %s with its place", async (_, stdin, code, where) => {
  const ended = await reach(folder, ["canon", "--json"], { stdin });
  expect(ended).toMatchObject({ status: 2, stdout: "" });
  expect(errorOf(ended)).toMatchObject({ code, where });
  const shown = await reach(folder, ["canon"], { stdin });
  expect(shown.stderr).toMatch(new RegExp(`^x .* {3}${code}\n {2}where: ${where}\n`));
});

test("a file that cannot be read is an error, not a stack trace", async () => {
  const missing = await reach(folder, ["canon", "no-such-file", "--json"]);
  expect([missing.status, errorOf(missing)]).toEqual([
    2,
    expect.objectContaining({ code: "REACH-E4102", where: "no-such-file" }),
  ]);
  const directory = await reach(folder, ["canon", ".", "--json"]);
  expect([directory.status, errorOf(directory)["code"]]).toEqual([2, "REACH-E4104"]);
});

test("canon --batch answers each line, errors among them", async () => {
  const lines = [
    { id: 1, input: '{"b":2,"a":1}' },
    { id: "two", input: '{"a":1,"a":2}' },
    { id: null, input: "\ud800" },
  ];
  const batch = put(folder, "canon.jsonl", `${lines.map((l) => JSON.stringify(l)).join("\n")}\n`);
  const { status, stdout } = await reach(folder, ["canon", "--batch", batch]);
  expect(status).toBe(0);
  expect(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([
    { id: 1, output: '{"a":1,"b":2}', error: null, fuel: expect.any(Number) as number },
    {
      id: "two",
      output: null,
      error: { code: "REACH-E1109", message: expect.any(String) as string },
      fuel: expect.any(Number) as number,
    },
    expect.objectContaining({ error: expect.objectContaining({ code: "REACH-E1106" }) as object }),
  ]);
});

test.each([
  ["not JSON", "{", ":1"],
  ["no input", '{"id":1,"input":"1"}\n{"id":2}', ":2"],
  ["a program that is no text", '{"id":1,"input":"1","program":1}', ":1"],
])("a batch line that is %s is named", async (_, lines, line) => {
  const batch = put(folder, "bad.jsonl", lines);
  const ended = await reach(folder, ["eval", "--batch", batch, "--json"]);
  expect([ended.status, errorOf(ended)]).toEqual([
    2,
    expect.objectContaining({ code: "REACH-E4006", where: `${batch}${line}` }),
  ]);
});

test("eval prints each output on a line", async () => {
  const stdin = '{"items":[2,3]}';
  const { status, stdout, stderr } = await reach(folder, ["eval", ".items[], (.items | add)"], {
    stdin,
  });
  expect([status, stdout]).toEqual([0, "2\n3\n5\n"]);
  expect(stderr).toMatch(/^fuel \d+\n$/);
  const quiet = await reach(folder, ["eval", "-q", ".items"], { stdin });
  expect(quiet).toEqual({ status: 0, stdout: "[2,3]\n", stderr: "" });
});

test("eval --json has outputs, error and fuel", async () => {
  const { stdout } = await reach(folder, ["eval", ".a + 1", "--json"], { stdin: '{"a":1}' });
  expect(JSON.parse(stdout)).toEqual({
    outputs: ["2"],
    error: null,
    fuel: expect.any(Number) as number,
  });
});

test("eval shows where a program does not compile, and exits 2", async () => {
  const { status, stdout, stderr } = await reach(folder, ["eval", ".a | | .b"], { stdin: "{}" });
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(
    /^x .* {3}REACH-E1301\n {2}where: program:1:6\n {2}why: {3}\.a \| \| \.b\n {9} {5}\^\n/,
  );
});

test("eval prints the outputs before an error, and exits 1", async () => {
  const { status, stdout, stderr } = await reach(folder, ["eval", '1, error("stop"), 2'], {
    stdin: "null",
  });
  expect([status, stdout]).toEqual([1, "1\n"]);
  expect(stderr).toMatch(
    /^fuel \d+\nx The program raised an error {3}REACH-E1401\n {2}why: {3}stop\n/,
  );
});

test("eval refuses an input that is not JSON, and exits 2", async () => {
  const ended = await reach(folder, ["eval", ".", "--json"], { stdin: "[1," });
  expect([ended.status, errorOf(ended)["code"]]).toEqual([2, "REACH-E1113"]);
});

test("eval --fuel bounds a program that would not end", async () => {
  const ended = await reach(folder, ["eval", "def f: 1 + f; f", "--fuel", "10000"], {
    stdin: "null",
  });
  expect([ended.status, ended.stdout]).toEqual([1, ""]);
  expect(ended.stderr).toMatch(/REACH-E12\d\d/);
});

test("eval --batch answers each line, and the next one after a fault works", async () => {
  const lines = [
    { id: "a", program: ".x", input: '{"x":[1,2]}' },
    { id: "b", program: '"x" * 2e9', input: "null" },
    { id: "c", program: ".[", input: "null" },
    { id: "d", program: '1, error("e")', input: "null" },
    { id: "e", program: ".", input: "true" },
  ];
  const batch = put(folder, "eval.jsonl", lines.map((line) => JSON.stringify(line)).join("\n"));
  const { status, stdout } = await reach(folder, ["eval", "--batch", batch]);
  const answers = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as object);
  expect(status).toBe(0);
  const number = expect.any(Number) as number;
  const message = expect.any(String) as string;
  expect(answers).toEqual([
    { id: "a", outputs: ["[1,2]"], error: null, fuel: number },
    {
      id: "b",
      outputs: [],
      error: { code: expect.stringMatching(/^REACH-E12/) as string, message },
      fuel: number,
    },
    { id: "c", outputs: [], error: { code: "REACH-E1301", message }, fuel: number },
    { id: "d", outputs: ["1"], error: { code: "REACH-E1401", message }, fuel: number },
    { id: "e", outputs: ["true"], error: null, fuel: number },
  ]);
});

test("eval --explain shows what a program is compiled to", async () => {
  const { status, stdout } = await reach(folder, ["eval", "--explain", ".a + 1"], {
    stdin: '{"a":2}',
  });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^function 0: .*\n +0 {2}const +s3 = 1\n[^]* ret +s5\n\n3\n$/);
  const json = await reach(folder, ["eval", "--explain", "--json", "."], { stdin: "1" });
  expect(JSON.parse(json.stdout)).toMatchObject({
    outputs: ["1"],
    bytecode: { functions: [[0, expect.any(Number), 0]] },
  });
  const wrong = await reach(folder, ["eval", "--explain", "--json", ".["], { stdin: "1" });
  expect([wrong.status, errorOf(wrong)["code"]]).toEqual([2, "REACH-E1301"]);
});
