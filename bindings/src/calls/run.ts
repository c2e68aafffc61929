/** Runs: a pack, what enters from outside, and the records that leave (docs/spec/abi.md). */

import { requireOptions, requirePack, requireText } from "../core/arguments.ts";
import { fromHex, fromUtf8, toHex } from "../core/bytes.ts";
import type { Text } from "../core/bytes.ts";
import type { Bytecode } from "./bytecode.ts";
import type { Core } from "../core/core.ts";
import { codeName, EngineError } from "../core/errors.ts";
import * as codes from "../generated/codes.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A workflow with all that it needs, in memory (format reach/pack/v1). */
export interface Pack {
  /** pack.json: RFC 8785 JSON that names every file with its size and SHA-256. */
  readonly manifest: Uint8Array;
  /** The files, in the manifest's order. */
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  /** SHA-256 of the manifest, in hex: the pack's identity. */
  readonly digest: string;
}

/** Where an opaque replay has ended. */
export interface Looked {
  /** Records that were computed, or taken in, before: their numbers are 0 to `records` - 1. */
  readonly records: number;
  /** JSON pointer of the task that looked; empty: the workflow itself. */
  readonly task: string;
  /** `"expression"`, `"limit"` for a replay that has come to a limit, as its fuel, or a word for what else looked. */
  readonly what: string;
  /** The jq program that looked. */
  readonly expression?: string;
}

/** What a run begins with, besides its input. */
export interface StartOptions {
  /** `namespace/name:version`; may be left out where the pack has one workflow. */
  readonly workflow?: string;
  /** What the run may do to the world, by logical names. Nothing by default. */
  readonly grant?: object;
  /** Limits that differ from the defaults. */
  readonly limits?: object;
}

/** What came of an effect, in the parts that admitResult() takes: see ABI-7. */
export interface EffectResult<R extends object = object> {
  readonly result: R;
  /**
   * Of an http answer: one that is not JSON is itself a result. Of an mcp answer the JSON text of the message's member
   * that `result` names: `{"member":"result"}` or `{"member":"error"}`.
   */
  readonly body?: Uint8Array;
}

/** Which run it is, among those that one engine has begun: an object that is equal to itself alone. */
export type RunToken = object;

/** Where a run is after a record was taken. `looked`: see RunCalls.looked(). */
export interface Advance {
  readonly status: "waiting" | "completed" | "faulted" | "cancelled" | "looked";
  /**
   * The records that left the engine, in order: requests, ended tasks, retries, the outcome; or what
   * commit() has them leave as. They are views of buffers that they share: do not transfer these.
   */
  readonly records: Bytes[];
}

/** An expression of a pack: its compilation, or what is wrong with it. */
export interface ListedExpression {
  /** The pack's file that it is in, and where: a JSON pointer. */
  readonly file: string;
  readonly place: string;
  /** The jq program, without `${ }`. */
  readonly text: string;
  readonly program?: Bytecode;
  /** `offset`: in bytes of the text. */
  readonly error?: { readonly code: string; readonly message: string; readonly offset: number };
}

export interface RunCalls {
  /**
   * The pack that is loaded, the very object that load() was given; undefined where none is. The engine has
   * a copy of its own: who changes the bytes of a pack afterwards changes nothing of what runs.
   *
   * @example if (engine.loaded !== pack) engine.load(pack);
   */
  readonly loaded: Pack | undefined;
  /**
   * The run that start() or restore() has begun last; undefined where load() came after it. Who waits between two
   * calls keeps it and gives it to the next one: should somebody else have begun a run on this engine meanwhile, that
   * call is refused, and no answer gets into the run of another.
   *
   * @example
   * engine.load(pack);
   * const start = engine.admitStart({}, "{}");
   * engine.start(start);
   * const mine = engine.run;
   * engine.start(start);
   * engine.admitResult("0", {}, undefined, mine); // → throws REACH-E1001
   */
  readonly run: RunToken | undefined;
  /**
   * Loads a pack and forgets the pack and the run before it.
   *
   * @throws EngineError `REACH-E15xx`: a file is not what the manifest says, or a workflow is not
   *   one that this engine runs. Its `file` and `pointer` name the place.
   */
  load(pack: Pack): void;
  /**
   * Every expression of a pack, in the order of the documents, each compiled for itself. Forgets the
   * pack and the run before it, and loads none.
   *
   * @returns `error`: what else is wrong with the pack, and that no expression behind it is listed
   */
  listExpressions(pack: Pack): {
    readonly expressions: readonly ListedExpression[];
    readonly error: EngineError | null;
  };
  /**
   * The start record to persist and then to hand to start(). Changes nothing.
   *
   * @param input the run's input, JSON text
   * @throws EngineError for an input that is not strict JSON and for options that do not fit
   */
  admitStart(options: StartOptions, input: Text): Bytes;
  /**
   * The record of an effect's result, to persist and then to hand to advance(). Changes nothing.
   *
   * @param key the request's `key`
   * @param result what came back, in the form of ABI-7: for http `{ status, headers }` or
   *   `{ failure }`, for clock `{ ms }`, for random `{ hex }`, for timer `{}`
   * @param body the body of an http answer: one that is not JSON is itself a result; or what an mcp answer consists of
   * @param run what `run` was when the effect was asked for
   * @throws EngineError `REACH-E1001` where another run was begun since
   */
  admitResult(key: string, result: object, body?: Text, run?: RunToken): Bytes;
  /** The record that ends the run, to persist and then to hand to advance(). Changes nothing. */
  admitCancel(reason?: string): Bytes;
  /**
   * The record that suspends the run, to persist and then to hand to advance(). Until the one of
   * admitResume() is, advance() refuses results: they are the caller's to keep. Changes nothing.
   */
  admitSuspend(reason?: string): Bytes;
  /** The record with which a suspended run goes on. Changes nothing. */
  admitResume(reason?: string): Bytes;
  /**
   * Begins a run and forgets the one before it.
   *
   * @throws EngineError `REACH-E16xx` for a record that does not belong here
   */
  start(record: Uint8Array): Advance;
  /**
   * Takes one record that is durable by now.
   *
   * @param run what `run` was when the record before was taken
   * @throws EngineError `REACH-E16xx`, `REACH-E1001` where another run was begun since; the run is as it was before
   */
  advance(record: Uint8Array, run?: RunToken): Advance;
  /**
   * The keys of effects that the last start() or advance() has cancelled: their branch of a fork was.
   * They need no more work. An http answer that has come already is to be admitted all the
   * same; its record is a `late` one.
   */
  dropped(): string[];
  /**
   * Where an opaque replay (commit() with `holes`) has ended, after the status `looked`: what comes next
   * depends on a hidden value. The records that it gave before are those of the run.
   */
  looked(): Looked;
  /** The outcome record of the ended run, whatever left of it. */
  outcome(): Bytes;
  /** The decision digest of the ended run, in hex (TRACE-14). */
  decision(): string;
  /** The fingerprint of the ended run, in hex: this engine and that decision (TRACE-17). */
  fingerprint(): string;
  /** Fuel of the last call: of the whole run so far after start() and advance(). */
  fuelUsed(): number;
  /** The state of the run: a cache for restore(), never evidence (ABI-10). */
  snapshot(): Bytes;
  /** Takes the state back; the pack must be the loaded one. @throws EngineError `REACH-E1003` */
  restore(snapshot: Uint8Array): void;
}

const statuses: Readonly<Record<number, Advance["status"]>> = {
  [codes.STATUS_WAITING]: "waiting",
  [codes.STATUS_COMPLETED]: "completed",
  [codes.STATUS_FAULTED]: "faulted",
  [codes.STATUS_CANCELLED]: "cancelled",
  [codes.STATUS_LOOKED]: "looked",
};

/** @param digest the engine's digest in hex, for fingerprints */
export function runCalls(core: Core, digest: string): RunCalls {
  const { exports } = core;
  let loaded: Pack | undefined;
  let run: RunToken | undefined;

  const placePack = ({ manifest, files }: Pack): number =>
    core.placeFrames([manifest, ...files.map((file) => file.bytes)]);
  const admit = (descriptor: object, outside: readonly Text[]): Bytes => {
    core.checked(exports.admit, core.placeFrames([JSON.stringify(descriptor), ...outside]));
    return core.record();
  };
  const take = (f: typeof exports.start, record: Uint8Array): Advance => {
    const length = core.placeOne(record);
    const status = statuses[core.checked(f, length)];
    if (status === undefined) throw new TypeError("The engine gave a status that ABI 1 lacks");
    return { status, records: core.records() };
  };
  const requireRun = (given: RunToken | undefined): void => {
    if (given === undefined || given === run) return;
    throw new EngineError(codes.E_CALL, "another run was begun on this engine");
  };
  /** Forgets the run before; the new one is there once this has not thrown. */
  const begin = <T>(work: () => T): T => {
    run = undefined;
    const begun = work();
    run = Object.freeze({});
    return begun;
  };

  return {
    get loaded(): Pack | undefined {
      return loaded;
    },
    get run(): RunToken | undefined {
      return run;
    },
    load: (pack) => {
      requirePack("pack", pack);
      loaded = undefined;
      run = undefined;
      core.checked(exports.load, placePack(pack));
      if (toHex(core.output()) !== pack.digest) {
        throw new EngineError(
          codes.E_PACK_DIGEST,
          "the pack's digest is not that of its pack.json",
        );
      }
      loaded = pack;
    },
    listExpressions: (pack) => {
      requirePack("pack", pack);
      loaded = undefined;
      run = undefined;
      const status = core.call(exports.listExpressions, placePack(pack));
      const expressions = core.outputTexts().map((text) => {
        const { error, ...rest } = JSON.parse(text) as ListedExpression;
        return error === undefined
          ? rest
          : { ...rest, error: { ...error, code: codeName(Number(error.code)) } };
      });
      return { expressions, error: status === codes.STATUS_ERROR ? core.error() : null };
    },
    admitStart: (options, input) => {
      requireOptions("options", options, ["grant", "limits", "workflow"]);
      requireText("input", input);
      return admit({ kind: "start", ...options }, [input]);
    },
    admitResult: (key, result, body, of) => {
      requireRun(of);
      return admit({ kind: "result", key, result }, body === undefined ? [] : [body]);
    },
    admitCancel: (reason) => admit({ kind: "cancel", reason }, []),
    admitSuspend: (reason) => admit({ kind: "suspend", reason }, []),
    admitResume: (reason) => admit({ kind: "resume", reason }, []),
    start: (record) => begin(() => take(exports.start, record)),
    advance: (record, of) => {
      requireRun(of);
      return take(exports.advance, record);
    },
    dropped: () => {
      core.checked(exports.dropped);
      return core.outputTexts();
    },
    looked: () => {
      core.checked(exports.looked);
      return JSON.parse(fromUtf8(core.output())) as Looked;
    },
    outcome: () => {
      core.checked(exports.outcome);
      return core.output();
    },
    decision: () => {
      core.checked(exports.decision);
      return toHex(core.output());
    },
    fingerprint: () => {
      core.place(fromHex(digest));
      core.checked(exports.fingerprint, 32);
      return toHex(core.output());
    },
    fuelUsed: () => core.call(exports.fuelUsed),
    snapshot: () => {
      core.checked(exports.snapshot);
      return core.output();
    },
    restore: (snapshot) => {
      begin(() => core.checked(exports.restore, core.placeOne(snapshot)));
    },
  };
}
