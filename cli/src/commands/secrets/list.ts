import type { Command } from "commander";
import type { VaultVersion } from "@reach-fabric/host";
import { openedSecrets, ownVault } from "./given.ts";
import { EXIT } from "../../ui/problem.ts";
import { headedColumns } from "../../ui/table.ts";
import type { Verb } from "../../ui/verb.ts";
import { withVault } from "./common.ts";
import type { VaultOption } from "./common.ts";

interface ListOptions extends VaultOption {
  grant?: string;
}

/** A secret in a list: never its value. */
interface ListedSecret {
  readonly name: string;
  readonly version?: number;
  readonly since?: string;
  readonly former: readonly Pick<VaultVersion, "version" | "since">[];
  readonly uses: readonly string[];
}

/** `reach secrets list`: names, versions, dates and uses. */
export function listSecrets(group: Command, verb: Verb): void {
  const command = group
    .command("list")
    .summary("show which secrets there are, without their values")
    .description(
      "Shows the names of secrets, their versions and since when these are what they are; with --grant, where each may be used. Never a " +
        "value. --secrets may name a file or a folder, too, which have no versions.",
    );
  withVault(command)
    .option("-g, --grant <file>", "say where this grant lets them go")
    .option("--json", "print {source, kind, secrets}; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach secrets list --grant grant.json")
    .action(
      verb<[ListOptions]>(async (terminal, options) => {
        const host = await import("@reach-fabric/host");
        const path = options.secrets ?? ownVault(terminal.machine);
        const option = "--passphrase-file";
        const given = await openedSecrets(terminal, host, path, options.passphraseFile, option);
        const { grant = {}, providers } =
          options.grant === undefined ? {} : await host.readGrant(options.grant);
        const versions = given.kind === "vault" ? await given.source.versions() : [];
        const names = Object.keys((await given.source.read()).secrets).toSorted();
        const listed = names.map((name): ListedSecret => {
          const own = versions.filter((one) => one.name === name);
          const current = own.find(({ state }) => state === "current");
          return {
            name,
            ...(current && { version: current.version, since: current.since }),
            former: own
              .filter(({ state }) => state === "former")
              .map(({ version, since }) => ({ version, since })),
            uses: host.usesOf(name, grant, providers),
          };
        });
        if (terminal.json) terminal.result({ source: path, kind: given.kind, secrets: listed });
        else {
          const rows = listed.map(({ name, version, since = "", former, uses }) => [
            name,
            version === undefined ? "" : String(version),
            since.slice(0, 16),
            former.map((one) => one.version).join(" "),
            uses.join(" "),
          ]);
          terminal.print(
            headedColumns(["secret", "version", "since", "former", "may go to"], rows),
          );
        }
        return EXIT.ok;
      }),
    );
}
