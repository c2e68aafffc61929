// What a model says and was asked, whichever API carries it.

/** How an answer ends. */
export type Ending = "stop" | "length" | "filter" | "refusal" | "tools";

export interface Said {
  readonly text: string;
  readonly ending: Ending;
  /** Calls of tools that it asks for, with arguments as JSON text. */
  readonly calls: readonly {
    readonly id: string;
    readonly name: string;
    readonly arguments: string;
  }[];
  readonly usage?: { readonly input: number; readonly output: number; readonly cached: number };
  /** Texts are cut after so many units. */
  readonly piece: number;
}

/** A question, as far as a stand-in looks at it. */
export interface Asked {
  readonly model: string;
  /** All that was said so far, one text after another. */
  readonly text: string;
  readonly tools: readonly string[];
  /** A value that fits a schema is wanted. */
  readonly isStructured: boolean;
  readonly isStream: boolean;
}

/** What an API makes of an answer. */
export interface Protocol {
  readonly path: string;
  asked(body: Record<string, unknown>): Asked;
  /** The answer as a whole. */
  whole(model: string, said: Said): object;
  /** The events of the same answer; the last one says that it is all. */
  events(model: string, said: Said): string[];
  /** What stands in an answer with an error status. */
  error(status: number): object;
  /** An event that ends an answer with this error. */
  errorEvent(status: number): string;
  /** True if the request has the key where this API wants it. */
  hasKey(headers: Readonly<Record<string, unknown>>, key: string): boolean;
  /** False for a request that the API refuses with 400. */
  accepts(headers: Readonly<Record<string, unknown>>, body: Record<string, unknown>): boolean;
}

export function pieces(text: string, size: number): string[] {
  const found: string[] = [];
  for (let at = 0; at < text.length; at += size) found.push(text.slice(at, at + size));
  return found;
}

/** An event of a stream; some APIs name its type. */
export const event = (data: object, type?: string): string =>
  `${type === undefined ? "" : `event: ${type}\n`}data: ${JSON.stringify(data)}\n\n`;

/** All texts in a value, in the order in which they stand there. */
export function textsIn(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return "";
  return Object.values(value)
    .map((inner) => textsIn(inner))
    .filter((text) => text !== "")
    .join("\n");
}

export const list = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? (value as Record<string, unknown>[]) : [];

export const isBearer = (headers: Readonly<Record<string, unknown>>, key: string): boolean =>
  headers["authorization"] === `Bearer ${key}`;

/** OpenAI's words for the errors of both of its APIs. */
const OPENAI_ERRORS: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  429: "rate_limit_exceeded",
};
export const openaiError = (status: number): { message: string; type: string; code: string } => {
  const word = OPENAI_ERRORS[status] ?? "server_error";
  return { message: "This is a stand-in.", type: word, code: word };
};
