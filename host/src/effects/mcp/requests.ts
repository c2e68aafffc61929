// Requests of MCP, as they are said.
import type { McpCall } from "./mcp-call.ts";
import { STATELESS } from "./revisions.ts";

/** A request of JSON-RPC 2.0. */
export const rpcRequest = (id: number, method: string, params: object): object => ({
  jsonrpc: "2.0",
  id,
  method,
  params,
});

/** Who asks, as the workflow says. */
export const clientOf = ({ client }: McpCall): object => client ?? { name: "reach", version: "1" };

/** The metadata that a workflow sends of its own. */
export const metaOf = ({ _meta: meta }: Readonly<Record<string, unknown>>): object =>
  typeof meta === "object" && meta !== null && !Array.isArray(meta) ? meta : {};

/** MCP 2026-07-28, "_meta": who asks, and in which revision. */
export function statelessMeta(
  parameters: Readonly<Record<string, unknown>>,
  call: McpCall,
  progressToken?: number,
): object {
  const meta = {
    ...metaOf(parameters),
    "io.modelcontextprotocol/protocolVersion": STATELESS,
    "io.modelcontextprotocol/clientInfo": clientOf(call),
    "io.modelcontextprotocol/clientCapabilities": {},
    ...(progressToken === undefined ? {} : { progressToken }),
  };
  return { ...parameters, _meta: meta };
}
