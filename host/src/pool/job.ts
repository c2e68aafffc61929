// What a thread is asked and what it says. All of it is plain data: an engine's errors are told by their parts.
import { EngineError, EngineTrap } from "@reach-fabric/engine";
import type { Engine, EngineOptions, Pack, Step, StepInput } from "@reach-fabric/engine";
import type { CloudEvent } from "../effects/emit.ts";
import type { RunEnd } from "./executor.ts";

/** How a thread begins. */
export interface ThreadData {
  readonly engine: EngineOptions;
}

/** One thing that an engine is to do for a run. The run's seed is in memory alone. */
export interface Job {
  readonly pack: Pack;
  readonly seed: Uint8Array | null;
  readonly snapshot: Uint8Array | undefined;
  readonly work:
    | { readonly inputs: readonly StepInput[] }
    | { readonly key: string; readonly event: CloudEvent }
    | { readonly options: Parameters<Engine["admitStart"]>[0]; readonly input: Uint8Array };
}

/** A job on its way: a pack is sent once to each thread. */
export interface SentJob extends Omit<Job, "pack"> {
  readonly digest: string;
  readonly pack?: Pack;
}

/** What came of a job. */
export interface Done {
  readonly computed?: Step;
  readonly end?: RunEnd;
  readonly snapshot?: Uint8Array;
  readonly takes?: boolean;
  readonly start?: Uint8Array;
}

export type JobReply = { readonly done: Done } | { readonly error: ToldError };

/** An error of an engine by its parts. */
type ToldError = Pick<EngineError, "message" | "name"> &
  Partial<Pick<EngineError, "code" | "reason" | "offset" | "depth" | "file" | "pointer">>;

export function tellError(error: unknown): ToldError {
  if (error instanceof EngineError) {
    const { message, name, code, reason, offset, depth, file, pointer } = error;
    return { message, name, code, reason, offset, depth, file, pointer };
  }
  if (error instanceof Error) return { message: error.message, name: error.name };
  return { message: String(error), name: "Error" };
}

export function errorOf(told: ToldError): Error {
  const { message, name, code, offset, depth, reason, file, pointer } = told;
  if (name === "EngineTrap") return new EngineTrap(message);
  if (code === undefined) return Object.assign(new Error(message), { name });
  const error = new EngineError(Number(code.replace(/^\D*/, "")), message, offset, depth);
  return Object.assign(error, { reason, file, pointer });
}

/** Bytes above which a buffer is handed over and not copied: smaller ones are shared by records. */
const OWN = 1 << 16;

/** The buffers of a reply that nothing else uses. */
export function ownBuffers({ computed, snapshot, start }: Done): ArrayBuffer[] {
  const parts = [...(computed?.records ?? []), snapshot, start];
  const buffers = new Set(parts.flatMap((part) => (part === undefined ? [] : part.buffer)));
  return [...buffers].filter(
    (buffer): buffer is ArrayBuffer => buffer instanceof ArrayBuffer && buffer.byteLength > OWN,
  );
}
