// The security log: one record for each thing that security depends on. docs/spec/security-log.md.
import { hmacSha256, toHex, utf8 } from "@reach-fabric/engine";
import type { SecurityEvent, SecurityRecord } from "@reach-fabric/schema";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { lineOf, recordOf } from "./line.ts";

/** Where records go. */
export interface SecuritySink {
  /** Takes a record, and the line that it is. It throws, or rejects, where that is not kept. */
  write(record: SecurityRecord, line: string): void | Promise<void>;
  /** Makes durable what was written, and ends. */
  close?(): void | Promise<void>;
}

export interface SecurityLogOptions {
  /** Who acts, where an event does not say it. */
  readonly actor: string;
  /** 32 bytes: with them every actor is a pseudonym, which says nothing once they are destroyed. */
  readonly actorKey?: Uint8Array;
  readonly sinks?: readonly SecuritySink[];
  /** Milliseconds since 1970, in UTC; the machine's clock unless it is given. */
  readonly clock?: () => number;
  /** Is told once that a sink has failed; unless it is given, that is a warning of the process. */
  readonly onTrouble?: (error: ReachError) => void;
}

export interface SecurityLog {
  /**
   * Takes an event down. What a sink does with it breaks nothing here, and is not waited for.
   *
   * @param scrubbed takes out of its texts what the caller knows to be secret
   * @throws ReachError `REACH-E4181` a field that the type does not have, or a value that the field cannot have
   */
  note(event: SecurityEvent, scrubbed?: (text: string) => string): void;
  /** The same log with one more sink, which is closed by closing what is given here. */
  also(sink: SecuritySink): SecurityLog;
  /** Resolves when all that was noted is with the sinks, or has failed there, and they have ended. Never rejects. */
  close(): Promise<void>;
}

/**
 * A log of what security depends on.
 *
 * Guarantees: a record has a time in UTC with milliseconds, a type, who, an outcome, and of other fields those that its
 * type is allowed; texts in it have passed redact(), and are one line. A sink that fails is told of once, and changes
 * nothing else.
 *
 * @example
 * const lines: string[] = [];
 * const sink = { write: (_: unknown, line: string) => void lines.push(line) };
 * const log = createSecurityLog({ actor: "ops-7", sinks: [sink], clock: () => 0 });
 * log.note({ type: "secret.redeemed", outcome: "success", secret: "bureau", origin: "https://a.example" });
 * JSON.parse(lines[0] ?? "").at; // → "1970-01-01T00:00:00.000Z"
 */
export function createSecurityLog(options: SecurityLogOptions): SecurityLog {
  const { sinks = [], clock = () => Date.now(), onTrouble = warn, actorKey } = options;
  let isTold = false;
  const failed = (error: unknown): void => {
    if (isTold) return;
    isTold = true;
    try {
      onTrouble(failure(error));
    } catch {
      // There is nobody else to tell.
    }
  };
  const named = (actor: string): string =>
    actorKey === undefined ? actor : pseudonym(actorKey, actor);
  const over = (all: readonly SecuritySink[], own: readonly SecuritySink[]): SecurityLog => {
    const pending = new Set<Promise<void>>();
    return {
      note: (event, scrubbed) => {
        const actor = named(event.actor ?? options.actor);
        const at = new Date(clock()).toISOString();
        const record = recordOf({ ...event, actor }, at, scrubbed);
        const line = lineOf(record);
        for (const sink of all) {
          const work = attempt(() => sink.write(record, line), failed);
          if (work === undefined) continue;
          pending.add(work);
          void work.then(() => pending.delete(work));
        }
      },
      also: (sink) => over([...all, sink], [sink]),
      close: async () => {
        await Promise.all(pending);
        for (const sink of own) await attempt(() => sink.close?.(), failed);
      },
    };
  };
  return over(sinks, sinks);
}

/** Does something, and tells of its failure; what is left to wait for. */
function attempt(
  work: () => void | Promise<void>,
  failed: (error: unknown) => void,
): Promise<void> | undefined {
  try {
    const under = work();
    return under instanceof Promise ? under.catch(failed) : undefined;
  } catch (error) {
    failed(error);
    return undefined;
  }
}

/** SEC-4. */
const pseudonym = (key: Uint8Array, actor: string): string =>
  `p-${toHex(hmacSha256(key, utf8(`reach/v1/actor\0${actor}`))).slice(0, 32)}`;

const failure = (error: unknown): ReachError =>
  new ReachError(hostCode.securityLogFailed, "The security log could not be written.", {
    where: error instanceof ReachError ? error.where : undefined,
    why: error instanceof ReachError ? (error.why ?? error.message) : systemWord(error),
    hint: "Records are missing from here on; what was under way went on.",
    cause: error,
  });

const systemWord = (error: unknown): string =>
  error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : typeof error;

const warn = (error: ReachError): void =>
  process.emitWarning(`${error.message} ${error.why ?? ""}`, { code: error.code });
