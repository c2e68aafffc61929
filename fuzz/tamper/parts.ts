// Changes of the parts of evidence by one who can write evidence and has no key that is trusted: members, lines,
// entries, seeds, roots, hashes and numbers, in one file or from one into the other; then, where chance has it so, all
// that follows from them is made anew, and signed with a key of his own.
import { fromHex, fromUtf8, recompute, toHex, utf8 } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import {
  attacker,
  canonical,
  committed,
  engine,
  entries,
  fileOf,
  joined,
  signedBy,
} from "../../evidence/test/fixtures/fixture.ts";
import type { Changed } from "./bytes.ts";
import type { Dice } from "./dice.ts";
import { changeValue } from "./values.ts";

type Parts = Map<string, Uint8Array>;
type Members = Record<string, unknown>;

const ENTERED = "entered.jsonl";
const textAt = (parts: Parts, name: string): string => fromUtf8(parts.get(name) ?? utf8(""));
const runIn = (parts: Parts): Members => JSON.parse(textAt(parts, "run.json")) as Members;
const linesIn = (parts: Parts): string[] => textAt(parts, ENTERED).split("\n").slice(0, -1);
const put = (parts: Parts, name: string, value: unknown): unknown =>
  parts.set(name, canonical(value));

/** One change of a file, which may take something from another one. */
export function changedParts(file: Uint8Array, another: Uint8Array, chance: Dice): Changed {
  for (;;) {
    const parts = entries(file);
    const what: string[] = [];
    what.push(oneChange(parts, entries(another), chance));
    if (chance.below(4) === 0) {
      attempt(() => what.push(oneChange(parts, entries(another), chance)));
    }
    what.push(...madeAnew(parts, chance));
    const changed = fileOf(parts);
    if (Buffer.compare(changed, file) !== 0) return { what: what.join(", "), file: changed };
  }
}

/** False where what was changed before cannot be read any more. */
function attempt(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

function oneChange(parts: Parts, others: Parts, chance: Dice): string {
  const kind = chance.pick([
    ...(["run", "run", "line", "line", "line", "lines", "lines"] as const),
    ...(["blob", "entry", "signature", "text", "other"] as const),
  ]);
  const how = changes[kind](parts, others, chance);
  return `${kind}: ${how}`;
}

const changes = {
  /** A member of run.json: roots, hashes, numbers, times, key. */
  run: (parts: Parts, _: Parts, chance: Dice): string => {
    const run = runIn(parts);
    const how = changeValue(run, chance);
    put(parts, "run.json", run);
    return how;
  },
  /** A value in a line of what entered: the head with its seed, an input, the outcome. */
  line: (parts: Parts, _: Parts, chance: Dice): string => {
    const lines = linesIn(parts);
    const at = chance.below(Math.max(lines.length, 1));
    const line = JSON.parse(lines[at] ?? "{}") as object;
    const how = changeValue(line, chance);
    parts.set(ENTERED, utf8(joined(lines.with(at, fromUtf8(canonical(line))))));
    return `${at} ${how}`;
  },
  /** Lines dropped, doubled, exchanged, moved, or taken from the other file. */
  lines: (parts: Parts, others: Parts, { pick, below }: Dice): string => {
    const lines = linesIn(parts);
    const [at, to] = [below(lines.length + 1), below(lines.length + 1)];
    const line = lines[at] ?? "";
    const how = pick(["drop", "double", "swap", "move", "other", "instead", "number"] as const);
    const changed = {
      drop: () => lines.toSpliced(at, 1),
      double: () => lines.toSpliced(to, 0, line),
      swap: () => lines.map((each, i) => (i === at ? (lines[to] ?? each) : i === to ? line : each)),
      move: () => lines.toSpliced(at, 1).toSpliced(to, 0, line),
      other: () => lines.toSpliced(at, 0, pick(linesIn(others))),
      instead: () => lines.toSpliced(at, 1, pick(linesIn(others))),
      number: () => lines.map((each, i) => (i < at ? each : renumbered(each, pick([-1, 1, 2])))),
    }[how]();
    parts.set(ENTERED, utf8(joined(changed)));
    return `${how} ${at}, ${to}`;
  },
  blob: (parts: Parts, _: Parts, chance: Dice): string => {
    const blobs = [...parts.keys()].filter((name) => name.startsWith("blobs/"));
    if (blobs.length === 0) return "none";
    const name = chance.pick(blobs);
    const value = JSON.parse(textAt(parts, name)) as object;
    const how = changeValue(value, chance);
    put(parts, name, value);
    return `${name.slice(13, 21)} ${how}`;
  },
  /** An entry is taken out, emptied, renamed, put elsewhere, or there is one more. */
  entry: (parts: Parts, _: Parts, { pick, below }: Dice): string => {
    const all = [...parts];
    const at = below(all.length);
    const [name = "", bytes = utf8("")] = all[at] ?? [];
    const how = pick(["out", "empty", "rename", "move", "add"] as const);
    const added = pick(["shown.jsonl", "start.tlog-proof", "pack.sigstore.jsonl", "notes.json"]);
    const changed = {
      out: () => all.toSpliced(at, 1),
      empty: () => all.with(at, [name, utf8("")]),
      rename: () => all.with(at, [pick([added, "run.sig", `${name}x`]), bytes]),
      move: () => all.toSpliced(at, 1).toSpliced(below(all.length), 0, [name, bytes]),
      add: () => all.toSpliced(at, 0, [added, utf8(pick(["{}\n", "{}", "any"]))]),
    }[how]();
    parts.clear();
    for (const [each, content] of changed) parts.set(each, content);
    return `${how} ${name}`;
  },
  signature: (parts: Parts, others: Parts, { pick, below, bytes }: Dice): string => {
    const signature = parts.get("run.sig")?.slice() ?? utf8("");
    const how = pick(["bit", "other", "any", "cut", "zero"] as const);
    if (how === "bit") {
      const at = below(Math.max(signature.length, 1));
      signature[at] = (signature[at] ?? 0) ^ (1 << below(8));
    }
    const cut = signature.subarray(0, below(64));
    const other = others.get("run.sig") ?? cut;
    const changed = { bit: signature, other, any: bytes(64), cut, zero: new Uint8Array(64) }[how];
    parts.set("run.sig", changed);
    return how;
  },
  /** Another text of the same value: blanks, escapes, order, a member twice. */
  text: (parts: Parts, _: Parts, { pick }: Dice): string => {
    const names = [...parts.keys()].filter((name) => name !== "run.sig");
    const name = pick(names);
    const text = textAt(parts, name);
    const [from, to] = pick<readonly [string | RegExp, string]>([
      [":", ": "],
      [",", " ,"],
      [/"([a-z])/, '"\\u0061'],
      [/\{("[^"]*":[^,{}[\]]*),/, "{$1,$1,"],
      [/(\d)([,}])/, "$1.0$2"],
      ["\n", "\r\n"],
      [/$/, "\n"],
      [/^/, "\u{feff}"],
      ["/", "\\/"],
    ]);
    parts.set(name, utf8(text.replace(from, to)));
    return `${name}, ${String(from)}`;
  },
  /** An entry of the other file in its place, or what both have exchanged in run.json. */
  other: (parts: Parts, others: Parts, { pick }: Dice): string => {
    const name = pick([
      "run.json",
      "run.sig",
      ENTERED,
      "trace",
      "entered",
      "key",
      "decision",
      "seed",
    ]);
    if (name === "seed") {
      const [head = "{}", ...rest] = linesIn(parts);
      const seed = /"seed":"[0-9a-f]*"/;
      const [other = ""] = seed.exec(textAt(others, ENTERED)) ?? [];
      parts.set(ENTERED, utf8(joined([head.replace(seed, other), ...rest])));
    } else if (others.has(name)) parts.set(name, others.get(name) ?? utf8(""));
    else if (parts.has("run.json")) {
      put(parts, "run.json", { ...runIn(parts), [name]: runIn(others)[name] ?? null });
    }
    return name;
  },
} as const;

const renumbered = (line: string, by: number): string =>
  line.replace(/"seq":(\d+)(?=,"status"|\}|,"workflow")/, (_, seq) => `"seq":${Number(seq) + by}`);

/** Makes anew what follows from the changed parts, as far as chance goes and as they can be read. */
function madeAnew(parts: Parts, { below }: Dice): string[] {
  const done: string[] = [];
  const some = (what: string, work: () => void, oneIn: number): void => {
    if (below(oneIn) === 0 && attempt(work)) done.push(what);
  };
  some("blobs anew", () => renameBlobs(parts), 2);
  some("computed anew", () => computeAnew(parts), 2);
  some("entered anew", () => commitAnew(parts), 2);
  some("signed by another", () => sign(parts, true), 4);
  some("signed by another in the signer's name", () => sign(parts, false), 8);
  return done;
}

/** Blobs by their digests; the pack, its digest in run.json and in the start record as they are then. */
function renameBlobs(parts: Parts): void {
  const run = runIn(parts);
  const old = new Map([...parts].filter(([name]) => name.startsWith("blobs/")));
  const renamed = new Map<string, Uint8Array>();
  const add = (bytes: Uint8Array): string => {
    const digest = toHex(engine.sha256(bytes));
    renamed.set(`blobs/sha256/${digest}`, bytes);
    return digest;
  };
  const packName = `blobs/sha256/${String(run["pack"])}`;
  const manifest = JSON.parse(fromUtf8(old.get(packName) ?? utf8(""))) as { files: Members[] };
  const files = manifest.files.map((each) => {
    const bytes = old.get(`blobs/sha256/${String(each["sha256"])}`) ?? utf8("");
    return { ...each, sha256: add(bytes), size: bytes.length };
  });
  const pack = add(canonical({ ...manifest, files }));
  for (const name of old.keys()) parts.delete(name);
  for (const [name, bytes] of [...renamed].sort(([a], [b]) => (a < b ? -1 : 1)))
    parts.set(name, bytes);
  put(parts, "run.json", { ...run, pack });
  const text = textAt(parts, ENTERED).replace(/"pack":"[0-9a-f]*"/, `"pack":"${pack}"`);
  parts.set(ENTERED, utf8(text));
}

/** The run as the engine computes it from the changed inputs: trace, outcome, decision and fingerprint. */
function computeAnew(parts: Parts): void {
  const [first = "", ...lines] = linesIn(parts);
  const head = JSON.parse(first) as Members;
  const seed = fromHex(String(head["seed"]));
  const inputs = lines.slice(0, -1).map((line) => utf8(line));
  const { root, size, outcome, decision, fingerprint } = recompute(engine, packIn(parts), inputs, {
    seed,
  });
  if (root === undefined || outcome === undefined) throw new Error("the run does not end");
  const fitted = { ...head, decision: { decision, fingerprint } };
  const changed = [fromUtf8(canonical(fitted)), ...lines.slice(0, -1), fromUtf8(outcome)];
  parts.set(ENTERED, utf8(joined(changed)));
  put(parts, "run.json", { ...runIn(parts), trace: { root: toHex(root), size } });
}

function packIn(parts: Parts): Pack {
  const digest = String(runIn(parts)["pack"]);
  const blob = (sha256: string): Uint8Array => {
    const bytes = parts.get(`blobs/sha256/${sha256}`);
    if (bytes === undefined) throw new Error("a blob is missing");
    return bytes;
  };
  const manifest = blob(digest);
  const { files } = JSON.parse(fromUtf8(manifest)) as { files: { path: string; sha256: string }[] };
  return {
    manifest,
    digest,
    files: files.map(({ path, sha256 }) => ({ path, bytes: blob(sha256) })),
  };
}

const commitAnew = (parts: Parts): unknown =>
  put(parts, "run.json", { ...runIn(parts), ...committed(parts.get(ENTERED) ?? utf8("")) });

function sign(parts: Parts, isNamed: boolean): void {
  const key = { alg: "Ed25519", public: Buffer.from(attacker.key.bytes).toString("base64") };
  const document = { ...runIn(parts), ...(isNamed ? { key } : {}) };
  const run = canonical(document);
  parts.set("run.json", run);
  parts.set("run.sig", signedBy({ document, run }, attacker));
}
