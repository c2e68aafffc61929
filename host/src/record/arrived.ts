// What came of an effect, as bytes: kept until it may enter. docs/spec/run-folder.md, RUN-3.
import { fromBase64, fromUtf8, toBase64, utf8 } from "@reach-fabric/engine";
import type { Performed } from "../effects/egress/performed.ts";

/** The JSON text of what came of an effect. */
export const answerBytes = ({ result, body, note }: Performed): Uint8Array =>
  utf8(
    JSON.stringify({
      ...(body === undefined ? {} : { body: toBase64(body) }),
      ...(note === undefined ? {} : { note }),
      result,
    }),
  );

/** What answerBytes() was given; undefined for bytes that it does not give. The engine checks the result when it takes it. */
export function performedOf(bytes: Uint8Array): Performed | undefined {
  try {
    const read = Object(JSON.parse(fromUtf8(bytes))) as {
      body?: unknown;
      note?: { code?: unknown; why?: unknown };
      result?: unknown;
    };
    const { body, note, result } = read;
    if (typeof result !== "object" || result === null) return undefined;
    const { code, why } = note ?? {};
    const isNote = note === undefined || (typeof code === "string" && typeof why === "string");
    if (!isNote || (body !== undefined && typeof body !== "string")) return undefined;
    return {
      result,
      ...(body === undefined ? {} : { body: fromBase64(body) }),
      ...(typeof code === "string" && typeof why === "string" ? { note: { code, why } } : {}),
    };
  } catch {
    return undefined;
  }
}
