// The connections of one run to gRPC services: one to a server, kept from call to call, and closed when the run has ended.
import type { Client } from "@grpc/grpc-js";

/** Where to connect: the channel's target, and the name that its certificate must have. */
export interface Peer {
  readonly target: string;
  readonly host: string;
  readonly name?: string;
  readonly isPlain: boolean;
  /** What the calls say is called. */
  readonly authority: string;
}

/** The protocol's client, read when it is first asked for: most runs have no use for it. */
export type GrpcLibrary = typeof import("@grpc/grpc-js");

interface OpenClient {
  readonly key: string;
  readonly client: Client;
  users: number;
}

/** Milliseconds after which a connection that nothing uses is closed: a service may close it just when it is used again. */
const IDLE = 5000;

/**
 * Clients by what was checked: the address that they connect to, the name of its certificate, and the largest message. A
 * name is looked up and checked for each call, and leads to the client of the address that was found.
 */
export class GrpcClients {
  readonly #known = new Map<string, OpenClient>();
  #library: GrpcLibrary | undefined;
  #isClosed = false;

  /**
   * Does something with the connection to a peer.
   *
   * @param bytes the largest message that is taken
   * @param work may say that the connection is no good: the next call makes another one, without a pause
   */
  async use<T>(
    peer: Peer,
    bytes: number,
    work: (client: Client, library: GrpcLibrary, spoil: () => void) => Promise<T>,
  ): Promise<T> {
    this.#library ??= await import("@grpc/grpc-js");
    if (this.#isClosed) throw new Error("the run has ended");
    const open = this.#get(this.#library, peer, bytes);
    open.users += 1;
    try {
      return await work(open.client, this.#library, () => this.#forget(open));
    } finally {
      open.users -= 1;
      this.#closeUnused(open);
    }
  }

  /** Calls that are under way are cancelled by their signals. */
  close(): void {
    this.#isClosed = true;
    for (const open of this.#known.values()) {
      this.#forget(open);
      this.#closeUnused(open);
    }
  }

  #get(library: GrpcLibrary, peer: Peer, bytes: number): OpenClient {
    const { target, name, isPlain, authority } = peer;
    const key = JSON.stringify([target, name, isPlain, authority, bytes]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const { credentials } = library;
    const client = new library.Client(
      target,
      isPlain
        ? credentials.createInsecure()
        : credentials.createSsl(null, null, null, { rejectUnauthorized: true }),
      {
        "grpc.enable_http_proxy": 0,
        "grpc.enable_retries": 0,
        "grpc.service_config_disable_resolution": 1,
        // Connections of one run are no other's, nor is what it has waited for.
        "grpc.use_local_subchannel_pool": 1,
        "grpc.client_idle_timeout_ms": IDLE,
        "grpc.max_receive_message_length": bytes,
        "grpc.default_authority": authority,
        ...(name === undefined ? {} : { "grpc.ssl_target_name_override": name }),
      },
    );
    const open = { key, client, users: 0 };
    this.#known.set(key, open);
    return open;
  }

  #forget(open: OpenClient): void {
    if (this.#known.get(open.key) === open) this.#known.delete(open.key);
  }

  #closeUnused(open: OpenClient): void {
    if (open.users === 0 && this.#known.get(open.key) !== open) open.client.close();
  }
}
