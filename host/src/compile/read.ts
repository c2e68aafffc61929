// What compiling reads beside the workflow.
import type { Path } from "@reach-fabric/schema";
import type { Fields } from "./tasks.ts";

/** A document from outside the workflow: a file of its folder, or a pinned URI. */
export interface Resource {
  readonly document: Fields;
  readonly uri?: string;
}
/** Reads a resource; every one that is read becomes part of the pack. */
export interface Read {
  /** A JSON or YAML document. */
  readonly document: (endpoint: string, path: Path) => Promise<Resource>;
  /** Any text, and the path that it has in the pack. */
  readonly text: (endpoint: string, path: Path) => Promise<{ file: string; text: string }>;
}
