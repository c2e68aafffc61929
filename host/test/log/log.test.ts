// Logs on the machine's disk, their witnesses and readers: docs/spec/log.md, LOG-15, LOG-21 to LOG-23 and
// LOG-26 to LOG-31.
import { createEngine, fromUtf8, utf8 } from "@reach-fabric/engine";
import {
  newKey,
  noteKey,
  openCheckpoint,
  publicKeyOf,
  signerOf,
  verifyLoggedEntry,
  verifyPeriod,
  witnessedAt,
} from "@reach-fabric/evidence";
import type { NoteKey, NoteKind, Signer } from "@reach-fabric/evidence";
import {
  continueLog,
  cosignLog,
  fsck,
  initLog,
  machineDisk,
  openLog,
  openWitness,
  readLog,
  serveLog,
  serveWitness,
} from "@reach-fabric/host";
import type { NewLogEntry } from "@reach-fabric/schema";
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";

const engine = createEngine();
const folder = mkdtempSync(join(tmpdir(), "reach-log-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function keyOf(seed: number, name: string, kind: NoteKind): { key: NoteKey; signer: Signer } {
  const file = newKey((size) => Uint8Array.from({ length: size }, (_, i) => seed + i)).private;
  return { key: noteKey(name, kind, publicKeyOf(file)), signer: signerOf(file) };
}
const own = keyOf(1, "example.com/log", "note");
const witnesses = [60, 90].map((seed) => keyOf(seed, `example.org/w${seed}`, "cosignature"));
const act = (n: number): NewLogEntry => ({
  type: "act",
  body: { type: "key.trusted", actor: "operator", outcome: "success", details: { n } },
});

let count = 0;
async function newLog(size: number, options = {}): Promise<string> {
  const path = join(folder, `log-${(count += 1)}`);
  await initLog(path, { signer: own.signer, origin: own.key.name, ...options });
  const log = await openLog(path, { signer: own.signer });
  await Promise.all(Array.from({ length: size - 1 }, (_, i) => log.append(act(i))));
  await log.close();
  return path;
}

describe("a log", () => {
  test("LOG-15 is made whole, and not over something", async () => {
    const path = await newLog(1);
    const again = initLog(path, { signer: own.signer });
    await expect(again).rejects.toMatchObject({ code: "REACH-E4112" });
    expect(await fsck(path)).toMatchObject({ ok: true, size: 1 });
    await expect(fsck(folder)).rejects.toMatchObject({ code: "REACH-E4160" });
  });

  test("LOG-15 has a random name where none is given", async () => {
    const [a, b] = await Promise.all(
      ["a", "b"].map((name) => initLog(join(folder, `random-${name}`), { signer: own.signer })),
    );
    expect(a?.origin).toMatch(/^reach\.invalid\/[0-9a-f]{32}$/);
    expect(a?.origin).not.toBe(b?.origin);
  });

  test("LOG-20 answers in the order of the places, and together", async () => {
    const path = await newLog(1);
    const log = await openLog(path, { signer: own.signer });
    const appended = await Promise.all(Array.from({ length: 600 }, (_, i) => log.append(act(i))));
    expect(appended.map(({ index }) => index)).toEqual(
      Array.from({ length: 600 }, (_, i) => i + 1),
    );
    await log.close();
    expect(await fsck(path)).toMatchObject({ ok: true, size: 601 });
    const reader = await readLog(path);
    expect(await reader.entry(300)).toEqual(appended[299]?.entry);
  });

  test("an entry that is none does not hinder the others", async () => {
    const path = await newLog(1);
    const log = await openLog(path, { signer: own.signer });
    const bad = { type: "act", body: { type: "X", actor: "", outcome: "success" } } as const;
    const [first, second, third] = await Promise.allSettled([
      log.append(act(1)),
      log.append(bad),
      log.append(act(2)),
    ]);
    expect(second).toMatchObject({ reason: { code: "REACH-E5335" } });
    expect([first, third]).toMatchObject([{ value: { index: 1 } }, { value: { index: 2 } }]);
    await log.close();
  });

  test("LOG-12 its time does not go back when the machine's does", async () => {
    const path = await newLog(1);
    let time = Date.parse("2030-01-01T00:00:00Z");
    const log = await openLog(path, { signer: own.signer, now: () => (time -= 1000) });
    const first = await log.append(act(1));
    const second = await log.append(act(2));
    await log.close();
    expect(second.at).toBe(first.at);
    const later = await openLog(path, { signer: own.signer, now: () => 0 });
    expect((await later.append(act(3))).at).toBe(first.at);
    await later.close();
  });

  test("key substitution: another key does not open it", async () => {
    const path = await newLog(1);
    const other = openLog(path, { signer: keyOf(9, own.key.name, "note").signer });
    await expect(other).rejects.toMatchObject({ code: "REACH-E4163" });
  });

  test("LOG-22 two writers: the second waits, or is refused", async () => {
    const path = await newLog(1);
    const first = await openLog(path, { signer: own.signer });
    await expect(openLog(path, { signer: own.signer, wait: 60 })).rejects.toMatchObject({
      code: "REACH-E4162",
    });
    const second = openLog(path, { signer: own.signer });
    await first.append(act(1));
    await first.close();
    const log = await second;
    expect((await log.append(act(2))).index).toBe(2);
    await log.close();
  });

  test("LOG-22 a fork by two processes: neither can go on over the other", async () => {
    const path = await newLog(1);
    const first = await openLog(path, { signer: own.signer });
    // Somebody takes the lock away under it.
    rmSync(join(path, "lock"));
    const second = await openLog(path, { signer: own.signer });
    await second.append(act(1));
    await expect(first.append(act(2))).rejects.toMatchObject({ code: "REACH-E4165" });
    expect((await second.append(act(3))).index).toBe(2);
    await Promise.all([first.close(), second.close()]);
    expect(await fsck(path)).toMatchObject({ ok: true, size: 3 });
  });

  test("LOG-24 signing by a frozen log: what is closed stays closed, and the next one says where it stood", async () => {
    const path = await newLog(4);
    const next = keyOf(33, "example.com/log-2", "note");
    const after = join(folder, "after");
    await continueLog(path, own.signer, after, { signer: next.signer, origin: next.key.name });
    const old = await openLog(path, { signer: own.signer });
    await expect(old.append(act(1))).rejects.toMatchObject({ code: "REACH-E4164" });
    const { size, root } = old.last;
    await old.close();
    expect(size).toBe(5n);
    const { value: first } = await (await readLog(after)).entries().next();
    expect(first?.entry).toMatchObject({
      type: "opened",
      body: {
        previous: { origin: own.key.name, size: 5, root: Buffer.from(root).toString("hex") },
      },
    });
  });

  test("a damaged frontier is not built upon", async () => {
    const path = await newLog(3);
    const tile = join(path, "tile/0/000.p/3");
    const bytes = readFileSync(tile);
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    writeFileSync(tile, bytes);
    await expect(openLog(path, { signer: own.signer })).rejects.toMatchObject({
      code: "REACH-E4161",
    });
  });

  test("whole-log deletion: a log whose checkpoint is gone does not begin anew", async () => {
    const path = await newLog(3);
    rmSync(join(path, "checkpoint"));
    await expect(openLog(path, { signer: own.signer })).rejects.toMatchObject({
      code: "REACH-E4161",
    });
    await expect(readLog(path)).rejects.toMatchObject({ code: "REACH-E4161" });
  });
});

describe("proofs from a log", () => {
  test("LOG-16 of an entry", async () => {
    const path = await newLog(300);
    const reader = await readLog(path);
    for (const index of [0, 255, 256, 299]) {
      const shown = verifyLoggedEntry(engine, await reader.prove(index), own.key.name, own.key);
      expect([shown.index, shown.entry]).toEqual([BigInt(index), await reader.entry(index)]);
    }
    await expect(reader.prove(300)).rejects.toMatchObject({ code: "REACH-E4167" });
  });

  test("LOG-17 of a period", async () => {
    const path = join(folder, "times");
    let time = Date.parse("2026-01-01T00:00:00Z");
    const now = (): number => (time += 1000);
    await initLog(path, { signer: own.signer, origin: own.key.name, now });
    const log = await openLog(path, { signer: own.signer, now });
    for (let i = 0; i < 20; i++) await log.append(act(i));
    await log.close();
    const reader = await readLog(path);
    const proof = await reader.period("2026-01-01T00:00:05.000Z", "2026-01-01T00:00:09.000Z");
    const { first, entries, isOver } = verifyPeriod(engine, proof, own.key.name, own.key);
    expect([first, entries.length, isOver]).toEqual([4, 4, true]);
    const none = await reader.period("2025-01-01T00:00:05.000Z", "2025-01-01T00:00:09.000Z");
    expect(verifyPeriod(engine, none, own.key.name, own.key).entries).toEqual([]);
    const rest = await reader.period("2025-01-01T00:00:05.000Z", "2027-01-01T00:00:09.000Z");
    expect(verifyPeriod(engine, rest, own.key.name, own.key)).toMatchObject({
      first: 0,
      isOver: false,
    });
  });
});

describe("witnesses", () => {
  async function witnessed(
    path: string,
    state: string,
    which = witnesses,
  ): ReturnType<typeof cosignLog> {
    const started = await Promise.all(
      which.map(async ({ key, signer }) => {
        const logs = new Map([[own.key.name, own.key]]);
        const store = await openWitness(join(folder, `${state}-${key.id}`), {
          name: key,
          signer,
          logs,
        });
        return { store, server: await serveWitness(store) };
      }),
    );
    try {
      return await cosignLog(
        path,
        started.map(({ server }) => server.url),
      );
    } finally {
      for (const { server, store } of started) {
        await server.close();
        await store.close();
      }
    }
  }
  const keys = witnesses.map(({ key }) => key);

  test("LOG-28 cosign what has grown, and proofs carry it", async () => {
    const path = await newLog(3, { witnesses: keys });
    const first = await witnessed(path, "grow");
    expect(first.answers.map(({ witness }) => witness)).toEqual(keys.map(({ name }) => name));
    const log = await openLog(path, { signer: own.signer });
    await Promise.all(Array.from({ length: 300 }, (_, i) => log.append(act(i))));
    await log.close();
    expect((await witnessed(path, "grow")).checkpoint.size).toBe(303n);
    const reader = await readLog(path, { which: "witnessed" });
    const shown = verifyLoggedEntry(engine, await reader.prove(7), own.key.name, own.key, keys);
    expect(witnessedAt(shown.checkpoint, 2)).toBeGreaterThan(1_700_000_000n);
    expect(await fsck(path)).toMatchObject({ ok: true });
    const file = join(path, "checkpoint.witnessed");
    const note = readFileSync(file);
    note[note.length - 10] = (note.at(-10) ?? 0) ^ 1;
    writeFileSync(file, note);
    expect((await fsck(path)).faults).toMatchObject([{ file: "checkpoint.witnessed" }]);
  });

  test("split view: a witness does not cosign a second history, and says what it has seen", async () => {
    const path = await newLog(5, { witnesses: keys });
    const copy = join(folder, "forked");
    cpSync(path, copy, { recursive: true });
    await witnessed(path, "fork");
    for (const [where, n] of [
      [path, 100],
      [copy, 200],
    ] as const) {
      const log = await openLog(where, { signer: own.signer });
      await log.append(act(n));
      await log.close();
    }
    expect((await witnessed(path, "fork")).answers.every(({ witness }) => witness)).toBe(true);
    const forked = await witnessed(copy, "fork");
    expect(forked.answers.map(({ why }) => why)).toEqual([
      "it answered with the status 409",
      "it answered with the status 409",
    ]);
    expect(await machineDisk.read(join(copy, "checkpoint.witnessed"))).toBeUndefined();
  });

  test("checkpoint rollback: a log put back to yesterday is not cosigned", async () => {
    const path = await newLog(5, { witnesses: keys });
    const old = join(folder, "yesterday");
    cpSync(path, old, { recursive: true });
    const log = await openLog(path, { signer: own.signer });
    await log.append(act(1));
    await log.close();
    await witnessed(path, "roll");
    const { answers } = await witnessed(old, "roll");
    expect(answers.map(({ why }) => why)).toEqual(
      answers.map(() => "it has seen 6 entries of this log"),
    );
  });

  test("LOG-27 witness race: an older size is not kept over a newer one", async () => {
    const path = await newLog(2);
    const notes: { size: bigint; note: Uint8Array; proof: readonly Uint8Array[] }[] = [];
    for (let i = 0; i < 2; i++) {
      const log = await openLog(path, { signer: own.signer });
      await log.append(act(i));
      await log.close();
      const reader = await readLog(path);
      notes.push({
        size: reader.note.size,
        note: reader.note.note,
        proof: await reader.consistency(0n),
      });
    }
    const [{ key, signer } = own] = witnesses;
    // The disk of this witness is slow at first, and faster afterwards.
    let pause = 40;
    const slow = {
      ...machineDisk,
      sync: async (file: string): Promise<void> => {
        const wait = pause;
        pause = 0;
        await new Promise((resolve) => setTimeout(resolve, wait));
        await machineDisk.sync(file);
      },
    };
    const state = join(folder, "race");
    const logs = new Map([[own.key.name, own.key]]);
    const store = await openWitness(state, { name: key, signer, logs, disk: slow });
    const ask = (note: Uint8Array): ReturnType<typeof store.addCheckpoint> =>
      store.addCheckpoint(utf8(`old 0\n\n${fromUtf8(note)}`));
    const answers = await Promise.all(notes.map(({ note }) => ask(note)));
    await store.close();
    expect(answers.map(({ status, body }) => [status, status === 409 ? body : ""])).toEqual([
      [200, ""],
      [409, "3\n"],
    ]);
    const again = await openWitness(state, { name: key, signer, logs });
    expect(await again.addCheckpoint(utf8("old 9\n\nx"))).toMatchObject({ status: 400 });
    await again.close();
  });

  test("a witness whose disk fails does not sign", async () => {
    const path = await newLog(2);
    const { note } = await readLog(path);
    const [{ key, signer } = own] = witnesses;
    const disk = { ...machineDisk, sync: () => Promise.reject(new Error("EIO")) };
    const logs = new Map([[own.key.name, own.key]]);
    const store = await openWitness(join(folder, "failing"), { name: key, signer, logs, disk });
    await expect(store.addCheckpoint(utf8(`old 0\n\n${fromUtf8(note.note)}`))).rejects.toThrow(
      "EIO",
    );
    await store.close();
  });

  test("a cosignature by a stranger is not kept", async () => {
    const path = await newLog(2, { witnesses: keys.slice(0, 1) });
    const { answers, checkpoint } = await witnessed(path, "stranger", witnesses.slice(1));
    expect(answers[0]?.why).toContain("not signed with the key of a witness");
    expect(checkpoint.signatures).toHaveLength(1);
  });

  test("somebody who is no witness is named, and does not hinder", async () => {
    const path = await newLog(2, { witnesses: keys });
    const { answers } = await cosignLog(path, ["http://127.0.0.1:9/"]);
    expect(answers[0]?.why).toBeDefined();
  });
});

describe("LOG-31: a log behind HTTP", () => {
  test("shows its checkpoint and its tiles, and nothing else", async () => {
    const path = await newLog(257);
    const server = await serveLog(path);
    try {
      const get = async (below: string, method = "GET"): Promise<Response> =>
        fetch(server.url + below, { method });
      const note = new Uint8Array(await (await get("checkpoint")).arrayBuffer());
      expect(openCheckpoint(note, own.key.name, own.key).size).toBe(257n);
      for (const tile of [
        "tile/0/000",
        "tile/0/001.p/1",
        "tile/1/000.p/1",
        "tile/entries/001.p/1",
      ]) {
        const answer = await get(tile);
        expect([answer.status, answer.headers.get("content-type")]).toEqual([
          200,
          "application/octet-stream",
        ]);
        expect(new Uint8Array(await answer.arrayBuffer())).toEqual(
          await machineDisk.read(join(path, tile)),
        );
      }
      for (const other of [
        "log.json",
        "lock",
        "",
        "tile",
        "tile/0/002",
        "tile/0/000/",
        "tile/..%2flog.json",
        "%2e%2e/x",
      ]) {
        expect((await get(other)).status, other).toBe(404);
      }
      expect((await get("checkpoint", "POST")).status).toBe(405);
    } finally {
      await server.close();
    }
  });
});

describe("kill -9", () => {
  test("a slice: nothing acknowledged is lost, fsck is clean, the log only grows", async () => {
    const script = new URL("../../../tools/log-kill.ts", import.meta.url).pathname;
    const run = promisify(execFile)(process.execPath, [
      "--conditions=reach-source",
      script,
      "--rounds",
      "6",
      "--seed",
      "7",
    ]);
    expect((await run).stdout).toMatch(/6 rounds, \d+ acknowledged, 0 lost/);
  }, 120_000);
});
