// Files that only their owner may read: checked on what was opened, not on its name.
import { constants } from "node:fs";
import type { Stats } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { hostCode } from "./codes.ts";
import { ReachError } from "./error.ts";
import { cannotRead, readUpTo } from "./files.ts";

interface PrivateOptions {
  /** Most bytes. */
  readonly limit: number;
  /** For messages: `secrets`, `vault`. */
  readonly what: string;
  /** Whether a symbolic link at the end of the path leads on; otherwise it is refused. */
  readonly follow?: boolean;
}

/** A file that was read, and what tells it from another one at its place. */
export interface PrivateFile {
  readonly bytes: Uint8Array;
  readonly mark: string;
}

/** What is another one where a file was replaced or changed. */
export const markOf = ({ dev, ino, size, mtimeMs, ctimeMs }: Stats): string =>
  [dev, ino, size, mtimeMs, ctimeMs].join(" ");

/** Who this process is to files; undefined where the system has no such thing. */
const own = (): number | undefined => process.geteuid?.();

/** Why a file is not private to its owner, who is this user or the system's; undefined where it is. */
export function whyNotPrivate(
  { mode, uid }: Pick<Stats, "mode" | "uid">,
  user: number | undefined,
): string | undefined {
  if (user === undefined) return undefined;
  if (uid !== user && uid !== 0) return "another user owns it";
  return (mode & 0o077) === 0 ? undefined : "its mode lets others in";
}

/**
 * The bytes of a regular file that belongs to this user, or to the system, and that no one else may open.
 *
 * @throws ReachError `REACH-E4132` where others may read or change it, `REACH-E4101` unreadable, or a link, `REACH-E4102` not there,
 *   `REACH-E4103` too large, `REACH-E4104` not a regular file
 */
export async function readPrivate(
  path: string,
  { limit, what, follow = false }: PrivateOptions,
): Promise<PrivateFile> {
  // Not blocking: opening a pipe would otherwise wait for a writer.
  const flags =
    constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (follow ? 0 : (constants.O_NOFOLLOW ?? 0));
  let file: FileHandle | undefined;
  try {
    file = await open(path, flags);
    const found = await file.stat();
    if (!found.isFile()) {
      throw new ReachError(hostCode.notAFile, "This is not a regular file.", { where: path });
    }
    const why = whyNotPrivate(found, own());
    if (why !== undefined) {
      throw new ReachError(hostCode.openSecrets, `Others may read the ${what}.`, {
        where: path,
        why,
        hint: `chmod 600 ${path}, as its owner`,
      });
    }
    return { bytes: await readUpTo(file, path, limit), mark: markOf(found) };
  } catch (error) {
    throw cannotRead(path, error);
  } finally {
    await file?.close();
  }
}
