// An answer that comes in pieces, put together: what is recorded of it is what they say together (GRANT-23).
import type { Finish, ModelResult, Usage } from "./question.ts";
import { notTheApi } from "./strict-json.ts";

/** One answer asks for no more calls of tools than this. */
const MOST_CALLS = 128;

interface Call {
  id: string;
  name: string;
  arguments: string;
}

export class GatheredAnswer {
  #model = "";
  #text = "";
  #refusal = "";
  readonly #calls: Call[] = [];
  usage: Usage | undefined;

  /** The first name that is one counts. */
  model(name: string | null | undefined): void {
    if (this.#model === "") this.#model = name ?? "";
  }

  text(piece: string | null | undefined): void {
    this.#text += piece ?? "";
  }

  refusal(piece: string | null | undefined): void {
    this.#refusal += piece ?? "";
  }

  /** How many calls of tools have begun. */
  get calls(): number {
    return this.#calls.length;
  }

  get isRefused(): boolean {
    return this.#refusal !== "";
  }

  /**
   * A call of a tool begins.
   *
   * @throws RequestFailed `protocol`
   */
  beginCall(id: string | null | undefined, name: string | null | undefined): void {
    if (this.calls === MOST_CALLS) throw notTheApi(`more than ${MOST_CALLS} calls of tools`);
    if (!name) throw notTheApi("a call of a tool has no name");
    this.#calls.push({ id: id ?? "", name, arguments: "" });
  }

  /**
   * More of the arguments of a call.
   *
   * @throws RequestFailed `protocol`
   */
  argument(at: number, piece: string | null | undefined): void {
    const call = this.#calls[at];
    if (call === undefined) throw notTheApi("a call of a tool has no beginning");
    call.arguments += piece ?? "";
  }

  /**
   * What it all comes to.
   *
   * @throws RequestFailed `protocol`
   */
  result(finish: Finish): ModelResult {
    if (this.#model === "") throw notTheApi("the service does not name its model");
    if (finish === "tools" && this.calls === 0) throw notTheApi("a call of a tool is missing");
    return {
      finish,
      model: this.#model,
      text: this.#text,
      ...(finish === "refusal" && this.isRefused ? { refusal: this.#refusal } : {}),
      // A tool that needs nothing is called with nothing.
      ...(finish === "tools"
        ? { tools: this.#calls.map((call) => ({ ...call, arguments: call.arguments || "{}" })) }
        : {}),
      ...(this.usage === undefined ? {} : { usage: this.usage }),
    };
  }
}

/** By a table of the API's words. */
export const finishOf = (words: Readonly<Record<string, Finish>>, word: string): Finish =>
  Object.hasOwn(words, word) ? (words[word] ?? "other") : "other";

/**
 * Why an answer has ended, said again.
 *
 * @throws RequestFailed `protocol` where it was said otherwise before
 */
export function theSame(before: string | undefined, reason: string): string {
  if (before !== undefined && before !== reason) {
    throw notTheApi("the service says in two ways why its answer has ended");
  }
  return reason;
}
