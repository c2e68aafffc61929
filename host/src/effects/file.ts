// call file (WF-73 to WF-76): reading, writing and listing in the folders of the grant.
import type { EffectKind } from "./effect.ts";
import type { FileCall, UseFile } from "./files/files.ts";
import { needsOfFile } from "./needs.ts";

/** file: what a run reads, writes or lists (TRACE-5). */
export const file: EffectKind<{ readonly file: UseFile }> = {
  perform: ({ request }, outside, context) => outside.file(request as unknown as FileCall, context),
  isReadOnly: ({ method }) => method !== "write",
  // The whole file is what it would be; one that must not be there is by then.
  isIdempotent: (request) => request["new"] !== true,
  needs: needsOfFile,
  operation: ({ method, folder }) => `${method as string} ${folder as string}`,
};
