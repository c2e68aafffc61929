import { isEnrolled, publicKeyOf, withKey } from "@reach-fabric/evidence";
import { keyRoles } from "@reach-fabric/schema";
import type { KeyRole } from "@reach-fabric/schema";
import type { Command } from "commander";
import { daysAfter, instantOf } from "../../read/instants.ts";
import { readKey } from "../../read/keys.ts";
import { changeKeyring } from "./keyring.ts";
import type { KeyringOptions } from "./keyring.ts";
import { CODE, CliError, EXIT } from "../../ui/problem.ts";
import type { Verb } from "../../ui/verb.ts";
import { tellChange, keyringOptions } from "./common.ts";

interface TrustOptions extends KeyringOptions {
  role: string;
  tenant?: string;
  from?: string;
  to?: string;
  new?: boolean;
}

/** `reach keys trust KEYFILE`: one more key in a keyring. */
export function trust(group: Command, verb: Verb): void {
  const command = group
    .command("trust")
    .summary("put a public key into a keyring, with a role and a time")
    .description(
      "Puts a public key into a keyring and signs the keyring with the root. The key may sign one thing: " +
        "evidence, packs, a log or, as a witness, checkpoints; with --tenant for this tenant's runs " +
        "alone. A key is in a keyring once, and cannot be taken out: see keys revoke.",
    )
    .argument("<keyfile>", "the key (the public file is enough)")
    .requiredOption("--role <role>", `what it may sign: ${keyRoles.join(", ")}`)
    .option("--tenant <name>", "for whose runs (default: for all tenants)")
    .option("--from <instant>", "since when its signatures count (default: now)")
    .option("--to <instant>", "until when (default: for a year)")
    .option("--new", "begin a keyring: the file must not be there");
  keyringOptions(command)
    .addHelpText(
      "after",
      "\nExample:\n  $ reach keys trust team.key.pub --role evidence --keyring keyring.json --root root.key --new",
    )
    .action(
      verb<[string, TrustOptions]>(async (terminal, path, options) => {
        const role = roleOf(options.role);
        const key = publicKeyOf(readKey(terminal.machine, path));
        const { tenant } = options;
        const begin = options.from === undefined ? undefined : instantOf(options.from, "--from");
        const end = options.to === undefined ? undefined : instantOf(options.to, "--to");
        const changed = await changeKeyring(
          terminal.machine,
          options,
          {
            type: "key.trusted",
            details: { key: key.id, role },
            keys: (keys, at) => {
              if (isEnrolled(keys, key, { role, tenant, from: begin, to: end })) return keys;
              const from = begin ?? at;
              return withKey(keys, key, { role, tenant, from, to: end ?? daysAfter(from, 365) });
            },
          },
          options.new,
        );
        tellChange(terminal, changed);
        return EXIT.ok;
      }),
    );
}

function roleOf(text: string): KeyRole {
  const role = keyRoles.find((known) => known === text);
  if (role !== undefined) return role;
  throw new CliError({
    code: CODE.usage,
    what: `There is no role ${JSON.stringify(text)}`,
    hint: `The roles are ${keyRoles.join(", ")}.`,
    exitCode: EXIT.usage,
  });
}
