/**
 * `@reach-fabric/host/security`: the security log, for programs that perform nothing. It loads nothing that reaches out.
 */
export { refusalEvent } from "./security/effect-events.ts";
export { securityFile } from "./security/file-sink.ts";
export { createSecurityLog } from "./security/security-log.ts";
export type { SecurityLog, SecuritySink } from "./security/security-log.ts";
export { watchedSigner } from "./security/watched-signer.ts";
