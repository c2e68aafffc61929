// The tests are in contract.ts: STORE-1 to STORE-8, and STORE-13.
// STORE-1, STORE-2, STORE-4, STORE-7 and STORE-8 are tested nowhere else for all stores.
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folderStore, memoryStore, sqliteStore } from "@reach-fabric/host";
import { newFolder } from "../helpers.ts";
import { contract } from "./contract.ts";
import { event, Other } from "./kept.ts";

contract("memory", { open: async () => memoryStore() });

contract("folder", {
  open: async () => folderStore(join(await newFolder(), "runs")),
  again: async ({ where }) => folderStore(where),
  other: ({ where }) => Other.open("folder", where),
  fill: async ({ where }, id, count) => {
    const folder = join(where, id, "signals");
    mkdirSync(folder);
    for (let i = 0; i < count; i++) {
      const message = event(String(i));
      if (message.kind !== "event") return;
      const { source } = message.event;
      const name = createHash("sha256")
        .update(JSON.stringify([source, String(i)]))
        .digest("hex");
      const text = JSON.stringify(message.event);
      writeFileSync(join(folder, `2026-11-30T120000.000Z-${name.slice(0, 32)}.json`), text);
    }
  },
});

contract("SQLite", {
  open: async () => sqliteStore(join(await newFolder(), "data", "runs.db")),
  again: ({ where }) => sqliteStore(where),
  other: ({ where }) => Other.open("sqlite", where),
});
