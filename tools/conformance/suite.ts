// What a suite is, and where it finds its vectors: in a folder, or in a page that was handed them.
// No node: import here or in the suites, so that they run in a browser.
import { fromBase64 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";

/** Files by their paths, which are relative and have slashes. */
export interface Vectors {
  /** The files below a folder, by path. */
  list(folder: string): string[];
  bytes(path: string): Uint8Array<ArrayBuffer>;
}

export const textOf = (vectors: Vectors, path: string): string =>
  new TextDecoder().decode(vectors.bytes(path));

export const jsonOf = (vectors: Vectors, path: string): unknown =>
  JSON.parse(textOf(vectors, path)) as unknown;

/** Vectors out of memory: the contents in base64, by path. */
export function vectorsOf(files: Readonly<Record<string, string>>): Vectors {
  const paths = Object.keys(files).sort();
  return {
    list: (folder) => paths.filter((path) => path.startsWith(`${folder}/`)),
    bytes: (path) => {
      const content = files[path];
      if (content === undefined) throw new Error(`no vector file ${path}`);
      return fromBase64(content);
    },
  };
}

/** How much of a suite is wanted. */
export interface Effort {
  /** All of it, minutes perhaps; otherwise a slice that a test run can afford. */
  readonly long: boolean;
  /** For suites that draw their cases; each has a seed of its own. */
  readonly seed?: number;
  /** Told now and then how far a long suite is. */
  progress?(text: string): void;
}

/** What a suite found. A failure and a skipped case say which case it is and why. */
export interface SuiteResult {
  readonly passed: number;
  readonly failed: readonly string[];
  /** `not built yet: ...` for what the engine lacks so far; anything else is left out for good. */
  readonly skipped: readonly string[];
  readonly notes?: readonly string[];
  /** More to be printed below the line: a table. */
  readonly table?: readonly string[];
}

/** A set of vectors with one origin. */
export interface Suite {
  readonly name: string;
  run(engine: Engine, vectors: Vectors, effort: Effort): Promise<SuiteResult> | SuiteResult;
}
