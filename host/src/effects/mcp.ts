import type { EffectKind } from "./effect.ts";
import type { CallMcp } from "./mcp/call.ts";
import type { McpCall } from "./mcp/mcp-call.ts";
import { needsOfMcp } from "./needs.ts";

/** mcp: one exchange with an MCP server (TRACE-5). */
export const mcp: EffectKind<{ readonly mcp: CallMcp }> = {
  perform: ({ request }, outside, context) => outside.mcp(request as unknown as McpCall, context),
  isReadOnly: ({ method }) => method !== "tools/call",
  needs: needsOfMcp,
  operation: ({ method, parameters }) => {
    const { name } = (parameters ?? {}) as { name?: unknown };
    return typeof name === "string" ? `${method as string} ${name}` : (method as string);
  },
};
