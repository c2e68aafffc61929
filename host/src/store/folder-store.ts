// Runs in a folder, each in one of its own that is named after it. docs/spec/runs.md.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { isThere } from "./errors.ts";
import { createIn, hasNews, runFolder } from "./run-folder.ts";
import { claimEach, dueOf, pageOf } from "./select.ts";
import type { KeptRun, Lease, RunHead, RunStore } from "./store.ts";

/**
 * Keeps runs below a folder, which is made when the first begins. Lists look at each of them.
 *
 * @example
 * const store = folderStore("runs");
 * await run({ engine, pack, input, recorder: storeRecorder(store) });
 * const { runs } = await store.list({ state: "completed" });
 */
export function folderStore(folder: string): RunStore {
  const run = (id: string): KeptRun => runFolder(join(folder, id));
  return {
    where: folder,
    create: (beginning) =>
      createNew(join(folder, beginning.run.id), () =>
        createIn(join(folder, beginning.run.id), beginning),
      ),
    run,
    list: async (filter = {}, page = {}) => pageOf(await headsIn(folder), filter, page),
    claimDue: async (due) => {
      const heads = await headsIn(folder);
      const news = new Set<string>();
      for (const head of heads) {
        if (await hasNews(join(folder, head.id))) news.add(head.id);
      }
      return claimEach(dueOf(heads, news, due), due.limit, (id) => run(id).claim());
    },
    close: () => Promise.resolve(),
  };
}

async function createNew(folder: string, create: () => Promise<Lease>): Promise<Lease> {
  try {
    return await create();
  } catch (error) {
    const isKept = error instanceof ReachError && error.code === hostCode.notEmpty;
    throw isKept ? isThere(folder) : error;
  }
}

/** The heads of all runs; a folder of something else, and one that cannot be read, is passed over. */
async function headsIn(folder: string): Promise<RunHead[]> {
  const names = await readdir(folder).catch(() => []);
  const heads = await Promise.all(
    names.map((name) =>
      runFolder(join(folder, name))
        .head()
        .catch(() => undefined),
    ),
  );
  return heads.flatMap((head, i) => (head === undefined || head.id !== names[i] ? [] : [head]));
}
