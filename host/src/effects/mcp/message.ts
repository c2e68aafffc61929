// Messages of JSON-RPC 2.0 as MCP has them. What a server's answer says stays in the bytes that came.
import { fromUtf8 } from "@reach-fabric/engine";
import { wellFormed } from "../egress/text.ts";
import { jsonParts } from "./json-parts.ts";

type RpcId = string | number;

/** A message from a server. */
export type RpcMessage =
  | {
      readonly kind: "answer";
      /** Null where the server could not tell which request it answers. */
      readonly id: RpcId | null;
      readonly member: "result" | "error";
      /** The JSON text of that member. */
      readonly body: Uint8Array;
    }
  | { readonly kind: "request"; readonly id: RpcId; readonly method: string }
  | {
      readonly kind: "notification";
      readonly method: string;
      readonly params: Uint8Array | undefined;
    };

/** Longest id and name of a method, in bytes as they stand there. */
const LONGEST_WORD = 1000;

/**
 * The messages of a text: one, or those of a batch (MCP 2025-03-26). Undefined for what is no JSON-RPC 2.0: a member that is
 * there twice, an answer with both a result and an error or with neither, an id that is no text or whole number.
 *
 * @example
 * const text = '{"jsonrpc":"2.0","id":1,"result":{"n":12345678901234567890}}';
 * const [answer] = rpcMessages(new TextEncoder().encode(text)) ?? [];
 * answer?.kind === "answer" && new TextDecoder().decode(answer.body); // → '{"n":12345678901234567890}'
 */
export function rpcMessages(text: Uint8Array): readonly RpcMessage[] | undefined {
  const parts = jsonParts(text);
  if (parts?.kind !== "array") return parts === undefined ? undefined : allOf([text]);
  return parts.elements.length === 0 ? undefined : allOf(parts.elements);
}

function allOf(texts: readonly Uint8Array[]): readonly RpcMessage[] | undefined {
  const messages: RpcMessage[] = [];
  for (const text of texts) {
    const message = messageOf(text);
    if (message === undefined) return undefined;
    messages.push(message);
  }
  return messages;
}

function messageOf(text: Uint8Array): RpcMessage | undefined {
  const members = membersOf(text);
  if (members === undefined || wordOf(members.get("jsonrpc")) !== "2.0") return undefined;
  const [result, error] = [members.get("result"), members.get("error")];
  if (members.has("method")) {
    const method = wordOf(members.get("method"));
    if (typeof method !== "string" || result !== undefined || error !== undefined) return undefined;
    if (!members.has("id")) return { kind: "notification", method, params: members.get("params") };
    const id = wordOf(members.get("id"));
    return id === undefined || id === null ? undefined : { kind: "request", id, method };
  }
  if ((result === undefined) === (error === undefined)) return undefined;
  const id = members.has("id") ? wordOf(members.get("id")) : null;
  if (id === undefined || (id === null && error === undefined)) return undefined;
  return result === undefined
    ? { kind: "answer", id, member: "error", body: error ?? new Uint8Array() }
    : { kind: "answer", id, member: "result", body: result };
}

/** The members of an object by name; undefined for another value, and where one is there twice. */
export function membersOf(
  text: Uint8Array | undefined,
): ReadonlyMap<string, Uint8Array> | undefined {
  const parts = text === undefined ? undefined : jsonParts(text);
  if (parts?.kind !== "object") return undefined;
  const members = new Map(parts.members);
  return members.size === parts.members.length ? members : undefined;
}

/** A short text, a whole number or null; undefined for anything else. */
export function wordOf(text: Uint8Array | undefined): RpcId | null | undefined {
  if (text === undefined || text.length > LONGEST_WORD) return undefined;
  const value: unknown = JSON.parse(fromUtf8(text));
  if (typeof value === "string") return wellFormed(value) === value ? value : undefined;
  return value === null || Number.isSafeInteger(value) ? (value as number | null) : undefined;
}
