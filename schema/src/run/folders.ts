// Folders that a grant opens to a run, by logical names: docs/spec/grant.md, GRANT-26.
import * as z from "zod";
import { folderName } from "../fields/common.ts";
import { strict } from "../fields/problem.ts";

/** What a run may do in a folder: a call's methods. */
const ACCESS = ["list", "read", "write"] as const;
export type FolderAccess = (typeof ACCESS)[number];

export const folders = z.array(
  strict({
    name: folderName,
    access: z
      .array(z.enum(ACCESS, { error: `Expected one of ${ACCESS.join(", ")}.` }))
      .min(1, { error: "Name at least one access." }),
  }),
);

/** Where a folder is on this machine, whatever folder a command runs in. */
export const directory = z.string().regex(/^(?:\/|[A-Za-z]:[\\/])[^\0]*$/, {
  error: "Expected an absolute path.",
});

/** GRANT-26: true if this may be done in the folder. */
export const mayAccess = (
  { folders: rules = [] }: { readonly folders?: z.infer<typeof folders> | undefined },
  name: string,
  method: string,
): boolean =>
  rules.some((rule) => rule.name === name && rule.access.some((access) => access === method));
