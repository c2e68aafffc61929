import type { Command } from "commander";
import { hostCode } from "@reach-fabric/host/codes";
import { openedSecrets, ownVault } from "./given.ts";
import { CliError, EXIT, problemOf } from "../../ui/problem.ts";
import { columns } from "../../ui/table.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";
import { withVault } from "./common.ts";
import type { VaultOption } from "./common.ts";

interface CheckOptions extends VaultOption {
  grant?: string;
  acceptOlder?: boolean;
}

/** What says that a vault is not as its owner has left it. */
const DAMAGE: ReadonlySet<string> = new Set([
  hostCode.notAVault,
  hostCode.changedVault,
  hostCode.olderVault,
]);

/** `reach secrets check`: whether all of them open, and what a grant needs. */
export function checkVerb(group: Command, verb: Verb): void {
  const command = group
    .command("check")
    .summary("verify a vault, and say what a grant needs")
    .description(
      "Opens a vault and verifies each of its entries, and the file as a whole; or reads a file or a folder of secrets. With --grant, says what the " +
        "grant names and is not there (exit 1), and what no grant lets go anywhere. Says which values are too short to be kept out of records in every form, and which " +
        "former values are not retired. A vault that was changed, cut, or put back from before exits 1.",
    );
  withVault(command)
    .option("-g, --grant <file>", "the grant that the secrets are for")
    .option("--accept-older", "an older vault was put back on purpose: it counts from now on")
    .option("--json", "print {source, kind, secrets, findings}; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach secrets check --grant grant.json")
    .action(
      verb<[CheckOptions]>(async (terminal, options) => {
        const host = await import("@reach-fabric/host");
        const path = options.secrets ?? ownVault(terminal.machine);
        const file = options.passphraseFile;
        const { acceptOlder = false } = options;
        try {
          const given = await openedSecrets(terminal, host, path, file, "--passphrase-file", {
            acceptOlder,
          });
          const { grant, providers } =
            options.grant === undefined ? {} : await host.readGrant(options.grant);
          const now = await given.source.read();
          const findings = host.checkSecrets(now, grant, providers);
          const secrets = Object.keys(now.secrets).length;
          if (terminal.json) {
            terminal.result({ source: path, kind: given.kind, secrets, findings });
          } else {
            terminal.print(line`${path}: ${secrets} secrets, all of them open`);
            const rows = findings.map(({ kind, name, text }) => [kind, name, text]);
            if (rows.length > 0) terminal.print(columns(rows));
          }
          return findings.some(({ kind }) => kind === "absent") ? EXIT.failed : EXIT.ok;
        } catch (error) {
          const problem = problemOf(error, path);
          if (!DAMAGE.has(problem.code)) throw error;
          throw new CliError({ ...problem, exitCode: EXIT.failed });
        }
      }),
    );
}
