// What a run waits for that does not come by itself now.
import type { RequestRecord } from "@reach-fabric/engine";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";

/** Something that is awaited. */
export type Awaited = { readonly request: RequestRecord } & (
  | { readonly for: "event" }
  /** A person, who says whether the effect was performed. */
  | { readonly for: "person" }
  | {
      readonly for: "time";
      /** In UTC with milliseconds. */
      readonly until: string;
    }
  /** This machine, which lacks what the effect needs (GRANT-17). */
  | { readonly for: "machine"; readonly why: string }
);

/** A run that has not ended, and does not go on by itself. */
export class RunWaits extends ReachError {
  readonly awaits: readonly Awaited[];

  constructor(awaits: readonly Awaited[]) {
    super(hostCode.waiting, "The run waits.", {
      why: awaits.map(sentence).join("; "),
      hint: "Its records so far are kept: it can be resumed.",
      exitCode: 5,
    });
    this.awaits = awaits;
  }
}

/** What a run waits for, as an error; an engine that waits for nothing has a fault. */
export const waiting = (awaits: readonly Awaited[]): Error =>
  awaits.length === 0 ? new TypeError("The engine waits for nothing") : new RunWaits(awaits);

function sentence(awaited: Awaited): string {
  const { key, type, task } = awaited.request;
  if (awaited.for === "event") return `task ${task} waits for an event`;
  if (awaited.for === "machine") return `effect ${key} waits, as ${awaited.why}`;
  if (awaited.for === "time") return `task ${task} waits until ${awaited.until}`;
  return `effect ${key} (${type}) of task ${task} may have been performed, or not`;
}
