// What a server's answers say: which revision it speaks, what is wrong, and what of it is recorded.
import { fromUtf8 } from "@reach-fabric/engine";
import type { Performed } from "../egress/performed.ts";
import { protocol } from "./exchange.ts";
import type { RpcOutcome, RpcAnswer } from "./exchange.ts";
import { membersOf, wordOf } from "./message.ts";

/** Error codes of the stateless revisions: who says one speaks them. */
const MODERN_ERRORS: ReadonlySet<unknown> = new Set([-32020, -32021, -32022]);
const UNSUPPORTED_REVISION = -32022;

/** The protocol's error in an answer, under whatever status. */
export const errorIn = (answered: RpcOutcome): RpcAnswer | undefined =>
  answered.kind === "status"
    ? answered.error
    : answered.answer.member === "error"
      ? answered.answer
      : undefined;

export const codeOf = (error: RpcAnswer | undefined): unknown =>
  wordOf(membersOf(error?.body)?.get("code"));

/**
 * The revisions that a server says it speaks; undefined where it does not know the question, as those before 2026 do not;
 * `refused` where it has an error of the stateless revisions.
 */
export function spokenBy(answered: RpcOutcome): readonly string[] | "refused" | undefined {
  const error = errorIn(answered);
  const code = codeOf(error);
  if (code === UNSUPPORTED_REVISION) {
    return namesIn(membersOf(membersOf(error?.body)?.get("data"))?.get("supported")) ?? "refused";
  }
  if (MODERN_ERRORS.has(code)) return "refused";
  if (error !== undefined || answered.kind === "status") return undefined;
  const spoken = namesIn(membersOf(answered.answer.body)?.get("supportedVersions"));
  if (spoken === undefined) throw protocol("the server does not say which revision it speaks");
  return spoken;
}

function namesIn(text: Uint8Array | undefined): readonly string[] | undefined {
  const names: unknown = text === undefined ? undefined : JSON.parse(fromUtf8(text));
  if (!Array.isArray(names)) return undefined;
  return names.filter((one): one is string => typeof one === "string");
}

/** The revision that a server has agreed on; undefined for an error. */
export function agreedOn(answered: RpcOutcome, accepted: readonly string[]): string | undefined {
  if (answered.kind === "status" || answered.answer.member === "error") return undefined;
  const revision = wordOf(membersOf(answered.answer.body)?.get("protocolVersion"));
  if (typeof revision === "string" && accepted.includes(revision)) return revision;
  throw protocol("the server has agreed on another revision of MCP");
}

/** What is recorded: the part of the server's message that counts, in its own bytes, or the status. */
export function recorded(answered: RpcOutcome): Performed {
  const error = errorIn(answered);
  if (answered.kind === "status" && (error === undefined || error.id === null)) {
    return { result: { status: answered.status } };
  }
  const { member, body } = error ?? (answered as Extract<RpcOutcome, { kind: "said" }>).answer;
  const type = member === "result" ? membersOf(body)?.get("resultType") : undefined;
  if (type !== undefined && wordOf(type) !== "complete") {
    throw protocol("the server does not answer, but asks for more");
  }
  return { result: { member }, body: Uint8Array.from(body) };
}
