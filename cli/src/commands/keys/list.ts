import { publicKeyOf, requireFresh } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { instantOf, now } from "../../read/instants.ts";
import { readKey } from "../../read/keys.ts";
import { several } from "../../read/options.ts";
import { readKeyring, thresholdOf } from "./keyring.ts";
import { EXIT, problemOf } from "../../ui/problem.ts";
import { headedColumns } from "../../ui/table.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";

interface ListOptions {
  keyring: string;
  root: string[];
  threshold?: string;
  now?: string;
}

/** `reach keys list`: the keys of a keyring, and which of them count. */
export function list(group: Command, verb: Verb): void {
  group
    .command("list")
    .summary("show the keys of a keyring, once its root's signature is verified")
    .description(
      "Verifies a keyring and shows its keys. Exits 3 if the keyring is out of date: it may not " +
        "show later revocations.",
    )
    .requiredOption("--keyring <file>", "the keyring")
    .requiredOption(
      "-r, --root <file>",
      "the root's key (the public file is enough); may be given again",
      several,
    )
    .option("--threshold <n>", "how many keys of the root must sign (default: all)")
    .option("--now <instant>", "judge at this time (default: now)")
    .option("--json", "print the keyring as one object; errors as JSON on stderr")
    .addHelpText(
      "after",
      "\nExample:\n  $ reach keys list --keyring keyring.json --root root.key.pub",
    )
    .action(
      verb<[ListOptions]>((terminal, options) => {
        const at = options.now === undefined ? now() : instantOf(options.now, "--now");
        const roots = options.root.map((path) => publicKeyOf(readKey(terminal.machine, path)));
        const root = { threshold: thresholdOf(options.threshold, roots), keys: roots };
        const keyring = readKeyring(terminal.machine, options.keyring, root);
        const { serial, issuedAt, expiresAt, keys } = keyring;
        if (terminal.json) terminal.result(keyring);
        else {
          const rows = keys.map(({ id, role, tenant = "every", from, to, compromisedAt }) => {
            const counts = compromisedAt !== undefined ? "compromised" : at < from ? "not yet" : "";
            const state = counts === "" ? (at < to ? "counts" : "ended") : counts;
            return [id, role, tenant, from.slice(0, 16), to.slice(0, 16), state];
          });
          terminal.print(line`keyring ${serial}, signed ${issuedAt}, good until ${expiresAt}`);
          terminal.print(headedColumns(["key", "role", "tenant", "from", "to", ""], rows));
        }
        try {
          requireFresh(keyring, { now: at });
        } catch (error) {
          terminal.problem({ ...problemOf(error, options.keyring), exitCode: EXIT.unchecked });
          return EXIT.unchecked;
        }
        return EXIT.ok;
      }),
    );
}
