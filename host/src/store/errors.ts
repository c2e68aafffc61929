// What is said where a run cannot be kept, or is not: the same of every store.
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import type { InUse } from "../files/lock.ts";
import { MOST_MESSAGES } from "./store.ts";

export const leaseLost = (where: string): ReachError =>
  new ReachError(hostCode.leaseLost, "The run is no longer this process's.", {
    where,
    why: "it was given up, or another process has claimed it",
    hint: "What had entered is kept; the process that has claimed it goes on.",
  });

/** What is said of a run of which a process that is there has a lease. */
export const IN_USE: InUse = {
  code: hostCode.fileInUse,
  what: "The run is in use.",
  why: "another process executes it",
  hint: "Wait until that has ended.",
};

export const inUse = (where: string): ReachError =>
  new ReachError(IN_USE.code, IN_USE.what, { where, why: IN_USE.why, hint: IN_USE.hint });

export const noSuchRun = (where: string): ReachError =>
  new ReachError(hostCode.notARun, "There is no such run.", {
    where,
    hint: "reach runs list names those that are kept.",
  });

export const isThere = (where: string): ReachError =>
  new ReachError(hostCode.notEmpty, "There is a run of this id.", {
    where,
    why: "what is kept is never overwritten",
  });

export const forgotten = (where: string, evidence: string): ReachError =>
  new ReachError(hostCode.notARun, "What had entered the run is not kept any more.", {
    where,
    why: `its evidence was written: ${evidence}`,
  });

export const damagedRun = (where: string, why: string): ReachError =>
  new ReachError(hostCode.damagedRun, "What is kept of the run is damaged.", {
    where,
    why,
    hint: "What it holds cannot be used as a run; the input can be run again.",
  });

export const inboxFull = (where: string): ReachError =>
  new ReachError(hostCode.inboxFull, "The run has too many messages.", {
    where,
    why: `it keeps ${MOST_MESSAGES}`,
    hint: "Go on with it first: reach resume RUN.",
  });
