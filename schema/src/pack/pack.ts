// pack.json, format reach/pack/v1: what a pack is made of. Its SHA-256 is the pack's identity. And pack.yaml,
// where an author says what the workflows themselves do not. docs/spec/pack.md.
import * as z from "zod";
import { label, packPath, semver, sha256Hex } from "../fields/common.ts";
import { limits } from "../fields/limits.ts";
import { problemCode, report, strict } from "../fields/problem.ts";

const file = strict({ path: packPath, sha256: sha256Hex, size: z.int().min(0) });

/** What a pack asks for, as `reach build` lists it, and why: for the person who gives the grant. */
const capability = strict({
  what: z.string().min(1).max(1000),
  reason: z.string().min(1).max(1000),
});

/** A value that is of a class, such as `personal`: `reach redact --class` takes it out. */
const classified = strict({
  class: label,
  /** `input`, or `result:` and the pointer of the task that asked. */
  in: z
    .string()
    .regex(/^(input|result:(\/[^/]*)+)$/, { error: "Expected input or result:/do/..." }),
  /** Of the value in it; empty for all of it. */
  pointer: z
    .string()
    .regex(/^(\/[^/]*)*$/, { error: "Expected a JSON pointer." })
    .max(1000),
});

/** What an author may say beside the workflows; left out of pack.json where it is not said. */
const said = {
  capabilities: z.array(capability).max(1000).optional(),
  classification: z.array(classified).max(1000).optional(),
  /** Which meanings of a run the pack is made for; any, if it is not said. */
  engines: strict({
    semantics: z.array(z.int().min(1).max(0xffffffff)).min(1).max(100),
  }).optional(),
  /** What a run of it may use, where its runner does not say. */
  limits: limits.optional(),
};

/** pack.yaml beside a workflow. */
export const packSource: z.ZodType<PackSource> = strict({
  format: z.literal("reach/pack-source/v1", { error: "Expected reach/pack-source/v1." }),
  ...said,
});

/** What pack.yaml says. */
export type PackSource = { format: "reach/pack-source/v1" } & Pick<
  PackManifest,
  "capabilities" | "classification" | "engines" | "limits"
>;

const fields = strict({
  ...said,
  format: z.literal("reach/pack/v1", { error: "Expected reach/pack/v1." }),
  id: z.string().check((context) => {
    const [namespace, name, ...more] = context.value.split("/");
    const fits =
      more.length === 0 && [namespace, name].every((part) => label.safeParse(part).success);
    if (!fits)
      report(context, [], { code: problemCode.badValue, what: "Expected namespace/name." });
  }),
  version: semver,
  files: z.array(file).min(1, { error: "A pack has at least one file." }).max(4096),
  workflows: z.array(packPath).min(1, { error: "A pack has at least one workflow." }),
  tables: z.array(packPath),
  /** Left out where there is none. */
  schemas: z.array(packPath).min(1).optional(),
});

/** A pack's manifest: its files in the order of their paths, and what each of them is. */
export const packManifest: typeof fields = fields.check((context) => {
  const { files, workflows, tables, schemas = [] } = context.value;
  const paths = files.map(({ path }) => path);
  for (const [index, path] of paths.entries()) {
    const before = paths[index - 1];
    if (before !== undefined && before >= path) {
      report(context, ["files", index, "path"], {
        code: problemCode.badValue,
        what: "The files are not in the order of their paths, each once.",
      });
    }
  }
  for (const [index, what] of clashes(paths)) {
    report(context, ["files", index, "path"], { code: problemCode.duplicateName, what });
  }
  for (const [name, list] of Object.entries({ workflows, tables, schemas })) {
    for (const [index, path] of list.entries()) {
      if (paths.includes(path)) continue;
      report(context, [name, index], {
        code: problemCode.unknownName,
        what: "The manifest lists no such file.",
      });
    }
  }
});

/** A pack's manifest. */
export type PackManifest = z.infer<typeof packManifest>;

/** Files that cannot lie beside others on every system, and why; paths are ASCII. */
function clashes(paths: readonly string[]): [index: number, why: string][] {
  const lower = paths.map((path) => path.toLowerCase());
  const folders = new Set(
    lower.flatMap((path) => [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index))),
  );
  const seen = new Set<string>();
  return lower.flatMap((path, index): [number, string][] => {
    // One that is there twice is out of order already.
    if (paths[index] === paths[index - 1]) return [];
    if (seen.has(path)) return [[index, "Two files whose names differ in case only."]];
    seen.add(path);
    return folders.has(path) ? [[index, "A file is below another file."]] : [];
  });
}
