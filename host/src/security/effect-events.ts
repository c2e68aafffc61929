// What of a run is a matter of security: what its effects came to, and what the engine has denied it.
import { parseRecord, utf8 } from "@reach-fabric/engine";
import type { RecordHead, RequestRecord } from "@reach-fabric/engine";
import type { SecurityEvent } from "@reach-fabric/schema";
import { hostCode } from "../files/codes.ts";

type Reason = Extract<SecurityEvent, { type: "egress.refused" }>["reason"];
type Told =
  | "grant.denied"
  | "secret.denied"
  | "secret.caught"
  | "answer.refused"
  | `egress.${Reason}`;

/** What each note beside an effect (GRANT) is in the security log; null for what is none of its business. */
export const NOTED: Readonly<Record<string, Told | null>> = {
  [hostCode.notGranted]: "grant.denied",
  [hostCode.badRequest]: "egress.request",
  [hostCode.badAddress]: "egress.address",
  [hostCode.otherDenial]: "grant.denied",
  [hostCode.badCredentials]: "secret.denied",
  [hostCode.noModel]: "grant.denied",
  [hostCode.noMcpCall]: "grant.denied",
  [hostCode.noFolder]: "grant.denied",
  [hostCode.badPath]: "grant.denied",
  [hostCode.notPlain]: "grant.denied",
  // The authority's word, and nothing that was refused here.
  [hostCode.noToken]: null,
  [hostCode.secretCaught]: "secret.caught",
  [hostCode.otherFailure]: null,
  [hostCode.badRedirect]: "egress.redirect",
  [hostCode.manyRedirects]: "egress.redirect",
  [hostCode.timeout]: null,
  [hostCode.largeAnswer]: "answer.refused",
  [hostCode.encodedAnswer]: "answer.refused",
  [hostCode.refused]: null,
  [hostCode.reset]: null,
  [hostCode.noAddress]: null,
  [hostCode.tls]: null,
  [hostCode.protocol]: "answer.refused",
  [hostCode.grpcDefinition]: "answer.refused",
  [hostCode.unfit]: "answer.refused",
  [hostCode.noSuchFile]: null,
  [hostCode.fileThere]: null,
  [hostCode.trouble]: null,
};

/** What came of an effect, as far as it matters here. */
interface Came {
  readonly result: object;
  readonly note?: { readonly code: string };
}

/** The event that an effect's end is; undefined for what is none. */
export function eventOfEffect(
  run: string | undefined,
  { key, type, task, request }: RequestRecord,
  { result, note }: Came,
): SecurityEvent | undefined {
  const isDenied = "failure" in result && result.failure === "denied";
  const told = note === undefined ? (isDenied ? "grant.denied" : null) : NOTED[note.code];
  if (told === null || told === undefined) return undefined;
  const code = note === undefined ? {} : { code: note.code };
  const of = { outcome: "failure", ...(run === undefined ? {} : { run }), effect: key } as const;
  if (told === "answer.refused") {
    return { type: "input.refused", ...of, input: "answer", code: note?.code ?? hostCode.unfit };
  }
  const kind = kindOfEffect(type);
  const origin = originOf(request["uri"]);
  const about = { ...of, kind, ...code, ...(origin === undefined ? {} : { origin }) };
  if (told === "secret.caught") return { type: "secret.caught", ...about };
  if (told === "grant.denied" || told === "secret.denied") {
    const denied = { ...about, by: "host", ...(task === "" ? {} : { task }) } as const;
    return { type: "grant.denied", ...denied, kind: told === "secret.denied" ? "secret" : kind };
  }
  return { type: "egress.refused", ...about, reason: told.slice("egress.".length) as Reason };
}

/** What the engine says of each thing that the grant does not allow (assembly/workflow/call/grant.ts). */
export const TITLES: Readonly<Record<string, Kind>> = {
  "The grant does not allow this request": "http",
  "The grant does not allow this header": "http",
  "The grant does not allow this secret": "secret",
  "The grant does not allow this event": "emit",
  "The grant does not allow this model": "llm",
  "The grant does not allow this MCP call": "mcp",
  "The grant does not allow this file": "file",
};

type Kind = Extract<SecurityEvent, { type: "grant.denied" }>["kind"];

/** How each of them begins: most tasks that end are about something else, and are not read. */
const BEGINNING = utf8(`"title":"The grant does not allow`);

/** The event that a record is which has left the engine: a task to which something was denied. */
export function eventOfRecord(
  run: string | undefined,
  head: Pick<RecordHead, "kind">,
  bytes: Uint8Array,
): SecurityEvent | undefined {
  if (
    head.kind !== "task" ||
    !Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(BEGINNING)
  ) {
    return undefined;
  }
  const record = parseRecord(bytes);
  if (record.kind !== "task" || record.status !== "faulted") return undefined;
  const { title, detail, instance } = (record.error ?? {}) as Readonly<Record<string, unknown>>;
  const kind = Object.hasOwn(TITLES, String(title)) ? TITLES[String(title)] : undefined;
  // A task around the one to which it was denied has the same error.
  if (kind === undefined || instance !== record.task) return undefined;
  const text = typeof detail === "string" ? detail : "";
  const origin = originOf(/(?:^| )(https?:\/\/\S+)/.exec(text)?.[1]);
  return {
    type: "grant.denied",
    outcome: "failure",
    ...(run === undefined ? {} : { run }),
    kind,
    by: "engine",
    ...(origin === undefined ? {} : { origin }),
    ...(kind === "secret" ? { secret: text.slice(0, text.lastIndexOf(" ")) } : {}),
    ...(record.task === "" ? {} : { task: record.task }),
  };
}

const KINDS: readonly string[] = ["http", "grpc", "mcp", "llm", "emit", "file"];

const kindOfEffect = (type: string): Kind => (KINDS.includes(type) ? (type as Kind) : "other");

/** Where something goes: no more of it, as paths and queries may hold a person's data. */
const originOf = (uri: unknown): string | undefined =>
  typeof uri === "string" && URL.canParse(uri) ? new URL(uri).origin : undefined;

/** Codes of texts, packs, documents and evidence that are refused: E11xx, E150x, E42xx and E5xxx. */
const OF_FILES = /^REACH-E(?:11|150|42|5)/;

/** Other codes of what was given and is refused. */
const REFUSALS: Readonly<Record<string, Refused["input"]>> = {
  [hostCode.badEvent]: "event",
  [hostCode.badCommand]: "command",
  [hostCode.tooLarge]: "file",
  [hostCode.notAFile]: "file",
  [hostCode.badName]: "file",
  [hostCode.symbolicLink]: "file",
  [hostCode.changedFile]: "file",
  [hostCode.damagedRun]: "file",
  [hostCode.openSecrets]: "file",
  [hostCode.shortSecret]: "file",
  [hostCode.secretGiven]: "file",
  [hostCode.notAVault]: "file",
  [hostCode.wrongPassphrase]: "file",
  [hostCode.changedVault]: "file",
  [hostCode.olderVault]: "file",
  [hostCode.badValueFile]: "file",
  [hostCode.registryMismatch]: "file",
  [hostCode.notAPack]: "file",
  [hostCode.otherTokenHost]: "file",
  [hostCode.damagedLog]: "file",
};

type Refused = Extract<SecurityEvent, { type: "input.refused" }>;

/**
 * The event that an error is by which something was refused that came from outside; undefined for any other.
 *
 * @example
 * refusalEvent("REACH-E1102"); // → { type: "input.refused", outcome: "failure", input: "file", code: "REACH-E1102" }
 * refusalEvent("REACH-E4110"); // → undefined
 */
export function refusalEvent(code: string, run?: string): SecurityEvent | undefined {
  const input = OF_FILES.test(code) ? "file" : REFUSALS[code];
  if (input === undefined) return undefined;
  const of = run === undefined ? {} : { run };
  return { type: "input.refused", outcome: "failure", ...of, input, code };
}
