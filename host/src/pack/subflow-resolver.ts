// The workflows beside a workflow: those that it may run (WF-60).
import { fromUtf8 } from "@reach-fabric/engine";
import { problemCode, whyNotPackPath } from "@reach-fabric/schema";
import type { NamedWorkflow } from "@reach-fabric/schema";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { maxSatisfying } from "semver";
import { hostCode } from "../files/codes.ts";
import { readDocument } from "../files/document.ts";
import type { ReadDocument } from "../files/document.ts";
import { ReachError } from "../files/error.ts";
import { cannotRead, readRegularFile } from "../files/files.ts";
import type { DocumentPlace } from "../files/place.ts";

/** Files of a folder that are looked at. */
const MAX_DOCUMENTS = 1000;

export interface FoundWorkflow {
  readonly file: string;
  readonly read: ReadDocument;
  readonly version: string;
}

/** Finds workflows among the documents of a folder, which are read when the first is asked for. */
export class SubflowResolver {
  readonly #folder: string;
  #all: Promise<Head[]> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * The workflow of that name; of several versions the one that is named, or the highest.
   *
   * @param place where it is named
   * @throws ReachError `REACH-E4216` there is none, `REACH-E4217` there are two
   */
  async find(
    { namespace, name, version }: NamedWorkflow,
    place: DocumentPlace,
  ): Promise<FoundWorkflow> {
    const all = await (this.#all ??= heads(this.#folder));
    const same = all.filter((one) => one.namespace === namespace && one.name === name);
    const versions = same.map((one) => one.version);
    const wanted =
      version === undefined || version === "latest"
        ? (maxSatisfying(versions, "*") ??
          maxSatisfying(versions, "*", { includePrerelease: true }))
        : version;
    const [found, twin] = same.filter((one) => one.version === wanted);
    const full = `${namespace}/${name}${version === undefined ? "" : `:${version}`}`;
    if (found === undefined) {
      throw new ReachError(
        problemCode.unknownName,
        `There is no workflow ${full} in this folder.`,
        {
          place,
          ...(versions.length > 0 ? { why: `there is ${versions.join(", ")}` } : {}),
          hint: "Put its file beside the workflow that runs it.",
        },
      );
    }
    if (twin !== undefined) {
      throw new ReachError(problemCode.duplicateName, `Two files are the workflow ${full}.`, {
        place,
        why: `${found.file} and ${twin.file}`,
      });
    }
    return found;
  }
}

interface Head extends FoundWorkflow {
  readonly namespace: string;
  readonly name: string;
}

async function heads(folder: string): Promise<Head[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw cannotRead(folder, error);
  });
  const files = entries
    .filter((entry) => entry.isFile() && /\.(?:ya?ml|json)$/i.test(entry.name))
    .map(({ name }) => name)
    .filter((name) => whyNotPackPath(name) === undefined)
    .sort();
  if (files.length > MAX_DOCUMENTS) {
    throw new ReachError(hostCode.tooLarge, "Too many files.", {
      where: folder,
      why: `the limit is ${MAX_DOCUMENTS} documents beside a workflow that runs another`,
    });
  }
  const found: Head[] = [];
  for (const file of files) {
    const head = await headOf(join(folder, file), file);
    if (head !== undefined) found.push(head);
  }
  return found;
}

/** Undefined for what is no workflow: a folder may hold anything. */
async function headOf(path: string, file: string): Promise<Head | undefined> {
  const bytes = await readRegularFile(path, { follow: false });
  let read: ReadDocument;
  try {
    read = readDocument(bytes, path);
  } catch (error) {
    if (error instanceof ReachError) return undefined;
    throw error;
  }
  const value: unknown = JSON.parse(fromUtf8(read.canonical));
  const document = (value as { document?: Record<string, unknown> } | null)?.document;
  const { namespace, name, version } = document ?? {};
  const parts = [namespace, name, version];
  if (parts.some((part) => typeof part !== "string")) return undefined;
  return { file, read, namespace, name, version } as Head;
}
