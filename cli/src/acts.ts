// Acts that security depends on, each one structured record.
import type { NewLogEntry } from "@reach-fabric/schema";

/** What was done, when, by whom, and how it ended: the body of an entry of the audit log, and its time. */
export type Act = { readonly at: string } & Extract<NewLogEntry, { type: "act" }>["body"];
