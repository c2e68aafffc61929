// docs/spec/evidence-example.md: each value on it follows from those under "Given".
import { createPrivateKey, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { writeContainer } from "../second/container.ts";
import * as d from "../second/data.ts";
import { Made, opening } from "../second/maker.ts";
import { signedBytes } from "../second/run.ts";
import { verify } from "../second/verifier.ts";

const page = new URL("../../docs/spec/evidence-example.md", import.meta.url);
const LINE = /^([^=\n]+) = (.*)$/gm;
const linesOf = (text: string): [string, string][] =>
  [...text.matchAll(/^```\n(.*?)^```$/gms)].flatMap(([, block = ""]) =>
    [...block.matchAll(LINE)].map(([, name = "", value = ""]): [string, string] => [name, value]),
  );
const NAMES =
  "secret,id,attempt,private key,engine,pack.json,record 0,record 1,record 2,actor,decision,tenant,startedAt,endedAt";

/** What an engine computes that is not told the name. */
const carried = (text: string): Buffer =>
  Buffer.from(text.replaceAll('"Ada"', d.canonical(new d.Hole(0))));

/** All values of the page, from those that are given. */
function computed(given: ReadonlyMap<string, string>): Map<string, string> {
  const found = new Map(given);
  const note = (name: string, value: Uint8Array | string): Buffer => {
    found.set(name, typeof value === "string" ? value : d.hex(value));
    return Buffer.from(value);
  };
  /** A hash, with its message where the page has it. */
  const hashed = (name: string, ...parts: (Uint8Array | string | number)[]): Buffer => {
    const message = Buffer.concat(
      parts.map((part) => (typeof part === "number" ? Buffer.of(part) : Buffer.from(part))),
    );
    note(`${name}, message`, message);
    return note(name, d.sha256(message));
  };
  const text = (name: string): string => given.get(name) ?? d.fail(`no ${name}`);
  const bytes = (name: string): Buffer => Buffer.from(text(name), "hex");
  const value = (name: string): d.Value => d.parse(Buffer.from(text(name)));
  const records = [0, 1, 2].map((seq) => d.members(value(`record ${seq}`)));
  const { pack, semantics, workflow } = d.exactly(
    records[0],
    "grant input kind limits pack semantics seq workflow",
  );
  const key = createPrivateKey({
    key: Buffer.concat([
      Buffer.from("302e020100300506032b657004220420", "hex"),
      bytes("private key"),
    ]),
    format: "der",
    type: "pkcs8",
  });
  const facts = {
    id: text("id"),
    attempt: Number(text("attempt")),
    engine: text("engine"),
    startedAt: text("startedAt"),
    endedAt: text("endedAt"),
    pack: pack ?? null,
    semantics: semantics ?? null,
    workflow: workflow ?? null,
  };
  const values = { actor: value("actor"), decision: value("decision"), tenant: value("tenant") };
  const packFiles = { manifest: Buffer.from(text("pack.json")), digest: d.textOf(pack), files: [] };
  const made = new Made({ facts, values, records, secret: bytes("secret"), key, pack: packFiles });

  const attempt = Buffer.of(0, 0, 0, facts.attempt);
  note(
    "run seed, message",
    Buffer.concat([Buffer.from(`reach/v4/run-seed\0${facts.id}\0`), attempt]),
  );
  note("run seed", made.seed);
  note(
    "after 1 step",
    d.sha256(note("first step of seq 0, message", Buffer.of(0x42, ...made.seed, 0))),
  );
  note("after 2 steps", d.seedBelow(made.seed, 2, 0));
  const parent = note("after 31 steps", d.seedBelow(made.seed, 31, 0));
  const record = note("record seed 0", d.sha256(Buffer.of(0x42, ...parent, 0)));
  note("record seed 1", d.sha256(Buffer.of(0x42, ...parent, 1)));
  note("record seed 2", d.recordSeed(made.seed, 2));
  note("record seed ffffffff", d.recordSeed(made.seed, d.RUN));
  const slot = hashed("slot seed of /0/input", 0x40, record, 0);
  const age = hashed("child seed of /0/input/age", 0x41, slot, Buffer.of(0, 0, 0, 0));
  const name = hashed("child seed of /0/input/name", 0x41, slot, Buffer.of(0, 0, 0, 1));
  const double = Buffer.alloc(8);
  double.writeDoubleBE(36);
  const ofAge = hashed("commitment of /0/input/age", 0x53, age, double);
  const ofName = hashed("commitment of /0/input/name", 0x54, name, "Ada");
  hashed("commitment of /0/input", 0x56, 2, 3, "age", ofAge, 4, "name", ofName);
  const hashes = records.map((record, seq) =>
    note(
      `leaf hash ${seq}`,
      d.sha256(Buffer.of(0), note(`leaf ${seq}`, d.canonical(made.leaf(record)))),
    ),
  );
  const node = (left?: Buffer, right?: Buffer): Buffer =>
    d.sha256(Buffer.of(1), left ?? "", right ?? "");
  const [first, second, last] = hashes;
  note("trace root", node(note("node of 0 and 1", node(first, second)), last));
  note("entered root", node(first, last));
  for (const name of Object.keys(values))
    note(`commitment of /run/${name}`, d.textOf(made.run[name]));
  note("public key", Buffer.from(d.textOf(d.members(made.run["key"])["public"]), "base64"));
  note("sha256 of run.json", d.sha256(note("run.json", d.canonical(made.run))));
  const { statement, pae } = signedBytes(made.runBytes, made.run);
  note("statement", statement);
  note("pae", pae.toString());
  note("run.sig", sign(null, pae, key));
  const holey = { age: 36, name: new d.Hole(0) };
  note("opening of /0/input", d.canonical(opening(records[0]?.["input"] ?? null, holey, slot)));
  const prefix = [0, 1, 2].map((seq) => carried(text(`record ${seq}`)));
  const whole = made.lines();
  const redacted = made.redactedLines({ drop: ["/0/input/name"] }, () => prefix);
  whole.forEach((line, i) => note(`entered.jsonl ${i}`, d.canonical(line)));
  redacted.forEach((line, i) => note(`shown.jsonl ${i}`, d.canonical(line)));
  return found;
}

test("each value of the worked example follows from those that are given", () => {
  const text = readFileSync(page, "utf8");
  const lines = linesOf(text);
  const given = new Map(lines.slice(0, NAMES.split(",").length));
  expect([...given.keys()].join()).toBe(NAMES);
  const all = computed(given);
  if (process.env["REACH_UPDATE"] === "1") {
    writeFileSync(
      page,
      text.replace(LINE, (line, name: string) => `${name} = ${all.get(name) ?? line}`),
    );
  } else {
    expect(new Map(lines)).toEqual(new Map(lines.map(([name]) => [name, all.get(name) ?? ""])));
    // No other value stands in the text between.
    const inBlocks = lines.map(([, value]) => value).join("\n");
    for (const [found] of text.matchAll(/\b[0-9a-f]{16,}\b/g)) expect(inBlocks).toContain(found);
    // The roots and the commitment that were noted by hand are those of run.json and of the leaf.
    expect(all.get("run.json")).toContain(
      `"entered":{"root":"${all.get("entered root")}","size":2}`,
    );
    expect(all.get("run.json")).toContain(`"trace":{"root":"${all.get("trace root")}","size":3}`);
    expect(all.get("leaf 0")).toContain(`"input":"${all.get("commitment of /0/input")}"`);
    expect(all.get("shown.jsonl 1")).toContain(all.get("opening of /0/input"));
  }
});

test("the files of the worked example are authentic, and the name is in one of them", () => {
  const lines = new Map(linesOf(readFileSync(page, "utf8")));
  const pack = Buffer.from(lines.get("pack.json") ?? "");
  const file = (name: string): Buffer =>
    writeContainer(
      new Map<string, Uint8Array>([
        ["run.json", Buffer.from(lines.get("run.json") ?? "")],
        ["run.sig", Buffer.from(lines.get("run.sig") ?? "", "hex")],
        [
          name,
          Buffer.from(
            [...lines]
              .flatMap(([key, line]) => (key.startsWith(name) ? [`${line}\n`] : []))
              .join(""),
          ),
        ],
        [`blobs/sha256/${d.hex(d.sha256(pack))}`, pack],
      ]),
    );
  const records = [0, 1, 2].map((seq) => lines.get(`record ${seq}`) ?? "");
  const roots = { enteredRoot: lines.get("entered root"), traceRoot: lines.get("trace root") };
  const passes = { authentic: true, replayed: "pass", ...roots };
  const whole = verify(file("entered.jsonl"), () => records.map((text) => Buffer.from(text)));
  expect(whole).toMatchObject(passes);
  expect(whole.disclosed.get("/0/input")).toEqual({ age: 36, name: "Ada" });
  const redacted = verify(file("shown.jsonl"), () => records.map(carried));
  expect(redacted).toMatchObject(passes);
  expect(redacted.hidden).toContain("/0/input/name");
  expect(redacted.disclosed.get("/0/input/age")).toBe(36);
  expect(redacted.disclosed.get("/2/output/next")).toBe(37);
});
