// Effects outside a run: what a hypothesis asks of the world (EVID-31).
import type { Pack, RequestRecord } from "@reach-fabric/engine";
import type { Grant, Provider } from "@reach-fabric/schema";
import { randomBytes } from "node:crypto";
import type { Secrets } from "../effects/authorize.ts";
import { createEgress } from "../effects/http.ts";
import { machine, perform } from "../effects/effects.ts";
import type { Performed } from "../effects/effect.ts";
import { createGrpc } from "../effects/grpc.ts";
import { createMcp } from "../effects/mcp.ts";
import { createModels } from "../effects/models.ts";

export interface PerformerOptions {
  readonly pack: Pack;
  readonly grant: Grant;
  readonly addresses?: Readonly<Record<string, string>>;
  readonly secrets?: Secrets;
  readonly providers?: Readonly<Record<string, Provider>>;
  /** Operations that change nothing although their protocol does not say so, as operationOf() names them. */
  readonly safe?: readonly string[];
}

export interface Performer {
  /** True for what may be performed although nobody decides by it. */
  isSafe(request: RequestRecord): boolean;
  /** Performs it; a failure is an answer. */
  perform(request: RequestRecord, signal: AbortSignal): Promise<Performed>;
  close(): Promise<void>;
}

/**
 * Performs effects for a hypothesis, under a grant of its own.
 *
 * Safe are: http with GET, HEAD and OPTIONS (RFC 9110, 9.2.1), questions to models, MCP but `tools/call`, the
 * clock and randomness; and what `safe` declares. Events are never emitted, nor waited for.
 */
export function createPerformer(options: PerformerOptions): Performer {
  const { pack, grant, addresses, secrets, providers, safe = [] } = options;
  const out = {
    grant,
    ...(addresses ? { addresses } : {}),
    ...(secrets ? { secrets } : {}),
  };
  const egress = createEgress(out);
  const effects = {
    ...machine,
    // How long things take is not modelled.
    timer: () => Promise.resolve(),
    fetch: egress.fetch,
    ask: createModels({ ...out, ...(providers ? { providers } : {}) }).ask,
    mcp: createMcp(out),
    grpc: createGrpc({ ...out, pack }),
  };
  return {
    isSafe: (request) => isReadOnly(request) || safe.includes(operationOf(request)),
    perform: (request, signal) =>
      perform(request, effects, {
        grant,
        signal,
        idempotencyKey: randomBytes(32).toString("hex"),
        runId: randomBytes(16).toString("hex"),
        startedAt: () => Date.now(),
      }),
    close: egress.close,
  };
}

const READ_ONLY = new Set(["GET", "HEAD", "OPTIONS"]);

function isReadOnly({ type, request }: RequestRecord): boolean {
  if (type === "http") return READ_ONLY.has(request["method"] as string);
  if (type === "mcp") return request["method"] !== "tools/call";
  return ["llm", "clock", "random", "timer"].includes(type);
}

/** `POST https://host/path`, `tools/call NAME`: what an operator declares safe. */
export function operationOf({ type, request }: RequestRecord): string {
  const { method, uri } = request as { method?: string; uri?: string };
  if (type === "http") return `${method ?? ""} ${(uri ?? "").replace(/[?].*/, "")}`;
  if (type === "grpc") return `POST ${uri ?? ""}`;
  if (type !== "mcp") return type;
  const { name } = (request["parameters"] ?? {}) as { name?: unknown };
  return typeof name === "string" ? `${method ?? ""} ${name}` : (method ?? "");
}
