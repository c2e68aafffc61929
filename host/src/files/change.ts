// Files that are changed in place: read, made anew, and put in the place of what was read.
import { lstat, readlink, realpath } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { hostCode } from "./codes.ts";
import { ReachError } from "./error.ts";
import { cannotRead, systemCode } from "./files.ts";
import { lockFile } from "./lock.ts";

/** Milliseconds that another command may take for its change. */
const WAIT = 10_000;

/**
 * Does something that reads a file and replaces it. Of programs that change one file at a time, one does, so that none
 * replaces what it has not read; and a link is followed, so that what is replaced is the file that others have. The lock
 * is on `NAME.lock` beside the file, which stays and is no lock by itself.
 *
 * @param work is given the file that the path leads to
 * @throws ReachError `REACH-E4114` another program is changing it; `REACH-E4111` there can be no lock beside it; what
 *   `work` throws
 *
 * @example
 * await changingFile("list.txt", async (file) => writeFileAtomic(file, utf8("one line more\n")));
 */
export async function changingFile<T>(
  path: string,
  work: (path: string) => Promise<T>,
): Promise<T> {
  const file = await targetOf(path);
  const lock = await lockFile(`${file}.lock`, WAIT, {
    code: hostCode.fileInUse,
    what: "Another command is changing the file",
    why: "it has not ended within ten seconds",
    hint: "Try again when it has.",
  });
  try {
    return await work(file);
  } finally {
    lock.release();
  }
}

/** So many links are followed, as systems do. */
const LINKS = 40;

/** Where a path leads, whether or not there is a file yet. */
async function targetOf(path: string): Promise<string> {
  let file = path;
  for (let followed = 0; followed < LINKS; followed++) {
    try {
      if (!(await lstat(file)).isSymbolicLink()) return file;
      file = resolve(await realpath(dirname(file)), await readlink(file));
    } catch (error) {
      if (systemCode(error) === "ENOENT") return file;
      throw cannotRead(path, error);
    }
  }
  throw new ReachError(hostCode.unreadable, "The file cannot be read.", {
    where: path,
    why: "too many links lead on from it",
  });
}
