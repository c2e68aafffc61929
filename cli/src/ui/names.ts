import { clip, safe, safeJson } from "./text.ts";

export { taskName } from "@reach-fabric/engine";

/** A JSON value on one line of at most `width` characters, safe to print. */
export const brief = (value: unknown, width: number): string =>
  value === undefined ? "nothing" : clip(safeJson(value), width);

/** A text as it is, any other JSON value as its JSON. */
export const textOf = (value: unknown): string =>
  typeof value === "string" ? value : safeJson(value);

/** How a run ended, on one line. */
export function describeOutcome(
  outcome: { readonly status: string; readonly output?: unknown; readonly error?: unknown },
  width: number,
): string {
  const value = "output" in outcome ? outcome.output : outcome.error;
  return value === undefined ? outcome.status : `${outcome.status} ${brief(value, width)}`;
}

interface RunError {
  readonly title?: string;
  readonly status?: number;
  readonly type?: string;
  readonly detail?: string;
  readonly instance?: string;
}

/** The error of a faulted run in the members that every error of a workflow has. */
export function runError(error: unknown): RunError {
  if (typeof error !== "object" || error === null) return {};
  const { title, status, type, detail, instance } = error as Record<string, unknown>;
  return {
    ...(typeof title === "string" ? { title: safe(title) } : {}),
    ...(typeof status === "number" ? { status } : {}),
    ...(typeof type === "string" ? { type: safe(type) } : {}),
    ...(typeof detail === "string" ? { detail: safe(detail) } : {}),
    ...(typeof instance === "string" ? { instance: safe(instance) } : {}),
  };
}
