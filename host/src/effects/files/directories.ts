// Where the folders of a grant are on this machine.
import { stat } from "node:fs/promises";
import { hostCode } from "../../files/codes.ts";
import { ReachError } from "../../files/error.ts";
import type { EffectiveGrant } from "../egress/grant.ts";

/**
 * Requires that each folder of a grant has a directory, and that it is there: before a run begins, so that none finds it out.
 *
 * @param file the grant file, for the error
 * @throws ReachError `REACH-E4152`
 *
 * @example
 * await requireDirectories({ grant: {}, directories: {} }, "grant.json");
 */
export async function requireDirectories(
  { grant, directories }: Pick<EffectiveGrant, "grant" | "directories">,
  file: string,
): Promise<void> {
  for (const { name } of grant.folders ?? []) {
    const directory = Object.hasOwn(directories, name) ? directories[name] : undefined;
    const isThere =
      directory !== undefined &&
      (await stat(directory).then(
        (found) => found.isDirectory(),
        () => false,
      ));
    if (isThere) continue;
    throw new ReachError(
      hostCode.noDirectory,
      `The folder ${name} of the grant has no directory.`,
      {
        where: file,
        why:
          directory === undefined
            ? '"directories" does not name it'
            : `${directory} is no directory`,
        hint: `Say where it is: "directories": {"${name}": "/absolute/path"}.`,
      },
    );
  }
}
