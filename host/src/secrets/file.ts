// The operator's file of secrets.
import { problemCode, secretsFile } from "@reach-fabric/schema";
import { hostCode } from "../files/codes.ts";
import { checked, readJson, refusalOf, whereOf } from "../files/document.ts";
import type { ReadDocument } from "../files/document.ts";
import { ReachError } from "../files/error.ts";
import { readPrivate } from "../files/private.ts";
import { textsOfSecret } from "./texts.ts";
import type { Secrets } from "./texts.ts";

/** Gives the value of a variable of the environment that a secret names, and takes it out of there. */
export type Variables = (name: string) => string | undefined;

export const LARGEST_FILE: number = 8 * 1024 * 1024;

/**
 * Reads a file of secrets: strict JSON of format reach/secrets/v1, which no one else may read. A text in it may be `{"env": NAME}`: the
 * value of that variable of the environment.
 *
 * @param variables of the environment; without it, none is there
 * @throws ReachError `REACH-E41xx` for the file, `REACH-E4132` where others may read it, `REACH-E4133`
 *   for a secret of fewer than 8 characters, `REACH-E4151` for a variable that is not there, `REACH-E11xx` for its JSON, `REACH-E42xx` for what it says, without a
 *   word of what is in it
 *
 * @example
 * await run({ engine, pack, input, grant, secrets: await readSecrets("secrets.json"), recorder });
 */
export async function readSecrets(path: string, variables?: Variables): Promise<Secrets> {
  const { bytes } = await readPrivate(path, { limit: LARGEST_FILE, what: "secrets", follow: true });
  return secretsIn(readJson(bytes, path), path, variables);
}

/** What a file of secrets says. @throws ReachError as readSecrets() */
export function secretsIn(
  document: ReadDocument,
  path: string,
  variables: Variables = () => undefined,
): Secrets {
  const named = checkedSecrets(withVariables(document, variables, path));
  for (const [name, secret] of Object.entries(named.secrets)) textsOfSecret(name, secret);
  return named.secrets;
}

/** What a document says that has the form of secrets. A field that is not known may be a value in the wrong place: it is not repeated. */
function checkedSecrets(document: ReadDocument): ReturnType<typeof checked<typeof secretsFile>> {
  try {
    return checked(secretsFile, document, "secrets");
  } catch (error) {
    if (!(error instanceof ReachError) || error.problems.length === 0) throw error;
    throw refusalOf(
      error.problems.map((problem) => {
        if (problem.code !== problemCode.unknownField) return problem;
        // Nothing else of it: its path ends with the name, too.
        const { code, file, pointer = "" } = problem;
        const place = { file, pointer: pointer.slice(0, pointer.lastIndexOf("/")) };
        const what = "There is a field here that secrets do not have.";
        return { ...place, code, where: whereOf(place, "secrets"), what };
      }),
    );
  }
}

/** What a variable of the environment is called by custom: anything else may be a value in the place of its name. */
const VARIABLE = /^[A-Z][A-Z0-9_]{0,63}$/;

/** What the parts of secrets are called that come from variables: anything else may be a value, too. */
const PART = /^(?:id|password|secret|token|username)$/;

/** The same document with the values of variables in the places that name them. */
function withVariables(document: ReadDocument, variables: Variables, path: string): ReadDocument {
  const text = Buffer.from(document.canonical).toString("utf8");
  if (!text.includes('"env"')) return document;
  const filled: unknown = JSON.parse(text, function (this: unknown, member, value: unknown) {
    if (typeof value !== "object" || value === null) return value;
    const [[name, variable] = [], ...others] = Object.entries(value);
    if (name !== "env" || others.length > 0 || typeof variable !== "string") return value;
    const found = variables(variable);
    if (found !== undefined && found !== "") return found;
    const called = VARIABLE.test(variable) ? variable : "a variable";
    const part = PART.test(member) ? `a secret's ${member}` : "a part of a secret";
    throw new ReachError(hostCode.noVariable, "A variable of the environment is missing.", {
      where: path,
      why: `${part} is to come from ${called}, which is not there or empty`,
      hint: `Set ${called} for this command alone, or take a vault (reach secrets set).`,
    });
  });
  return { ...document, canonical: Buffer.from(JSON.stringify(filled)) };
}

/**
 * Takes variables out of an environment as they are asked for, so that no process that is started later gets them, and no
 * log of an environment has them. A variable that was taken is given again.
 *
 * @example
 * const env = { BUREAU_TOKEN: "tok-0123456789abcdef" };
 * const variables = takingFrom(env);
 * variables("BUREAU_TOKEN"); // → "tok-0123456789abcdef"
 * Object.keys(env); // → []
 */
export function takingFrom(env: Record<string, string | undefined>): Variables {
  const taken = new Map<string, string>();
  return (name) => {
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (value !== undefined) taken.set(name, value);
    delete env[name];
    return taken.get(name);
  };
}
