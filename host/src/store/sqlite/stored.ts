// What is kept of a run, as its file says it.
import { fromHex, toHex } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import { manifestOf } from "@reach-fabric/evidence";
import { packManifest, runRequest } from "@reach-fabric/schema";
import type { RunRequest } from "@reach-fabric/schema";
import { createHash } from "node:crypto";
import { checked, readJson } from "../../files/document.ts";
import { parseJournal, withBodies } from "../../record/journal.ts";
import { damagedRun } from "../errors.ts";
import type { NewRun, RunFile } from "../store.ts";
import type { KeptPack, StoredRun } from "./protocol.ts";
import type { ThreadClient } from "./thread-client.ts";

/** What only who executes the run may know, as text. */
export const secretsOf = ({ secret }: NewRun["run"], request: RunRequest | undefined): string =>
  JSON.stringify({ secret: toHex(secret), ...(request === undefined ? {} : { request }) });

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** A pack as it is kept: runs of one pack share it, so its digests are looked at. */
export function keptPackOf(pack: Pack): KeptPack {
  const byPath = new Map(pack.files.map(({ path, bytes }) => [path, bytes]));
  const files = manifestOf(pack).files.map(({ path, sha256: digest }) => {
    const bytes = byPath.get(path);
    if (bytes === undefined || sha256(bytes) !== digest)
      throw new TypeError("A pack that is not one");
    return [digest, bytes.slice()] as const;
  });
  if (sha256(pack.manifest) !== pack.digest) throw new TypeError("A pack that is not one");
  return { manifest: pack.manifest.slice(), files };
}

/** @throws ReachError `REACH-E4131` */
export async function runFileOf(
  stored: StoredRun,
  where: string,
  packs: PackCache,
): Promise<RunFile> {
  const { secret, request } = JSON.parse(stored.secrets) as { secret: string; request?: unknown };
  const { lines: kept, torn, bad } = parseJournal(stored.bytes);
  const { lines, bad: without } = await withBodies(kept, (digest) =>
    Promise.resolve(stored.bodies.get(digest)),
  );
  // Rows are whole: there is no end that was cut off.
  const odd = torn > 0 ? kept.length + 1 : (bad ?? without);
  if (odd !== undefined) throw damagedRun(where, `line ${odd} is not as it was written`);
  if (lines.length !== stored.lines) throw damagedRun(where, `it has not ${stored.lines} lines`);
  return {
    run: {
      id: stored.id,
      attempt: stored.attempt,
      secret: fromHex(secret),
      startedAt: stored.startedAt,
    },
    engine: stored.engine,
    pack: await packs.get(stored.pack),
    ...(request === undefined ? {} : { request: runRequest.parse(request) }),
    lines,
    torn: 0,
  };
}

/** Packs that are remembered. */
const MOST_PACKS = 16;

/** Packs by their digests: of many runs that are read, most have the same. */
export class PackCache {
  readonly #thread: ThreadClient;
  readonly #file: string;
  readonly #packs = new Map<string, Pack>();

  constructor(thread: ThreadClient, file: string) {
    this.#thread = thread;
    this.#file = file;
  }

  async get(digest: string): Promise<Pack> {
    const known = this.#packs.get(digest);
    if (known !== undefined) return known;
    const kept = await this.#thread.read("pack", { digest });
    const where = `${this.#file}, pack ${digest}`;
    if (sha256(kept.manifest) !== digest) throw damagedRun(where, "it is not what its digest says");
    const { files } = checked(packManifest, readJson(kept.manifest, where), "pack");
    const bytes = new Map(kept.files);
    const pack = {
      manifest: kept.manifest,
      digest,
      files: files.map((file) => {
        const found = bytes.get(file.sha256);
        if (found === undefined) throw damagedRun(where, `${file.path} is missing`);
        return { path: file.path, bytes: found };
      }),
    };
    if (this.#packs.size >= MOST_PACKS) this.#packs.clear();
    this.#packs.set(digest, pack);
    return pack;
  }
}
