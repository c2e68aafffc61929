// What can be done to the secrets of a vault (VAULT-6). Each gives all entries as they are then.
import { secretName } from "@reach-fabric/schema";
import { hostCode } from "../../files/codes.ts";
import { ReachError } from "../../files/error.ts";
import type { Secret } from "../texts.ts";
import type { VaultEntry } from "./format.ts";

/** A version that is to be sealed. */
export type NewEntry = Omit<VaultEntry, "sealed">;

export type VaultChange = (entries: readonly VaultEntry[]) => readonly (VaultEntry | NewEntry)[];

/** A secret that was not there. @throws ReachError `REACH-E4139` */
export const setting =
  (name: string, secret: Secret, since: string): VaultChange =>
  (entries) => {
    if (entries.some((one) => one.name === name)) {
      throw new ReachError(hostCode.secretThere, "There is such a secret already.", {
        where: `secret ${name}`,
        why: "requests under way may need the value that it has",
        hint: `Rotate it (reach secrets rotate ${name}), or remove it first.`,
      });
    }
    const made = { name, secret, since, state: "current", version: 1 } as const;
    return inOrder([...entries, made]);
  };

/** Another value: the one before is former. @throws ReachError `REACH-E4138` */
export const rotating =
  (name: string, secret: Secret, since: string): VaultChange =>
  (entries) => {
    const { version } = currentOf(entries, name);
    const others = entries.map((one) =>
      one.name === name && one.state === "current" ? { ...one, state: "former" as const } : one,
    );
    const made = { name, secret, since, state: "current", version: version + 1 } as const;
    return inOrder([...others, made]);
  };

/** Former versions are gone. @throws ReachError `REACH-E4138` */
export const retiring =
  (name: string): VaultChange =>
  (entries) => {
    currentOf(entries, name);
    const left = entries.filter((one) => one.name !== name || one.state === "current");
    if (left.length < entries.length) return left;
    throw new ReachError(hostCode.noSecret, "The secret has no former version.", {
      where: `secret ${name}`,
    });
  };

/** All versions are gone. @throws ReachError `REACH-E4138` */
export const removing =
  (name: string): VaultChange =>
  (entries) => {
    currentOf(entries, name);
    return entries.filter((one) => one.name !== name);
  };

function currentOf(entries: readonly VaultEntry[], name: string): VaultEntry {
  const found = entries.find((one) => one.name === name && one.state === "current");
  if (found !== undefined) return found;
  throw new ReachError(hostCode.noSecret, "There is no such secret.", {
    // What has not the form of a name may be a value in the place of one.
    where: secretName.safeParse(name).success ? `secret ${name}` : "the secret that is named",
    hint: "reach secrets list names those that are there; reach secrets set makes one.",
  });
}

const inOrder = (entries: readonly (VaultEntry | NewEntry)[]): (VaultEntry | NewEntry)[] =>
  entries.toSorted((a, b) =>
    a.name === b.name ? a.version - b.version : a.name < b.name ? -1 : 1,
  );
