// No file is accepted but the one that was written: a slice of what `npm run tamper` tries.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stripPack } from "@reach-fabric/evidence";
import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { changedBytes, changedInside } from "../../fuzz/tamper/bytes.ts";
import type { Changed } from "../../fuzz/tamper/bytes.ts";
import { allRefused, edits, large, mutations, small, sum } from "../../fuzz/tamper/campaign.ts";
import { allVerifiers, judged, said, verifiers } from "../../fuzz/tamper/judge.ts";
import { allShownIsSo, hidingChanges, redacted } from "../../fuzz/tamper/redacted.ts";
import { engine, entries, evidence, fileOf, pseudoRandom, verify } from "./fixtures/fixture.ts";

/** Undefined where the file is refused as damaged; otherwise what is wrong with that. */
function accepted(file: Uint8Array): string | undefined {
  const { ok, exitCode } = verify(file);
  if (ok) return "accepted";
  return exitCode === 1 ? judged(file, "whole", small).problem : `exit code ${exitCode}`;
}

test("the file itself, copied, is accepted (the canary of these tests)", () => {
  expect(accepted(small.slice())).toBe("accepted");
  expect(accepted(large.slice())).toBe("accepted");
  expect(accepted(fileOf(entries(small)))).toBe("accepted");
});

test("what a verifier cannot compute is authentic by every verifier, as it was signed", () => {
  for (const name of allVerifiers) {
    expect(said(small, name, "authentic")).toBe("pass");
    expect(said(small, name, "replayed")).toBe(verifiers[name].replayed);
  }
});

test("a file that somebody else has made is not taken for the one that was signed", () => {
  const another = evidence({ runSecret: pseudoRandom("another secret")(32) });
  expect(judged(another, "whole", small).problem).toBe("authentic is pass");
  expect(() => allRefused(small, [{ what: "another", file: another }])).toThrow("another: ");
  expect(judged(stripPack(engine, small), "whole", small).authentic).toBe("pass, as it was signed");
});

test("a changed byte is refused, at every position", () => {
  const others = (byte: number): number[] => [byte ^ 0x01, byte ^ 0x20, byte ^ 0xff];
  const tally = allRefused(small, changedBytes(small, others));
  expect(sum(tally)).toBe(small.length * 3);
  expect([...tally.keys()].filter((answer) => !answer.startsWith("fail"))).toEqual([]);
});

test("a file that is cut is refused, at every length", () => {
  const cut = Array.from(small, (_, length) => ({
    what: `${length} bytes`,
    file: small.slice(0, length),
  }));
  expect(sum(allRefused(small, cut))).toBe(small.length);
});

test("a file with bytes added is refused, at every position", () => {
  function* added(): Generator<Changed> {
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
  expect(sum(allRefused(small, added()))).toBe(5 * (small.length + 1));
});

test("a changed byte inside an entry is refused, where the container is made to fit", () => {
  const tally = allRefused(
    small,
    changedInside(small, (byte) => [byte ^ 1], 4),
  );
  expect([...tally.keys()].filter((answer) => !answer.startsWith("fail"))).toEqual([]);
});

const seed = process.env["REACH_SEED"] ?? "1";

test("1,000 random edits of a larger file are refused", () => {
  expect(sum(allRefused(large, edits(seed, 1000)))).toBe(1000);
});

test("300 changes of parts are refused, by verifiers that cannot compute the run, too", () => {
  const tally = allRefused(small, mutations(seed, 0, 300), { others: true });
  expect(sum(tally)).toBe(300);
  // Not all of them by one check.
  const answers = ["E5101", "E5103", "E5303", "E5401", "E5601", "E5604"].map(
    (code) => `fail REACH-${code}`,
  );
  expect([...tally.keys()]).toEqual(
    expect.arrayContaining([...answers, "pass, signed by another"]),
  );
});

describe("a redacted file", () => {
  test("itself is accepted, and shows what is so", () => {
    expect(allShownIsSo([{ what: "itself", file: redacted }])).toEqual(new Map([["pass", 1]]));
  });

  test("with a changed byte in it is refused", () => {
    const tally = allShownIsSo(changedInside(redacted, (byte) => [byte ^ 1], 16));
    expect([...tally.keys()].filter((answer) => !answer.startsWith("fail"))).toEqual([]);
  });

  test("with 500 changes of what it shows, and of how it hides the rest, shows nothing that is not so", () => {
    const tally = allShownIsSo(hidingChanges(seed, 0, 500));
    expect(sum(tally)).toBe(500);
    const answers = ["E5103", "E5501", "E5502", "E5505", "E5601", "E5604", "E5701"];
    expect([...tally.keys()]).toEqual(
      expect.arrayContaining(["pass", ...answers.map((code) => `fail REACH-${code}`)]),
    );
  });
});

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
