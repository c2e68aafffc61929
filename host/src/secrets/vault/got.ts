// What runs have got with the secrets of a vault, as tokens: sealed beside it until they end, so that a later process of a run
// guards it, too (VAULT-9).
import { existsSync } from "node:fs";
import { canonicalizeValue } from "@reach-fabric/engine";
import { gotTexts } from "@reach-fabric/schema";
import { changingFile } from "../../files/change.ts";
import { checked, readJson } from "../../files/document.ts";
import { writeFileAtomic } from "../../files/files.ts";
import { readPrivate } from "../../files/private.ts";
import type { GotTexts } from "../source.ts";
import { changedVault, LARGEST_VAULT } from "./format.ts";
import type { RandomBytes, VaultKeys } from "./keys.ts";
import { openJson, sealJson } from "./sealed.ts";

const FORMAT = "reach/vault-got/v1";
/** What is kept at most: the oldest gives way. */
const MOST = 10_000;

type Got = (typeof gotTexts)["_zod"]["output"]["runs"];

export function createGot(
  path: string,
  keys: VaultKeys,
  id: string,
  random: RandomBytes,
): GotTexts {
  const all = async (): Promise<Got> => {
    if (!existsSync(path)) return [];
    const { bytes } = await readPrivate(path, { limit: LARGEST_VAULT, what: "tokens of runs" });
    const file = checked(gotTexts, readJson(bytes, path), "file of tokens");
    if (file.id === id) return file.runs;
    throw changedVault(path, "it belongs to another vault");
  };
  const write = async (file: string, runs: Got): Promise<void> => {
    let left = runs.slice(-MOST);
    const bytesOf = (): Uint8Array =>
      Buffer.concat([canonicalizeValue({ format: FORMAT, id, runs: left }), Buffer.from("\n")]);
    let bytes = bytesOf();
    while (bytes.length > LARGEST_VAULT) {
      left = left.slice(Math.ceil(left.length / 2));
      bytes = bytesOf();
    }
    await writeFileAtomic(file, bytes, 0o600);
  };
  return {
    keep: (run, texts) =>
      changingFile(path, async (file) => {
        const sealed = sealJson(keys.got, texts, [FORMAT, id, run], random);
        await write(file, [...(await all()), { run, ...sealed }]);
      }),
    of: async (run) =>
      (await all())
        .filter((one) => one.run === run)
        .flatMap((one) => {
          const texts = openJson(keys.got, one, [FORMAT, id, run]);
          if (Array.isArray(texts)) return texts as string[];
          throw changedVault(path, `what it has of the run ${run} is not that`);
        }),
    forget: async (run) => {
      if (!existsSync(path)) return;
      await changingFile(path, async (file) => {
        await write(
          file,
          (await all()).filter((one) => one.run !== run),
        );
      });
    },
  };
}
