// Revisions of MCP that this client speaks.

/** The first revision without a handshake: each request says what it needs. */
export const STATELESS = "2026-07-28";

/** Those with a handshake, the latest first. */
export const WITH_HANDSHAKE: readonly string[] = [
  "2025-11-25",
  "2025-06-18",
  "2025-03-26",
  "2024-11-05",
];

/** True for a revision that this client speaks. */
export const isKnown = (revision: string): boolean =>
  revision === STATELESS || WITH_HANDSHAKE.includes(revision);

/** The first revision whose requests over HTTP name it in a header. */
export const namesItself = (revision: string): boolean => revision >= "2025-06-18";
