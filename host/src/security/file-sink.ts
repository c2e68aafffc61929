// The file of a security log: lines are appended to it, each by one write. docs/spec/security-log.md, SEC-5.
import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { cannotWrite, systemCode } from "../files/files.ts";
import type { SecuritySink } from "./security-log.ts";

const NEWLINE = 0x0a;

/**
 * A file to which records are appended, a JSON text a line.
 *
 * Guarantees: it is a regular file with one name, of this user, that nobody else may read or write; it is made so where
 * it is not there. A line is one write behind the end of the file, so that lines of several processes stand one behind
 * the other; one for which there was no room is ended before the next. A record is with the system when write() returns, and
 * on the disk when close() does.
 *
 * @throws ReachError `REACH-E4180` it is a link, somebody else's, has another name, or others may use it; `REACH-E411x`
 *
 * @example
 * const log = createSecurityLog({ actor: "ops-7", sinks: [securityFile("security.jsonl")] });
 * log.note({ type: "input.refused", outcome: "failure", input: "file", code: "REACH-E1102" });
 * await log.close();
 */
export function securityFile(path: string): SecuritySink {
  const fd = opened(path);
  let isEnded = true;
  try {
    isEnded = endsInLine(checked(fd, path), fd);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return {
    write: (_, line) => {
      const bytes = Buffer.from(isEnded ? line : `\n${line}`);
      try {
        isEnded = false;
        isEnded = writeSync(fd, bytes) === bytes.length;
      } catch (error) {
        throw cannotWrite(path, error);
      }
      if (!isEnded) throw cannotWrite(path, Object.assign(new Error("full"), { code: "ENOSPC" }));
    },
    close: () => {
      try {
        fdatasyncSync(fd);
      } finally {
        closeSync(fd);
      }
    },
  };
}

function opened(path: string): number {
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    // A pipe would wait for its other end, and be no file.
    return openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  } catch (error) {
    if (systemCode(error) === "ELOOP") throw refused(path, "it is a symbolic link");
    throw cannotWrite(path, error);
  }
}

/** The size of a file that is one to be written to. */
function checked(fd: number, path: string): number {
  const found = fstatSync(fd);
  if (!found.isFile()) throw refused(path, "it is not a regular file");
  if (found.nlink !== 1) throw refused(path, "it has another name");
  // Windows has neither.
  const own = process.geteuid?.();
  if (own === undefined) return found.size;
  if (found.uid !== own) throw refused(path, "it is somebody else's");
  if ((found.mode & 0o077) !== 0) {
    throw refused(path, "others may read or write it", `chmod 600 ${path}`);
  }
  return found.size;
}

function endsInLine(size: number, fd: number): boolean {
  const last = Buffer.alloc(1, NEWLINE);
  if (size > 0) readSync(fd, last, 0, 1, size - 1);
  return last[0] === NEWLINE;
}

const refused = (path: string, why: string, hint?: string): ReachError =>
  new ReachError(hostCode.badSecurityLog, "This file cannot be a security log.", {
    where: path,
    why,
    hint: hint ?? "Name a file of your own, or one that is not there yet.",
  });
