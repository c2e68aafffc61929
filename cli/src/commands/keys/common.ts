// What the verbs that write a keyring have in common.
import type { Command } from "commander";
import { withAudit } from "../log/audit.ts";
import { several } from "../../read/options.ts";
import type { ChangedKeyring } from "./keyring.ts";
import { columns } from "../../ui/table.ts";
import type { Terminal } from "../../ui/terminal.ts";

/** Adds the options of every verb that writes a keyring. */
export const keyringOptions = (command: Command): Command =>
  withAudit(command, "it is noted")
    .requiredOption("--keyring <file>", "the keyring")
    .requiredOption(
      "-r, --root <file>",
      "the root's private key, which signs it; of a root of several keys, each of them, those that do not sign by their public files",
      several,
    )
    .option("--threshold <n>", "how many keys of the root must sign (default: all)")
    .option("--passphrase-file <file>", "the passphrase of the keys that sign")
    .option("--days <n>", "for how many days the keyring is valid", "90")
    .option("--actor <id>", "who does this, for the record: an id, not a name", "local")
    .option("--json", "print {serial, keyring, expiresAt, act}; errors as JSON on stderr");

/** Says what was done. The act is the record of it: the audit log has the same. */
export function tellChange(terminal: Terminal, { keyring, act }: ChangedKeyring): void {
  const { serial, digest, expiresAt } = keyring;
  if (terminal.json) {
    terminal.result({ serial, keyring: digest, expiresAt, act: act ?? null });
    return;
  }
  terminal.print(
    columns([
      [
        "done",
        act === undefined
          ? "nothing: it was so already"
          : `${act.type} ${act.details["key"] ?? ""}`.trim(),
      ],
      ["keyring", `number ${serial}, good until ${expiresAt}`],
      ["SHA-256", digest],
    ]),
  );
}
