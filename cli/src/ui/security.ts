// What commands tell the security log (docs/spec/security-log.md). Where none is asked for, nothing of it is loaded.
import type { Signer } from "@reach-fabric/evidence";
import type { SecurityLog } from "@reach-fabric/host";

/** What the security log is told of a problem, beside its code. */
export interface SecurityFacts {
  /** Verdicts that were asked for and did not pass. */
  readonly unmet?: {
    readonly verdicts: string[];
    readonly codes: string[];
    readonly run?: string;
  };
  /** The run has noted it. */
  readonly isNoted?: boolean;
}

/** The security log of one command. */
export interface CommandSecurity {
  readonly log: SecurityLog;
  /** The same signer, whose every use is noted. */
  watched(signer: Signer): Signer;
  /** Notes a problem that was told, if it is one of security. */
  problem(problem: SecurityFacts & { readonly code: string }): void;
  /** Resolves when all is written. */
  close(): Promise<void>;
}
