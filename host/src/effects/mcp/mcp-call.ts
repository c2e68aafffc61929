// What the engine asks an MCP server for.
import type { Authentication } from "../egress/authorize.ts";
import type { SecretPlace } from "../egress/secret-places.ts";

/** TRACE-5: an MCP request as the engine made it. */
export interface McpCall {
  readonly method: string;
  readonly uri: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly authentication?: Authentication;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly protocolVersion?: string;
  readonly client?: { readonly name: string; readonly version: string };
  readonly secrets?: readonly SecretPlace[];
  /** Milliseconds, which begin again with each sign of progress (GRANT-14). */
  readonly timeout?: number;
}
