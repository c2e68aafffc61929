// Asks witnesses to cosign a log's last checkpoint (C2SP tlog-witness, the log's side). docs/spec/log.md,
// LOG-28.
import { fromUtf8, utf8 } from "@reach-fabric/engine";
import { EvidenceError, formatAddCheckpoint, openCheckpoint } from "@reach-fabric/evidence";
import type { NoteKey } from "@reach-fabric/evidence";
import { join } from "node:path";
import { request } from "undici";
import { ReachError } from "../files/error.ts";
import { cannotWrite } from "../files/files.ts";
import { machineDisk } from "./disk.ts";
import type { Disk } from "./disk.ts";
import { NAMES } from "./layout.ts";
import type { CheckpointNote } from "./layout.ts";
import { readLog } from "./reader.ts";
import type { LogReader } from "./reader.ts";

/** Milliseconds that a witness may take. */
const PATIENCE = 10_000;
/** Longest answer: some lines of signatures. */
const LONGEST = 16_384;

/** What a witness said. */
export interface Cosigned {
  readonly url: string;
  /** Its name, where it has cosigned. */
  readonly witness?: string;
  /** Why it has not. */
  readonly why?: string;
}

/**
 * Has the last checkpoint cosigned, and keeps it with the cosignatures as the one that proofs are
 * made by. A witness that does not answer, or does not agree, is named; the others count.
 *
 * @param urls submission prefixes of witnesses whose keys are in log.json
 * @throws ReachError `REACH-E4160`, `REACH-E4161`, `REACH-E411x`
 *
 * @example
 * const { checkpoint, answers } = await cosignLog("audit", [witnessUrl]);
 * answers[0]?.witness; // → "witness.example"
 */
export async function cosignLog(
  folder: string,
  urls: readonly string[],
  disk: Disk = machineDisk,
): Promise<{ readonly checkpoint: CheckpointNote; readonly answers: readonly Cosigned[] }> {
  const log = await readLog(folder, { disk });
  const results = await Promise.all(urls.map((url) => ask(log, url)));
  const lines = results.flatMap(({ line }) => (line === undefined ? [] : [line]));
  const note = utf8(fromUtf8(log.note.note) + [...new Set(lines)].join(""));
  const checkpoint = { ...openCheckpoint(note, log.origin, log.key, log.witnesses), note };
  if (lines.length > 0) await keep(disk, folder, note);
  return { checkpoint, answers: results.map(({ answer }) => answer) };
}

async function keep(disk: Disk, folder: string, note: Uint8Array): Promise<void> {
  const path = join(folder, NAMES.witnessed);
  const part = `${path}.part`;
  try {
    await disk.write(part, note);
    await disk.sync(part);
    await disk.rename(part, path);
    await disk.syncFolder(folder);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

interface Answered {
  readonly answer: Cosigned;
  readonly line?: string;
}

async function ask(log: LogReader, url: string): Promise<Answered> {
  try {
    // What the witness has, it says itself: the first question may be answered by its size.
    let said = await submit(log, url, 0n);
    if (said.status === 409 && /^\d{1,20}\n$/.test(said.body)) {
      const oldSize = BigInt(said.body.trim());
      if (oldSize > log.note.size) return no(url, `it has seen ${oldSize} entries of this log`);
      said = await submit(log, url, oldSize);
    }
    if (said.status !== 200) return no(url, `it answered with the status ${said.status}`);
    return accepted(log, url, said.body);
  } catch (error) {
    if (error instanceof ReachError) throw error;
    return no(url, error instanceof Error ? error.message : "it could not be asked");
  }
}

const no = (url: string, why: string): Answered => ({ answer: { url, why } });

async function submit(
  log: LogReader,
  url: string,
  oldSize: bigint,
): Promise<{ status: number; body: string }> {
  const proof = await log.consistency(oldSize);
  const { statusCode, body } = await request(new URL("add-checkpoint", withSlash(url)), {
    method: "POST",
    body: formatAddCheckpoint({ oldSize, proof, checkpoint: log.note.note }),
    headersTimeout: PATIENCE,
    bodyTimeout: PATIENCE,
  });
  let text = "";
  for await (const chunk of body) {
    text += String(chunk);
    if (text.length > LONGEST) throw new Error("its answer is too long");
  }
  return { status: statusCode, body: text };
}

const withSlash = (url: string): string => (url.endsWith("/") ? url : `${url}/`);

/** The line of a witness that is known: others mean nothing, and are not kept. */
function accepted(log: LogReader, url: string, body: string): Answered {
  for (const line of body.split("\n").slice(0, -1)) {
    const key = cosigner(log, line);
    if (key !== undefined) return { answer: { url, witness: key.name }, line: `${line}\n` };
  }
  return no(url, "it has not signed with the key of a witness of this log");
}

function cosigner(log: LogReader, line: string): NoteKey | undefined {
  const note = utf8(`${fromUtf8(log.note.note)}${line}\n`);
  try {
    const { signatures } = openCheckpoint(note, log.origin, log.key, log.witnesses);
    return signatures.find(({ key }) => key.kind === "cosignature")?.key;
  } catch (error) {
    if (error instanceof EvidenceError) return undefined;
    throw error;
  }
}
