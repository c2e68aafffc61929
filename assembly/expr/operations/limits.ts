/** The engine's limits with the types that this folder computes in. */

import { MAX_STRING } from "../../errors/codes";

/** Longest string, in bytes. */
export const LONGEST_STRING: u32 = MAX_STRING as u32;
