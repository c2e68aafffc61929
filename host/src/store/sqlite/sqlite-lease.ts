// A lease of a run in a store of SQLite.
import { formatLines } from "../../record/journal.ts";
import type { Line } from "../../record/journal.ts";
import { leaseLost } from "../errors.ts";
import type { Lease, Rest, RunFile } from "../store.ts";
import type { Mail } from "./mail.ts";
import type { LeaseName } from "./protocol.ts";
import type { ThreadClient } from "./thread-client.ts";

/** What leases of a store share. */
export interface LeaseParts {
  readonly thread: ThreadClient;
  readonly mail: Mail;
  readonly clock: () => number;
  readonly where: (id: string) => string;
}

export class SqliteLease implements Lease {
  readonly run: Lease["run"];
  readonly epoch: number;
  readonly crashes: number;
  readonly file: RunFile | undefined;
  readonly #name: LeaseName;
  readonly #parts: LeaseParts;
  #isOver = false;

  constructor(
    parts: LeaseParts,
    name: LeaseName,
    { run, crashes, file }: Pick<Lease, "run" | "crashes" | "file">,
  ) {
    this.run = run;
    this.epoch = name.epoch;
    this.crashes = crashes;
    this.file = file;
    this.#name = name;
    this.#parts = parts;
    parts.mail.begin(name.id);
  }

  async append(at: number, lines: readonly Line[]): Promise<void> {
    const { thread, where } = this.#parts;
    if (this.#isOver) throw leaseLost(where(this.#name.id));
    const weight = lines.reduce(
      (sum, line) => sum + ("record" in line ? line.record.length : 0),
      0,
    );
    await thread.write("append", () => this.#appended(at, lines), weight);
  }

  #appended(at: number, lines: readonly Line[]) {
    const { bytes, bodies } = formatLines(lines);
    // A view of a larger buffer would take all of that along.
    const own = [...bodies].map(([digest, body]) => [digest, body.slice()] as const);
    return { ...this.#name, at, lines: lines.length, bytes, bodies: own };
  }

  async release({ state, awaits = [], wakeAt, why }: Rest): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const { thread, mail, clock } = this.#parts;
    const rest = {
      ...this.#name,
      state,
      awaits: JSON.stringify(awaits),
      wakeAt: wakeAt ?? null,
      why: why ?? null,
      restedAt: new Date(clock()).toISOString(),
    };
    await thread.write("release", () => ({ ...rest, seen: mail.end(rest.id) }));
  }
}
