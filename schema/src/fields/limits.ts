// A run's limits: part of its start record, and so of its decision digest (WF-28).
import * as z from "zod";
import { strict } from "./problem.ts";

/** What may differ from the engine's defaults. */
export const limits = strict({
  /** Units of computation. */
  fuel: z.int().min(0).optional(),
  /** Effects that the run may ask for. */
  effects: z.int().min(0).max(0xffffffff).optional(),
});

/** A run's limits. */
export type Limits = z.infer<typeof limits>;
