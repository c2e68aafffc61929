// What is hidden.
import { attacks } from "./defence.ts";
import type { Defence } from "./defence.ts";

export const hidden: readonly Defence[] = [
  {
    attack: "dictionary attack on weak salts",
    file: "evidence/src/file/create.ts",
    take: "if (secret.length === 32 && secret.some((byte) => byte !== secret[0])) return;",
    put: "return;",
    test: attacks("commitments"),
    name: "dictionary attack on weak salts: a secret that can be guessed is not used",
  },
  {
    attack: "a value left out beside the run's seed",
    file: "evidence/src/file/entered.ts",
    take: "if ((commitments[slot] === undefined) !== (run[slot] === undefined)) {",
    put: "if (false) {",
    test: attacks("records"),
    name: "annotations that are put in or left out",
  },
  {
    attack: "a pack put in over blobs that are not its own",
    file: "evidence/src/file/attach.ts",
    take: "requireBlobs(engine, layout.blobs);",
    put: "",
    test: "evidence/test/evidence.test.ts",
    name: "does not make good what is wrong with the one that is there",
  },
];
