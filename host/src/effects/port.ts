// What leaves the machine, or reaches its files, in a process of its own: one side runs, and the other has the secrets,
// the grant, the connections and the folders. What goes between them is plain data that a structured clone carries.
import * as z from "zod";
import { guardedResult } from "./admissible.ts";
import type { RequestContext } from "./egress/egress.ts";
import type { Performed } from "./egress/performed.ts";
import { HostTrouble, troubleOf } from "./egress/trouble.ts";
import type { Effects, Outside, Remote } from "./outside.ts";

/** One end of a channel that carries structured clones in their order: a MessagePort, or `advanced` IPC. */
export interface OutsidePort {
  readonly send: (message: object) => void;
  /** Is called once, before anything is sent: `take` is given what comes from then on. */
  readonly onMessage: (take: (message: unknown) => void) => void;
  /** `gone` is called when the other end is gone. */
  readonly onClose: (gone: () => void) => void;
  readonly close: () => void;
}

/** What the side that runs says: what is to be sent, or which is not wanted any more. */
type Asked =
  | {
      readonly ask: number;
      readonly way: Remote;
      readonly request: object;
      readonly tried: { readonly idempotencyKey: string; readonly attempt: number };
    }
  | { readonly stop: number };

const asked: z.ZodType<Asked> = z.union([
  z.strictObject({
    ask: z.int(),
    way: z.enum(["fetch", "ask", "mcp", "grpc", "file"]),
    request: z.record(z.string(), z.json()),
    tried: z.strictObject({ idempotencyKey: z.string(), attempt: z.int() }),
  }),
  z.strictObject({ stop: z.int() }),
]);

/** What came of it, or what this machine lacked. */
type Said = { readonly ask: number } & (
  | { readonly performed: Performed }
  | { readonly trouble: string; readonly isUnknown: boolean }
);

/**
 * Performs what a run in another process asks for, by what is granted here, until that process is gone.
 *
 * Guarantees: nothing that goes there holds a secret of `guard`; what is not wanted any more is aborted, and all of it is
 * when the other side is gone, or says something that is no message.
 *
 * @param outside of that one run, as createOutside() makes it
 */
export function serveOutside(port: OutsidePort, outside: Pick<Outside, Remote | "guard">): void {
  const underWay = new Map<number, AbortController>();
  const perform = async (message: Exclude<Asked, { stop: number }>): Promise<void> => {
    const { ask, way, request, tried } = message;
    const stop = new AbortController();
    underWay.set(ask, stop);
    const { signal } = stop;
    const call = outside[way] as (given: object, context: RequestContext) => Promise<Performed>;
    const said: Said | undefined = await guardedResult(
      () => call(request, { ...tried, signal }),
      signal,
      outside.guard,
    ).then(
      (performed) => ({ ask, performed }),
      (error: unknown) => {
        const { why = "", isUnknown } = troubleOf(error) ?? new HostTrouble("it was stopped");
        return { ask, trouble: why, isUnknown };
      },
    );
    underWay.delete(ask);
    if (!signal.aborted) port.send(said);
  };
  port.onClose(() => {
    for (const stop of underWay.values()) stop.abort(new Error("the other process is gone"));
  });
  port.onMessage((message) => {
    const { success, data } = asked.safeParse(message);
    if (!success) port.close();
    else if ("stop" in data) underWay.get(data.stop)?.abort(new Error("it is not wanted"));
    else void perform(data);
  });
}

/**
 * What leaves the machine, for `effects` of RunOptions, by a process that does serveOutside().
 *
 * What is under way when that process is gone may have been performed: the run ends without an outcome, and asks when it
 * goes on, as after a crash of its own (GRANT-16). What is to be sent after that is trouble of this machine (GRANT-17).
 */
export function outsideOver(port: OutsidePort): Pick<Effects, Remote> {
  const waiting = new Map<number, (said?: Said) => void>();
  const gone = "the process that sends requests is gone";
  let last = 0;
  let isGone = false;
  port.onClose(() => {
    isGone = true;
    for (const settle of waiting.values()) settle();
  });
  port.onMessage((message) => waiting.get((message as Said).ask)?.(message as Said));
  // What an effect is given holds more than this, which no other process could be told.
  const sent =
    (way: Remote) =>
    async <R extends object>(
      request: object,
      { signal, idempotencyKey, attempt = 1 }: RequestContext,
    ): Promise<Performed<R>> => {
      signal.throwIfAborted();
      if (isGone) throw new HostTrouble(gone);
      const ask = (last += 1);
      const abort = (): void => {
        waiting.get(ask)?.();
        port.send({ stop: ask } satisfies Asked);
      };
      const said = await new Promise<Said | undefined>((resolve) => {
        waiting.set(ask, resolve);
        signal.addEventListener("abort", abort, { once: true });
        port.send({ ask, way, request, tried: { idempotencyKey, attempt } } satisfies Asked);
      });
      waiting.delete(ask);
      signal.removeEventListener("abort", abort);
      signal.throwIfAborted();
      if (said === undefined) throw new HostTrouble(gone, undefined, true);
      if ("trouble" in said) throw new HostTrouble(said.trouble, undefined, said.isUnknown);
      return said.performed as Performed<R>;
    };
  return {
    fetch: sent("fetch"),
    ask: sent("ask"),
    mcp: sent("mcp"),
    grpc: sent("grpc"),
    file: sent("file"),
  };
}
