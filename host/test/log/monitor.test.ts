// A monitor of a log: docs/spec/log.md, LOG-65, on real folders and through a real server.
import { fromUtf8, utf8 } from "@reach-fabric/engine";
import {
  formatCheckpoint,
  newKey,
  noteKey,
  openCheckpoint,
  publicKeyOf,
  signerOf,
  signNote,
} from "@reach-fabric/evidence";
import { initLog, monitorLog, openLog, readLog, readServedLog, serveLog } from "@reach-fabric/host";
import type { LogFinding, MonitorOptions } from "@reach-fabric/host";
import type { NewLogEntry } from "@reach-fabric/schema";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "reach-monitor-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = newKey((size) => Uint8Array.from({ length: size }, (_, i) => i + 1)).private;
const signer = signerOf(file);
const key = noteKey("example.com/log", "note", publicKeyOf(file));
const START = Date.parse("2026-11-23T07:00:00.000Z");
const MINUTE = 60_000;

const runId = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
const started = (n: number): NewLogEntry => ({
  type: "started",
  body: {
    run: runId(n),
    attempt: 1,
    pack: "ab".repeat(32),
    engine: "cd".repeat(32),
    commitment: "23".repeat(32),
  },
});
const ended = (n: number, which = 1): NewLogEntry => ({
  type: "evidence",
  body: { run: runId(n), attempt: 1, sha256: String(which).padStart(2, "0").repeat(32) },
  paeHash: "01".repeat(32),
  keyId: "0123456789abcdef",
});
const act = (n: number): NewLogEntry => ({
  type: "act",
  body: { type: "test.done", actor: "test", outcome: "success", details: { n } },
});

let count = 0;
/** A log of which each entry is a minute later than the one before. */
async function newLog(...entries: readonly NewLogEntry[]): Promise<string> {
  const path = join(folder, `log-${(count += 1)}`);
  await initLog(path, { signer, origin: key.name, now: () => START });
  await append(path, ...entries);
  return path;
}
async function append(path: string, ...entries: readonly NewLogEntry[]): Promise<void> {
  let time = START + (await readLog(path)).size * MINUTE - MINUTE;
  const log = await openLog(path, { signer, now: () => (time += MINUTE) });
  await Promise.all(entries.map((entry) => log.append(entry)));
  await log.close();
}
const look = async (
  path: string,
  state: string,
  options: Partial<MonitorOptions> = {},
): Promise<LogFinding[]> =>
  monitorLog(await readLog(path), { state, now: () => START + 12 * 60 * MINUTE, ...options });
const kinds = (findings: readonly LogFinding[]): string[] => findings.map(({ finding }) => finding);

describe("LOG-65 a monitor", () => {
  test("finds nothing in a log that grows, over tiles and looks", async () => {
    const path = await newLog(started(1));
    const state = `${path}.state`;
    expect(await look(path, state)).toEqual([]);
    await append(path, ended(1), ...Array.from({ length: 300 }, (_, i) => act(i)));
    expect(await look(path, state)).toEqual([]);
    await append(path, ...Array.from({ length: 300 }, (_, i) => act(i)));
    expect(await look(path, state)).toEqual([]);
    expect(await look(path, state)).toEqual([]);
    const kept = JSON.parse(readFileSync(state, "utf8")) as { note: string; open: unknown[] };
    expect(openCheckpoint(utf8(kept.note), key.name, key).size).toBe(603n);
    expect(kept.open).toEqual([]);
  });

  test("split view: a fork of the size that was seen, and one that has grown since", async () => {
    const path = await newLog(act(1));
    const state = `${path}.state`;
    const copy = `${path}.copy`;
    cpSync(path, copy, { recursive: true });
    await append(path, act(2));
    await append(copy, act(3));
    expect(await look(path, state)).toEqual([]);
    const [same] = await look(copy, state);
    expect(same).toMatchObject({ finding: "fork", seen: { size: 3 }, shown: { size: 3 } });
    // Both notes show it to anybody who has the log's key.
    if (same?.finding !== "fork") throw new Error("no fork");
    const [seen, shown] = [same.seen, same.shown].map(({ note }) =>
      openCheckpoint(utf8(note), key.name, key),
    );
    expect(seen?.root).not.toEqual(shown?.root);
    await append(copy, act(4), act(5));
    expect(await look(copy, state)).toMatchObject([
      { finding: "fork", seen: { size: 3 }, shown: { size: 5 } },
    ]);
    // What was seen stays, and is found again.
    expect(kinds(await look(copy, state))).toEqual(["fork"]);
    expect(await look(path, state)).toEqual([]);
  });

  test("checkpoint rollback: fewer entries than were seen", async () => {
    const path = await newLog(act(1));
    const state = `${path}.state`;
    const copy = `${path}.copy`;
    cpSync(path, copy, { recursive: true });
    await append(path, act(2));
    expect(await look(path, state)).toEqual([]);
    const [found] = await look(copy, state);
    expect(found).toMatchObject({ finding: "rollback", seen: { size: 3 }, shown: { size: 2 } });
    await append(copy, act(2), act(3));
    // The times of both are the same, and so are their entries: it is the same log again.
    expect(await look(copy, state)).toEqual([]);
  });

  test("a log whose entries are not those of its root is damaged, and not a fork", async () => {
    const path = await newLog(act(1));
    const state = `${path}.state`;
    expect(await look(path, state)).toEqual([]);
    await append(path, act(2));
    const bundle = join(path, "tile/entries/000.p/3");
    const good = readFileSync(bundle);
    writeFileSync(bundle, Buffer.from(good.toString("latin1").replace('"n":2', '"n":7'), "latin1"));
    expect(await look(path, state)).toMatchObject([{ finding: "damaged" }]);
    rmSync(bundle);
    expect(await look(path, state)).toMatchObject([
      { finding: "damaged", why: "the file is missing" },
    ]);
    writeFileSync(bundle, good);
    expect(await look(path, state)).toEqual([]);
    const first = await newLog(act(1));
    writeFileSync(join(first, "tile/entries/000.p/2"), good);
    expect(await look(first, `${first}.state`)).toMatchObject([{ finding: "damaged" }]);
  });

  test("a stall: no new checkpoint in time, by the log's clock and by the monitor's", async () => {
    const path = await newLog(act(1));
    const state = `${path}.state`;
    const at = (minutes: number, stall?: number): Promise<LogFinding[]> =>
      look(path, state, {
        now: () => START + minutes * MINUTE,
        stall: stall === undefined ? undefined : stall * MINUTE,
      });
    expect(await at(5)).toEqual([]);
    expect(await at(500)).toEqual([]);
    expect(await at(6, 5)).toEqual([]);
    const since = new Date(START + MINUTE).toISOString();
    expect(await at(7, 5)).toMatchObject([{ finding: "stall", size: 2, since }]);
    await append(path, act(2));
    expect(await at(7, 5)).toEqual([]);
    // A log that says times of the future does not hide that it has stopped.
    const ahead = await openLog(path, { signer, now: () => START + 1e9 });
    await ahead.append(act(3));
    await ahead.close();
    expect(kinds(await at(8, 5))).toEqual(["damaged"]);
    expect(await at(14, 5)).toMatchObject([
      { finding: "stall", since: new Date(START + 8 * MINUTE).toISOString() },
    ]);
  });

  test("best of n: runs without evidence in time, each start by itself and once", async () => {
    const path = await newLog(started(1), started(2), started(2), started(3), ended(3));
    const state = `${path}.state`;
    const at = (minutes: number): Promise<LogFinding[]> =>
      look(path, state, { now: () => START + minutes * MINUTE, unfinished: 10 * MINUTE });
    expect(await at(11)).toEqual([]);
    expect(await at(12)).toMatchObject([{ finding: "unfinished", index: 1, run: runId(1) }]);
    // Evidence of the second run ends one of its starts; the same evidence again ends none.
    await append(path, ended(2), ended(2), ended(3), ended(1));
    expect(await at(60)).toMatchObject([{ finding: "unfinished", index: 3, run: runId(2) }]);
    expect(await at(60)).toEqual([]);
    await append(path, ended(2, 2));
    expect(await at(600)).toEqual([]);
  });

  test("attack: a log that says times of the future hides no run by them", async () => {
    const path = await newLog();
    const state = `${path}.state`;
    const ahead = await openLog(path, { signer, now: () => START + 400 * 24 * 60 * MINUTE });
    await ahead.append(started(1));
    await ahead.close();
    const at = (minutes: number): Promise<LogFinding[]> =>
      look(path, state, { now: () => START + minutes * MINUTE, unfinished: 10 * MINUTE });
    const why = expect.stringContaining("entry 1 is of a time that has not come") as unknown;
    expect(await at(2)).toMatchObject([{ finding: "damaged", why }]);
    expect(await at(11)).toEqual([]);
    const seen = new Date(START + 2 * MINUTE).toISOString();
    expect(await at(13)).toMatchObject([{ finding: "unfinished", index: 1, at: seen }]);
  });

  test("what is found is said before it is kept: a monitor that ends in between finds it again", async () => {
    const path = await newLog(started(1));
    const state = `${path}.state`;
    const options = { now: () => START + 60 * MINUTE, unfinished: MINUTE };
    const onFinding = (): void => {
      throw new Error("the pipe is closed");
    };
    await expect(look(path, state, { ...options, onFinding })).rejects.toThrow("the pipe");
    expect(existsSync(state)).toBe(false);
    expect(kinds(await look(path, state, options))).toEqual(["unfinished"]);
  });

  test("its state is that of one log and one monitor, and held to its own signature", async () => {
    const path = await newLog(act(1));
    const state = `${path}.state`;
    expect(await look(path, state)).toEqual([]);
    let second: unknown;
    const onFinding = (): void => {
      second = look(path, state).catch((error: unknown) => error);
    };
    expect(kinds(await look(path, state, { onFinding, stall: 1, now: () => START + 1e9 }))).toEqual(
      ["stall"],
    );
    expect(await second).toMatchObject({ code: "REACH-E4162" });
    const nowhere = look(path, join(folder, "none/at/all"));
    await expect(nowhere).rejects.toMatchObject({ code: "REACH-E4111" });
    const other = join(folder, "other");
    await initLog(other, { signer, origin: "example.com/other" });
    await expect(look(other, state)).rejects.toMatchObject({ code: "REACH-E4163" });
    const kept = JSON.parse(readFileSync(state, "utf8")) as Record<string, string>;
    const put = (changes: object): void => {
      writeFileSync(state, JSON.stringify({ ...kept, ...changes }));
    };
    const text = formatCheckpoint({ origin: key.name, size: 1n, root: new Uint8Array(32) });
    const stranger = signerOf(
      newKey((size) => Uint8Array.from({ length: size }, (_, i) => i + 9)).private,
    );
    for (const changes of [
      { tree: "" },
      { note: kept["note"]?.replace("\n2\n", "\n1\n") },
      { note: `${text}\n${signNote(text, key, signer)}` },
      { note: `${text}\n${signNote(text, key, stranger)}` },
    ]) {
      put(changes);
      await expect(look(path, state), JSON.stringify(changes)).rejects.toMatchObject({
        code: "REACH-E4161",
      });
    }
    put({ more: 1 });
    await expect(look(path, state)).rejects.toMatchObject({ code: "REACH-E4210" });
  });
});

describe("LOG-31 LOG-65 a log behind a server", () => {
  test("is read and followed as a folder is", async () => {
    const path = await newLog(started(1), ...Array.from({ length: 600 }, (_, i) => act(i)));
    const server = await serveLog(path);
    const { url } = server;
    const state = `${path}.state`;
    const options = { state, now: () => START + 1e9, unfinished: MINUTE };
    expect(kinds(await monitorLog(await readServedLog(url, key), options))).toEqual(["unfinished"]);
    await append(path, ended(1), act(1));
    expect(await monitorLog(await readServedLog(url, key), options)).toEqual([]);
    const served = await readServedLog(url, key);
    expect(await served.prove(400)).toEqual(await (await readLog(path)).prove(400));
    const from = new Date(START).toISOString();
    const to = new Date(START + 9 * MINUTE).toISOString();
    expect(fromUtf8(await served.period(from, to))).toBe(
      fromUtf8(await (await readLog(path)).period(from, to)),
    );
    const other = noteKey(
      key.name,
      "note",
      publicKeyOf(newKey((n) => new Uint8Array(n).fill(7).with(0, 1)).private),
    );
    await expect(readServedLog(url, other)).rejects.toMatchObject({ code: "REACH-E4161" });
    await server.close();
    await expect(readServedLog(url, key)).rejects.toMatchObject({ code: "REACH-E4170" });
  });

  test("a server that redirects, fails or gives too much is refused", async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? "");
      if (request.url?.startsWith("/away/") === true) {
        response.writeHead(302, { location: "/log/checkpoint" }).end();
      } else if (request.url === "/much/checkpoint") {
        response.writeHead(200);
        for (let i = 0; i < 40; i++) response.write(Buffer.alloc(65_536));
        response.end();
      } else response.writeHead(500).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const refused = async (place: string): Promise<unknown> =>
      readServedLog(`${base}${place}`, key).then(
        () => "read",
        (error: unknown) => (error as { code: string; why: string }).why,
      );
    expect(await refused("/away/")).toBe("it answered with the status 302");
    expect(await refused("/much")).toBe("its answer has more than 1000000 bytes");
    expect(await refused("/broken")).toBe("it answered with the status 500");
    expect(asked).toEqual(["/away/checkpoint", "/much/checkpoint", "/broken/checkpoint"]);
    server.closeAllConnections();
    server.close();
  });
});
