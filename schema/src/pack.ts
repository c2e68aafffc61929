// pack.json, format reach/pack/v1: what a pack is made of. Its SHA-256 is the pack's identity.
import * as z from "zod";
import { label, packPath, semver, sha256Hex } from "./common.ts";
import { problemCode, report, strict } from "./problem.ts";

const file = strict({ path: packPath, sha256: sha256Hex, size: z.int().min(0) });

const fields = strict({
  format: z.literal("reach/pack/v1", { error: "Expected reach/pack/v1." }),
  id: z.string().check((context) => {
    const [namespace, name, ...more] = context.value.split("/");
    const fits =
      more.length === 0 && [namespace, name].every((part) => label.safeParse(part).success);
    if (!fits)
      report(context, [], { code: problemCode.badValue, what: "Expected namespace/name." });
  }),
  version: semver,
  files: z.array(file).min(1, { error: "A pack has at least one file." }),
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
