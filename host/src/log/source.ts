// Where the files of a log are read: a folder, or a server that speaks C2SP tlog-tiles. What they say is believed
// only as far as the log's signature goes. docs/spec/log.md, LOG-16 and LOG-31.
import { join } from "node:path";
import { request } from "undici";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import type { Disk } from "./disk.ts";
import { damaged } from "./layout.ts";

/** The files of a log, by their paths in it. */
export interface LogSource {
  /** For messages. */
  readonly where: string;
  /** The bytes of a file; undefined where there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
}

/** A log in a folder. */
export const folderSource = (disk: Disk, folder: string): LogSource => ({
  where: folder,
  read: (path) => disk.read(join(folder, ...path.split("/"))),
});

/** A file that a log must have. */
export async function partOf(source: LogSource, path: string): Promise<Uint8Array> {
  const bytes = await source.read(path);
  if (bytes !== undefined) return bytes;
  throw damaged(`${source.where}/${path}`, "the file is missing");
}

/** Milliseconds that a server may take to answer, and then between two pieces of an answer. */
const PATIENCE = 10_000;
/** A file takes no longer than this, however it comes. */
const LONGEST = 60_000;
/** Bytes of the largest bundle: 256 entries behind their lengths. */
const BUNDLE = 256 * (2 + 65_535);
/** Bytes of anything else. */
const OTHER = 1_000_000;

/** Whether the place of a log is the address of a server. */
export const isAddress = (place: string): boolean => /^https?:\/\//.test(place);

/**
 * The address of a log, as a folder of files. No part of it is kept from logs and errors, so it holds no password.
 *
 * @throws ReachError `REACH-E4170`
 *
 * @example
 * requireAddress("https://log.example/acme").pathname; // → "/acme/"
 * requireAddress("https://me:password@log.example/"); // → throws REACH-E4170
 */
export function requireAddress(address: string): URL {
  const url = URL.parse(address);
  if (url?.username === "" && url.password === "" && url.search === "" && url.hash === "") {
    if (!url.pathname.endsWith("/")) url.pathname += "/";
    return url;
  }
  throw new ReachError(hostCode.noLogServer, "This is not the address of a log.", {
    where: address.replace(/^.*@/s, "***@"),
    hint: "Write https://HOST/PATH, without a user, ? and #.",
  });
}

/**
 * A log behind an address. No redirect is followed, and nothing is sent but the names of files.
 *
 * @param signal ends what is under way
 * @throws ReachError `REACH-E4170`, from read() as well: no answer, or none of such a server
 */
export function serverSource(address: string, signal?: AbortSignal): LogSource {
  const base = requireAddress(address);
  return {
    where: address,
    read: async (path) => {
      const url = new URL(path, base);
      const limit = AbortSignal.timeout(LONGEST);
      try {
        const { statusCode, body } = await request(url, {
          headersTimeout: PATIENCE,
          bodyTimeout: PATIENCE,
          signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
        });
        if (statusCode === 404 || statusCode === 410) {
          await body.dump();
          return undefined;
        }
        if (statusCode !== 200) {
          await body.dump();
          throw new Error(`it answered with the status ${statusCode}`);
        }
        return await bounded(body, isBundle(path) ? BUNDLE : OTHER);
      } catch (error) {
        signal?.throwIfAborted();
        throw new ReachError(hostCode.noLogServer, "The log's server does not give it.", {
          where: url.href,
          why: error instanceof Error ? error.message : "it could not be asked",
          cause: error,
        });
      }
    },
  };
}

const isBundle = (path: string): boolean => path.startsWith("tile/entries/");

async function bounded(body: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit) throw new Error(`its answer has more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
