// What is wrong between the secrets that are there and a grant.
import type { Grant, Provider } from "@reach-fabric/schema";
import { LONG_SECRET } from "./forms.ts";
import type { SecretsNow } from "./source.ts";
import { textsOfSecret } from "./texts.ts";

/** What was found of a secret. All but `absent` can be lived with. */
export interface SecretFinding {
  readonly kind: "absent" | "short" | "nowhere" | "former";
  readonly name: string;
  readonly text: string;
}

/** Where a secret may be used: its origins, and the models that it is for. */
export function usesOf(
  name: string,
  grant: Pick<Grant, "secrets">,
  providers: Readonly<Record<string, Provider>> = {},
): string[] {
  const granted = (grant.secrets ?? []).filter((one) => one.name === name);
  const models = Object.entries(providers).filter(([, { secret: needed }]) => needed === name);
  return [
    ...granted.flatMap(({ origins }) => origins),
    ...models.map(([model, { url }]) => `model ${model} at ${new URL(url).origin}`),
  ];
}

/**
 * What a grant needs that is absent, what is too short to be guarded in every form, what no grant lets go anywhere, and which
 * former versions are not retired.
 *
 * @param grant undefined: what a grant says is not looked at
 */
export function checkSecrets(
  { secrets, former }: SecretsNow,
  grant?: Pick<Grant, "secrets">,
  providers: Readonly<Record<string, Provider>> = {},
): SecretFinding[] {
  const named = [
    ...(grant?.secrets ?? []).map(({ name }) => name),
    ...Object.values(providers).flatMap(({ secret }) => secret ?? []),
  ];
  const absent = [...new Set(named)].filter((name) => !Object.hasOwn(secrets, name));
  const names = Object.keys(secrets);
  const found = (kind: SecretFinding["kind"], name: string, text: string): SecretFinding => ({
    kind,
    name,
    text,
  });
  return [
    ...absent.map((name) => found("absent", name, "the grant names it, and it is not there")),
    ...names.flatMap((name) => {
      const texts = textsOfSecret(name, secrets[name] ?? {});
      return texts.some(({ length }) => length < LONG_SECRET)
        ? [
            found(
              "short",
              name,
              `fewer than ${LONG_SECRET} characters: guarded as it is and behind escapes only`,
            ),
          ]
        : [];
    }),
    ...(grant === undefined ? [] : names)
      .filter((name) => !named.includes(name))
      .map((name) => found("nowhere", name, "no grant lets it go anywhere")),
    ...[...new Set(former.map(({ name }) => name))].map((name) =>
      found("former", name, "a former version is not retired"),
    ),
  ];
}
