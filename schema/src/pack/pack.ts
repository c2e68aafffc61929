// pack.json, format reach/pack/v1: what a pack is made of. Its SHA-256 is the pack's identity. And pack.yaml,
// where an author says what the workflows themselves do not. docs/spec/pack.md.
import * as z from "zod";
import { label, packPath, semver, sha256Hex } from "../fields/common.ts";
import { limits } from "../fields/limits.ts";
import { CLASSIFIED_IN, isPackId, POINTER } from "../fields/names.ts";
import { problemCode, report, strict } from "../fields/problem.ts";
import { misplaced } from "./listed.ts";

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
  in: z.string().regex(CLASSIFIED_IN, { error: "Expected input or result:/do/..." }),
  /** Of the value in it; empty for all of it. */
  pointer: z.string().regex(POINTER, { error: "Expected a JSON pointer." }).max(1000),
}).refine((one) => one.class !== "subject" || one.in === "input", {
  error: "A subject is in the input: it is noted before the run asks for anything.",
  path: ["in"],
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
  id: z.string().refine(isPackId, { error: "Expected namespace/name." }),
  version: semver,
  files: z.array(file).min(1, { error: "A pack has at least one file." }).max(4096),
  workflows: z.array(packPath).min(1, { error: "A pack has at least one workflow." }),
  tables: z.array(packPath),
  /** Left out where there is none. */
  schemas: z.array(packPath).min(1).optional(),
});

/** A pack's manifest: its files in the order of their paths, and what each of them is. */
export const packManifest: typeof fields = fields.check((context) => {
  for (const { path, kind, what } of misplaced(context.value)) {
    report(context, path, { code: problemCode[kind], what });
  }
});

/** A pack's manifest. */
export type PackManifest = z.infer<typeof packManifest>;
