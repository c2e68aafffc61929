// call grpc (WF-64, WF-65): one message to a method of a service, and its answer. The connection goes where the
// grant and the operator's addresses say, as any other request does.
import type { ServiceError } from "@grpc/grpc-js";
import { fromUtf8 } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import type { Grant } from "@reach-fabric/schema";
import { hostCode } from "../files/codes.ts";
import { publicAddresses } from "./egress/address.ts";
import type { AddressLookup } from "./egress/address.ts";
import type { SecretGuard } from "../secrets/guard.ts";
import type { Secrets } from "../secrets/texts.ts";
import type { Authentication } from "./egress/authorize.ts";
import type { Egress, RequestContext, Shared } from "./egress/egress.ts";
import { Bounds } from "./egress/limits.ts";
import type { BoundsOptions } from "./egress/limits.ts";
import type { EgressLimits } from "./egress/limits.ts";
import type { EffectKind } from "./effect.ts";
import type { Performed } from "./egress/performed.ts";
import { failed } from "./egress/answer.ts";
import { within } from "./egress/deadline.ts";
import { RequestFailed } from "./egress/failure.ts";
import { parseTarget, whyNotGranted } from "./egress/grant.ts";
import { lookupAll } from "./egress/resolver.ts";
import { filledMember, placeSecrets } from "./egress/secret-places.ts";
import type { SecretPlace } from "./egress/secret-places.ts";
import { cut } from "./egress/text.ts";
import { HostTrouble, throwTrouble } from "./egress/trouble.ts";
import { GrpcClients } from "./grpc/clients.ts";
import type { Peer } from "./grpc/clients.ts";
import { methodOf } from "./grpc/protos.ts";
import { needsOfGrpc } from "./needs.ts";

/** TRACE-5: a gRPC request as the engine made it. */
export interface GrpcCall {
  readonly uri: string;
  readonly proto: string;
  readonly service: string;
  readonly method: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly authentication?: Authentication;
  readonly secrets?: readonly SecretPlace[];
}

export interface GrpcOptions extends BoundsOptions {
  readonly pack: Pack;
  readonly grant: Grant;
  readonly addresses?: Readonly<Record<string, string>>;
  readonly secrets?: Secrets;
  readonly lookup?: AddressLookup;
  /** Of the run, whose requests share their tokens. */
  readonly authorize: Egress["authorize"];
  readonly guard?: SecretGuard;
  readonly redeemed?: Shared["redeemed"];
}

export type CallGrpc = (call: GrpcCall, context: RequestContext) => Promise<Performed>;

/** Calls gRPC services where the operator says that they are. Close it when the run has ended. */
export function createGrpc(options: GrpcOptions): { readonly call: CallGrpc; close(): void } {
  const bounds = new Bounds(options);
  const clients = new GrpcClients();
  const methods = new Map<string, ReturnType<typeof methodOf>>();
  /** A definition is read once a run. */
  const methodFor = ({ proto, service, method }: GrpcCall): ReturnType<typeof methodOf> => {
    const key = JSON.stringify([proto, service, method]);
    const known = methods.get(key);
    if (known !== undefined) return known;
    const file = options.pack.files.find(({ path }) => path === proto);
    const found =
      file === undefined
        ? { why: "the pack has no such definition" }
        : methodOf(fromUtf8(file.bytes), service, method);
    methods.set(key, found);
    return found;
  };
  return {
    call: async (call, context) => {
      const target = parseTarget(call.uri);
      const limits = "why" in target ? bounds.own() : bounds.http("POST", target);
      const why = `no answer in ${limits.total} ms`;
      const late = new RequestFailed("timeout", hostCode.timeout, why);
      try {
        return await within(limits.total, late, context.signal, ({ signal }) =>
          perform({ ...options, limits, clients, methodFor }, call, { ...context, signal }),
        );
      } catch (error) {
        context.signal.throwIfAborted();
        throwTrouble(error);
        return failed(error);
      }
    },
    close: () => clients.close(),
  };
}

/** What the calls of one run have in common. */
interface OfRun extends GrpcOptions {
  readonly limits: EgressLimits;
  readonly clients: GrpcClients;
  readonly methodFor: (call: GrpcCall) => ReturnType<typeof methodOf>;
}

async function perform(
  options: OfRun,
  call: GrpcCall,
  { idempotencyKey, attempt = 1, signal }: RequestContext,
): Promise<Performed> {
  const { grant, addresses = {}, secrets = {}, limits, lookup = lookupAll, guard } = options;
  const target = parseTarget(call.uri);
  if ("why" in target) throw new RequestFailed("denied", hostCode.badRequest, target.why);
  const why = whyNotGranted(grant, "POST", target);
  if (why !== undefined) throw new RequestFailed("denied", hostCode.notGranted, why);
  const method = options.methodFor(call);
  if ("why" in method) throw new RequestFailed("protocol", hostCode.grpcDefinition, method.why);
  const placed = placeSecrets(call.secrets, target.origin, grant, secrets, options.redeemed);
  const given = filledMember(call.arguments, "arguments", placed) as GrpcCall["arguments"];
  const message = method.encode(given);
  if ("why" in message) throw new RequestFailed("protocol", hostCode.grpcDefinition, message.why);
  // A challenge is nothing that the protocol waits for.
  if (call.authentication?.scheme === "digest") {
    throw new RequestFailed("denied", hostCode.badCredentials, "gRPC has no digest authentication");
  }
  const { header } = await options.authorize(call.authentication, target.origin, signal);
  const known = (name: string): ReturnType<AddressLookup> => lookup(name, signal);
  const peer = await peerOf(call.uri, addresses[target.origin], known);
  signal.throwIfAborted();

  return options.clients.use(peer, limits.bytes, async (client, library, spoil) => {
    const metadata = new library.Metadata();
    if (header !== undefined) metadata.set("authorization", header);
    metadata.set("idempotency-key", idempotencyKey);
    metadata.set("x-reach-attempt", String(attempt));
    const answer = await new Promise<Uint8Array | ServiceError>((resolve) => {
      const open = client.makeUnaryRequest(
        target.path,
        (bytes: Uint8Array) => Buffer.from(bytes),
        (bytes: Buffer) => new Uint8Array(bytes),
        message,
        metadata,
        // Its own limit of time would measure this machine, too.
        {},
        (error, value) => resolve(error ?? value ?? new Uint8Array()),
      );
      signal.addEventListener("abort", () => open.cancel(), { once: true });
    });
    signal.throwIfAborted();
    if (!(answer instanceof Uint8Array)) {
      if ((answer.code as number) === UNAVAILABLE) spoil();
      const state = client.getChannel().getConnectivityState(false);
      // No connection came about: nobody on the other side has said anything.
      if (state === library.connectivityState.TRANSIENT_FAILURE) {
        await throwNoConnection(answer.details, () => lookup(peer.host));
      }
    }
    // As they pass: what is bytes in the message is base64 of them in the value, and of details a part is kept.
    const said = answer instanceof Uint8Array ? answer : answer.details;
    if (guard?.holds(said) === true) {
      throw new RequestFailed("denied", hostCode.secretCaught, "the answer holds a secret");
    }
    if (!(answer instanceof Uint8Array)) return { result: errorOf(answer, limits.total) };
    return { result: { value: method.decode(answer) } };
  });
}

/** GRANT-9: the operator's address, or a public one, which is the one that is connected to. */
async function peerOf(
  uri: string,
  address: string | undefined,
  lookup: AddressLookup,
): Promise<Peer> {
  const authority = new URL(uri).host;
  const { protocol, hostname, port } = new URL(address ?? uri);
  const isPlain = protocol === "http:";
  const at = port === "" ? (isPlain ? "80" : "443") : port;
  if (address !== undefined) {
    return { target: `dns:${hostname}:${at}`, host: hostname, isPlain, authority };
  }
  const [first] = await publicAddresses(hostname, lookup);
  if (first === undefined) throw new RequestFailed("dns", hostCode.noAddress, "no address");
  const target =
    first.family === 6 ? `ipv6:[${first.address}]:${at}` : `ipv4:${first.address}:${at}`;
  return { target, host: hostname, name: hostname, isPlain, authority };
}

/** The library keeps no more of a system's error than its text; of a resolver's not even that, so it is asked again. */
async function throwNoConnection(details: string, resolve: () => Promise<unknown>): Promise<void> {
  const [code = ""] = /\bE[A-Z]{3,}\b/.exec(details) ?? [];
  throwTrouble(Object.assign(new Error(details), { code }));
  if (!details.startsWith("Name resolution failed")) return;
  await resolve();
  throw new HostTrouble("the name could not be resolved for a moment");
}

/** What the service said; where it said nothing, why (whose words name addresses). */
function errorOf(error: ServiceError, total: number): object {
  const code: number = error.code;
  const { details } = error;
  // The library's own words, under a code that the service has not said.
  if (details.startsWith("Received RST_STREAM with code ")) {
    throw new RequestFailed("reset", hostCode.reset, "the stream was reset");
  }
  if (code === UNAVAILABLE) throw new RequestFailed("refused", hostCode.refused, "no connection");
  if (code === DEADLINE_EXCEEDED) {
    throw new RequestFailed("timeout", hostCode.timeout, `no answer in ${total} ms`);
  }
  if (code === RESOURCE_EXHAUSTED && /larger than max/.test(details)) {
    throw new RequestFailed("tooLarge", hostCode.largeAnswer, "the answer is over the limit");
  }
  return { code, message: cut(details, 1000) };
}
const DEADLINE_EXCEEDED = 4;
const RESOURCE_EXHAUSTED = 8;
const UNAVAILABLE = 14;

/** grpc: one message to a service, and its answer (TRACE-5). */
export const grpc: EffectKind<{ readonly grpc: CallGrpc }> = {
  perform: ({ request }, outside, context) => outside.grpc(request as unknown as GrpcCall, context),
  isReadOnly: () => false,
  needs: needsOfGrpc,
  operation: ({ uri }) => `POST ${uri as string}`,
};
