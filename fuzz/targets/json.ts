// The JSON reader, RFC 8785 writer and number code against fuzz/models/json.ts.
import { createHash } from "node:crypto";
import fc from "fast-check";
import { codeName, EngineError, fromUtf8, toHex } from "@reach-fabric/engine";
import type { Engine, JsonOptions } from "@reach-fabric/engine";
import { agreed, survivors } from "../../tools/engine/builds.ts";
import { documents, modes } from "../arbitraries/json.ts";
import { canonical, ModelError, read } from "../models/json.ts";
import type { Mode } from "../models/json.ts";
import type { Target } from "./registry.ts";

interface Input {
  readonly mode: Mode;
  readonly bytes: Uint8Array;
}

const options: Record<Mode, JsonOptions> = {
  boundary: {},
  integers: { integers: "text" },
  jq: { mode: "jq" },
};

/** What came of it, in a form that can be compared. */
interface Answer {
  readonly output?: string;
  readonly code?: string;
  readonly offset?: number;
  readonly depth?: number;
  readonly message?: string;
}

function ask(engine: Engine, input: Input): Answer {
  const answer = canonicalAnswer(engine, input);
  // Reading alone comes to the same, but for what is too deep or too long to be written.
  if (answer.code?.startsWith("REACH-E12") && input.mode === "jq") return answer;
  let read: Answer = {};
  try {
    engine.checkJson(input.bytes, options[input.mode]);
  } catch (error) {
    read = answerOf(error);
  }
  if (answer.output === undefined ? read.offset !== answer.offset : read.code !== undefined) {
    throw new Error(`checkJson: ${show(read)}, canonicalize: ${show(answer)}`);
  }
  return answer;
}

function answerOf(error: unknown): Answer {
  if (!(error instanceof EngineError)) throw error;
  const { code, offset, depth, message } = error;
  return { code, offset, depth, message };
}

function canonicalAnswer(engine: Engine, { bytes, mode }: Input): Answer {
  try {
    const output = fromUtf8(engine.canonicalize(bytes, options[mode]));
    const hash = toHex(engine.canonicalHash(bytes, options[mode]));
    if (hash !== createHash("sha256").update(output).digest("hex")) {
      throw new Error(`canonicalHash is not the hash of canonicalize: ${hash}`);
    }
    return { output };
  } catch (error) {
    return answerOf(error);
  }
}

function model({ bytes, mode }: Input): Answer {
  try {
    return { output: canonical(read(bytes, mode)) };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return { code: codeName(error.code) };
  }
}

function show(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 500 ? `${text.slice(0, 500)}... (${text.length})` : text;
}

export function jsonTarget(): Target<Input> {
  const engines = survivors();
  return {
    name: "json",
    arbitrary: fc.record({ mode: modes, bytes: documents }),
    check: (input) => {
      const answer = agreed(engines(), (engine) => ask(engine, input));
      const expected = model(input);
      if (answer.output !== expected.output || answer.code !== expected.code) {
        throw new Error(
          `engine: ${show(answer)}\n  model:  ${show(expected)}\n` +
            `  text:   ${show(Buffer.from(input.bytes).toString("latin1"))}`,
        );
      }
      if (answer.offset !== undefined && answer.offset > input.bytes.length) {
        throw new Error(`offset ${answer.offset} lies outside of the text`);
      }
      if (answer.output !== undefined && input.mode !== "jq") {
        // What was canonical stays as it is.
        const again = fromUtf8(engines()[0].engine.canonicalize(answer.output));
        if (again !== answer.output) throw new Error(`not a fixed point: ${answer.output}`);
      }
    },
    decode: (kept) => {
      const { mode, text, hex = "" } = kept as { mode: Mode; text?: string; hex?: string };
      return { mode, bytes: text === undefined ? Buffer.from(hex, "hex") : Buffer.from(text) };
    },
  };
}
