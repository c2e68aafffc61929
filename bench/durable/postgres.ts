// A PostgreSQL of one's own, on the binaries that are there, for as long as it is measured.
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Where Debian has them, a folder a version. */
const DEBIAN = "/usr/lib/postgresql";

/** The folder with initdb and postgres: REACH_POSTGRES_BIN, or Debian's newest; undefined where there is none. */
export function postgresBinaries(): string | undefined {
  const given = process.env["REACH_POSTGRES_BIN"];
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : [];
  const newest = versions.toSorted((a, b) => Number(b) - Number(a));
  const folders = given === undefined ? newest.map((name) => join(DEBIAN, name, "bin")) : [given];
  return folders.find((folder) =>
    ["initdb", "postgres"].every((name) => existsSync(join(folder, name))),
  );
}

export interface Postgres {
  readonly version: string;
  /** The address of a database that is there. */
  readonly url: string;
  /** Ends it in order. */
  stop(): Promise<void>;
}

/** PostgreSQL does not run as root: there, as the user that every system has for nobody. */
function unprivileged(): { readonly uid?: number; readonly gid?: number } {
  if (process.geteuid?.() !== 0) return {};
  const nobody = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync("/etc/passwd", "utf8"));
  if (nobody === null) throw new Error("there is no user nobody to run PostgreSQL as");
  return { uid: Number(nobody[1]), gid: Number(nobody[2]) };
}

/** Starts one in a folder that it makes, with the settings that it comes with; it listens on a socket in that folder alone. */
export async function startPostgres(binaries: string, folder: string): Promise<Postgres> {
  const user = unprivileged();
  mkdirSync(folder);
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid ?? user.uid);
  const data = join(folder, "data");
  const env = { PATH: process.env["PATH"], LC_ALL: "C", LANG: "C", TZ: "UTC" };
  const made = spawnSync(
    join(binaries, "initdb"),
    ["-D", data, "-U", "postgres", "--auth=trust", "-E", "UTF8"],
    { ...user, cwd: folder, env, encoding: "utf8" },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr || made.error?.message}`);
  const server = spawn(
    join(binaries, "postgres"),
    ["-D", data, "-k", folder, "-c", "listen_addresses="],
    { ...user, cwd: folder, env, stdio: ["ignore", "ignore", "pipe"] },
  );
  await ready(server);
  return {
    version: readFileSync(join(data, "PG_VERSION"), "utf8").trim(),
    url: `postgresql://postgres@localhost/postgres?host=${encodeURIComponent(folder)}`,
    stop: () =>
      new Promise((resolve) => {
        server.once("close", () => resolve());
        // "Fast": it ends what is open, and writes what it has.
        server.kill("SIGINT");
      }),
  };
}

/** Waits until it says that it takes connections. */
const ready = (server: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    let said = "";
    server.stderr?.on("data", (bytes: Buffer) => {
      said = (said + bytes.toString()).slice(-2000);
      if (said.includes("ready to accept connections")) resolve();
    });
    server.once("error", reject);
    server.once("close", () => reject(new Error(`PostgreSQL has ended: ${said}`)));
  });
