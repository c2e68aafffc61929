// Somebody else's project: a folder outside this clone, into which tarballs are installed and in which programs run.
// All that runs there is traced, and may touch no file of the clone.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { npm, withoutNpm } from "./npm.ts";
import { closure, root } from "./packages.ts";
import { folder as tarballs } from "./tarballs.ts";
import type { Tarball } from "./tarballs.ts";
import { canTrace, traced } from "./trace.ts";

export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The versions of other packages that this repository has. */
const locked = (
  JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version?: string }>;
  }
).packages;

/** A project, and what was found wrong in it. */
export class Consumer {
  readonly folder: string;
  readonly problems: string[] = [];
  readonly #tarballs: readonly Tarball[];
  readonly #node: string;

  /**
   * @param folder is made, and must be outside the clone
   * @param node what programs run on that name no other: outside the clone, too, as npm and Node look around the
   *   executable
   */
  constructor(folder: string, tarballs: readonly Tarball[], node: string) {
    this.folder = folder;
    this.#tarballs = tarballs;
    this.#node = node;
    this.put("package.json", '{ "private": true }');
  }

  /** Writes a file and gives its path. */
  put(name: string, content: string | Uint8Array): string {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  /**
   * Installs packages: those of this repository, with what they need of it, from their tarballs, which are outside the
   * clone, too; others from the registry in the version that the lock file has.
   */
  install(names: readonly string[]): void {
    const ours = closure(names).map(({ manifest }) => manifest.name);
    const files = this.#tarballs
      .filter((each) => ours.includes(each.package.manifest.name))
      .map(({ path }) => {
        const file = basename(path);
        this.put(join("tarballs", file), readFileSync(join(tarballs, file)));
        return `./tarballs/${file}`;
      });
    const others = names
      .filter((name) => !ours.includes(name))
      .map((name) => `${name}@${locked[`node_modules/${name}`]?.version ?? "latest"}`);
    const options = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"];
    this.expect(0, npm(this.#node, "install", ...options, ...files, ...others));
  }

  /** Runs a command, with a Node first on PATH, and notes it if it ends otherwise. */
  expect(status: number, command: readonly string[], more: Where = {}): Ended {
    const ended = this.run(command, more);
    if (ended.status !== status) {
      const said = `${ended.stdout}${ended.stderr}`.trim().split("\n").slice(-12).join("\n    ");
      this.problems.push(
        `${shown(command)} ended with ${ended.status}, not ${status}:\n    ${said}`,
      );
    }
    return ended;
  }

  /** Runs a command, and notes what it touches of the clone. */
  run(command: readonly string[], { node = this.#node, cwd = "." }: Where = {}): Ended {
    const trace = traced(command);
    const [program = "", ...args] = trace.command;
    const home = join(this.folder, "home");
    const env = withoutNpm(process.env);
    const path = (env["PATH"] ?? "").split(delimiter).filter((each) => !each.startsWith(root));
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      cwd: join(this.folder, cwd),
      encoding: "utf8",
      env: {
        ...env,
        PATH: [dirname(node), ...path].join(delimiter),
        // The user's keys and caches are none of a test's business; npm reads its settings all the same.
        ...(command.includes("install") ? {} : { HOME: home, USERPROFILE: home }),
      },
    });
    if (error) this.problems.push(`${shown(command)}: ${error.message}`);
    for (const each of trace.touched(root)) this.problems.push(`${shown(command)} touched ${each}`);
    return { status: status ?? -1, stdout, stderr };
  }
}

interface Where {
  /** The executable of the Node that programs find. */
  readonly node?: string;
  /** Below the project's folder. */
  readonly cwd?: string;
}

const shown = (command: readonly string[]): string =>
  command.map((part) => (part.includes("/") ? basename(part) : part)).join(" ");

/** A trace that sees nothing shows nothing: a program that reads a file of the clone must be caught. */
export function checkTrace(folder: string, node: string): string[] {
  if (!canTrace) return [];
  const consumer = new Consumer(folder, [], node);
  const file = join(root, "package.json");
  consumer.run([node, "-e", `fs.readFileSync(${JSON.stringify(file)})`]);
  const isCaught = consumer.problems.some((problem) => problem.endsWith(` touched ${file}`));
  return isCaught ? [] : ["the trace does not see a file of the clone that is read"];
}
