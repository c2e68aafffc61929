// A disk that loses what was not synced: bytes of files and names in folders, each on its own, as the
// worst of file systems would. A rename is kept or lost as a whole.
import type { Disk } from "@reach-fabric/host";
import { basename, dirname } from "node:path";

type Node = FileNode | FolderNode;

interface FileNode {
  readonly kind: "file";
  bytes: Uint8Array;
  durable: Uint8Array;
}

interface FolderNode {
  readonly kind: "folder";
  names: Map<string, Node>;
  durable: Map<string, Node>;
  /** Changes since the last sync, in their order. */
  changes: Change[];
}

type Change = readonly (readonly [name: string, node: Node | undefined])[];

/** What a crash leaves of something that was not synced. */
export interface Fate {
  /** Whether a change of names is kept. */
  keepsNames(): boolean;
  /** Which bytes a file has, of those that were written and those that were durable. */
  bytes(written: Uint8Array, durable: Uint8Array): Uint8Array;
}

/** Everything that was not synced is lost. */
export const dropsAll: Fate = { keepsNames: () => false, bytes: (_written, durable) => durable };
/** Names are kept, bytes are lost. */
export const dropsBytes: Fate = { keepsNames: () => true, bytes: (_written, durable) => durable };
/** Bytes are kept, names are lost. */
export const dropsNames: Fate = { keepsNames: () => false, bytes: (written) => written };

/** Each thing is kept, lost or torn as a random source says. */
export function byChance(random: () => number): Fate {
  return {
    keepsNames: () => random() < 0.5,
    bytes: (written, durable) => {
      const part = random();
      if (part < 0.3) return durable;
      if (part < 0.7) return written;
      // What was appended to may lose its end, and nothing of what was durable but room, which is zeros.
      const changed = durable.findIndex((byte, i) => byte !== written[i]);
      const isAppended = changed < 0 || durable.subarray(changed).every((byte) => byte === 0);
      const least = !isAppended ? 0 : changed < 0 ? durable.length : changed;
      const kept = written.slice(0, least + Math.floor(random() * (written.length - least)));
      return isAppended ? Uint8Array.from([...kept, ...durable.subarray(kept.length)]) : kept;
    },
  };
}

const emptyFolder = (): FolderNode => ({
  kind: "folder",
  names: new Map(),
  durable: new Map(),
  changes: [],
});

const missing = (path: string): Error =>
  Object.assign(new Error(`ENOENT ${path}`), { code: "ENOENT" });

export class SimulatedDisk implements Disk {
  #root = emptyFolder();

  #find(path: string): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const name of path.split("/").filter((part) => part !== "")) {
      if (node?.kind !== "folder") return undefined;
      node = node.names.get(name);
    }
    return node;
  }

  kindOf(path: string): "file" | "folder" | undefined {
    return this.#find(path)?.kind;
  }

  #folder(path: string): FolderNode {
    const node = this.#find(path);
    if (node?.kind !== "folder") throw missing(path);
    return node;
  }

  #change(folder: FolderNode, change: Change): void {
    for (const [name, node] of change) {
      if (node === undefined) folder.names.delete(name);
      else folder.names.set(name, node);
    }
    folder.changes.push(change);
  }

  bytesOf(path: string): Uint8Array | undefined {
    const node = this.#find(path);
    return node?.kind === "file" ? node.bytes.slice() : undefined;
  }

  read(path: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.bytesOf(path));
  }

  list(path: string): Promise<string[]> {
    const node = this.#find(path);
    return Promise.resolve(node?.kind === "folder" ? [...node.names.keys()].sort() : []);
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    this.writeNow(path, bytes);
  }

  writeNow(path: string, bytes: Uint8Array): void {
    const node = this.#find(path);
    if (node?.kind === "folder") throw new Error(`EISDIR ${path}`);
    if (node !== undefined) {
      node.bytes = bytes.slice();
      return;
    }
    const file: FileNode = { kind: "file", bytes: bytes.slice(), durable: new Uint8Array() };
    this.#change(this.#folder(dirname(path)), [[basename(path), file]]);
  }

  async sync(path: string): Promise<void> {
    this.syncNow(path);
  }

  syncNow(path: string): void {
    const node = this.#find(path);
    if (node?.kind !== "file") throw missing(path);
    node.durable = node.bytes;
  }

  async makeFolder(path: string): Promise<boolean> {
    if (this.#find(path) !== undefined) return false;
    this.#change(this.#folder(dirname(path)), [[basename(path), emptyFolder()]]);
    return true;
  }

  async syncFolder(path: string): Promise<void> {
    const folder = this.#folder(path);
    folder.durable = new Map(folder.names);
    folder.changes = [];
  }

  async rename(from: string, to: string): Promise<void> {
    const node = this.#find(from);
    if (node === undefined) throw missing(from);
    const [source, target] = [this.#folder(dirname(from)), this.#folder(dirname(to))];
    if (source !== target) throw new Error("EXDEV: one folder only");
    this.#change(source, [
      [basename(from), undefined],
      [basename(to), node],
    ]);
  }

  async remove(path: string): Promise<void> {
    const folder = this.#find(dirname(path));
    if (folder?.kind !== "folder" || !folder.names.has(basename(path))) return;
    this.#change(folder, [[basename(path), undefined]]);
  }

  /** The disk as it is found after the power was cut: what is there is durable. */
  afterCrash(fate: Fate): SimulatedDisk {
    const disk = new SimulatedDisk();
    const settle = (node: Node): Node => {
      if (node.kind === "file") {
        const bytes =
          node.bytes === node.durable ? node.bytes : fate.bytes(node.bytes, node.durable);
        return { kind: "file", bytes, durable: bytes };
      }
      const names = new Map(node.durable);
      for (const change of node.changes) {
        if (!fate.keepsNames()) continue;
        for (const [name, changed] of change) {
          if (changed === undefined) names.delete(name);
          else names.set(name, changed);
        }
      }
      const settled = new Map([...names].map(([name, child]) => [name, settle(child)]));
      return { kind: "folder", names: settled, durable: new Map(settled), changes: [] };
    };
    disk.#root = settle(this.#root) as FolderNode;
    return disk;
  }
}

/** A disk that is told of each call before it is made, and may stop it. */
export function watched(disk: Disk, before: (call: string, path: string) => void | "skip"): Disk {
  const wrap =
    <A extends readonly [string, ...unknown[]], T>(
      call: string,
      made: (...args: A) => Promise<T>,
    ) =>
    async (...args: A): Promise<T> => {
      if (before(call, args[0]) === "skip") return undefined as T;
      return made(...args);
    };
  return {
    read: wrap("read", (path) => disk.read(path)),
    list: wrap("list", (path) => disk.list(path)),
    write: wrap("write", (path, bytes: Uint8Array) => disk.write(path, bytes)),
    sync: wrap("sync", (path) => disk.sync(path)),
    makeFolder: wrap("makeFolder", (path) => disk.makeFolder(path)),
    syncFolder: wrap("syncFolder", (path) => disk.syncFolder(path)),
    rename: wrap("rename", (from, to: string) => disk.rename(from, to)),
    remove: wrap("remove", (path) => disk.remove(path)),
  };
}
