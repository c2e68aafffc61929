// Which files of a workflow's folder stand for documents of elsewhere: docs/spec/workflow.md, WF-52.
import * as z from "zod";
import { packPath, sha256Hex } from "../fields/common.ts";
import { strict } from "../fields/problem.ts";

/** reach.pins.json beside a workflow. */
export const pinsFile = strict({
  format: z.literal("reach/pins/v1", { error: "Expected reach/pins/v1." }),
  pins: z.record(z.string(), strict({ file: packPath, sha256: sha256Hex })),
});
