// A pack as a folder: pack.json and the files that it lists, under their own names.
import { sha256, toHex } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import { packManifest, whyNotPackPath } from "@reach-fabric/schema";
import { lstat, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hostCode } from "../files/codes.ts";
import { checked, readJson } from "../files/document.ts";
import { ReachError } from "../files/error.ts";
import { makeEmptyFolder, readRegularFile, writeFileAtomic } from "../files/files.ts";

const MANIFEST = "pack.json";

/** True for a folder that holds a pack. */
export async function isPackFolder(path: string): Promise<boolean> {
  const isFile = await lstat(join(path, MANIFEST)).then(
    (found) => found.isFile(),
    () => false,
  );
  return isFile;
}

/** The folder below which the files of a pack are: of a workflow, or a pack's own. */
export const folderOfPack = async (workflow: string): Promise<string> =>
  (await isPackFolder(workflow)) ? workflow : dirname(workflow);

/**
 * Writes a pack into a new or empty folder; pack.json comes last, so that a folder with one is whole.
 *
 * @throws ReachError `REACH-E411x` where it cannot be written, or the folder is not empty
 *
 * @example
 * await writePack("built", pack);
 * (await loadPack("built")).digest === pack.digest; // → true
 */
export async function writePack(folder: string, pack: Pack): Promise<void> {
  await makeEmptyFolder(folder);
  for (const { path, bytes } of pack.files) {
    // Paths of a pack are checked when it is made; a name that leaves the folder must not reach the disk.
    const why = whyNotPackPath(path);
    if (why !== undefined) throw new TypeError(`A path that no pack has: ${why}`);
    const full = join(folder, ...path.split("/"));
    await mkdir(dirname(full), { recursive: true });
    await writeFileAtomic(full, bytes);
  }
  await writeFileAtomic(join(folder, MANIFEST), pack.manifest);
}

/**
 * The pack of a folder: each file is read without following links, and must be what pack.json says.
 *
 * @throws ReachError `REACH-E41xx` for files, `REACH-E42xx` for pack.json, `REACH-E4122` for a file that is
 *   not what pack.json says
 */
export async function readPackFolder(folder: string): Promise<Pack> {
  const path = join(folder, MANIFEST);
  const manifest = await readRegularFile(path, { follow: false });
  const { files } = checked(packManifest, readJson(manifest, path), "pack");
  const read: { path: string; bytes: Uint8Array }[] = [];
  for (const file of files) {
    const full = join(folder, ...file.path.split("/"));
    const bytes = await readRegularFile(full, { follow: false });
    const actual = toHex(sha256(bytes));
    if (actual !== file.sha256) {
      throw new ReachError(hostCode.changedFile, "A file of the pack is not what pack.json says.", {
        where: full,
        why: `its SHA-256 is ${actual}, not ${file.sha256}`,
        hint: "Build the pack again from its sources.",
      });
    }
    read.push({ path: file.path, bytes });
  }
  return { manifest, files: read, digest: toHex(sha256(manifest)) };
}
