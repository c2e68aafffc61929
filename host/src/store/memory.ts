// Runs in memory: for tests, and for programs that keep no run beyond themselves. docs/spec/runs.md.
import type { Line } from "../record/journal.ts";
import { forgotten, inboxFull, inUse, isThere, leaseLost, noSuchRun } from "./errors.ts";
import { textOfMessage } from "./message.ts";
import { claimEach, dueOf, pageOf } from "./select.ts";
import { MOST_MESSAGES, requireLabels } from "./store.ts";
import type { KeptRun, Lease, Message, NewRun, Rest, RunFile, RunHead, RunStore } from "./store.ts";

const WHERE = "memory";

/** A run, and who has it. */
interface Kept {
  beginning: NewRun | undefined;
  readonly lines: Line[];
  readonly messages: { readonly id: string; readonly at: string; readonly message: Message }[];
  /** Messages that were read by those who executed it. */
  read: number;
  head: RunHead;
}

/**
 * Keeps runs as long as the process lives.
 *
 * @example
 * const store = memoryStore();
 * await run({ engine, pack, input, recorder: storeRecorder(store) });
 * const { runs } = await store.list();
 */
export function memoryStore(): RunStore {
  const all = new Map<string, Kept>();
  const run = (id: string): KeptRun =>
    keptRun(
      id,
      () => all.get(id),
      () => all.delete(id),
    );
  return {
    where: WHERE,
    create: async (beginning) => {
      requireLabels(beginning);
      const { id, attempt } = beginning.run;
      if (all.has(id)) throw isThere(`${WHERE}, run ${id}`);
      const { startedAt, engine, pack, run: _, request: __, ...labels } = beginning;
      const head: RunHead = {
        id,
        attempt,
        startedAt,
        engine,
        pack: pack.digest,
        ...labels,
        state: "running",
        epoch: 1,
        awaits: [],
      };
      const kept = { beginning, lines: [], messages: [], read: 0, head };
      all.set(id, kept);
      return new MemoryLease(kept, undefined);
    },
    run,
    list: async (filter = {}, page = {}) => pageOf(headsOf(all), filter, page),
    claimDue: async (due) => {
      const news = [...all].filter(([, { read, messages }]) => messages.length > read);
      const ids = dueOf(headsOf(all), new Set(news.map(([id]) => id)), due);
      return claimEach(ids, due.limit, (id) => run(id).claim());
    },
    close: () => Promise.resolve(),
  };
}

const headsOf = (all: ReadonlyMap<string, Kept>): RunHead[] =>
  [...all.values()].map(({ head }) => head);

function keptRun(id: string, lookUp: () => Kept | undefined, remove: () => void): KeptRun {
  const where = `${WHERE}, run ${id}`;
  const find = (): Kept => {
    const kept = lookUp();
    if (kept === undefined) throw noSuchRun(where);
    return kept;
  };
  const idle = (): Kept => {
    const kept = find();
    if (kept.head.state === "running") throw inUse(where);
    return kept;
  };
  return {
    where,
    head: async () => find().head,
    read: async () => fileOf(find(), where),
    claim: async () => {
      const kept = idle();
      const file = fileOf(kept, where);
      const { epoch, awaits: _, wakeAt: __, why: ___, restedAt: ____, ...head } = kept.head;
      kept.head = { ...head, awaits: [], state: "running", epoch: epoch + 1 };
      return new MemoryLease(kept, file);
    },
    put: async (message, at) => {
      textOfMessage(message);
      const { messages, beginning, head } = find();
      if (beginning === undefined) throw forgotten(where, head.evidence ?? "");
      const told = idOf(message);
      if (messages.some((each) => each.id === told)) return false;
      if (messages.length >= MOST_MESSAGES) throw inboxFull(where);
      messages.push({ id: told, at, message });
      return true;
    },
    inbox: () => {
      let given = 0;
      return {
        next: async () => {
          const kept = lookUp();
          const next = (kept?.messages ?? []).slice(given);
          given += next.length;
          if (kept?.head.state === "running") kept.read = Math.max(kept.read, given);
          return next.map(({ message }) => message);
        },
      };
    },
    forget: async (evidence) => {
      const kept = idle();
      kept.beginning = undefined;
      kept.lines.length = 0;
      kept.messages.length = 0;
      kept.head = { ...kept.head, awaits: [], evidence };
    },
    remove: async () => {
      idle();
      remove();
    },
  };
}

const idOf = (message: Message): string =>
  JSON.stringify(message.kind === "event" ? [message.event.source, message.event.id] : message.id);

function fileOf({ beginning, lines, head }: Kept, where: string): RunFile {
  if (beginning === undefined) throw forgotten(where, head.evidence ?? "");
  const { run, startedAt, engine, pack, request } = beginning;
  return {
    run: { ...run, startedAt },
    engine,
    pack,
    lines: [...lines],
    torn: 0,
    ...(request === undefined ? {} : { request }),
  };
}

class MemoryLease implements Lease {
  readonly run;
  readonly epoch: number;
  readonly crashes = 0;
  readonly file: RunFile | undefined;
  readonly #kept: Kept;
  #isOver = false;

  constructor(kept: Kept, file: RunFile | undefined) {
    const { beginning, head } = kept;
    if (beginning === undefined) throw new TypeError("A run that was forgotten");
    this.run = beginning.run;
    this.epoch = head.epoch;
    this.file = file;
    this.#kept = kept;
  }

  async append(at: number, lines: readonly Line[]): Promise<void> {
    const { lines: kept, head } = this.#kept;
    if (this.#isOver || at !== kept.length) throw leaseLost(`${WHERE}, run ${head.id}`);
    for (const line of lines) kept.push(line);
  }

  async release(rest: Rest): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const restedAt = new Date().toISOString();
    this.#kept.head = { ...this.#kept.head, awaits: [], ...rest, restedAt };
  }
}
