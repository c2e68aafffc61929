// What a witness keeps: the checkpoint of each log that it cosigned last, on the disk before the
// cosignature is given. docs/spec/log.md, LOG-27.
import { createEngine, sha256, toHex, utf8 } from "@reach-fabric/engine";
import { cosign, formatCheckpoint, parseCheckpoint } from "@reach-fabric/evidence";
import type { NoteKey, Seen, Signer, WitnessAnswer } from "@reach-fabric/evidence";
import { join } from "node:path";
import { machineDisk } from "./disk.ts";
import type { Disk } from "./disk.ts";
import { inFile } from "./layout.ts";
import { lockFile } from "../files/lock.ts";
import { logInUse } from "./layout.ts";

export interface WitnessOptions {
  readonly name: NoteKey;
  readonly signer: Signer;
  /** The keys of the logs that it watches, by their origins. */
  readonly logs: ReadonlyMap<string, NoteKey>;
  readonly disk?: Disk;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** A witness with its state. */
export interface WitnessStore {
  /** Answers a request; a cosignature only when what it says is durable. */
  addCheckpoint(body: Uint8Array): Promise<WitnessAnswer>;
  close(): Promise<void>;
}

/**
 * Opens a witness whose state is in a folder: one file for each log, named by the SHA-256 of its
 * origin. One process at a time has it.
 *
 * @throws ReachError `REACH-E4162` another process has it, `REACH-E4161` the state is damaged
 *
 * @example
 * const witness = await openWitness("witness", { name, signer, logs });
 * await witness.close();
 */
export async function openWitness(folder: string, options: WitnessOptions): Promise<WitnessStore> {
  const { name, signer, logs, disk = machineDisk, now = Date.now } = options;
  const witness = { engine: createEngine(), logs, name, signer };
  await disk.makeFolder(folder);
  const lock = disk === machineDisk ? await lockFile(join(folder, "lock"), 0, logInUse) : undefined;
  const seen = new Map<string, Seen>();
  for (const origin of logs.keys()) {
    const path = fileOf(folder, origin);
    const bytes = await disk.read(path);
    if (bytes === undefined) continue;
    seen.set(
      origin,
      inFile(path, () => parseCheckpoint(new TextDecoder().decode(bytes))),
    );
  }
  /** Requests are answered one after the other: what is compared is still so when it is kept. */
  let turn: Promise<unknown> = Promise.resolve();

  const answer = async (body: Uint8Array): Promise<WitnessAnswer> => {
    let origin = "";
    const time = BigInt(Math.floor(now() / 1000));
    const given = cosign(witness, body, (named) => seen.get((origin = named)), time);
    if (given.seen === undefined) return given;
    await keep(disk, folder, origin, given.seen);
    seen.set(origin, given.seen);
    return given;
  };
  return {
    addCheckpoint: (body) => {
      const result = turn.then(() => answer(body));
      turn = result.catch(() => undefined);
      return result;
    },
    close: async () => {
      await turn;
      lock?.release();
    },
  };
}

const fileOf = (folder: string, origin: string): string =>
  join(folder, `${toHex(sha256(utf8(origin)))}.checkpoint`);

async function keep(
  disk: Disk,
  folder: string,
  origin: string,
  { size, root }: Seen,
): Promise<void> {
  const path = fileOf(folder, origin);
  const part = `${path}.part`;
  await disk.write(part, utf8(formatCheckpoint({ origin, size, root })));
  await disk.sync(part);
  await disk.rename(part, path);
  await disk.syncFolder(folder);
}
