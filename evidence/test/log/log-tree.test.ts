// Logs that grow, and proofs from their tiles: docs/spec/log.md, LOG-16 to LOG-20, LOG-26 to LOG-30, and
// the attacks on them.
import {
  consistencyProof,
  hashFrames,
  inclusionProof,
  merkleRoot,
  toHex,
  utf8,
} from "@reach-fabric/engine";
import {
  cosign,
  emptyFrontier,
  formatAddCheckpoint,
  formatCheckpoint,
  formatEntry,
  formatPeriod,
  frontierRoot,
  grow,
  leafHash,
  openCheckpoint,
  parseEntry,
  readFrontier,
  signNote,
  Subtrees,
  tallyRuns,
  tilePath,
  tilesOf,
  verifyPeriod,
  witnessedAt,
} from "@reach-fabric/evidence";
import type { AttemptTally, PeriodParts, Seen, WitnessAnswer } from "@reach-fabric/evidence";
import { millisecondsOf } from "@reach-fabric/evidence/testing";
import type { LogEntry, NewLogEntry } from "@reach-fabric/schema";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codeOf, engine } from "../fixtures/fixture.ts";
import { keyOf, ORIGIN } from "../fixtures/log-fixture.ts";
import type { NoteSigner } from "../fixtures/log-fixture.ts";

const log = keyOf("1", ORIGIN, "note");
const witness = keyOf("50", "example.com/witness", "cosignature");
const second = keyOf("70", "example.org/second", "cosignature");

const signed = (
  size: number,
  root: Uint8Array,
  by: readonly (NoteSigner & { time?: bigint })[] = [log],
): Uint8Array => {
  const text = formatCheckpoint({ origin: ORIGIN, size: BigInt(size), root });
  return utf8(
    `${text}\n${by.map(({ key, signer, time }) => signNote(text, key, signer, time)).join("")}`,
  );
};

describe("LOG-16 and LOG-20: growing, and proofs from tiles", () => {
  test("LOG-20 a log that grows in any steps has the files and the root of the whole", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 256 }), { minLength: 1, maxLength: 6 }),
        async (steps) => {
          let frontier = emptyFrontier;
          const entries: Uint8Array[] = [];
          const disk = new Map<string, Uint8Array>();
          for (const step of steps) {
            const more = Array.from({ length: step }, (_, i) =>
              utf8(`entry ${entries.length + i}`),
            );
            entries.push(...more);
            const growth = grow(frontier, more);
            for (const { path, bytes } of growth.files) {
              expect(disk.has(path), `${path} is written once`).toBe(false);
              disk.set(path, bytes);
            }
            for (const path of growth.outgrown) {
              for (const name of disk.keys()) if (name.startsWith(`${path}/`)) disk.delete(name);
            }
            frontier = growth.frontier;
            expect(toHex(frontierRoot(frontier))).toBe(toHex(merkleRoot(entries)));
            expect(
              await readFrontier(entries.length, async (path) => disk.get(path) as Uint8Array),
            ).toEqual(frontier);
          }
          for (const [path, tile] of tilesOf(hashFrames(entries, 0))) {
            expect(toHex(disk.get(path) ?? new Uint8Array()), path).toBe(toHex(tile));
          }
        },
      ),
      { seed: 20261127, numRuns: 40 },
    );
  });

  test("LOG-16 proofs from tiles are those from all hashes", async () => {
    for (const size of [1, 2, 3, 255, 256, 257, 511, 513, 700, 66_000]) {
      const hashes = Array.from(
        { length: size },
        (_, i) => hashFrames([utf8(`${i}`)], 0)[0] as Uint8Array,
      );
      const tiles = tilesOf(hashes);
      const source = async (level: number, n: bigint, width: number): Promise<Uint8Array> =>
        tiles.get(tilePath(level, n, width)) as Uint8Array;
      const subtrees = new Subtrees(BigInt(size), source);
      const samples = [0, 1, 2, 254, 255, 256, 300, size - 2, size - 1, size];
      for (const at of samples.filter((n) => n >= 0 && n <= size)) {
        if (at < size)
          expect(await subtrees.inclusion(BigInt(at))).toEqual(inclusionProof(hashes, at));
        expect(await subtrees.consistency(BigInt(at))).toEqual(consistencyProof(hashes, at));
      }
      await expect(subtrees.inclusion(BigInt(size))).rejects.toMatchObject({ code: "REACH-E5333" });
    }
  });

  test("LOG-16 a tile of another size than the log has is refused", async () => {
    const subtrees = new Subtrees(5n, async () => new Uint8Array(32 * 4));
    await expect(subtrees.inclusion(0n)).rejects.toMatchObject({ code: "REACH-E5334" });
  });
});

const started = (n: number): NewLogEntry => ({
  type: "started",
  body: {
    run: `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`,
    attempt: 1,
    pack: "ab".repeat(32),
    engine: "cd".repeat(32),
    commitment: "23".repeat(32),
  },
});
const ended = (n: number, which = 0xef): NewLogEntry => ({
  type: "evidence",
  body: {
    run: `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`,
    attempt: 1,
    sha256: which.toString(16).padStart(2, "0").repeat(32),
  },
  paeHash: "01".repeat(32),
  keyId: "0123456789abcdef",
});
const second2 = (second: number): string =>
  `2026-11-27T10:00:${String(second).padStart(2, "0")}.000Z`;

describe("entries", () => {
  test("LOG-12 an entry has one spelling", () => {
    const bytes = formatEntry(engine, started(1), second2(0));
    expect(parseEntry(engine, bytes)).toMatchObject({ v: 1, type: "started", at: second2(0) });
    expect(toHex(leafHash(bytes))).toBe(toHex(merkleRoot([bytes])));
    const text = new TextDecoder().decode(bytes);
    expect(codeOf(() => parseEntry(engine, utf8(` ${text}`)))).toBe("REACH-E5102");
    expect(codeOf(() => parseEntry(engine, utf8(text.replace('"v":1', '"v":1.0'))))).toBe(
      "REACH-E5102",
    );
    expect(codeOf(() => parseEntry(engine, utf8(text.replace('"v":1', '"v":2'))))).toBe(
      "REACH-E5335",
    );
    expect(codeOf(() => parseEntry(engine, utf8(text.replace('"v":1', '"v":1,"w":1'))))).toBe(
      "REACH-E5335",
    );
  });

  test("LOG-13 what is no entry is refused, and so is one that is too long", () => {
    const act = {
      type: "act",
      body: { type: "key.revoked", actor: "operator", outcome: "success" },
    } as const;
    expect(formatEntry(engine, act, second2(0)).length).toBeGreaterThan(0);
    const bad = { ...act, body: { ...act.body, type: "Key revoked" } };
    expect(codeOf(() => formatEntry(engine, bad, second2(0)))).toBe("REACH-E5335");
    expect(codeOf(() => formatEntry(engine, act, "yesterday"))).toBe("REACH-E5335");
    const long = Object.fromEntries(
      Array.from({ length: 80 }, (_, i) => [`a${i}`, "x".repeat(1000)]),
    );
    expect(
      codeOf(() =>
        formatEntry(engine, { ...act, body: { ...act.body, details: long } }, second2(0)),
      ),
    ).toBe("REACH-E5335");
  });
});

describe("LOG-17 to LOG-19: periods", () => {
  const all = [
    formatEntry(engine, { type: "opened", body: {} }, second2(0)),
    ...Array.from({ length: 40 }, (_, i) =>
      formatEntry(
        engine,
        i % 2 === 0 ? started(i) : ended(i - 1 + (i % 10 === 1 ? 100 : 0)),
        second2(i + 1),
      ),
    ),
  ];
  const entries = all.map((bytes) => parseEntry(engine, bytes));
  const hashes = hashFrames(all, 0);
  const tiles = tilesOf(hashes);
  const subtrees = new Subtrees(
    BigInt(all.length),
    async (level, n, width) => tiles.get(tilePath(level, n, width)) as Uint8Array,
  );

  async function partsOf(
    from: number,
    to: number,
    first: number,
    end: number,
  ): Promise<PeriodParts> {
    const before = await subtrees.parts({ start: 0n, end: BigInt(first) });
    const behind = await subtrees.parts({ start: BigInt(end), end: BigInt(all.length) });
    return {
      from: second2(from),
      to: second2(to),
      checkpoint: signed(all.length, merkleRoot(all)),
      first,
      entries: entries.slice(first, end),
      hashes: [...before, ...behind],
    };
  }
  const check = (parts: PeriodParts): ReturnType<typeof verifyPeriod> =>
    verifyPeriod(engine, formatPeriod(engine, parts), ORIGIN, log.key);

  test("LOG-17 the proof shows all entries of a period, and which runs have not ended in it", async () => {
    const period = check(await partsOf(10, 20, 9, 21));
    expect(period.entries).toEqual(entries.slice(10, 20));
    expect(period.first).toBe(10);
    expect(period.isOver).toBe(true);
    expect(period.unfinished.map(({ run }) => Number.parseInt(run.slice(-12), 16))).toEqual([
      10, 18,
    ]);
  });

  test("LOG-17 it does so for every period", async () => {
    for (let from = 0; from <= 41; from += 3) {
      for (let to = from + 1; to <= 42; to += 4) {
        const first = Math.max(0, from - 1);
        const end = Math.min(all.length, Math.max(from, to) + 1);
        const period = check(await partsOf(from, to, first, end));
        expect(period.entries).toEqual(entries.slice(from, to));
        expect(period.isOver).toBe(to < all.length);
      }
    }
  });

  test("LOG-18 an entry left out, changed, moved or added is found", async () => {
    const good = await partsOf(10, 20, 9, 21);
    const other = entries.map((entry): LogEntry => ({ ...entry, at: second2(59) }));
    const attacks: Record<string, PeriodParts> = {
      "left out": { ...good, entries: good.entries.toSpliced(4, 1) },
      "left out, the rest moved": { ...good, entries: good.entries.toSpliced(4, 1), first: 10 },
      changed: { ...good, entries: good.entries.with(11, other[20] as LogEntry) },
      moved: { ...good, first: 8 },
      added: { ...good, entries: [...good.entries, other[0] as LogEntry] },
      "a hash swapped": { ...good, hashes: good.hashes.toReversed() },
      "a hash too few": { ...good, hashes: good.hashes.slice(1) },
      "a hash too many": { ...good, hashes: [...good.hashes, good.hashes[0] as Uint8Array] },
    };
    for (const [name, parts] of Object.entries(attacks)) {
      expect(
        codeOf(() => check(parts)),
        name,
      ).toMatch(/REACH-E533[36]/);
    }
  });

  test("LOG-18 a period cut short at either end is found: its neighbours are not there", async () => {
    const codeAt = async (first: number, end: number): Promise<string> => {
      const parts = await partsOf(10, 20, first, end);
      return codeOf(() => check(parts));
    };
    expect(await codeAt(9, 21)).toBe("accepted");
    expect(await codeAt(11, 21)).toBe("REACH-E5336");
    expect(await codeAt(9, 19)).toBe("REACH-E5336");
    expect(await codeAt(9, 20)).toBe("REACH-E5336");
  });

  test("LOG-18 backdating: the log's time cannot go back within it", () => {
    const wrong = [all[0], all[2], all[1]] as Uint8Array[];
    const parts: PeriodParts = {
      from: second2(0),
      to: second2(30),
      checkpoint: signed(3, merkleRoot(wrong)),
      first: 0,
      entries: wrong.map((bytes) => parseEntry(engine, bytes)),
      hashes: [],
    };
    expect(codeOf(() => check(parts))).toBe("REACH-E5336");
  });

  test("LOG-19 a period at the end of the log is over when witnesses say that its time has come", () => {
    const seconds = BigInt(millisecondsOf(second2(50)) / 1000);
    const at = (time: bigint): Uint8Array =>
      formatPeriod(engine, {
        from: second2(0),
        to: second2(50),
        first: 0,
        entries,
        hashes: [],
        checkpoint: signed(all.length, merkleRoot(all), [log, { ...witness, time }]),
      });
    const isOver = (time: bigint, quorum: number): boolean =>
      verifyPeriod(engine, at(time), ORIGIN, log.key, [witness.key], quorum).isOver;
    expect(isOver(seconds, 1)).toBe(true);
    expect(isOver(seconds - 1n, 1)).toBe(false);
    expect(isOver(seconds, 2)).toBe(false);
    expect(isOver(seconds, 0)).toBe(false);
  });

  test("LOG-19 attack: a time that has not come ends no period, be it a witness's or the log's", () => {
    const later = (seconds: number): string =>
      new Date(millisecondsOf(second2(50)) + seconds * 1000).toISOString();
    const isOver = (seconds: number, now: string): boolean => {
      const time = BigInt(millisecondsOf(later(seconds)) / 1000);
      const bytes = formatPeriod(engine, {
        from: second2(0),
        to: later(600),
        first: 0,
        entries,
        hashes: [],
        checkpoint: signed(all.length, merkleRoot(all), [log, { ...witness, time }]),
      });
      return verifyPeriod(engine, bytes, ORIGIN, log.key, [witness.key], 1, now).isOver;
    };
    expect(isOver(600, later(300))).toBe(true);
    expect(isOver(601, later(300))).toBe(false);
    expect(codeOf(() => isOver(600, later(-400)))).toBe("REACH-E5230");
  });

  test("LOG-29 attack: a period is not over for one witness under two names", () => {
    const end = BigInt(millisecondsOf(second2(50)) / 1000);
    const alias = keyOf("50", "example.net/alias", "cosignature");
    const isOver = (by: readonly (NoteSigner & { time?: bigint })[]): boolean => {
      const checkpoint = signed(all.length, merkleRoot(all), [log, ...by]);
      const parts = {
        from: second2(0),
        to: second2(50),
        first: 0,
        entries,
        hashes: [],
        checkpoint,
      };
      const keys = [witness.key, alias.key, second.key];
      return verifyPeriod(engine, formatPeriod(engine, parts), ORIGIN, log.key, keys, 2).isOver;
    };
    const twice = [
      { ...witness, time: end },
      { ...alias, time: end },
    ];
    expect(isOver(twice)).toBe(false);
    expect(isOver([...twice, { ...second, time: end - 1n }])).toBe(false);
    expect(isOver([...twice, { ...second, time: end }])).toBe(true);
  });

  test("best of n: every run that was started is there, however many", async () => {
    const period = check(await partsOf(0, 41, 0, 41));
    const runs = period.entries.filter(({ type }) => type === "started");
    expect(runs).toHaveLength(20);
    expect(period.unfinished).toHaveLength(4);
  });

  const tally = (...list: readonly NewLogEntry[]): Record<string, unknown> => {
    const read = list.map((entry) => parseEntry(engine, formatEntry(engine, entry, second2(0))));
    const found = Object.entries(tallyRuns(read)).map(([kind, those]) => [
      kind,
      (those as readonly AttemptTally[]).map(
        ({ run, starts, evidence }) => `${Number(run.at(-1))}: ${starts}, ${evidence}`,
      ),
    ]);
    return Object.fromEntries(found) as Record<string, unknown>;
  };
  const even = { unfinished: [], withoutStart: [], severalStarts: [], severalEvidence: [] };

  test("best of n: starts are counted, and evidence of another attempt does not end them", () => {
    expect(tally(started(1), started(2), ended(2), ended(1))).toEqual(even);
    const again = [started(1), started(1), started(1), ended(1)];
    expect(tally(...again)).toEqual({
      ...even,
      unfinished: ["1: 3, 1"],
      severalStarts: ["1: 3, 1"],
    });
    const second = { ...ended(1), body: { ...ended(1).body, attempt: 2 } } as NewLogEntry;
    expect(tally(started(1), second)).toEqual({
      ...even,
      unfinished: ["1: 1, 0"],
      withoutStart: ["1: 0, 1"],
    });
  });

  test("LOG-60 best of n: several pieces of evidence of one start; the same one again is none", () => {
    expect(tally(started(1), ended(1), ended(1))).toEqual(even);
    expect(tally(started(1), ended(1, 1), ended(1, 2), ended(1, 3))).toEqual({
      ...even,
      severalEvidence: ["1: 1, 3"],
    });
    expect(tally(started(1), started(1), ended(1, 1), ended(1, 2))).toEqual({
      ...even,
      severalStarts: ["1: 2, 2"],
      severalEvidence: ["1: 2, 2"],
    });
  });

  test("best of n: evidence that no start precedes, also where one comes afterwards", () => {
    expect(tally(ended(1))).toEqual({ ...even, withoutStart: ["1: 0, 1"] });
    expect(tally(ended(1), started(1))).toEqual({
      ...even,
      unfinished: ["1: 1, 1"],
      withoutStart: ["1: 1, 1"],
    });
  });
});

describe("LOG-26 to LOG-28: witnesses", () => {
  const entriesOf = (n: number): Uint8Array[] => Array.from({ length: n }, (_, i) => utf8(`e${i}`));
  const rootOf = (n: number): Uint8Array => merkleRoot(entriesOf(n));
  const self = {
    engine,
    logs: new Map([[ORIGIN, log.key]]),
    name: witness.key,
    signer: witness.signer,
  };
  const ask = (
    seen: Seen | undefined,
    oldSize: number,
    size: number,
    checkpoint = signed(size, rootOf(size)),
    proof = consistencyProof(hashFrames(entriesOf(size), 0), Math.min(oldSize, size)),
  ): WitnessAnswer =>
    cosign(
      self,
      formatAddCheckpoint({ oldSize: BigInt(oldSize), proof, checkpoint }),
      () => seen,
      1_800_000_000n,
    );
  const seenAt = (n: number): Seen => ({ size: BigInt(n), root: rootOf(n) });

  test("LOG-26 what has grown is cosigned; the cosignature says when", () => {
    const given = ask(seenAt(3), 3, 7);
    expect(given).toMatchObject({ status: 200, seen: { size: 7n } });
    const note = utf8(new TextDecoder().decode(signed(7, rootOf(7))) + given.body);
    expect(witnessedAt(openCheckpoint(note, ORIGIN, log.key, [witness.key]), 1)).toBe(
      1_800_000_000n,
    );
    expect(ask(undefined, 0, 7).status).toBe(200);
    expect(ask(seenAt(7), 7, 7).status).toBe(200);
  });

  test("LOG-26 checkpoint rollback: an older size over a newer one is answered with the newer", () => {
    expect(ask(seenAt(7), 3, 5)).toMatchObject({
      status: 409,
      body: "7\n",
      type: "text/x.tlog.size",
    });
    expect(ask(seenAt(7), 7, 5)).toMatchObject({ status: 400 });
    expect(ask(seenAt(7), 0, 9)).toMatchObject({ status: 409, body: "7\n" });
  });

  test("LOG-26 split view: another tree of the size that was seen, or that does not grow from it", () => {
    const other = merkleRoot([utf8("x"), ...entriesOf(6)]);
    expect(ask(seenAt(7), 7, 7, signed(7, other))).toMatchObject({ status: 409 });
    expect(ask({ size: 7n, root: other }, 7, 9)).toMatchObject({ status: 422 });
    expect(ask(seenAt(3), 3, 7, undefined, [])).toMatchObject({ status: 422 });
  });

  test("LOG-26 another log, another key, no request", () => {
    expect(ask(undefined, 0, 7, signed(7, rootOf(7), [witness]))).toMatchObject({ status: 403 });
    const text = formatCheckpoint({ origin: "example.com/other", size: 7n, root: rootOf(7) });
    const note = utf8(`${text}\n${signNote(text, log.key, log.signer)}`);
    expect(ask(undefined, 0, 7, note)).toMatchObject({ status: 404 });
    for (const body of [
      "",
      "old 1",
      "old 01\n\n",
      "old -1\n\nx",
      "old 1\nx\n\n",
      `old 1\n${"A".repeat(70)}\n\n`,
    ]) {
      expect(cosign(self, utf8(body), () => undefined, 0n).status, body).toBe(400);
    }
  });

  test("LOG-29 a quorum counts keys, not names: one witness under two names is one", () => {
    const alias = keyOf("50", "example.net/alias", "cosignature");
    const note = signed(5, rootOf(5), [
      log,
      { ...witness, time: 100n },
      { ...alias, time: 300n },
      { ...second, time: 200n },
    ]);
    const opened = openCheckpoint(note, ORIGIN, log.key, [witness.key, alias.key, second.key]);
    expect(witnessedAt(opened, 1)).toBe(100n);
    expect(witnessedAt(opened, 2)).toBe(200n);
    expect(codeOf(() => witnessedAt(opened, 3))).toBe("REACH-E5337");
  });

  test("LOG-29 the log's own signature is no witness", () => {
    const opened = openCheckpoint(signed(5, rootOf(5)), ORIGIN, log.key, [witness.key]);
    expect(codeOf(() => witnessedAt(opened, 1))).toBe("REACH-E5337");
  });
});

test("instants are counted as the calendar has them", () => {
  for (const text of [
    "1970-01-01T00:00:00.000Z",
    "2000-02-29T23:59:59.999Z",
    "2026-11-27T10:11:12.013Z",
    "2100-03-01T00:00:00.000Z",
  ]) {
    expect(millisecondsOf(text)).toBe(Date.parse(text));
  }
});
