// Runs that tests of stores keep.
import { randomBytes, randomUUID } from "node:crypto";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { createEngine, makePack, utf8 } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import type { Entry, Message, NewRun } from "@reach-fabric/host";
import { later } from "../helpers.ts";

const engine = createEngine();

/** A pack of one workflow, in which a text stands. */
export const packWith = (text: string): Pack =>
  makePack(engine, {
    id: "test/store",
    version: "1.0.0",
    workflows: {
      "w.json": JSON.stringify({
        document: { dsl: "1.0.3", namespace: "test", name: "store", version: "1.0.0" },
        do: [{ a: { set: { text } } }],
      }),
    },
  });
const pack = packWith("nothing");

/** A time of the year in which all of this happens. */
export const at = (second: number): string =>
  new Date(Date.UTC(2026, 10, 30, 12) + second * 1000).toISOString();

export const newRun = (parts: Partial<NewRun> & { readonly id?: string } = {}): NewRun => {
  const { id = randomUUID(), ...others } = parts;
  return {
    run: { id, attempt: 1, secret: new Uint8Array(randomBytes(32)) },
    pack,
    engine: "e".repeat(64),
    startedAt: at(0),
    ...others,
  };
};

/** The line of a record with a text. */
export const line = (seq: number, text: string = `line ${seq}`): Entry => ({
  record: utf8(JSON.stringify({ kind: "result", seq, text })),
  stamp: { seq, at: at(seq) },
  left: new Uint8Array(32).fill(seq % 256),
});

export const lines = (from: number, to: number): Entry[] =>
  Array.from({ length: to - from }, (_, i) => line(from + i));

export const event = (id: string, data: string = ""): Message => ({
  kind: "event",
  event: { specversion: "1.0", id, source: "/test", type: "test.happened", data },
});

export const cancel = (id: string): Message => ({
  kind: "command",
  id,
  by: "ops-7",
  command: { command: "cancel", reason: "test" },
});

/** A process that opens a store, and does what it is told, line by line; it ends with the test. */
export class Other {
  readonly child: ChildProcess;
  readonly #told: AsyncIterator<string>;

  private constructor(child: ChildProcess) {
    this.child = child;
    if (child.stdout === null) throw new TypeError("no output");
    this.#told = createInterface(child.stdout)[Symbol.asyncIterator]();
  }

  static async open(kind: "folder" | "sqlite", path: string, lease?: number): Promise<Other> {
    const options = ["--conditions=reach-source", "--disable-warning=ExperimentalWarning"];
    const program = new URL("other.ts", import.meta.url).pathname;
    const args = [...options, program, kind, path, String(lease ?? "")];
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    later(() => child.kill("SIGKILL"));
    const other = new Other(child);
    await other.hear();
    return other;
  }

  async hear(): Promise<unknown> {
    const { value, done } = await this.#told.next();
    return done === true ? undefined : (JSON.parse(value) as unknown);
  }

  /** What it says to a command; `undefined` if it has ended. */
  ask(...command: readonly (string | number)[]): Promise<unknown> {
    this.child.stdin?.write(`${JSON.stringify(command)}\n`);
    return this.hear();
  }

  async kill(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGKILL");
    await ended;
  }
}
