// Where everything ends that leaves the process: whichever address a socket is told to connect to, it comes to a server of
// ours that counts. So a test sees that nothing has left, and with a check gone it sees that something has.
import { createServer, isIP, Socket } from "node:net";
import type { AddressInfo, LookupFunction } from "node:net";
import { vi } from "vitest";
import { later } from "../helpers.ts";

export interface Trap {
  readonly port: number;
  /** Connections that were made, and bytes that came over them. */
  readonly caught: { connections: number; bytes: number };
}

interface ConnectOptions {
  readonly host?: string;
  readonly port?: number | string;
  readonly lookup?: LookupFunction;
}

/** @param ports of servers that may be reached */
export async function setTrap(...ports: readonly number[]): Promise<Trap> {
  const caught = { connections: 0, bytes: 0 };
  const server = createServer((socket) => {
    caught.connections += 1;
    socket.on("data", (data) => {
      caught.bytes += data.length;
      socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
    });
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  later(() => server.close());
  const { port } = server.address() as AddressInfo;
  const connect = Reflect.get(Socket.prototype, "connect") as (...given: unknown[]) => Socket;
  const spy = vi.spyOn(Socket.prototype, "connect").mockImplementation(function (
    this: Socket,
    ...given: unknown[]
  ) {
    const [options, callback] = (Array.isArray(given[0]) ? given[0] : given) as [
      ConnectOptions,
      unknown,
    ];
    if (ports.includes(Number(options.port)) && options.host === "127.0.0.1") {
      return connect.apply(this, given);
    }
    const { lookup } = options;
    const isLiteral = isIP(options.host ?? "") !== 0;
    const inside: LookupFunction = (name, asked, answer) => {
      lookup?.(name, asked, (error, found) => {
        const isFound = error === null && (Array.isArray(found) ? found.length > 0 : found !== "");
        if (!isFound) answer(error ?? new Error("no address"), "", 0);
        else if (asked.all) answer(null, [{ address: "127.0.0.1", family: 4 }]);
        else answer(null, "127.0.0.1", 4);
      });
    };
    const to = isLiteral || lookup === undefined ? { host: "127.0.0.1" } : { lookup: inside };
    const from = { ...options, ...to, port };
    return connect.call(this, from, ...(typeof callback === "function" ? [callback] : []));
  });
  later(() => spy.mockRestore());
  return { port, caught };
}
