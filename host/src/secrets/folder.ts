// Secrets as a folder with a file a value, as containers and service managers give them.
import { constants } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fromUtf8 } from "@reach-fabric/engine";
import { credentials } from "@reach-fabric/schema";
import { hostCode } from "../files/codes.ts";
import { checked, readJson } from "../files/document.ts";
import { ReachError } from "../files/error.ts";
import { cannotRead } from "../files/files.ts";
import { readPrivate } from "../files/private.ts";
import type { PrivateFile } from "../files/private.ts";
import { textsOfSecret } from "./texts.ts";
import type { Secret, Secrets } from "./texts.ts";

/** What a file holds, by the end of its name. */
const FIELD = /^(.+)\.(token|username|password|json)$/;

const MOST_BYTES = 64 * 1024;
const MOST_FILES = 1000;

/**
 * Reads a folder of secrets. `NAME.token` holds a token, `NAME.username` and `NAME.password` hold those, `NAME.json` all
 * credentials of a name as the file of secrets has them. Each is a regular file that no one else may read, and no link; names that begin with a dot are left out.
 *
 * Of a value one line end (LF, or CR LF) at the end is no part; any other space or line end at its beginning or end is
 * refused, since nobody can say whether it was meant.
 *
 * @throws ReachError `REACH-E4132` others may read one, or write into the folder, `REACH-E4150` a file that is no value, `REACH-E4133` too short,
 *   `REACH-E41xx`, `REACH-E42xx` for what a `.json` says
 */
export async function readFolder(
  path: string,
): Promise<{ readonly secrets: Secrets; readonly mark: string }> {
  await requireOwn(path);
  const found = await readdir(path).catch((error: unknown) => {
    throw cannotRead(path, error);
  });
  const names = found.filter((name) => !name.startsWith(".")).toSorted();
  if (names.length > MOST_FILES) throw badFile(path, `it has more than ${MOST_FILES} files`);
  const secrets: Record<string, Record<string, unknown>> = {};
  const marks: string[] = [];
  for (const file of names) {
    const where = join(path, file);
    const [, name = "", field = ""] = FIELD.exec(file) ?? [];
    if (field === "") {
      throw badFile(where, "its name ends in none of .token, .username, .password and .json");
    }
    const read = await readPrivate(where, { limit: MOST_BYTES, what: "secrets" });
    const known = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
    if (
      known !== undefined &&
      (field === "json" || !("password" in known || "username" in known))
    ) {
      throw badFile(where, `there is another file for ${name}`);
    }
    secrets[name] = { ...known, ...valueOf(read, field, where) };
    marks.push(`${file} ${read.mark}`);
  }
  for (const [name, secret] of Object.entries(secrets)) requireWhole(path, name, secret);
  return { secrets, mark: marks.join("\n") };
}

function valueOf({ bytes }: PrivateFile, field: string, where: string): Secret {
  if (field === "json") return checked(credentials, readJson(bytes, where), "secret");
  let text: string;
  try {
    text = fromUtf8(bytes).replace(/\r?\n$/, "");
  } catch {
    throw badFile(where, "it is no UTF-8");
  }
  if (text === "") throw badFile(where, "it is empty");
  if (text !== text.trim()) {
    throw badFile(where, "the value begins or ends with a space, or with more than one line end");
  }
  return { [field]: text };
}

function requireWhole(path: string, name: string, secret: Secret): void {
  const isHalf = ["username", "password"].filter((field) => field in secret).length === 1;
  if (isHalf && !("authority" in secret)) {
    throw badFile(join(path, name), "a username and a password are two files");
  }
  textsOfSecret(name, secret);
}

/** A folder into which others write can hold anything. */
async function requireOwn(path: string): Promise<void> {
  const flags = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0);
  const folder = await open(path, flags).catch((error: unknown) => {
    throw cannotRead(path, error);
  });
  try {
    const { mode, uid } = await folder.stat();
    const user = process.geteuid?.();
    if (user === undefined || ((uid === user || uid === 0) && (mode & 0o022) === 0)) return;
    throw new ReachError(hostCode.openSecrets, "Others may change the secrets.", {
      where: path,
      why: (mode & 0o022) === 0 ? "another user owns the folder" : "others may write into it",
      hint: `chmod go-w ${path}, as its owner`,
    });
  } finally {
    await folder.close();
  }
}

const badFile = (where: string, why: string): ReachError =>
  new ReachError(hostCode.badValueFile, "This file holds no secret as it has to be.", {
    where,
    why,
    hint: "A value is a file of its own: NAME.token, NAME.username and NAME.password, or NAME.json.",
  });
