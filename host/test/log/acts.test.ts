// Acts, noted before they are done and after, and locks that end with their process. docs/spec/log.md, LOG-50 and LOG-51;
// cli/test/process/acts.test.ts ends commands at each of their steps.
import { newKey, signerOf } from "@reach-fabric/evidence";
import { initLog, lockFile, noteAct, openLog, readLog } from "@reach-fabric/host";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "reach-acts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { private: key } = newKey((size) => Uint8Array.from({ length: size }, (_, i) => 3 * i));
const signer = signerOf(key);
const at = { type: "door.locked", actor: "ops-7" };
const act = { ...at, details: { door: "north", by: 1 }, same: ["door"] };

let count = 0;
async function newLog(): Promise<string> {
  const path = join(folder, `log-${(count += 1)}`);
  await initLog(path, { signer, origin: "example.com/acts" });
  return path;
}

async function bodiesOf(path: string): Promise<unknown[]> {
  const bodies: unknown[] = [];
  for await (const { entry } of (await readLog(path)).entries(1)) bodies.push(entry.body);
  return bodies;
}

describe("an act", () => {
  test("LOG-50: what is cut off has left its intent", async () => {
    const path = await newLog();
    const log = await openLog(path, { signer });
    const seen = await noteAct(log, act, async () => ({
      result: await bodiesOf(path),
      details: { bolts: 2 },
    }));
    const intended = { ...at, outcome: "intended", details: act.details };
    expect(seen).toEqual([intended]);
    await log.close();
    const details = { ...act.details, bolts: 2 };
    const done = { ...at, outcome: "success", intent: 1, details };
    expect(await bodiesOf(path)).toEqual([intended, done]);
  });

  test("LOG-50: what was tried is a failure, and not what the next try goes on with", async () => {
    const path = await newLog();
    const log = await openLog(path, { signer });
    const refused = noteAct(log, act, () => Promise.reject(new Error("it is open")));
    await expect(refused).rejects.toThrow("it is open");
    await noteAct(log, act, async () => ({ result: undefined }));
    await log.close();
    const ends = (await bodiesOf(path)).map((body) => {
      const { outcome, intent } = body as { outcome: string; intent?: number };
      return [outcome, intent];
    });
    expect(ends).toEqual([
      ["intended", undefined],
      ["failure", 1],
      ["intended", undefined],
      ["success", 3],
    ]);
  });

  test("LOG-50: what was done is no failure because its end cannot be noted", async () => {
    const path = await newLog();
    const log = await openLog(path, { signer });
    const large = { note: "x".repeat(70_000) };
    const done = noteAct(log, act, async () => ({ result: "locked", details: large }));
    await expect(done).rejects.toMatchObject({ code: "REACH-E5335" });
    await log.close();
    expect(await bodiesOf(path)).toMatchObject([{ outcome: "intended" }]);
  });

  test("LOG-51: the same act ends what was cut off", async () => {
    const path = await newLog();
    const log = await openLog(path, { signer });
    const cut = { ...at, outcome: "intended", details: { door: "north", by: 9 } } as const;
    await log.append({ type: "act", body: cut });
    // Another door, another act.
    await log.append({ type: "act", body: { ...cut, details: { door: "south" } } });
    const never = (): Promise<never> => Promise.reject(new Error("done twice"));
    const found = ({ by }: { by?: unknown }): { result: string } => ({
      result: `by ${String(by)}`,
    });
    expect(await noteAct<string>(log, act, never, found)).toBe("by 9");
    // It has an end now: given once more, nothing is noted.
    expect(await noteAct<string>(log, act, never, found)).toBe("by 9");
    await log.append({ type: "act", body: cut });
    // What was begun and not done is done, as the end of what was intended.
    expect(await noteAct(log, act, async () => ({ result: "locked" }))).toBe("locked");
    await log.close();
    expect((await bodiesOf(path)).slice(2)).toEqual([
      { ...cut, outcome: "success", intent: 1 },
      cut,
      { ...at, outcome: "success", intent: 4, details: act.details },
    ]);
  });
});

test("KEY-18: a lock ends with the process that held it", async () => {
  const path = join(folder, "held.lock");
  const held = `
    import { lockFile } from "@reach-fabric/host";
    await lockFile(${JSON.stringify(path)}, 0, {});
    process.stdout.write("held");
    process.kill(process.pid, "SIGKILL");`;
  const args = ["--conditions=reach-source", "--input-type=module", "--eval", held];
  const { stdout, signal } = spawnSync(process.execPath, args, { cwd: import.meta.dirname });
  expect([String(stdout), signal]).toEqual(["held", "SIGKILL"]);
  const inUse = { code: "REACH-E4114", what: "in use", why: "it is", hint: "wait" };
  const lock = await lockFile(path, 0, inUse);
  await expect(lockFile(path, 0, inUse)).rejects.toMatchObject({ code: "REACH-E4114" });
  lock.release();
});
