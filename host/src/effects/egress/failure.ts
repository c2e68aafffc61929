// What went wrong with a request, in the closed words of TRACE-6. A word is all that is recorded:
// the texts of systems and libraries differ between machines and may hold addresses.
import { AddressRefused } from "./address.ts";
import { systemCode } from "../../files/files.ts";

/** TRACE-6. */
export type Failure =
  | "refused"
  | "timeout"
  | "reset"
  | "dns"
  | "tls"
  | "redirect"
  | "tooLarge"
  | "denied"
  | "protocol"
  // Of files alone.
  | "missing"
  | "exists";

/** A failure that the egress client decides on itself. */
export class RequestFailed extends Error {
  override readonly name: string = "RequestFailed";
  readonly failure: Failure;
  /** For the operator: a code and words without content of the request or the answer. */
  readonly code: string;

  constructor(failure: Failure, code: string, why: string) {
    super(why);
    this.failure = failure;
    this.code = code;
  }
}

const words: Readonly<Record<string, Failure>> = {
  ECONNREFUSED: "refused",
  EHOSTUNREACH: "refused",
  ENETUNREACH: "refused",
  EADDRNOTAVAIL: "refused",
  EACCES: "refused",
  ECONNRESET: "reset",
  ECONNABORTED: "reset",
  EPIPE: "reset",
  UND_ERR_SOCKET: "reset",
  ETIMEDOUT: "timeout",
  UND_ERR_CONNECT_TIMEOUT: "timeout",
  UND_ERR_HEADERS_TIMEOUT: "timeout",
  UND_ERR_BODY_TIMEOUT: "timeout",
  UND_ERR_HEADERS_OVERFLOW: "tooLarge",
  HPE_HEADER_OVERFLOW: "tooLarge",
  EPROTO: "tls",
  CERT_HAS_EXPIRED: "tls",
  DEPTH_ZERO_SELF_SIGNED_CERT: "tls",
  SELF_SIGNED_CERT_IN_CHAIN: "tls",
  HOSTNAME_MISMATCH: "tls",
};

/** The word for whatever a request ended with. */
export function failureOf(error: unknown): Failure {
  if (error instanceof RequestFailed) return error.failure;
  if (error instanceof AddressRefused) return "denied";
  const { syscall, cause, errors } = error as {
    syscall?: unknown;
    cause?: unknown;
    errors?: unknown;
  };
  if (syscall === "getaddrinfo") return "dns";
  const code = systemCode(error);
  const word = words[code];
  if (word !== undefined) return word;
  if (/^(?:ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_)/.test(code)) return "tls";
  // Several addresses were tried: the first says it.
  if (Array.isArray(errors) && errors.length > 0) return failureOf(errors[0]);
  return cause instanceof Error ? failureOf(cause) : "protocol";
}
