// No file is accepted but the one that was written. With REACH_LONG=1 every value at every byte.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import {
  computed,
  counting,
  entries,
  evidence,
  fileOf,
  pseudoRandom,
  verify,
} from "./fixtures/fixture.ts";

const long = process.env["REACH_LONG"] === "1";
const minutes = 60_000;

const small = evidence();
const many = counting(200);
const notes = Array.from({ length: 200 }, (_, seq) => ({ seq, at: "2026-11-23T07:00:00.000Z" }));
const larger = evidence({ pack: many, records: computed(many, { notes }), annotations: notes });

/** Undefined where the file is refused as damaged; otherwise what is wrong with that. */
function accepted(file: Uint8Array): string | undefined {
  const { ok, exitCode, verdicts } = verify(file);
  const codes = Object.values(verdicts).map(({ code }) => code);
  if (codes.includes("REACH-E5901")) return "a check could not be made";
  if (ok) return "accepted";
  return exitCode === 1 ? undefined : `exit code ${exitCode}`;
}

/** Requires that all of these files are refused, and says which one was not. */
function allRefused(files: Iterable<{ what: string; file: Uint8Array }>): number {
  let count = 0;
  for (const { what, file } of files) {
    const problem = accepted(file);
    if (problem !== undefined) expect.fail(`${what}: ${problem}`);
    count += 1;
  }
  return count;
}

const others = (byte: number): number[] =>
  long
    ? Array.from({ length: 255 }, (_, i) => byte ^ (i + 1))
    : [byte ^ 0x01, byte ^ 0x20, byte ^ 0xff];

function* changedBytes(file: Uint8Array): Generator<{ what: string; file: Uint8Array }> {
  const copy = file.slice();
  for (const [at, byte] of file.entries()) {
    for (const value of others(byte)) {
      copy[at] = value;
      yield { what: `byte ${at} from ${byte} to ${value}`, file: copy };
    }
    copy[at] = byte;
  }
}

test("the file itself, copied, is accepted (the canary of these tests)", () => {
  expect(accepted(small.slice())).toBe("accepted");
  expect(accepted(larger.slice())).toBe("accepted");
  expect(accepted(fileOf(entries(small)))).toBe("accepted");
});

test(
  "a changed byte is refused, at every position",
  () => {
    expect(allRefused(changedBytes(small))).toBe(small.length * (long ? 255 : 3));
  },
  30 * minutes,
);

test("a file that is cut is refused, at every length", () => {
  allRefused(
    Array.from(small, (_, length) => ({ what: `${length}`, file: small.slice(0, length) })),
  );
});

test("a file with bytes added is refused, at every position", () => {
  function* added(): Generator<{ what: string; file: Uint8Array }> {
    const extras = [[0], [0x50], [0x50, 0x4b, 0x05, 0x06], Array.from(small.subarray(0, 34))];
    for (let at = 0; at <= small.length; at++) {
      for (const extra of [...extras, [small[at] ?? 0x0a]]) {
        const file = new Uint8Array(small.length + extra.length);
        file.set(small.subarray(0, at));
        file.set(extra, at);
        file.set(small.subarray(at), at + extra.length);
        yield { what: `${extra.length} bytes at ${at}`, file };
      }
    }
  }
  allRefused(added());
});

test(
  "a changed byte inside an entry is refused, where the container is made to fit",
  () => {
    // CRCs and sizes are right here, so what refuses is the evidence and not the container.
    const step = long ? 1 : 4;
    function* changed(original: Uint8Array): Generator<{ what: string; file: Uint8Array }> {
      for (const [name, bytes] of entries(original)) {
        const copy = bytes.slice();
        const parts = new Map([...entries(original), [name, copy]]);
        for (const [at, byte] of bytes.entries()) {
          if (at % step !== 0) continue;
          for (const value of long ? others(byte).slice(0, 8) : [byte ^ 1]) {
            copy[at] = value;
            yield { what: `${name} byte ${at} from ${byte} to ${value}`, file: fileOf(parts) };
          }
          copy[at] = byte;
        }
      }
    }
    allRefused(changed(small));
  },
  30 * minutes,
);

test("1,000 random edits of a larger file are refused", () => {
  const seed = process.env["REACH_SEED"] ?? "1";
  const random = pseudoRandom(`edits ${seed}`);
  const below = (limit: number): number => new DataView(random(4).buffer).getUint32(0) % limit;

  const edits: Record<string, (file: Uint8Array) => Uint8Array> = {
    flip: (file) => {
      const copy = file.slice();
      const at = below(file.length);
      copy[at] = (copy[at] ?? 0) ^ (1 + below(255));
      return copy;
    },
    overwrite: (file) => {
      const copy = file.slice();
      copy.set(random(1 + below(64)), below(file.length - 64));
      return copy;
    },
    remove: (file) => {
      const at = below(file.length - 1);
      const size = 1 + below(Math.min(1000, file.length - at));
      return joinBytes(file.subarray(0, at), file.subarray(at + size));
    },
    insert: (file) => {
      const at = below(file.length + 1);
      return joinBytes(file.subarray(0, at), random(1 + below(64)), file.subarray(at));
    },
    repeat: (file) => {
      const at = below(file.length);
      const end = at + 1 + below(Math.min(1000, file.length - at));
      return joinBytes(file.subarray(0, end), file.subarray(at, end), file.subarray(end));
    },
    swap: (file) => {
      const [a, b, c] = [below(file.length), below(file.length), below(file.length)].sort(
        (x, y) => x - y,
      ) as [number, number, number];
      return joinBytes(
        file.subarray(0, a),
        file.subarray(b, c),
        file.subarray(a, b),
        file.subarray(c),
      );
    },
  };
  const kinds = Object.keys(edits);
  let made = 0;
  while (made < 1000) {
    const kind = kinds[below(kinds.length)] ?? "flip";
    const file = edits[kind]?.(larger) ?? larger;
    if (sameFile(file, larger)) continue;
    made += 1;
    const problem = accepted(file);
    if (problem !== undefined)
      expect.fail(`edit ${made} (${kind}, REACH_SEED=${seed}): ${problem}`);
  }
});

const joinBytes = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const sameFile = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

describe("the same content from another zip tool is refused:", () => {
  const files = Object.fromEntries(entries(small));
  const date = "1980-01-01T00:00:00";

  test.each([0, 1, 9] as const)("fflate, level %i", (level) => {
    expect(accepted(zipSync(files, { level, mtime: date }))).toBeUndefined();
  });

  test("fflate, entries in another order", () => {
    const reversed = Object.fromEntries([...entries(small)].reverse());
    expect(accepted(zipSync(reversed, { level: 0, mtime: date }))).toBeUndefined();
  });

  test("our own writer, entries in another order", () => {
    expect(accepted(fileOf(new Map([...entries(small)].reverse())))).toBeUndefined();
  });

  test("python3 zipfile, as close as it gets", ({ skip }) => {
    if (spawnSync("python3", ["--version"]).status !== 0) skip("there is no python3");
    // The same order, method, date, version, system and attributes: one field remains.
    const script = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as source, zipfile.ZipFile(sys.argv[2], "w") as target:
    for info in source.infolist():
        copy = zipfile.ZipInfo(info.filename, info.date_time)
        copy.create_system, copy.create_version, copy.extract_version = 0, 10, 10
        target.writestr(copy, source.read(info))
`;
    expect(accepted(reencoded(["python3", "-c", script, "in.reach", "out.reach"]))).toBeUndefined();
  });

  test("zip, with several options", ({ skip }) => {
    if (spawnSync("zip", ["-v"]).status !== 0) skip("there is no zip");
    const names = [...entries(small).keys()];
    for (const flags of ["-0", "-0X", "-0XD", "-9"]) {
      expect(accepted(reencoded(["zip", "-q", flags, "out.reach", ...names]))).toBeUndefined();
    }
  });
});

/** What a tool makes of the entries, in a folder that has them and in.reach. */
function reencoded([command, ...args]: [string, ...string[]]): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "reach-"));
  try {
    for (const [name, bytes] of entries(small)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), bytes);
    }
    writeFileSync(join(folder, "in.reach"), small);
    execFileSync(command, args, { cwd: folder });
    return new Uint8Array(readFileSync(join(folder, "out.reach")));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
