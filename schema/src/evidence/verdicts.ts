// What is asked about evidence, by name: docs/spec/evidence.md.

/** The questions about a piece of evidence, in the order in which they are answered. */
export const verdictNames = [
  "authentic",
  "trusted",
  "approved",
  "complete",
  "replayed",
  "logged",
  "witnessed",
  "redacted",
] as const;
