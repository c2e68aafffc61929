// What a model is asked, and what its answer comes to (TRACE-5, TRACE-6).

/** A call of a tool: as a message has it, with a value; in an answer its arguments are a text. */
interface ToolCall<Arguments> {
  readonly arguments: Arguments;
  readonly id: string;
  readonly name: string;
}

/** A message of a question (WF-54, WF-71). */
export type ModelMessage =
  | { readonly role: "system" | "user"; readonly content: string }
  | {
      readonly role: "assistant";
      readonly content: string;
      readonly tools?: readonly ToolCall<unknown>[];
    }
  | { readonly role: "tool"; readonly content: string; readonly id: string };

/** TRACE-5: a question as the engine made it. */
export interface Question {
  readonly model: string;
  readonly messages: readonly ModelMessage[];
  readonly parameters: {
    readonly maxTokens?: number;
    readonly seed?: number;
    readonly temperature?: number;
    readonly topP?: number;
  };
  readonly schema?: unknown;
  readonly tools?: readonly {
    readonly name: string;
    readonly description?: string;
    readonly schema: unknown;
  }[];
}

/** WF-56: how an answer ended. */
export type Finish = "stop" | "length" | "filter" | "refusal" | "tools" | "other";

/** Tokens: what was read, what of that had been kept, and what was written. */
export interface Usage {
  readonly input: number;
  readonly output: number;
  readonly cached?: number;
}

/** TRACE-6: what is recorded of an answer, or the status that stands for one. */
export type ModelResult =
  | {
      readonly finish: Finish;
      readonly model: string;
      readonly text: string;
      readonly refusal?: string;
      readonly tools?: readonly ToolCall<string>[];
      readonly usage?: Usage;
    }
  | { readonly status: number };
