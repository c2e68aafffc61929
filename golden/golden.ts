// All that the golden checks of a runtime are about.
import type { Script } from "../fuzz/models/script.ts";
import type { RunsIndex } from "./runs.ts";

/** What a runtime is asked: plain JSON, so that it can be handed to a page. */
export interface Golden {
  readonly files: readonly { readonly path: string; readonly text: string }[];
  readonly index: RunsIndex;
  /** The files of the index, in hex. */
  readonly runs: Readonly<Record<string, string>>;
  /** The debug build, in hex. */
  readonly debug: string;
  /** jq programs, each with an input. */
  readonly programs: readonly (readonly [program: string, input: string])[];
  /** Generated runs by their numbers. */
  readonly scripts: readonly (readonly [number: number, script: Script])[];
}
