// http: one request, through the egress client (TRACE-5).
import type { EffectKind } from "./effect.ts";
import type { Egress } from "./egress/egress.ts";
import { SAFE } from "./egress/request.ts";
import type { HttpRequest } from "./egress/request.ts";
import { needsOfHttp } from "./needs.ts";

export const http: EffectKind<Pick<Egress, "fetch">> = {
  perform: ({ request }, { fetch }, context) => fetch(request as unknown as HttpRequest, context),
  isReadOnly: ({ method }) => SAFE.has(method as string),
  // RFC 9110, 9.2.2.
  isIdempotent: ({ method }) => method === "PUT" || method === "DELETE",
  needs: needsOfHttp,
  operation: ({ method, uri }) => `${method as string} ${(uri as string).replace(/[?].*/, "")}`,
};
