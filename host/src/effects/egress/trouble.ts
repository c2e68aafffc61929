// What this machine lacks, as opposed to what the world answers: it is never recorded (GRANT-17).
import { hostCode } from "../../files/codes.ts";
import { ReachError } from "../../files/error.ts";
import { systemCode } from "../../files/files.ts";
import type { SecretGuard } from "../../secrets/guard.ts";

/** Resources of this machine, by the system's codes. */
const RESOURCES: Readonly<Record<string, string>> = {
  EMFILE: "this process has too many open files",
  ENFILE: "this machine has too many open files",
  ENOBUFS: "this machine has no buffers left",
  ENOMEM: "this machine has no memory left",
  ENOSPC: "the disk of this machine is full",
  EDQUOT: "the disk quota is used up",
  EAI_AGAIN: "no name server answers",
  EAI_MEMORY: "this machine has no memory left",
};

/** This machine's network: with several addresses of a host, what one of them came to is not that of all. */
const NETWORK: Readonly<Record<string, string>> = {
  EACCES: "this machine does not let it out",
  EPERM: "this machine does not let it out",
  EADDRNOTAVAIL: "this machine has no address or port left to send from",
  EAFNOSUPPORT: "this machine has no such network",
  ENETDOWN: "the network of this machine is down",
};

/**
 * This machine could not perform an effect: that is no answer, so none is recorded. The run tries the effect again,
 * and ends without an outcome where that does not help. What an embedder performs by itself may throw it, too.
 */
export class HostTrouble extends ReachError {
  override readonly name: string = "HostTrouble";
  /** True where it may have been performed all the same: it is not tried again, and a run that goes on asks (GRANT-16). */
  readonly isUnknown: boolean;

  /**
   * @param why in words, without content of request or answer
   */
  constructor(why: string, cause?: unknown, isUnknown: boolean = false) {
    super(hostCode.trouble, "This machine could not perform an effect.", { why, cause });
    this.isUnknown = isUnknown;
  }
}

/** The trouble of this machine that an error tells of; undefined where it is the world's doing, or a bug. */
export function troubleOf(error: unknown): HostTrouble | undefined {
  // A chain of causes is as long as the libraries between here and the system call.
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; depth += 1) {
    if (at instanceof HostTrouble) return at;
    const code = systemCode(at);
    const why =
      RESOURCES[code] ?? (isAlone(at) ? NETWORK[code] : undefined) ?? whyUnresolved(at, code);
    if (why !== undefined) return new HostTrouble(`${why} (${code})`, error);
    if (at instanceof RangeError && /allocation failed/i.test(at.message)) {
      return new HostTrouble("this process has no memory left", error);
    }
    at = next(at);
  }
  return undefined;
}

/** Throws it, if that is what an error tells of: without a secret in the words of what an embedder performs. */
export function throwTrouble(error: unknown, guard?: SecretGuard): void {
  const trouble = troubleOf(error);
  if (trouble === undefined) return;
  const { why = "", isUnknown } = trouble;
  throw guard?.holds(why) === true
    ? new HostTrouble(guard.scrubbed(why), undefined, isUnknown)
    : trouble;
}

/** What is behind an error: of several addresses one that resources were missing for, or else what all came to. */
function next(error: Error): unknown {
  const { errors, cause } = error as { errors?: unknown; cause?: unknown };
  if (!Array.isArray(errors) || errors.length === 0) return cause;
  const codes = errors.map((each) => systemCode(each));
  const lacking = errors.find((_, at) => (codes[at] ?? "") in RESOURCES);
  return lacking ?? (codes.every((code) => code in NETWORK) ? errors[0] : undefined);
}

/**
 * Why a name was not looked up at all. A resolver says of a name that it has no address, or that its servers have failed for good; any
 * other error is of the system call beneath it, under whatever number was left there: without a descriptor it is `EBUSY`.
 */
function whyUnresolved(error: Error, code: string): string | undefined {
  if ((error as { syscall?: unknown }).syscall !== "getaddrinfo") return undefined;
  const isAnswer = code === "ENOTFOUND" || code.startsWith("EAI_");
  return isAnswer ? undefined : "this machine could not look up the name";
}

/** True for an error that does not stand for several: an AggregateError has the code of one of them. */
const isAlone = (error: Error): boolean => !("errors" in error);
