// Which effects are performed again when it is not known whether they were. docs/spec/grant.md, GRANT-16.
import type { RequestRecord } from "@reach-fabric/engine";
import { mayCall } from "@reach-fabric/schema";
import type { Grant } from "@reach-fabric/schema";
import { parseTarget, whyNotGranted } from "./egress/grant.ts";
import { kindOf } from "./table.ts";

/**
 * True for what does no more when it is done twice: by its protocol, or as the operator vouches.
 *
 * @example
 * isRepeatable({ type: "http", request: { method: "PUT", uri: "https://bureau.example/v1/c" } }); // → true
 * isRepeatable({ type: "http", request: { method: "POST", uri: "https://bureau.example/v1/c" } }); // → false
 */
export function isRepeatable(
  { type, request }: Pick<RequestRecord, "type" | "request">,
  vouched: Pick<Grant, "http" | "mcp"> = {},
): boolean {
  const kind = kindOf(type);
  if (kind === undefined) return false;
  if (kind.isReadOnly(request) || kind.isIdempotent?.(request) === true) return true;
  const { uri, method = "POST" } = request as { uri?: unknown; method?: unknown };
  if (typeof uri !== "string" || typeof method !== "string") return false;
  if (type === "mcp") {
    return mayCall(vouched, { ...request, uri, method });
  }
  const target = parseTarget(uri);
  return !("why" in target) && whyNotGranted(vouched, method, target) === undefined;
}
