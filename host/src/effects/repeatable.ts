// Which effects are performed again when it is not known whether they were. docs/spec/grant.md, GRANT-16.
import { fromUtf8 } from "@reach-fabric/engine";
import type { Pack, RequestRecord } from "@reach-fabric/engine";
import { mayCall } from "@reach-fabric/schema";
import type { Grant } from "@reach-fabric/schema";
import { parseTarget, whyNotGranted } from "./egress/grant.ts";
import { methodOf } from "./grpc/protos.ts";
import { kindOf } from "./table.ts";

/**
 * True for what does no more when it is done twice: by its protocol, or as the operator vouches.
 *
 * @param pack has the definitions of gRPC services
 *
 * @example
 * isRepeatable({ type: "http", request: { method: "PUT", uri: "https://bureau.example/v1/c" } }); // → true
 * isRepeatable({ type: "http", request: { method: "POST", uri: "https://bureau.example/v1/c" } }); // → false
 */
export function isRepeatable(
  { type, request }: Pick<RequestRecord, "type" | "request">,
  vouched: Pick<Grant, "http" | "mcp"> = {},
  pack?: Pack,
): boolean {
  const kind = kindOf(type);
  if (kind === undefined) return false;
  if (kind.isReadOnly(request) || kind.isIdempotent?.(request) === true) return true;
  const { uri, method = "POST" } = request as { uri?: unknown; method?: unknown };
  if (typeof uri !== "string" || typeof method !== "string") return false;
  if (type === "mcp") {
    return mayCall(vouched, { ...request, uri, method });
  }
  if (type === "grpc" && saysIdempotent(request, pack)) return true;
  const target = parseTarget(uri);
  return !("why" in target) && whyNotGranted(vouched, method, target) === undefined;
}

/** Whether the definition of a gRPC method says that it may be called twice. */
function saysIdempotent(request: RequestRecord["request"], pack: Pack | undefined): boolean {
  const { proto, service, method } = request as Record<"proto" | "service" | "method", unknown>;
  const file = pack?.files.find(({ path }) => path === proto);
  if (file === undefined || typeof service !== "string" || typeof method !== "string") return false;
  const found = methodOf(fromUtf8(file.bytes), service, method);
  return !("why" in found) && found.isIdempotent;
}
