// Programs of Debian, unpacked beside the build and never installed: the machine stays as it is.
import { execFileSync } from "node:child_process";
import type { ExecFileSyncOptions } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const build = fileURLToPath(new URL("../../../build/debian/", import.meta.url));
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Where apt of this machine gets its packages. */
function mirror(): string {
  const targets = execFileSync("apt-get", ["indextargets", "--format", "$(REPO_URI)"], {
    encoding: "utf8",
  });
  const uri = targets.split("\n").find((line) => /\/debian\/?$/.test(line));
  if (uri === undefined) throw new Error("apt knows no Debian mirror");
  return uri;
}

/** A package, unpacked. */
export interface DebianPackage {
  /** Holds `usr/bin/...`. */
  readonly root: string;
  readonly version: string;
}

/**
 * A package of a suite, unpacked; apt checks its signature. Throws an Error that says why there is none.
 *
 * @example join(debianPackage("cosign", "sid").root, "usr/bin/cosign")
 */
export function debianPackage(name: string, suite: string): DebianPackage {
  const folder = join(build, `${name}-${suite}`);
  const root = join(folder, "root");
  if (!existsSync(root)) download(name, suite, folder, root);
  const file = readdirSync(folder).find((each) => each.endsWith(".deb")) ?? "";
  return { root, version: file.split("_")[1] ?? "of unknown version" };
}

function download(name: string, suite: string, folder: string, root: string): void {
  mkdirSync(join(folder, "lists/partial"), { recursive: true });
  mkdirSync(join(folder, "cache/archives/partial"), { recursive: true });
  writeFileSync(
    join(folder, "sources.list"),
    `deb [signed-by=${KEYRING}] ${mirror()} ${suite} main\n`,
  );
  const options = [
    ["Dir::Etc::sourcelist", join(folder, "sources.list")],
    ["Dir::Etc::sourceparts", "-"],
    ["Dir::State::lists", join(folder, "lists")],
    ["Dir::Cache", join(folder, "cache")],
    ["APT::Sandbox::User", "root"],
    ["Acquire::Languages", "none"],
  ].flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  const quiet: ExecFileSyncOptions = { cwd: folder, stdio: ["ignore", "ignore", "pipe"] };
  try {
    execFileSync("apt-get", [...options, "-qq", "update"], quiet);
    execFileSync("apt-get", [...options, "-qq", "download", name], quiet);
    const file = readdirSync(folder).find((each) => each.endsWith(".deb"));
    if (file === undefined) throw new Error(`apt has downloaded no ${name}`);
    execFileSync("dpkg-deb", ["--extract", join(folder, file), root], quiet);
  } catch (error) {
    rmSync(root, { recursive: true, force: true });
    throw new Error(`${name} of Debian ${suite} could not be had: ${String(error)}`, {
      cause: error,
    });
  }
}
