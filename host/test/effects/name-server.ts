// A name server of ours, on loopback (RFC 1035): what it says of a name is said by a test.
import { createSocket } from "node:dgram";
import { later } from "../helpers.ts";

interface NameRecord {
  readonly type: "A" | "AAAA" | "CNAME";
  /** The bytes of an address, or the name that it leads to. */
  readonly data: readonly number[] | string;
  readonly ttl?: number;
  /** Whose it is; the name that was asked for without it. */
  readonly of?: string;
}

/** Records, an error of the protocol by its number, or silence. */
type NameAnswer = readonly NameRecord[] | number | undefined;

const TYPES = { A: 1, CNAME: 5, AAAA: 28 } as const;

export interface NameServer {
  /** For `servers` of createLookup(). */
  readonly address: string;
  /** `TYPE NAME`, in the order in which they came. */
  readonly asked: string[];
  /** Resolves when that many were asked. */
  reached(count: number): Promise<void>;
}

export async function nameServer(
  say: (name: string, type: "A" | "AAAA") => NameAnswer,
): Promise<NameServer> {
  const asked: string[] = [];
  const waiting = new Set<() => void>();
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    const { name, end } = nameIn(query);
    const type = query.readUInt16BE(end) === TYPES.AAAA ? "AAAA" : "A";
    asked.push(`${type} ${name}`);
    for (const look of waiting) look();
    const said = say(name, type);
    if (said === undefined) return;
    const records = typeof said === "number" ? [] : said;
    const answer = Buffer.concat([
      query.subarray(0, end + 4),
      ...records.map((record) => encoded(record, name)),
    ]);
    answer.writeUInt16BE(0x8180 | (typeof said === "number" ? said : 0), 2);
    answer.writeUInt16BE(records.length, 6);
    answer.fill(0, 8, 12);
    socket.send(answer, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  later(() => {
    socket.close();
  });
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    reached: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (asked.length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}

function nameIn(query: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), end: at + 1 };
}

const wire = (name: string): Buffer =>
  Buffer.concat([
    ...name.split(".").map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.from([0]),
  ]);

function encoded({ type, data, ttl = 60, of }: NameRecord, name: string): Buffer {
  const bytes = typeof data === "string" ? wire(data) : Buffer.from(data);
  const head = Buffer.alloc(10);
  head.writeUInt16BE(TYPES[type], 0);
  head.writeUInt16BE(1, 2);
  head.writeUInt32BE(ttl, 4);
  head.writeUInt16BE(bytes.length, 8);
  return Buffer.concat([wire(of ?? name), head, bytes]);
}
