// The places of secrets in a request (WF-69): the only moment at which a secret and a request meet.
import { pathOf } from "@reach-fabric/engine";
import type { Grant } from "@reach-fabric/schema";
import { hostCode } from "../../files/codes.ts";
import type { Secrets } from "../../secrets/texts.ts";
import { RequestFailed } from "./failure.ts";
import { redeem } from "./authorize.ts";
import type { Redeemed } from "./grant.ts";

/** TRACE-5: a place in a request, and what is put together there. */
export interface SecretPlace {
  readonly at: string;
  readonly parts: readonly (string | { readonly name: string; readonly field: string })[];
}

/** What a request has in the places of secrets, by the pointer of each, and whose they are. */
export interface PlacedSecrets {
  readonly values: readonly (readonly [at: readonly string[], text: string])[];
  readonly names: readonly string[];
}

/**
 * The texts for the places.
 *
 * @throws RequestFailed `denied` for a secret that is not granted there, not there, or without the field
 */
export function placeSecrets(
  places: readonly SecretPlace[] | undefined,
  origin: string,
  grant: Grant,
  secrets: Secrets,
  redeemed?: Redeemed,
): PlacedSecrets {
  const names = new Set<string>();
  const textOf = (part: SecretPlace["parts"][number]): string => {
    if (typeof part === "string") return part;
    const { name, field } = part;
    const found = redeem(name, origin, { grant, secrets })[field];
    if (typeof found !== "string") {
      throw new RequestFailed(
        "denied",
        hostCode.badCredentials,
        `there is no secret ${name}.${field}`,
      );
    }
    if (!names.has(name)) redeemed?.(name, origin);
    names.add(name);
    return found;
  };
  const values = (places ?? []).map(
    ({ at, parts }) => [pathOf(at), parts.map(textOf).join("")] as const,
  );
  return { values, names: [...names] };
}

/** A member of a request with its places filled: `headers`, `body`, `parameters`, `arguments`. */
export function filledMember(member: unknown, name: string, { values }: PlacedSecrets): unknown {
  let result = member;
  for (const [[first, ...path], text] of values) {
    if (first === name) result = withText(result, path, text);
  }
  return result;
}

function withText(value: unknown, [first, ...rest]: readonly string[], text: string): unknown {
  if (first === undefined) return text;
  if (Array.isArray(value)) {
    return value.map((one, i) =>
      String(i) === first ? withText(one, rest, text) : (one as unknown),
    );
  }
  const fields = typeof value === "object" && value !== null ? value : {};
  // A null prototype: a name that every object has is a member like any other.
  const made = Object.assign(Object.create(null) as Record<string, unknown>, fields);
  made[first] = withText(made[first], rest, text);
  return made;
}
