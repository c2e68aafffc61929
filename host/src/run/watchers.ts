// What is told of a run: it cannot end it (GRANT-18).

import { redact } from "../secrets/redact.ts";

/** Tells who watches of something. What goes wrong there is a warning of the process, and nothing of the run's. */
export function tellWatcher<T extends readonly unknown[]>(
  watch: ((...what: T) => unknown) | undefined,
  ...what: T
): void {
  try {
    const told = watch?.(...what);
    if (told instanceof Promise) told.catch(warn);
  } catch (error) {
    warn(error);
  }
}

const warn = (error: unknown): void =>
  process.emitWarning(
    redact(
      `what watches a run has failed: ${error instanceof Error ? error.message : String(error)}`,
    ),
  );
