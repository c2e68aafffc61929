// How long a request may take, and how much its answer may be.

/** Bounds of one request, redirects included. Times in milliseconds, sizes in bytes. */
export interface EgressLimits {
  /** Until the connection stands, name resolution and TLS included. */
  readonly connect: number;
  /** From the request until the answer's headers. */
  readonly headers: number;
  /** From the beginning until the answer's last byte. */
  readonly total: number;
  /** Of the answer's body. */
  readonly bytes: number;
  readonly redirects: number;
}

/** What the engine can still admit, as base64 in a record, whatever an operator asks for. */
export const MOST_BYTES: number = 16 * 1024 * 1024;

/** The longest that an entry of a grant may say, in milliseconds. */
export const MOST_TIME = 3_600_000;

export const DEFAULT_LIMITS: EgressLimits = {
  connect: 10_000,
  headers: 30_000,
  total: 60_000,
  bytes: 8 * 1024 * 1024,
  redirects: 5,
};
