// call mcp (WF-61 to WF-63): one method of an MCP server over HTTP. Whatever the protocol needs around it (a probe, a
// handshake, an answer to a ping) goes out as any other request: bounded, checked, with a secret that is granted, and to
// that server only.
import type { Grant } from "@reach-fabric/schema";
import { mayCall } from "@reach-fabric/schema";
import { hostCode } from "../../files/codes.ts";
import type { Secrets } from "../../secrets/texts.ts";
import { failed } from "../egress/answer.ts";
import { Bounds } from "../egress/limits.ts";
import type { BoundsOptions } from "../egress/limits.ts";
import { createEgress } from "../egress/egress.ts";
import type { Egress, RequestContext, Shared } from "../egress/egress.ts";
import { RequestFailed } from "../egress/failure.ts";
import { parseTarget } from "../egress/grant.ts";
import type { Target } from "../egress/grant.ts";
import type { Performed } from "../egress/performed.ts";
import { overridingMcp } from "../egress/request.ts";
import { filledMember, placeSecrets } from "../egress/secret-places.ts";
import type { PlacedSecrets } from "../egress/secret-places.ts";
import { throwTrouble } from "../egress/trouble.ts";
import type { McpCall } from "./mcp-call.ts";
import { withPatience } from "./patience.ts";
import { McpSession } from "./session.ts";

export interface McpOptions extends BoundsOptions {
  readonly grant: Grant;
  readonly addresses?: Readonly<Record<string, string>>;
  readonly secrets?: Secrets;
}

export type CallMcp = (call: McpCall, context: RequestContext) => Promise<Performed>;

/** Calls MCP servers where the operator says that they are, each in a session that lasts as long as the run. */
export interface McpClient {
  readonly call: CallMcp;
  /** Ends the sessions with all of them. It never throws. */
  readonly close: () => Promise<void>;
}

/** What calls MCP servers in one run. */
export function createMcp(options: McpOptions, shared: Shared): McpClient {
  const { grant, addresses = {}, secrets } = options;
  const bounds = new Bounds(options);
  const sessions = new Map<string, { readonly session: McpSession; readonly egress: Egress }>();

  /** Calls that are asked in the same way have one session. */
  const sessionOf = (call: McpCall, { origin, path }: Target): McpSession => {
    const { uri, headers, authentication, protocolVersion, client, secrets: places } = call;
    const key = JSON.stringify([uri, protocolVersion, client, headers, authentication, places]);
    const known = sessions.get(key);
    if (known !== undefined) return known.session;
    // To the server, and for the older form to what the grant lets any request be sent to there.
    const methods = ["POST", "GET", "DELETE"] as const;
    const beside = (grant.http ?? [])
      .filter((entry) => entry.origin === origin && entry.methods.includes("POST"))
      .map(({ paths }) => ({ origin, methods: ["POST" as const], paths }));
    const http = [{ origin, methods: [...methods], paths: [path] }, ...beside];
    const egress = createEgress(
      { grant: { http }, addresses, limits: bounds.mcp(call, undefined), ceiling: bounds.most },
      shared,
    );
    const session = new McpSession(egress, { grant, addresses });
    sessions.set(key, { session, egress });
    return session;
  };

  const call: CallMcp = async (asked, context) => {
    const { signal } = context;
    if (!mayCall(grant, asked)) return denied("the call is not granted");
    const [own] = overridingMcp(asked.headers);
    if (own !== undefined) return denied(`the header ${own} is the transport's to say`);
    const target = parseTarget(asked.uri);
    if ("why" in target) return denied(target.why);
    let full: McpCall;
    try {
      full = filled(
        asked,
        placeSecrets(asked.secrets, target.origin, grant, secrets ?? {}, shared.redeemed),
      );
    } catch (error) {
      return denied(error instanceof RequestFailed ? error.message : "the secrets are not there");
    }
    const limits = bounds.mcp(asked, asked.timeout);
    try {
      return await withPatience(limits.total, signal, (stop, heard) =>
        sessionOf(asked, target).call({
          call: full,
          shown: asked.parameters,
          limits,
          context: { ...context, signal: stop.signal },
          heard,
          fail: (error) => stop.abort(error),
        }),
      );
    } catch (error) {
      signal.throwIfAborted();
      throwTrouble(error);
      return failed(error);
    }
  };

  return {
    call,
    close: async () => {
      const all = [...sessions.values()];
      sessions.clear();
      await Promise.all(
        all.map(async ({ session, egress }) => {
          await session.close();
          await egress.close();
        }),
      );
    },
  };
}

const filled = (call: McpCall, placed: PlacedSecrets): McpCall => ({
  ...call,
  headers: filledMember(call.headers, "headers", placed) as McpCall["headers"],
  ...(call.parameters
    ? {
        parameters: filledMember(call.parameters, "parameters", placed) as Record<string, unknown>,
      }
    : {}),
});

const denied = (why: string): Performed => ({
  result: { failure: "denied" },
  note: { code: hostCode.noMcpCall, why },
});
